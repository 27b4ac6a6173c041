import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createClient } from './client.ts';
import { WITHOUT_LIMITS } from './limits.ts';

const START_LIMIT_MS = 30_000;

interface ProcessOptions {
  /** A module that runs before the server, as a path from the root. */
  preload?: string;
  /** Another program than the server's own, as a path from the root. */
  program?: string;
}

/** A real server process, for tests that kill it. */
export async function startProcess(
  env: Record<string, string>,
  { preload, program = 'src/server.ts' }: ProcessOptions = {},
) {
  const preloading = preload === undefined ? [] : ['--import', preload];
  const child = spawn(process.execPath, [...preloading, program], {
    env: { PATH: process.env.PATH, PORT: '0', LOG_LEVEL: 'silent', ...WITHOUT_LIMITS, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child);
  const ended = once(child, 'exit');
  const ready = readyUrl(child, output);
  const url = await Promise.race([ready, ended.then(() => undefined)]);

  async function kill(signal: NodeJS.Signals): Promise<number | null> {
    child.kill(signal);
    await ended;
    return child.exitCode;
  }
  return {
    ...createClient(url ?? ''),
    // Empty when the process ended without getting ready; its output says why.
    url: url ?? '',
    pid: child.pid,
    output,
    kill,
    ended,
    exitCode: () => child.exitCode,
  };
}

function collect(child: ChildProcess): { text: string } {
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      output.text += chunk;
    });
  }
  return output;
}

async function readyUrl(child: ChildProcess, output: { text: string }): Promise<string> {
  const limit = AbortSignal.timeout(START_LIMIT_MS);
  for (;;) {
    const address = /ready at (http:\S+)/.exec(output.text)?.[1];
    if (address) return address;
    if (!child.stdout) throw new Error('the server process has no output');
    await once(child.stdout, 'data', { signal: limit });
  }
}
