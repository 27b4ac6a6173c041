import { setTimeout as sleep } from 'node:timers/promises';
import { createBenchClient } from '../support/client.ts';
import { median, percentile, round } from '../support/figures.ts';
import { memoryMiB } from '../support/programs.ts';
import { type Place, serviceOf, startModel, startOurs } from '../support/scene.ts';
import { sentence } from '../support/sentences.ts';

const STEPS = 6;

/** Many connections for a minute, one user on each: no answer may fail, and memory and the time of a turn stay as they are. */
export async function measureSoak(
  place: Place,
  { connections, milliseconds }: { connections: number; milliseconds: number },
) {
  const model = await startModel();
  const ours = await startOurs(place, model);
  const client = createBenchClient(connections);
  try {
    const ask = await serviceOf(ours);
    const until = performance.now() + milliseconds;
    let latencies: number[] = [];
    let asked = 0;
    let failed = 0;
    const work = async (_: unknown, number: number) => {
      while (performance.now() < until) {
        const began = performance.now();
        asked += 1;
        await client
          .post(ask(`user ${number}`, { query: sentence(asked), memory: 'hybrid' }))
          .catch((error: unknown) => {
            failed += 1;
            if (failed <= 3) console.error(error);
          });
        latencies.push(performance.now() - began);
      }
    };
    const table: Record<string, object> = {};
    const working = Promise.all(Array.from({ length: connections }, work));
    for (let step = 1; step <= STEPS; step += 1) {
      await sleep(milliseconds / STEPS);
      const [taken, { now }] = [latencies, await memoryMiB(ours.pid)];
      latencies = [];
      table[`after ${round((step * milliseconds) / STEPS / 1_000)} s`] = {
        'turns/s': round((taken.length / milliseconds) * STEPS * 1_000),
        'p50 ms': round(median(taken)),
        'p99/p50': round(percentile(taken, 0.99) / median(taken)),
        'failed so far': failed,
        MiB: now,
      };
    }
    await working;
    return table;
  } finally {
    client.close();
    for (const program of [ours, model]) await program.stop();
  }
}
