import { createBenchClient } from '../support/client.ts';
import { besideFloor, median } from '../support/figures.ts';
import { type Place, serviceOf, startFloor, startModel, startOurs } from '../support/scene.ts';
import { sentence } from '../support/sentences.ts';

/** One conversation of many turns, in steps: what a turn takes (p50, ms) must not grow with what was said. */
export async function measureConversation(place: Place, { turns, step }: { turns: number; step: number }) {
  const model = await startModel();
  const floor = await startFloor(place, model);
  const ours = await startOurs(place, model);
  const client = createBenchClient(1);
  try {
    const ask = await serviceOf(ours);
    const took = async (asking: Parameters<typeof client.post>[0]) => {
      const began = performance.now();
      await client.post(asking);
      return performance.now() - began;
    };
    const table: Record<string, object> = {};
    for (let from = 0; from < turns; from += step) {
      const times: { floor: number[]; hybrid: number[] } = { floor: [], hybrid: [] };
      for (let turn = from; turn < from + step; turn += 1) {
        const query = sentence(turn);
        const headers = { 'x-user-id': 'talker' };
        times.floor.push(await took({ url: `${floor.url}/ask`, headers, body: { query } }));
        times.hybrid.push(await took(ask('talker', { query, memory: 'hybrid' })));
      }
      const least = median(times.floor);
      table[`turns ${from + 1} to ${from + step}`] = {
        'floor p50 ms': besideFloor(least, least),
        'hybrid p50 ms': besideFloor(median(times.hybrid), least),
      };
    }
    return table;
  } finally {
    client.close();
    for (const program of [ours, floor, model]) await program.stop();
  }
}
