import type { MessagePort } from 'node:worker_threads';
import { ProblemError } from '../../errors.ts';
import { asProblem } from '../sandbox/file-errors.ts';
import type { WorkspacePath } from '../sandbox/paths.ts';
import type { Place } from '../sandbox/space.ts';
import { createDeadline, OvertimeError } from './deadline.ts';
import type { FolderListing, ListOptions, SearchOptions } from './explorer.ts';
import { listFolder } from './list-folder.ts';
import { searchFiles } from './search-files.ts';
import type { SearchTally } from './search-tally.ts';
import type { ThreadReply } from './thread-pool.ts';

/** What every task names: where to look, and for how long. */
interface Task<Options> {
  place: Place;
  path: WorkspacePath;
  options: Options;
  timeoutMs: number;
}

/** Lists a folder; runs in a thread of the explorer. */
export function list(task: Task<ListOptions>): Promise<ThreadReply<FolderListing>> {
  const deadline = createDeadline(task.timeoutMs);
  return replyTo(task.path, () => listFolder(task.place, task.path, { ...task.options, deadline }));
}

/** Searches files and sends the matches through a port; runs in a thread of the explorer. */
export async function search(
  task: Task<SearchOptions> & { port: MessagePort; tally: SearchTally },
): Promise<ThreadReply<'limit' | null>> {
  const { place, path, options, port, tally } = task;
  const deadline = createDeadline(task.timeoutMs);
  const run = { ...options, deadline, tally, send: port.postMessage.bind(port) };
  try {
    return await replyTo(path, () => searchFiles(place, path, run));
  } finally {
    port.close();
  }
}

/** Runs the task and puts its failure into plain data, since errors lose their class on the way to another thread. */
async function replyTo<Value>(path: WorkspacePath, act: () => Promise<Value>): Promise<ThreadReply<Value>> {
  try {
    return { ended: 'done', value: await act() };
  } catch (error) {
    if (error instanceof OvertimeError) return { ended: 'overtime' };
    const problem = asProblem(error, path.text);
    if (!(problem instanceof ProblemError)) throw error;
    return { ended: 'refused', code: problem.code, detail: problem.message, cause: problem.cause };
  }
}
