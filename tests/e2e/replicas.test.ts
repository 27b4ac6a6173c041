import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createClient } from '../support/client.ts';
import { collectEvents, openEvents, type StreamEvent } from '../support/event-stream.ts';
import { expectNothingLost } from '../support/invariants.ts';
import { startProxy } from '../support/proxy.ts';
import { type Place, startPlace } from '../support/servers.ts';

const LEASE_MS = 1_500;
const SETTLED_MS = 4 * LEASE_MS;
const env = { RUN_LEASE_MS: String(LEASE_MS) };
const isServer = inject('template').kind === 'server';
const title = `two replicas${isServer ? '' : ': the embedded database has one process only'}`;

let place: Place;
beforeEach(async () => {
  if (isServer) place = await startPlace();
});
afterEach(() => place?.remove());

/** Two server processes, and a client of the proxy in front of them. */
async function startPair(program = 'src/server.ts') {
  const [one, other] = await Promise.all([place.start({ env, program }), place.start({ env, program })]);
  const proxy = await startProxy([one.url, other.url]);
  return { one, other, proxy, client: createClient(proxy.url) };
}

async function onDatabase(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: String(place.database.env.DATABASE_URL) });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** A reply that is held back until it is let go. */
function held(content: string) {
  const asked = Promise.withResolvers<void>();
  const free = Promise.withResolvers<void>();
  const reply = async () => {
    asked.resolve();
    await free.promise;
    return { content };
  };
  return { reply, asked: asked.promise, letGo: free.resolve };
}

describe.skipIf(!isServer)(title, () => {
  it('answer the questions of one session one at a time, in their order, wherever they arrive', async () => {
    const { proxy, client } = await startPair();
    let atWork = 0;
    let most = 0;
    place.fake.onChat(async ({ messages }) => {
      atWork += 1;
      most = Math.max(most, atWork);
      await sleep(30);
      atWork -= 1;
      return { content: `Answer to ${messages.at(-1)?.content}` };
    });
    const { body: session } = await client.post('/sessions', undefined);
    const questions = Array.from({ length: 10 }, (_, number) => `Question ${number}`);
    const answers = await Promise.all(
      questions.map((query) => client.ask(query, { session_id: session.id })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(new Set(proxy.servedBy).size).toBe(2);
    expect(most).toBe(1);
    const history = await expectNothingLost(client, proxy.url, { questions, settledWithinMs: SETTLED_MS });
    expect(history.map(({ role }) => role)).toEqual(questions.flatMap(() => ['user', 'assistant']));
    for (const [position, { content }] of history.entries())
      if (position % 2 === 1) expect(content).toBe(`Answer to ${history[position - 1]?.content}`);
    await proxy.close();
  });

  it('let anyone follow on either of them, live, with the same bytes', async () => {
    const { one, other, proxy } = await startPair();
    place.fake.chat.enqueue({ content: 'One two three four five six seven eight', stallAfter: true });
    const live = await openEvents(`${one.url}/assistant/ask`, { body: { query: 'Count', stream: true } });
    const runId = (await firstOf(live.events, 'run')).data.run_id;
    const elsewhere = await openEvents(`${other.url}/runs/${runId}/events`);
    await firstOf(elsewhere.events, 'token');
    const stopped = performance.now();
    expect((await other.post(`/runs/${runId}/cancel`, undefined)).body).toMatchObject({
      status: 'cancelled',
    });
    expect(performance.now() - stopped).toBeLessThan(1_000);
    const asked = place.fake.requests.findLast(({ path }) => path.includes('chat'));
    expect(await asked?.left).toBe(true);
    await Promise.all([rest(live.events), rest(elsewhere.events)]);
    expect(elsewhere.bytes()).toBe(live.bytes());
    const afterwards = await collectEvents(`${proxy.url}/runs/${runId}/events`);
    expect(live.bytes().endsWith(afterwards.map(({ raw }) => raw).join(''))).toBe(true);
    await proxy.close();
  });

  it('take over: when one is killed, the other one gives its turns up, streams them to their end, and retries them', async () => {
    const { one, other, proxy, client } = await startPair();
    const never = held('never sent');
    place.fake.chat.enqueue(never.reply);
    const lost = one.ask('Where is the boat?').catch((error: unknown) => error);
    await never.asked;
    const { body: history } = await other.get('/assistant/history');
    const followed = collectEvents(`${other.url}/runs/${history[0].run_id}/events`);
    const waiting = other.ask('And the oars?');
    await one.kill('SIGKILL');
    expect(await lost).toBeInstanceOf(Error);
    place.fake.onChat(({ messages }) => ({ content: `On ${messages.at(-1)?.content}` }));
    expect((await followed).at(-1)).toMatchObject({ event: 'error', data: { code: 'interrupted' } });
    expect((await waiting).body).toMatchObject({ status: 'completed', response: 'On And the oars?' });
    const retried = await client.post(`/runs/${history[0].run_id}/retry`, undefined);
    expect(retried.body).toMatchObject({ status: 'completed', response: 'On Where is the boat?' });
    const whole = await expectNothingLost(client, proxy.url, {
      questions: ['Where is the boat?', 'And the oars?'],
      settledWithinMs: SETTLED_MS,
    });
    expect(whole.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    never.letGo();
    await proxy.close();
  });

  it('share approvals: asked for by one, three graphs deep, decided on the other after the first one is gone', async () => {
    const { one, other, proxy } = await startPair('tests/support/nested-server.ts');
    for (const file of ['a.md', 'b.md']) await writeFile(join(place.workspace, file), file);
    const call = (name: string, args: object) => ({ name, arguments: args });
    place.fake.onChat(({ messages, tools = [] }) => {
      const names = tools.map((tool) => tool.function.name);
      const last = messages.at(-1);
      if (last?.role === 'tool') return { content: 'Done.' };
      if (names.includes('delegate_to_foreman'))
        return { toolCalls: ['a.md', 'b.md'].map((task) => call('delegate_to_foreman', { task })) };
      if (names.includes('delegate_to_file_admin'))
        return { toolCalls: [call('delegate_to_file_admin', { task: String(last?.content) })] };
      return { toolCalls: [call('delete_file', { path: String(last?.content) })] };
    });
    const { body: paused } = await one.ask('Clear up');
    expect(paused.approvals).toHaveLength(2);
    await one.kill('SIGKILL');
    const answers = await Promise.all(
      paused.approvals.map(({ id }: { id: string }) =>
        other.post(`/runs/${paused.run_id}/approvals/${id}`, { decision: 'approve' }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const { body: run } = await other.get(`/runs/${paused.run_id}`);
    expect(run).toMatchObject({ status: 'completed', response: 'Done.' });
    expect(run.tool_calls.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'returned',
      'returned',
    ]);
    for (const file of ['a.md', 'b.md'])
      await expect(access(join(place.workspace, file))).rejects.toThrow(/ENOENT/);
    await proxy.close();
  });

  it('decide an approval once, when both are asked at the same time', async () => {
    const { one, other, proxy } = await startPair();
    await writeFile(join(place.workspace, 'a.md'), 'a');
    place.fake.chat.enqueue({ toolCalls: [{ name: 'delete_file', arguments: { path: 'a.md' } }] });
    const { body: paused } = await one.post('/file-admin/ask', { query: 'Delete a.md' });
    place.fake.onChat(() => ({ content: 'Done.' }));
    const path = `/runs/${paused.run_id}/approvals/${paused.approvals[0].id}`;
    const answers = await Promise.all(
      [one, other, one, other, one, other].map((server) => server.post(path, { decision: 'approve' })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409, 409]);
    expect((await other.get(`/runs/${paused.run_id}`)).body.tool_calls).toHaveLength(1);
    await proxy.close();
  });

  it('run a request once when both get it with the same idempotency key', async () => {
    const { one, other, proxy } = await startPair();
    place.fake.onChat(() => ({ content: 'Once.', delayMs: 100 }));
    const key = { 'idempotency-key': 'same' };
    const answers = await Promise.all(
      [one, other, one, other].map((server) => server.ask('Only once', {}, key)),
    );
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(place.fake.requests.filter(({ path }) => path.includes('chat'))).toHaveLength(1);
    await expectNothingLost(one, proxy.url, { questions: ['Only once'], settledWithinMs: SETTLED_MS });
    await proxy.close();
  });

  it('go on when every connection to the database is cut in the middle of their turns', async () => {
    const { proxy, client } = await startPair();
    const replies = Array.from({ length: 4 }, (_, number) => held(`Answer ${number}`));
    for (const { reply } of replies) place.fake.chat.enqueue(reply);
    const questions = replies.map((_, number) => `Question ${number}`);
    const answers = questions.map((query) => client.ask(query, { session_id: 'new' }));
    await Promise.all(replies.map(({ asked }) => asked));
    await onDatabase(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    for (const { letGo } of replies) letGo();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await expectNothingLost(client, proxy.url, { questions, settledWithinMs: SETTLED_MS });
    await proxy.close();
  });
});

async function firstOf(events: AsyncIterable<StreamEvent>, type: string): Promise<StreamEvent> {
  for await (const event of events) if (event.event === type) return event;
  throw new Error(`the stream ended without ${type}`);
}

async function rest(events: AsyncIterable<StreamEvent>): Promise<void> {
  for await (const _event of events);
}
