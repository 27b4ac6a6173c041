import { readFile } from 'node:fs/promises';
import { hasCode } from '../../workspace/sandbox/file-errors.ts';

const INTERVAL_MS = 250;
const KIB_PER_MIB = 1024;

/**
 * Looks at a process's resident memory four times a second, and calls `onMore` once when it is more than `mostMb` MiB. The limit of the
 * heap does not count buffers. Systems without `/proc` have that one only.
 */
export function watchMemory(
  pid: number | undefined,
  { mostMb, onMore }: { mostMb: number; onMore: () => void },
): { stop(): void } {
  const timer = setInterval(() => void look(), INTERVAL_MS);
  timer.unref();
  const stop = () => clearInterval(timer);

  async function look(): Promise<void> {
    try {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      // Of a process that has just ended it is missing (proc_pid_status(5)).
      const resident = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
      if (resident <= mostMb * KIB_PER_MIB) return;
    } catch (error) {
      // Without a descriptor to look with, it looks again.
      if (hasCode(error, 'ENOENT', 'ESRCH')) stop();
      return;
    }
    stop();
    onMore();
  }

  return { stop };
}
