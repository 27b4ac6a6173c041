import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acceptsConnections, findFreePort, outputOf, PROGRAM_PATH } from './programs.ts';

/** What one answer of the proxy was, by its log. `upstream` names who answered; it is empty where the proxy did. */
interface LoggedAnswer {
  method: string;
  status: number;
  upstream: string;
}

/** A real nginx in front of two replicas, by deploy/nginx.conf with other addresses and folders, on a free loopback port. */
export async function startNginx(replicas: readonly [string, string]) {
  const folder = await mkdtemp(join(tmpdir(), 'tertulia-nginx-'));
  const port = await findFreePort();
  const file = join(folder, 'nginx.conf');
  const log = join(folder, 'access.log');
  let text = await readFile('deploy/nginx.conf', 'utf8');
  const replacements: [string, string][] = [
    ['app-1:3000', new URL(replicas[0]).host],
    ['app-2:3000', new URL(replicas[1]).host],
    ['listen 8080;', `listen 127.0.0.1:${port};`],
    [' /tmp/', ` ${folder}/`],
    ['/dev/stdout', log],
  ];
  for (const [there, here] of replacements) {
    if (!text.includes(there)) throw new Error(`deploy/nginx.conf has no "${there}" any more`);
    text = text.replaceAll(there, here);
  }
  await writeFile(file, text);
  // As root, nginx would have its workers be somebody who may not write into this folder.
  const user = process.getuid?.() === 0 ? ' user root;' : '';
  const child = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', file, '-g', `daemon off;${user}`], {
    env: { PATH: PROGRAM_PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = outputOf(child);
  await acceptsConnections(child, port, output);

  /** All answers so far. */
  async function answers(): Promise<LoggedAnswer[]> {
    const lines = (await readFile(log, 'utf8')).split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as LoggedAnswer);
  }
  async function stop(): Promise<void> {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  }
  return { url: `http://127.0.0.1:${port}`, port, answers, output, stop };
}
