import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const PRINT_LIMIT_MS = 60_000;
/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: in ticks, of which Linux tells 100 a second. */
const TICK_MS = 10;

/** A program that serves HTTP, in a process of its own. */
export interface Program {
  url: string;
  pid: number;
  /** From the start of the process until it said that it is ready, in milliseconds. */
  startMs: number;
  /** How many statements it has sent to its database. */
  statements: () => Promise<number>;
  stop: () => Promise<void>;
}

/** Starts a program of this repository, which prints "ready at <url>". */
export async function startProgram(path: string, env: Record<string, string | undefined>): Promise<Program> {
  const began = performance.now();
  const counting = ['--import', join(import.meta.dirname, 'count-statements.ts')];
  const child = spawn(process.execPath, [...counting, join(ROOT, path)], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const [, url = ''] = await printed(child, /ready at (http:\S+)/);
  const startMs = performance.now() - began;
  if (child.pid === undefined) throw new Error(`${path} did not start`);
  return {
    ...{ url, pid: child.pid, startMs },
    statements: async () => {
      const told = printed(child, /statements (\d+) so far/);
      child.kill('SIGWINCH');
      return Number((await told)[1]);
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Waits until a program prints something from now on. */
async function printed(child: ChildProcess, what: RegExp): Promise<RegExpExecArray> {
  let output = '';
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
  const fail = () => reject(new Error(`a program ended, or did not print ${what}:\n${output}`));
  const limit = setTimeout(fail, PRINT_LIMIT_MS);
  const streams = [child.stdout, child.stderr];
  const listen = (chunk: string) => {
    output = (output + chunk).slice(-10_000);
    const found = what.exec(output);
    if (found) resolve(found);
  };
  child.once('exit', fail);
  for (const stream of streams) stream?.setEncoding('utf8').on('data', listen);
  try {
    return await promise;
  } finally {
    clearTimeout(limit);
    child.off('exit', fail);
    // It goes on printing, and somebody has to read that.
    for (const stream of streams) stream?.off('data', listen).resume();
  }
}

/** What a process has used of the processor so far, in milliseconds, all its threads together. */
export async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** What a process has in memory now, and the most that it had, in MiB. */
export async function memoryMiB(pid: number): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const read = (name: string) =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1_024);
  return { now: read('VmRSS'), peak: read('VmHWM') };
}
