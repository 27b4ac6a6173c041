import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { findFreePort } from './programs.ts';

const START_LIMIT_MS = 10_000;

/** Whether a test can start a Redis of its own. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

/** A place for a Redis that keeps nothing, with a password, which a test starts, kills and starts again. */
export async function prepareRedis() {
  const port = await findFreePort();
  const password = 'redis-secret-of-the-test';
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const started = spawn('redis-server', [...settings, '--requirepass', password], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = started;
    let output = '';
    const limit = AbortSignal.timeout(START_LIMIT_MS);
    while (!output.includes('Ready to accept connections')) {
      const [chunk] = await once(started.stdout, 'data', { signal: limit });
      output += chunk;
    }
    started.stdout.resume();
  }

  async function end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    password,
    start,
    kill: () => end('SIGKILL'),
    /** Leaves the connections open, and answers nothing until `thaw`. */
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  };
}
