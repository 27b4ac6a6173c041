import { afterEach, beforeEach, expect, it } from 'vitest';
import type { HeapReport } from '../support/heap-report.ts';
import { type Place, startPlace } from '../support/servers.ts';

/** By then everything that a turn runs has been compiled, and the caches are full. */
const WARM_UP = 160;
const ROUNDS = 6;
const TURNS = 40;
/** How often the memory is looked at between two rounds. */
const LOOKS = 3;
/**
 * Bytes of the heap. What a turn makes and lets go of is work for the processor, and for the collector after it. It is nearly the
 * same on every machine: runs on a busy and on an idle one lay within 2 % of each other. On the embedded database, what the
 * database answers is read in this process.
 */
const ALLOCATED_PER_TURN = { server: 3_360_000, embedded: 3_520_000 };
/** Bytes that a turn leaves behind: nothing, as exactly as that can be measured. A message or an answer that is kept is more. */
const LEFT_PER_TURN = 2_000;

let place: Place;
beforeEach(async () => {
  place = await startPlace();
  place.fake.onChat(() => ({ content: 'Noted.' }));
});
afterEach(() => place.remove());

type Server = Awaited<ReturnType<Place['start']>>;

async function report({ pid, output }: Server): Promise<HeapReport> {
  const reports = () => output.text.match(/^heap .*\n/gm) ?? [];
  const known = reports().length;
  if (pid !== undefined) process.kill(pid, 'SIGWINCH');
  await expect.poll(() => reports().length, { timeout: 30_000 }).toBe(known + 1);
  // What tests/support/heap-report.ts writes.
  return JSON.parse(reports().at(-1)?.slice('heap '.length) ?? '') as HeapReport;
}

/** What is held when nothing is under way: the least of several reports, because an answer comes before its vectors are stored. */
async function heldAtRest(server: Server): Promise<number> {
  const held: number[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    const { held: inHeap, buffers } = await report(server);
    held.push(inHeap + buffers);
  }
  return Math.min(...held);
}

let asked = 0;
async function ask(server: Server, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    asked += 1;
    const { status, body } = await server.ask(`Remark ${asked} is about topic${asked % 50}`);
    expect({ status, body }).toMatchObject({ status: 200, body: { status: 'completed', degraded: [] } });
  }
}

/** The middle one, so that it does not count when the server does something for the first time, such as a sweep, in one of the rounds. */
function median(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return ((sorted[middle] ?? Number.NaN) + (sorted[sorted.length - 1 - middle] ?? Number.NaN)) / 2;
}

it('leaves nothing of a turn behind, and allocates no more for it than it did', async () => {
  const server = await place.start({
    preload: './tests/support/heap-report.ts',
    // However busy the machine is, no turn goes on without its recall.
    env: { RECALL_DEADLINE_MS: '60000' },
  });
  await ask(server, WARM_UP);
  let before = await heldAtRest(server);
  const left: number[] = [];
  const allocated: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await ask(server, TURNS);
    allocated.push((await report(server)).allocated / TURNS);
    const after = await heldAtRest(server);
    left.push((after - before) / TURNS);
    before = after;
  }
  expect(median(left), `left: ${left.map(Math.round)}`).toBeLessThan(LEFT_PER_TURN);
  const most = ALLOCATED_PER_TURN[place.database.kind];
  expect(median(allocated), `allocated: ${allocated.map(Math.round)}`).toBeLessThan(most);
}, 180_000);
