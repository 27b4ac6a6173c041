import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { slotsOf } from '../../workspace/explorer/slots.ts';
import { VERIFIED_LIMITS } from './limits.ts';

const MOST_OUTPUT = 256 * 1024;
/** So many programs run at a time, and so many wait for their turn: each one may take all of a processor for a minute. */
const places = slotsOf({ count: 4, waiting: 60 });
/** Where programs are looked for. Nothing else of this process's environment is handed on: it holds secrets. */
const PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/go/bin:/opt/homebrew/bin';

/** What came of a program: it ran, is not on this machine, or did not end in time. */
export type Outcome =
  | { kind: 'ended'; code: number; output: string /** It said more than is kept. */; isCut: boolean }
  | { kind: 'missing' }
  | { kind: 'too_long' };

interface Program {
  folder: string;
  input?: string;
  env?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/**
 * Runs a program that only looks at files, with a limit of time; whatever it started ends with it.
 * @throws ProblemError `workspace_busy` when too many are waiting; the signal's reason.
 */
export async function runProgram(command: readonly string[], program: Program): Promise<Outcome> {
  await places.take(program.signal ?? new AbortController().signal);
  try {
    return await runNow(command, program);
  } finally {
    places.release();
  }
}

async function runNow(
  [command = '', ...args]: readonly string[],
  { folder, input = '', env = {}, signal }: Program,
): Promise<Outcome> {
  return await new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: folder,
      env: { PATH, HOME: homedir(), LC_ALL: 'C.UTF-8', ...env },
      // A group of its own, so that it can be ended with all that it started.
      detached: true,
    });
    let output = '';
    let isCut = false;
    let isTooLong = false;
    const end = () => endGroup(child.pid);
    const limit = setTimeout(() => {
      isTooLong = true;
      end();
    }, VERIFIED_LIMITS.programMs);
    signal?.addEventListener('abort', end, { once: true });
    const collect = (piece: Buffer) => {
      if (output.length < MOST_OUTPUT) output += piece.toString();
      else isCut = true;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    // A program that is not there, or ends early, does not read what it is given.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const finish = (outcome: Outcome | { error: unknown }) => {
      clearTimeout(limit);
      signal?.removeEventListener('abort', end);
      if (signal?.aborted) reject(signal.reason);
      else if ('error' in outcome) reject(outcome.error);
      else resolve(outcome);
    };
    child.on('error', (error) =>
      finish('code' in error && error.code === 'ENOENT' ? { kind: 'missing' } : { error }),
    );
    child.on('close', (code) =>
      finish(isTooLong ? { kind: 'too_long' } : { kind: 'ended', code: code ?? 1, output, isCut }),
    );
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
