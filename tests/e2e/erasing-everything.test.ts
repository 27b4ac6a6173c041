import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';
import { createDocumentReader } from '../support/document-reader.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../support/fake-openai.ts';
import { createImportingUser, line, lines, toNdjson } from '../support/imports.ts';
import { ofTest } from '../support/statements/recorder.ts';
import { exportOf, keptFor, newMarker, tracesOf } from '../support/traces.ts';

/** What stays of somebody who has everything erased. */
const STAYS = ['memory_erasures', 'token_usage'];
const SOON = { timeout: 45_000, interval: 50 };

let fake: FakeOpenAI;
let server: TestApp;
/** Each test is a user of its own, with a word of its own. */
let user = '';
let app: ReturnType<typeof createClient>;
let marker = '';
let users = 0;

beforeAll(async () => {
  fake = await startFakeOpenAI();
  server = await startTestApp({
    env: {
      ...{ OPENAI_API_KEY: 'test-key', OPENAI_BASE_URL: fake.baseUrl, CHAT_MODEL: 'fake-chat' },
      ...{ EMBEDDING_MODEL: 'fake-embed', KNOWLEDGE_SCAN_INTERVAL_MS: '300' },
    },
  });
});
afterAll(async () => {
  await server.stop();
  await fake.close();
});
beforeEach(() => {
  users += 1;
  user = `forgetful-${users}`;
  marker = newMarker();
  app = createClient(server.url, { [TEST_USER_HEADER]: user });
  fake.onChat(() => ({ content: 'Noted.' }));
});

const put = (path: string, text: string) =>
  app.call('PUT', `/file-admin/files/${path}`, { body: Buffer.from(text) });
const remove = (path: string) => ({ name: 'delete_file', arguments: { path } });
const delegate = (task: string) => ({ name: 'delegate_to_file_admin', arguments: { task } });
const eraseAll = () => app.call('DELETE', '/memory');

/** Asks something that the model is still busy with; the turn ends when it is released. */
async function askAndWait(query: string) {
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  fake.chat.enqueue(async () => {
    asked.resolve();
    await released.promise;
    return { content: `Too late: ${query}` };
  });
  const answer = app.ask(query, { session_id: 'new' });
  await asked.promise;
  return { answer, release: released.resolve };
}

/** The tables in which the user has rows, of all that belong to people. */
async function tablesWithRows(): Promise<string[]> {
  const tables = await server.runSql(
    "select table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'user_id' order by 1",
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await server.runSql(`select 1 from ${name} where user_id = '${user}' limit 1`);
    if (rows.length > 0) found.push(String(name));
  }
  return found;
}

/** Has the marker in every place where something of a person's is kept. */
async function leaveTraces() {
  const reader = createDocumentReader({ url: server.url, workspace: server.workspace }, user);
  await put(`${marker}/kept.md`, `# ${marker}\n\nThe harbour of ${marker} is deep.\n`);
  await put(`${marker}/changed.md`, `once ${marker}`);
  await put(`${marker}/changed.md`, 'now other words');
  await reader.follow(`${marker}/kept.md`);
  await expect.poll(async () => (await reader.at(`${marker}/kept.md`))?.state, SOON).toBe('ready');
  await createImportingUser(server, user).expectImport([line(`I said ${marker}`, { session: marker })], 1);
  await app.ask(`What of ${marker}?`, {}, { 'idempotency-key': 'once' });
  fake.chat.enqueue(
    { toolCalls: [delegate(`clear up ${marker}`)] },
    { toolCalls: [remove(`${marker}/changed.md`)] },
  );
  const { body: paused } = await app.ask(`Clear up ${marker}`, { session_id: 'new' });
  expect(paused.status).toBe('awaiting_approval');
  const payload = JSON.stringify({ title: marker });
  for (const statement of [
    `insert into github_follows (user_id, repository_id, full_name) values ('${user}', ${users}, 'ana/${marker}')`,
    `insert into github_tokens (user_id, sealed, key_version, login, scopes) values ('${user}', 'x', 'x', '${marker}', '[]')`,
    `insert into github_deliveries (id, event, repository_id, payload, waits_until)
       values ('${marker.slice(3)}', 'issues', ${users}, '${payload}', now() + interval '1 hour')`,
  ])
    await server.runSql(statement);
  await createImportingUser(server, user).embedded();
  return { paused };
}

describe('erasing everything', () => {
  it('leaves no trace in any table or kept file, says how much it was, and touches nobody else', async () => {
    const other = createClient(server.url, { [TEST_USER_HEADER]: `other-${users}` });
    await other.ask('My locker is in the cellar');
    await server.services.embedder.settled();
    const before = await keptFor(other);
    const { paused } = await leaveTraces();
    expect(await tracesOf(server, marker)).toEqual(
      [
        ...[
          'approvals',
          'chat_sessions',
          'checkpoints',
          'chunks',
          'documents',
          'file_changes',
          'github_deliveries',
        ],
        ...['github_follows', 'github_tokens', 'knowledge_roots', 'messages', 'run_events', 'runs'],
      ]
        .map((table) => `public.${table}`)
        .concat('.tertulia-history')
        .toSorted(),
    );
    const { status, body: receipt } = await eraseAll();
    expect(status).toBe(200);
    expect(receipt).toEqual({
      ...{ messages: 5, embeddings: 6, runs: 2, checkpoints: 1, documents: 1 },
      events: expect.any(Number),
    });
    expect(receipt.events).toBeGreaterThan(5);
    expect(await tracesOf(server, marker)).toEqual([]);
    expect(await keptFor(other)).toBe(before);
    expect(await tablesWithRows()).toEqual(STAYS);

    expect((await app.get('/assistant/history')).body).toEqual([]);
    expect((await app.get('/sessions')).body).toEqual([]);
    expect((await app.post('/memory/search', { query: marker })).body).toEqual([]);
    expect((await app.post('/file-consultant/search', { query: marker })).body).toEqual([]);
    expect((await app.get('/file-admin/changes')).body).toEqual([]);
    const events = await app.get(`/runs/${paused.run_id}/events`, { 'last-event-id': '0' });
    expect(events).toMatchObject({ status: 404, body: { code: 'run_not_found' } });
    expect((await exportOf(app)).lines).toMatchObject([
      { type: 'export', user },
      { type: 'token_usage' },
      { type: 'end', lines: 2 },
    ]);
    expect((await app.get(`/file-admin/files/${marker}/kept.md`)).status).toBe(200);
  });

  it('stops a turn that is running, which stores nothing any more', async () => {
    const { answer, release } = await askAndWait(`Where is ${marker}?`);
    expect((await eraseAll()).body).toMatchObject({ messages: 1, runs: 1 });
    const { status, body } = await answer;
    expect({ status, body }).toMatchObject({
      status: 404,
      body: { code: 'run_not_found', detail: expect.stringContaining('erased') },
    });
    release();
    await server.services.embedder.settled();
    expect(await tracesOf(server, marker)).toEqual([]);
    expect((await app.ask('Anyone there?')).body).toMatchObject({ status: 'completed' });
  });

  it('ends an import that is under way, of which nothing comes back', async () => {
    const some = lines(600, { session: marker });
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const answer = fetch(`${server.url}/memory/import`, {
      method: 'POST',
      headers: { [TEST_USER_HEADER]: user, 'content-type': 'application/x-ndjson' },
      body: readable,
      duplex: 'half',
    } as RequestInit);
    await writer.write(Buffer.from(toNdjson(some)));
    await expect.poll(async () => (await app.get('/assistant/history')).body.length, SOON).toBe(5);
    expect((await eraseAll()).body.messages).toBe(500);
    await writer.write(Buffer.from(toNdjson(lines(10, { content: marker } as never))));
    await writer.close();
    const told = await answer;
    expect(told.status).toBe(409);
    expect(await told.json()).toMatchObject({ code: 'memory_erased' });
    expect(await tracesOf(server, marker)).toEqual([]);
    await createImportingUser(server, user).expectImport(some.slice(0, 3), 3);
  });

  it('forgets followed folders: what is being read is not kept, and nothing is read again', async () => {
    const reader = createDocumentReader({ url: server.url, workspace: server.workspace }, user);
    const embedding = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    fake.onEmbeddings(async () => {
      embedding.resolve();
      await released.promise;
      return {};
    });
    await put(`${marker}/a.md`, `# ${marker}\n\nIt stands here.\n`);
    await reader.follow(marker);
    await embedding.promise;
    expect((await eraseAll()).body.documents).toBe(1);
    released.resolve();
    await writeFile(join(server.workspace, marker, 'b.md'), `${marker} again`);
    await put('unrelated.md', 'wakes those who follow');
    fake.onEmbeddings(() => ({}));
    await expect
      .poll(async () => (await server.runSql('select 1 from file_changes')).length, SOON)
      .toBeGreaterThan(0);
    expect(await tracesOf(server, marker)).toEqual([]);
  });

  it('takes along a document that is found while everything is being erased', async ({ skip }) => {
    const { DATABASE_URL: connectionString } = server.database.env;
    if (connectionString === undefined) return skip('the embedded database has no second connection');
    const id = '01990000-0000-7000-8000-000000000000';
    await server.runSql(
      `insert into knowledge_roots (user_id, id, path, type, next_scan_at) values ('${user}', '${id}', '${marker}', 'folder', now() + interval '1 day')`,
    );
    const scanner = new pg.Client({ connectionString });
    await scanner.connect();
    await scanner.query('begin');
    await scanner.query(
      ofTest(`insert into documents (user_id, id, path, state, size, modified_at)
        select '${user}', '${id}', '${marker}/new.md', 'excluded', 1, now()
        where exists (select from knowledge_roots as r where r.user_id = '${user}' for key share)`),
    );
    const erased = eraseAll();
    const waiting =
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    await expect.poll(async () => (await server.runSql(waiting)).length, SOON).toBeGreaterThan(0);
    await scanner.query('commit');
    await scanner.end();
    expect((await erased).body.documents).toBe(1);
    expect(await tracesOf(server, marker)).toEqual([]);
  });

  it('is as good for one of whom nothing is kept, and a second time', async () => {
    const nothing = { messages: 0, embeddings: 0, runs: 0, checkpoints: 0, events: 0, documents: 0 };
    expect((await eraseAll()).body).toEqual(nothing);
    expect((await eraseAll()).body).toEqual(nothing);
  });

  it('takes away what is kept of files also where the process ended before it did', async () => {
    await put(`${marker}.md`, `once ${marker}`);
    await put(`${marker}.md`, 'other words');
    await server.runSql(`delete from file_changes where user_id = '${user}'`);
    await server.runSql(
      `insert into memory_erasures (user_id, id) values ('${user}', '01990000-0000-7000-8000-000000000000')`,
    );
    expect(await tracesOf(server, marker)).toEqual(['.tertulia-history']);
    await server.services.erasure.clearFiles();
    expect(await tracesOf(server, marker)).toEqual([]);
    expect(await server.runSql(`select 1 from memory_erasures where files_left`)).toEqual([]);
  });
});
