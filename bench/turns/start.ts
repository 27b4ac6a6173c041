import { median, round } from '../support/figures.ts';
import { type Place, startModel, startOursOn } from '../support/scene.ts';

/** From the start of the process until it serves: the first time, and on a database that is there. */
export async function measureStarts(place: Place, { rounds }: { rounds: number }) {
  const model = await startModel();
  const env = await place.env('starts');
  const times: number[] = [];
  try {
    for (let turn = 0; turn <= rounds; turn += 1) {
      const ours = await startOursOn(env, model);
      times.push(ours.startMs);
      await ours.stop();
    }
  } finally {
    await model.stop();
  }
  const [first = Number.NaN, ...again] = times;
  return {
    'an empty database': { 'ready after ms, p50': round(first), most: round(first) },
    'an existing database': { 'ready after ms, p50': round(median(again)), most: round(Math.max(...again)) },
  };
}
