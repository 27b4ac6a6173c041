import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEvents } from '../support/event-stream.ts';
import type { FakeOpenAI } from '../support/fake-openai.ts';
import type { Fault } from '../support/fault.ts';
import { expectNothingLost } from '../support/invariants.ts';
import { type Place, startPlace } from '../support/servers.ts';

const LEASE_MS = 1_500;
const SETTLED_MS = 4 * LEASE_MS;

let place: Place;

beforeEach(async () => {
  place = await startPlace();
  await writeFile(join(place.workspace, 'count.md'), 'count: ');
  place.fake.onChat(team);
});
afterEach(() => place.remove());

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

describe('a server that is killed', () => {
  const QUESTION = 'Add to the count';
  it.each<[string, Fault, string]>([
    [
      'after it accepted the question',
      { when: 'after', statement: 'insert into runs \\(', action: 'kill' },
      'count: ',
    ],
    ['in recall', { when: 'before', statement: 'with terms as', action: 'kill' }, 'count: '],
    ['before a tool call', { when: 'after', statement: 'from ours.*called', action: 'kill' }, 'count: '],
    [
      'between a tool call and its result',
      { when: 'before', statement: 'insert into run_events.*returned', action: 'kill' },
      'count: x',
    ],
    [
      'before the turn is finished',
      { when: 'before', statement: 'with closed as', action: 'kill' },
      'count: x',
    ],
  ])(
    '%s: loses nothing, shows what was done, and does nothing twice on retry',
    async (_step, fault, after) => {
      const first = await startServer(fault);
      await expect(first.ask(QUESTION)).rejects.toThrow();
      await first.ended;
      expect(await count()).toBe(after);

      const second = await startServer();
      const [question] = await expectNothingLost(second, second.url, {
        questions: [QUESTION],
        settledWithinMs: SETTLED_MS,
      });
      const runId = question?.run_id;
      const { body: run } = await second.get(`/runs/${runId}`);
      expect(run).toMatchObject({ status: 'failed', error: { code: 'interrupted' } });
      const wasCalled = /tool|finished/.test(_step);
      expect(run.tool_calls).toMatchObject(
        wasCalled ? [{ tool: 'edit_file', outcome: after === 'count: x' ? 'returned' : 'failed' }] : [],
      );

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
    const first = await startServer();
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
    await first.kill('SIGKILL');
    await stream.close();

    const second = await startServer();
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

describe('a server that is killed between an approval and its effect', () => {
  const QUESTION = 'Delete the count';

  async function pauseAndApprove(fault: Fault) {
    const first = await startServer(fault);
    const { body: paused } = await first.ask(QUESTION);
    expect(paused.status).toBe('awaiting_approval');
    const path = `/runs/${paused.run_id}/approvals/${paused.approvals[0].id}`;
    await expect(first.post(path, { decision: 'approve' })).rejects.toThrow();
    await first.ended;
    const second = await startServer();
    await expectNothingLost(second, second.url, { questions: [QUESTION], settledWithinMs: SETTLED_MS });
    return { second, path, run: `/runs/${paused.run_id}` };
  }

  it.each<[string, Fault, string | null]>([
    ['right after the decision', { when: 'after', statement: 'with paused as', action: 'kill' }, null],
    ['right before the effect', { when: 'after', statement: 'from ours.*called', action: 'kill' }, 'failed'],
  ])(
    '%s: shows that it did not happen, and does it on retry, without asking again',
    async (_step, fault, outcome) => {
      const { second, path, run } = await pauseAndApprove(fault);
      expect(await count()).toBe('count: ');
      expect((await second.get(run)).body).toMatchObject({
        status: 'failed',
        approvals: [{ decision: 'approve', outcome }],
      });
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
    expect((await second.get(run)).body).toMatchObject({
      status: 'failed',
      approvals: [{ decision: 'approve', outcome: 'returned' }],
    });
    await writeFile(join(place.workspace, 'count.md'), 'made anew');
    const retried = await second.post(`${run}/retry`, undefined);
    expect(retried.body).toMatchObject({ status: 'completed', response: 'Done.' });
    expect(await count()).toBe('made anew');
  });
});

describe('a server that is killed under load', () => {
  it('loses no accepted question and leaves no run at work', async () => {
    place.fake.onChat(() => ({ content: 'Hello.', delayMs: 20 }));
    const first = await startServer();
    const sessions = await Promise.all(
      Array.from({ length: 4 }, async () => (await first.post('/sessions', undefined)).body.id as string),
    );
    const answered: string[] = [];
    const asker = async (name: number) => {
      for (let round = 0; ; round += 1) {
        const query = `Question ${round} of asker ${name}`;
        const { status } = await first.ask(query, { session_id: sessions[name % sessions.length] });
        if (status === 200) answered.push(query);
        if (answered.length === 40) await first.kill('SIGKILL');
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: 12 }, (_, name) => asker(name)));
    expect(ends.every(({ status }) => status === 'rejected')).toBe(true);

    const second = await startServer();
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
