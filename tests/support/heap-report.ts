import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { GCProfiler, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

/** What a process holds at the moment when it is asked, after a full collection, in bytes. */
export interface HeapReport {
  held: number;
  /** Buffers outside the heap that objects of the heap hold. */
  buffers: number;
  /** What was allocated in the heap since the report before it. */
  allocated: number;
}

/** Compilers decide by time what to compile, which is kept in the heap, and some of the objects in what they compile are never made. */
const FLAGS = ['--no-turbofan', '--no-maglev', '--no-sparkplug', '--no-flush-bytecode', '--expose-gc'];
/** Several, because what a finalizer lets go of is collected by the next one. */
const COLLECTIONS = 4;

// Preloaded into a server process, this has it say what it holds, in a line of its own, whenever it gets SIGWINCH, which means
// nothing to it otherwise.
if (isMainThread) {
  for (const flag of FLAGS) setFlagsFromString(flag);
  // The flag puts it into new contexts only.
  const collect = runInNewContext('gc') as () => void;
  let profiler = new GCProfiler();
  let last = 0;
  profiler.start();
  process.on('SIGWINCH', async () => {
    for (let time = 0; time < COLLECTIONS; time += 1) {
      await turnOfTheLoop();
      collect();
    }
    const { statistics } = profiler.stop();
    profiler = new GCProfiler();
    profiler.start();
    let allocated = 0;
    for (const { beforeGC, afterGC } of statistics) {
      allocated += beforeGC.heapStatistics.usedHeapSize - last;
      last = afterGC.heapStatistics.usedHeapSize;
    }
    const { heapUsed: held, arrayBuffers: buffers } = process.memoryUsage();
    console.log(`heap ${JSON.stringify({ held, buffers, allocated } satisfies HeapReport)}`);
  });
}
