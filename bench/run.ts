import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makePlace, type Place } from './support/scene.ts';
import { measureConversation } from './turns/conversation.ts';
import { measureSoak } from './turns/soak.ts';
import { measureStarts } from './turns/start.ts';
import { measureStreams } from './turns/stream.ts';
import { measureTurns } from './turns/turns.ts';

const { values: options } = parseArgs({
  options: {
    parts: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    turns: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '3' },
    conversation: { type: 'string', default: '1000' },
    soak: { type: 'string', default: '60' },
    json: { type: 'string', default: join(import.meta.dirname, 'results.json') },
  },
});
const rounds = Number(options.rounds);

const PARTS: Record<string, (place: Place) => Promise<object>> = {
  turns: (place) =>
    measureTurns(place, { rounds, turns: Number(options.turns), loadMs: Number(options.seconds) * 1_000 }),
  conversation: (place) => measureConversation(place, { turns: Number(options.conversation), step: 100 }),
  soak: (place) => measureSoak(place, { connections: 256, milliseconds: Number(options.soak) * 1_000 }),
  stream: (place) => measureStreams(place, { rounds: 4 * rounds }),
  start: (place) => measureStarts(place, { rounds }),
};
/** These are benches of their own, which print their figures themselves. */
const PROGRAMS: Record<string, string> = { growth: 'recall/growth.ts', ingest: 'knowledge/run.ts' };

const known = [...Object.keys(PARTS), ...Object.keys(PROGRAMS)];
const parts = options.parts?.split(',') ?? known;
const unknown = parts.find((part) => !known.includes(part));
if (unknown !== undefined) throw new Error(`--parts got "${unknown}"; it takes some of ${known.join(',')}`);

const results: Record<string, unknown> = {};
const { DATABASE_URL } = process.env;
if (!DATABASE_URL) console.log('DATABASE_URL is not set, so nothing is measured on PostgreSQL.');
for (const url of DATABASE_URL ? [DATABASE_URL, undefined] : [undefined]) {
  for (const part of parts) {
    const measure = PARTS[part];
    if (!measure) continue;
    const place = await makePlace(url);
    try {
      const table = await measure(place);
      console.log(`\n${part}, ${place.kind} (in brackets: how many times the floor's, or the first row's)`);
      console.table(table);
      results[`${part}, ${place.kind}`] = table;
      // Written again after each part, so that a long run that is broken off has its figures.
      await writeFile(options.json, `${JSON.stringify(results, null, 2)}\n`);
    } finally {
      await place.remove();
    }
  }
}
for (const part of parts) {
  const program = PROGRAMS[part];
  if (program === undefined) continue;
  const [status] = await once(
    spawn(process.execPath, [join(import.meta.dirname, program)], { stdio: 'inherit' }),
    'exit',
  );
  if (status !== 0) process.exitCode = 1;
}
