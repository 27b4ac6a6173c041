import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const START_LIMIT_MS = 15_000;
const LOOK_AGAIN_MS = 20;

/** Where Debian has the programs of daemons, which is not on everyone's path. */
export const PROGRAM_PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

/** Whether a program is installed, by the argument with which it says its version and ends. */
export function isInstalled(program: string, versionArgument: string): boolean {
  return spawnSync(program, [versionArgument], { env: { PATH: PROGRAM_PATH } }).status === 0;
}

/** A port of loopback that nobody uses at the moment. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on TCP has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves when a process accepts connections on a port; throws with what it wrote when it ends before. */
export async function acceptsConnections(
  child: ChildProcess,
  port: number,
  output: { text: string },
): Promise<void> {
  const giveUpAt = performance.now() + START_LIMIT_MS;
  while (performance.now() < giveUpAt) {
    if (child.exitCode !== null) throw new Error(`it ended at once: ${output.text}`);
    const socket = connect(port, '127.0.0.1');
    const isThere = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isThere) return;
    await sleep(LOOK_AGAIN_MS);
  }
  throw new Error(`nothing listens on port ${port}: ${output.text}`);
}

/** What a process writes, as it comes. */
export function outputOf(child: ChildProcess): { text: string } {
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output.text += text;
    });
  }
  return output;
}
