import { execFile } from 'node:child_process';

const LIMIT_MS = 150_000;

/** Runs a program of `src/` to its end, in hooks as well as in tests, without the `.env`. */
export async function runProgram(program: string, args: string[], env: Record<string, string>) {
  const { promise, resolve } = Promise.withResolvers<{ exitCode: unknown; out: string; err: string }>();
  const settings = { env: { PATH: process.env.PATH, TZ: 'UTC', ...env }, timeout: LIMIT_MS };
  execFile(process.execPath, [program, ...args], settings, (failure, out, err) =>
    resolve({ exitCode: failure ? failure.code : 0, out, err }),
  );
  return await promise;
}
