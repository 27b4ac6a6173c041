import { readFile } from 'node:fs/promises';

const LOOK_EVERY_MS = 100;

/** The most memory that was resident, in MiB: of the server, and of the largest of the processes that it had read documents. */
export interface PeakMemory {
  server: number;
  reader: number;
}

/** Watches a process and its children, by /proc; so only on Linux. */
export function watchMemory(pid: number): { peak: PeakMemory; stop: () => void } {
  const peak: PeakMemory = { server: 0, reader: 0 };
  async function look(): Promise<void> {
    peak.server = Math.max(peak.server, await highWater(pid));
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    for (const child of children.split(' ').filter(Boolean))
      peak.reader = Math.max(peak.reader, await highWater(Number(child)));
  }
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return { peak, stop: () => clearInterval(timer) };
}

/** The kernel's own mark of the most that a process had, so that no peak between two looks is missed; 0 when it has ended. */
async function highWater(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
}
