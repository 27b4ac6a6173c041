import { createBenchClient } from '../support/client.ts';
import { besideFloor, median, round } from '../support/figures.ts';
import { cpuMs } from '../support/programs.ts';
import { type Place, serviceOf, startModel, startOurs } from '../support/scene.ts';

const TOKENS = [1, 1_000, 10_000];

/** Streamed answers of a model that says all at once: the first token, which is what we add to any model's, and what each costs. */
export async function measureStreams(place: Place, { rounds }: { rounds: number }) {
  const model = await startModel();
  const ours = await startOurs(place, model);
  const client = createBenchClient(1);
  try {
    const ask = await serviceOf(ours);
    const times = new Map(
      TOKENS.map((tokens) => [tokens, { first: [] as number[], whole: [] as number[], cpu: [] as number[] }]),
    );
    // The first round is the one in which everything is compiled.
    for (let turn = 0; turn <= rounds; turn += 1) {
      for (const [tokens, taken] of times) {
        const [began, cpu] = [performance.now(), await cpuMs(ours.pid)];
        let first = Number.NaN;
        const asking = ask('reader', { query: `Write ${tokens} words`, memory: 'hybrid', stream: true });
        await client.post(asking, (piece) => {
          if (Number.isNaN(first) && piece.includes('event: token')) first = performance.now() - began;
        });
        if (turn === 0) continue;
        taken.first.push(first);
        taken.whole.push(performance.now() - began);
        taken.cpu.push((await cpuMs(ours.pid)) - cpu);
      }
    }
    const [least] = times.values();
    return Object.fromEntries(
      [...times].map(([tokens, { first, whole, cpu }]) => [
        `${tokens} tokens`,
        {
          'first token, p50 ms': round(median(first)),
          'whole answer, p50 ms': besideFloor(median(whole), median(least?.whole ?? [])),
          // The kernel counts in steps of 10 ms, so a mean says more than a median.
          'CPU ms, mean': round(cpu.reduce((sum, one) => sum + one, 0) / cpu.length),
        },
      ]),
    );
  } finally {
    client.close();
    for (const program of [ours, model]) await program.stop();
  }
}
