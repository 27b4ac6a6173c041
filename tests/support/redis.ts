import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acceptsConnections, findFreePort, outputOf, PROGRAM_PATH } from './programs.ts';

/** A real Redis on a free loopback port, which can be killed and started again. */
export async function startRedis() {
  const folder = await mkdtemp(join(tmpdir(), 'tertulia-redis-'));
  const port = await findFreePort();
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder];
    child = spawn('redis-server', [...place, '--save', '', '--appendonly', 'no'], {
      env: { PATH: PROGRAM_PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await acceptsConnections(child, port, outputOf(child));
  }
  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  async function remove(): Promise<void> {
    await kill();
    await rm(folder, { recursive: true, force: true });
  }
  await start();
  return { url: `redis://127.0.0.1:${port}`, start, kill, remove };
}
