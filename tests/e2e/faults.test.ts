import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createClient } from '../support/client.ts';
import { openEvents } from '../support/event-stream.ts';
import type { FakeOpenAI } from '../support/fake-openai.ts';
import type { Fault } from '../support/fault.ts';
import { expectNothingLost } from '../support/invariants.ts';
import { startProxy } from '../support/proxy.ts';
import { type Place, startPlace } from '../support/servers.ts';

const LEASE_MS = 1_500;
const SETTLED_MS = 4 * LEASE_MS;
/** Answers under load after which the server is killed. */
const ENOUGH = 40;

let place: Place;
const proxies: { close: () => Promise<void> }[] = [];

beforeEach(async () => {
  place = await startPlace();
  await writeFile(join(place.workspace, 'count.md'), 'count: ');
  place.fake.onChat(team);
});
afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
  await place.remove();
});

/** What carries on when a server was killed: a new process, or one that was there all the time behind the same proxy. */
const SUCCESSORS =
  inject('template').kind === 'server'
    ? (['a server started afterwards', 'another replica behind the same proxy'] as const)
    : (['a server started afterwards'] as const);

async function stage(fault: Fault | undefined, successor: (typeof SUCCESSORS)[number]) {
  const doomed = await startServer(fault);
  if (successor === 'a server started afterwards')
    return { first: doomed, doomed, succeed: () => startServer() };
  const replica = await startServer();
  const proxy = await startProxy([doomed.url]);
  proxies.push(proxy);
  const client = { ...createClient(proxy.url), url: proxy.url };
  const succeed = async () => {
    proxy.setTargets([doomed.url, replica.url]);
    return client;
  };
  return { first: client, doomed, succeed };
}

const startServer = (fault?: Fault) =>
  place.start({
    preload: './tests/support/fault.ts',
    env: {
      RUN_LEASE_MS: String(LEASE_MS),
      ...(fault ? { TEST_FAULT: JSON.stringify(fault) } : {}),
    },
  });

const COUNT = {
  name: 'edit_file',
  arguments: { path: 'count.md', edits: [{ find: 'count: ', replace: 'count: x' }] },
};
const REMOVE = { name: 'delete_file', arguments: { path: 'count.md' } };

/** A model that hands every task to file-admin, which makes one call for it and reports. */
function team({ messages, tools = [] }: Parameters<Parameters<FakeOpenAI['onChat']>[0]>[0]) {
  const names = tools.map((tool) => tool.function.name);
  if (messages.at(-1)?.role === 'tool') return { content: 'Done.' };
  const task = String(messages.at(-1)?.content);
  if (names.includes('delete_file')) return { toolCalls: [task.includes('Delete') ? REMOVE : COUNT] };
  return task.includes('count')
    ? { toolCalls: [{ name: 'delegate_to_file_admin', arguments: { task } }] }
    : { content: 'Hello.' };
}

const count = () => readFile(join(place.workspace, 'count.md'), 'utf8');

describe.each(SUCCESSORS)('a server that is killed, and %s', (successor) => {
  const QUESTION = 'Add to the count';
  it.each<[string, Fault, string]>([
    [
      'after it accepted the question',
      { when: 'after', statement: 'insert into runs \\(', action: 'kill' },
      'count: ',
    ],
    ['in recall', { when: 'before', statement: 'asked as materialized', action: 'kill' }, 'count: '],
    ['before a tool call', { when: 'after', statement: 'from ours.*[^e]called', action: 'kill' }, 'count: '],
    [
      'between a tool call and its result',
      { when: 'before', statement: 'insert into run_events.*returned', action: 'kill' },
      'count: x',
    ],
    [
      'before the turn is finished',
      { when: 'before', statement: 'with old as \\(\\s+select usage', action: 'kill' },
      'count: x',
    ],
  ])(
    '%s: loses nothing, shows what was done, and does nothing twice on retry',
    async (step, fault, after) => {
      const { first, doomed, succeed } = await stage(fault, successor);
      await expect(first.ask(QUESTION)).rejects.toThrow();
      await doomed.ended;
      expect(await count()).toBe(after);

      const second = await succeed();
      const [question] = await expectNothingLost(second, second.url, {
        questions: [QUESTION],
        settledWithinMs: SETTLED_MS,
      });
      const runId = question?.run_id;
      const wasCalled = /tool|finished/.test(step);
      const outcome = after === 'count: x' ? 'returned' : 'failed';
      // Whoever gives the run up looks right afterwards what became of its calls.
      await expect
        .poll(async () => (await second.get(`/runs/${runId}`)).body, { timeout: SETTLED_MS })
        .toMatchObject({
          status: 'failed',
          error: { code: 'interrupted' },
          tool_calls: wasCalled ? [{ tool: 'edit_file', outcome }] : [],
        });

      const retried = await second.post(`/runs/${runId}/retry`, undefined);
      expect(retried.body).toMatchObject({ status: 'completed', response: 'Done.' });
      expect(await count()).toBe('count: x');
      const history = await expectNothingLost(second, second.url, {
        questions: [QUESTION],
        settledWithinMs: SETTLED_MS,
      });
      expect(history.map(({ role }) => role)).toEqual(['user', 'assistant']);
    },
  );

  it('while the model writes: the stream can be followed to its end on the next server', async () => {
    place.fake.chat.enqueue({ content: 'A long answer begins here', stallAfter: true });
    const { first, doomed, succeed } = await stage(undefined, successor);
    const stream = await openEvents(`${first.url}/assistant/ask`, {
      body: { query: 'Tell me', stream: true },
    });
    let seen = 0;
    let runId = '';
    for await (const event of stream.events) {
      seen = Number(event.id);
      if (event.event === 'run') runId = event.data.run_id;
      if (event.event === 'token') break;
    }
    await doomed.kill('SIGKILL');
    await stream.close();

    const second = await succeed();
    await expectNothingLost(second, second.url, { questions: ['Tell me'], settledWithinMs: SETTLED_MS });
    const rest = await openEvents(`${second.url}/runs/${runId}/events`, {
      headers: { 'last-event-id': String(seen) },
    });
    const events = [];
    for await (const event of rest.events) events.push(event);
    expect(events.at(-1)).toMatchObject({ event: 'error', data: { code: 'interrupted', run_id: runId } });
    const retried = await second.post(`/runs/${runId}/retry`, undefined);
    expect(retried.body).toMatchObject({ status: 'completed', response: 'Hello.' });
  });
});

describe.each(SUCCESSORS)(
  'a server that is killed between an approval and its effect, and %s',
  (successor) => {
    const QUESTION = 'Delete the count';

    async function pauseAndApprove(fault: Fault) {
      const { first, doomed, succeed } = await stage(fault, successor);
      const { body: paused } = await first.ask(QUESTION);
      expect(paused.status).toBe('awaiting_approval');
      const path = `/runs/${paused.run_id}/approvals/${paused.approvals[0].id}`;
      await expect(first.post(path, { decision: 'approve' })).rejects.toThrow();
      await doomed.ended;
      const second = await succeed();
      await expectNothingLost(second, second.url, { questions: [QUESTION], settledWithinMs: SETTLED_MS });
      return { second, path, run: `/runs/${paused.run_id}` };
    }

    it.each<[string, Fault, string | null]>([
      ['right after the decision', { when: 'after', statement: 'with paused as', action: 'kill' }, null],
      [
        'right before the effect',
        { when: 'after', statement: 'from ours.*[^e]called', action: 'kill' },
        'failed',
      ],
    ])(
      '%s: shows that it did not happen, and does it on retry, without asking again',
      async (_step, fault, outcome) => {
        const { second, path, run } = await pauseAndApprove(fault);
        expect(await count()).toBe('count: ');
        await expect
          .poll(async () => (await second.get(run)).body, { timeout: SETTLED_MS })
          .toMatchObject({ status: 'failed', approvals: [{ decision: 'approve', outcome }] });
        expect((await second.post(path, { decision: 'approve' })).body.code).toBe('already_decided');
        const retried = await second.post(`${run}/retry`, undefined);
        expect(retried.body).toMatchObject({ status: 'completed', response: 'Done.' });
        await expect(count()).rejects.toThrow(/ENOENT/);
        expect((await second.get(run)).body.approvals).toMatchObject([
          { decision: 'approve', outcome: 'returned' },
        ]);
      },
    );

    it('right after the effect: shows that it happened, and does not repeat it on retry', async () => {
      const { second, run } = await pauseAndApprove({
        when: 'before',
        statement: 'insert into run_events.*returned',
        action: 'kill',
      });
      await expect(count()).rejects.toThrow(/ENOENT/);
      await expect
        .poll(async () => (await second.get(run)).body, { timeout: SETTLED_MS })
        .toMatchObject({ status: 'failed', approvals: [{ decision: 'approve', outcome: 'returned' }] });
      await writeFile(join(place.workspace, 'count.md'), 'made anew');
      const retried = await second.post(`${run}/retry`, undefined);
      expect(retried.body).toMatchObject({ status: 'completed', response: 'Done.' });
      expect(await count()).toBe('made anew');
    });
  },
);

describe.each(SUCCESSORS)('a server that is killed under load, and %s', (successor) => {
  it('loses no accepted question and leaves no run at work', async () => {
    place.fake.onChat(() => ({ content: 'Hello.', delayMs: 20 }));
    const { first, doomed, succeed } = await stage(undefined, successor);
    const sessions = await Promise.all(
      Array.from({ length: 4 }, async () => (await first.post('/sessions', undefined)).body.id as string),
    );
    const answered: string[] = [];
    const asker = async (name: number) => {
      for (let round = 0; answered.length < ENOUGH; round += 1) {
        const query = `Question ${round} of asker ${name}`;
        const session = sessions[name % sessions.length];
        const answer = await first.ask(query, { session_id: session }).catch(() => undefined);
        if (answer?.status === 200) answered.push(query);
        if (answered.length === ENOUGH) await doomed.kill('SIGKILL');
      }
    };
    await Promise.all(Array.from({ length: 12 }, (_, name) => asker(name)));
    await doomed.ended;

    const second = await succeed();
    const history = await expectNothingLost(second, second.url, {
      questions: answered,
      settledWithinMs: SETTLED_MS,
    });
    const contents = history.filter(({ role }) => role === 'user').map(({ content }) => content);
    expect(new Set(contents).size).toBe(contents.length);
    for (const question of answered) {
      const place = history.findIndex(({ content }) => content === question);
      expect(history[place + 1]).toMatchObject({ role: 'assistant', content: 'Hello.' });
    }
  });
});
