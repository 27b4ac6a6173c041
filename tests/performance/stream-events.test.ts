import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { TEST_USER_HEADER } from '../support/app.ts';
import { openEvents, type StreamEvent } from '../support/event-stream.ts';
import { count, FOLLOWED_INTERVAL_MS, type Scene, startScene, UNFOLLOWED_INTERVAL_MS } from './scene.ts';

/** Together fewer characters than src/turns/run-log.ts puts into one event. */
const TOKENS = Array.from({ length: 1_000 }, (_, place) => `${place} `);
const ANSWER = TOKENS.join('');
const PAUSE_MS = 5;
/** What a run without tools tells beside its text. */
const OTHER_EVENTS = ['run', 'recall', 'done'];

let scene: Scene;
let users = 0;
function newUser() {
  users += 1;
  return { [TEST_USER_HEADER]: `user-${users}` };
}

beforeAll(async () => {
  scene = await startScene();
});
beforeEach(() => scene.fake.onChat(() => ({ pieces: TOKENS })));
afterAll(() => scene.stop());

const isToken = ({ event }: StreamEvent) => event === 'token';
const spoken = (events: StreamEvent[]) =>
  events
    .filter(isToken)
    .map(({ data }) => data.text)
    .join('');

/** The events of a run as they are kept: read by themselves, and counted in the table. */
async function kept(runId: string, user: Record<string, string>) {
  const stream = await openEvents(`${scene.app.url}/runs/${runId}/events`, { headers: user });
  const events = await Array.fromAsync(stream.events);
  const [table] = await scene.app.runSql(
    `select count(*)::int as count from run_events where user_id = '${user[TEST_USER_HEADER]}' and run_id = '${runId}'`,
  );
  return { events, rows: Number(table?.count) };
}

/** Some tokens every few milliseconds. */
async function* slowly() {
  for (let from = 0; from < TOKENS.length; from += 10) {
    yield* TOKENS.slice(from, from + 10);
    await sleep(PAUSE_MS);
  }
}

it.each([
  ['at once', () => TOKENS],
  ['little by little', slowly],
])('writes a thousand tokens that come %s as one event for each time that it writes', async (_, pieces) => {
  const user = newUser();
  await scene.streamedTurn('Warm up', {}, user);
  scene.fake.onChat(() => ({ pieces: pieces() }));
  const turn = await scene.streamedTurn('Count to a thousand', {}, user);
  const writes = count(turn, 'events written');
  // One at once, and then one in an interval; the last ones come with the answer.
  expect(writes).toBeLessThanOrEqual(turn.elapsedMs / FOLLOWED_INTERVAL_MS + 1);
  const { data: done } = turn.outcome.at(-1) as StreamEvent;
  const { events, rows } = await kept(done.run_id, user);
  expect(rows).toBeLessThanOrEqual(writes + 1 + OTHER_EVENTS.length);
  expect(events.map(({ raw }) => raw)).toEqual(turn.outcome.map(({ raw }) => raw));
  expect(events).toHaveLength(rows);
  expect(events.filter((event) => !isToken(event)).map(({ event }) => event)).toEqual(OTHER_EVENTS);
  expect(spoken(turn.outcome)).toBe(ANSWER);
  expect(done.response).toBe(ANSWER);
});

it('writes them more seldom where nobody follows, and keeps the same', async () => {
  const user = newUser();
  await scene.turn('Warm up', {}, user);
  const turn = await scene.turn('Count to a thousand', {}, user);
  const writes = count(turn, 'events written');
  expect(writes).toBeLessThanOrEqual(turn.elapsedMs / UNFOLLOWED_INTERVAL_MS);
  const { events, rows } = await kept(turn.outcome.run_id, user);
  expect(rows).toBeLessThanOrEqual(writes + 1 + OTHER_EVENTS.length);
  expect(events.filter((event) => !isToken(event)).map(({ event }) => event)).toEqual(OTHER_EVENTS);
  expect(spoken(events)).toBe(ANSWER);
});
