import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

const LIMIT_MS = 30_000;

/** Starts a program of `src/`, as `npm run … -- …` does, without the `.env`. */
export function startCommand(program: string, args: string[], env: Record<string, string> = {}) {
  return watchProcess(
    spawn(process.execPath, [program, ...args], {
      env: { PATH: process.env.PATH, TZ: 'UTC', ...env },
      timeout: LIMIT_MS,
    }),
  );
}

/** Starts a shell's command on a terminal of its own, by `script` of util-linux. */
export function startOnTerminal(command: string) {
  const env = { PATH: process.env.PATH, TERM: 'xterm' };
  return watchProcess(
    spawn('script', ['-qec', `stty cols 100; ${command}`, '/dev/null'], { env, timeout: LIMIT_MS }),
  );
}

function watchProcess(child: ChildProcessWithoutNullStreams) {
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.err += text;
  });
  const closed = once(child, 'close');

  async function end() {
    const [exitCode] = await closed;
    return { exitCode, ...output };
  }
  /** Resolves when the program has written this. */
  async function says(text: string): Promise<void> {
    while (!output.out.includes(text))
      await once(child.stdout, 'data', { signal: AbortSignal.timeout(LIMIT_MS) });
  }
  return {
    end,
    says,
    interrupt: () => child.kill('SIGINT'),
    type: (keys: string) => child.stdin.write(keys),
  };
}
