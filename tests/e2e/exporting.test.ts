import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SOURCES } from '../../src/exporting/sources.ts';
import { OTHER_LINES } from '../../src/memory/export-types.ts';
import { writeHistory } from '../history-files/read-lines.ts';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';
import { startCommand } from '../support/command.ts';
import { createImportingUser, type ImportingUser, line } from '../support/imports.ts';
import { exportOf, newMarker } from '../support/traces.ts';

const PROPERTY_RUNS = 8;
/** What can be made again, says nothing, or says only that all else was erased. */
const LEFT_OUT = ['chunk_vectors', 'embedding_queue', 'memory_erasures', 'message_vectors'];

let server: TestApp;
/** Another installation. */
let elsewhere: TestApp;
let app: ReturnType<typeof createClient>;
let user = '';
let users = 0;

beforeAll(async () => {
  [server, elsewhere] = await Promise.all([startTestApp(), startTestApp()]);
});
afterAll(async () => {
  await server.stop();
  await elsewhere.stop();
});
beforeEach(() => {
  users += 1;
  user = `mover-${users}`;
  app = createClient(server.url, { [TEST_USER_HEADER]: user });
});

/** The messages of an export, without the runs, which stay where they were. */
async function messagesOf(client: ReturnType<typeof createClient>): Promise<object[]> {
  const { lines } = await exportOf(client);
  return lines.filter(({ type }) => type === 'message').map(({ run_id: _, ...message }) => message);
}

async function bringAlong(text: string): Promise<{ mover: ImportingUser; report: Record<string, unknown> }> {
  const mover = createImportingUser(elsewhere, user);
  const { status, body } = await mover.sendBytes(text);
  expect({ status, body }).toMatchObject({ status: 200, body: { failed: 0, errors: [] } });
  return { mover, report: body };
}

describe('an export', () => {
  it('has everything that is kept about its user as a file of lines, and nothing of anyone else', async () => {
    const marker = newMarker();
    const other = createClient(server.url, { [TEST_USER_HEADER]: `other-${users}` });
    await other.ask(`Mine is ${marker}`);
    await app.call('PUT', '/file-admin/files/notes/plan.md', {
      body: Buffer.from('# Plan\n\nSail at noon.\n'),
    });
    await app.post('/file-consultant/documents', { path: 'notes/plan.md' });
    await expect
      .poll(async () => (await app.get('/file-consultant/documents')).body[0]?.state, { timeout: 20_000 })
      .toBe('ready');
    const { body: asked } = await app.ask('My boat is blue', {}, { 'idempotency-key': 'one' });
    await server.runSql(
      `insert into github_tokens (user_id, sealed, key_version, login, scopes) values ('${user}', 'sealedSecret', 'x', 'ana', '["repo"]')`,
    );
    const { status, headers, text, lines } = await exportOf(app);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="tertulia-.*\.ndjson"$/);
    expect(lines[0]).toMatchObject({ type: 'export', version: 1, user, created_at: expect.any(String) });
    expect(lines.at(-1)).toEqual({ type: 'end', lines: lines.length - 1 });
    const kinds = new Set(lines.map(({ type }) => type));
    for (const kind of [
      'session',
      'message',
      'run',
      'event',
      'idempotency_key',
      'followed',
      'document',
      'chunk',
    ])
      expect(kinds, kind).toContain(kind);
    const question = { role: 'user', content: 'My boat is blue', run_id: asked.run_id };
    expect(lines).toContainEqual(
      expect.objectContaining({
        type: 'message',
        session: asked.session_id,
        title: 'My boat is blue',
        ...question,
      }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ type: 'file_change', path: 'notes/plan.md' }));
    expect(lines).toContainEqual(
      expect.objectContaining({ type: 'chunk', text: expect.stringContaining('noon') }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({ type: 'github_token', login: 'ana', scopes: ['repo'] }),
    );
    expect(text).not.toContain('sealedSecret');
    expect(text).not.toContain(marker);
    expect((await exportOf(other)).text).not.toContain('My boat is blue');
  });

  it('shows every table of people’s, or says that it leaves it out', async () => {
    const tables = await server.runSql(
      "select table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'user_id'",
    );
    const shown = SOURCES.flatMap(({ tables: own }) => own);
    expect([...shown, ...LEFT_OUT].toSorted()).toEqual(tables.map(({ name }) => name).toSorted());
    expect(OTHER_LINES).toEqual(
      expect.arrayContaining(SOURCES.map(({ type }) => type).filter((type) => type !== 'message')),
    );
  });

  it('breaks off when the database fails in the middle of it', async () => {
    await app.ask('Something');
    await elsewhere.runSql('alter table file_changes rename to gone');
    const mover = createClient(elsewhere.url, { [TEST_USER_HEADER]: user });
    await mover.ask('Something');
    await expect(mover.get('/memory/export')).rejects.toThrow();
    await elsewhere.runSql('alter table gone rename to file_changes');
    expect((await exportOf(mover)).lines.at(-1)).toMatchObject({ type: 'end' });
  });

  it('gives every message once, in order, however many there are', async () => {
    const mover = createImportingUser(server, user);
    const many = Array.from({ length: 1_203 }, (_, number) =>
      line(`remark ${number}`, { created_at: new Date(Date.UTC(2024, 1, 1) + number * 7).toISOString() }),
    );
    await mover.expectImport(many, many.length);
    const { lines } = await exportOf(app);
    const contents = lines.filter(({ type }) => type === 'message').map(({ content }) => content);
    expect(contents).toEqual(many.map(({ content }) => content));
  });
});

const words = fc.stringMatching(/^[a-zñ ’"\\]{0,12}\S$/);
const history = fc.array(
  fc.record({
    session: fc.constantFrom('diary', 'a chat', 'x'),
    role: fc.constantFrom('user' as const, 'assistant' as const),
    name: fc.option(words, { nil: undefined }),
    content: words,
    minute: fc.nat(3),
  }),
  { minLength: 1, maxLength: 12 },
);

describe('an export that is imported elsewhere', () => {
  it('brings every message along, as it was, in its session and its order; twice changes nothing', async () => {
    let moved = 0;
    const once = fc.asyncProperty(history, fc.array(words, { maxLength: 3 }), async (told, asked) => {
      moved += 1;
      user = `moved-${moved}`;
      app = createClient(server.url, { [TEST_USER_HEADER]: user });
      const given = told.map(({ minute, name, ...one }) =>
        line(one.content, {
          ...one,
          ...(name === undefined ? {} : { name }),
          title: `About ${one.session}`,
          created_at: new Date(Date.UTC(2024, 1, 1) + minute * 60_000).toISOString(),
        }),
      );
      await createImportingUser(server, user).send(given);
      for (const query of asked) await app.ask(query, { session_id: 'new' });
      await app.post('/file-admin/ask', { query: 'list the files' });
      const [newest] = (await app.get('/sessions')).body;
      await app.call('PATCH', `/sessions/${newest.id}`, { body: { title: null } });
      const { text } = await exportOf(app);
      const before = await messagesOf(app);
      const { mover, report } = await bringAlong(text);
      expect(report).toMatchObject({ imported: before.length, skipped: 0 });
      expect(await messagesOf(mover)).toEqual(before);
      expect((await bringAlong(text)).report).toMatchObject({ imported: 0, skipped: before.length });
      expect(await messagesOf(mover)).toEqual(before);
    });
    await fc.assert(once, { numRuns: PROPERTY_RUNS });
  });

  it('comes back also where a session’s title is blank, because its first question begins so', async () => {
    await app.ask(`${' '.repeat(100)}Hello`);
    const { text } = await exportOf(app);
    expect((await bringAlong(text)).report).toMatchObject({ imported: 2, skipped: 0 });
  });

  it('changes nothing where it came from', async () => {
    await app.ask('Hello');
    const before = await exportOf(app);
    const { body } = await createImportingUser(server, user).sendBytes(before.text);
    const messages = before.lines.filter(({ type }) => type === 'message').length;
    expect(body).toEqual({
      ...{ imported: 0, skipped: messages, failed: 0, errors: [] },
      passed_over: before.lines.length - messages,
    });
    expect((await exportOf(app)).lines.slice(1)).toEqual(before.lines.slice(1));
  });

  it('gives nobody another one’s session: ids that are taken are passed by', async () => {
    await app.ask('Hello');
    const { text } = await exportOf(app);
    const other = createImportingUser(server, `other-${users}`);
    await other.sendBytes(text);
    const mine = await exportOf(app);
    await other.call('DELETE', '/memory');
    expect((await exportOf(app)).lines.slice(1)).toEqual(mine.lines.slice(1));
  });

  it('goes in by the command as well, which counts what is no message', async () => {
    await app.ask('Hello from the command');
    const { text, lines } = await exportOf(app);
    const file = await writeHistory('export.ndjson', text);
    const { exitCode, out } = await startCommand('src/import.ts', [file, '--url', elsewhere.url]).end();
    expect(out).toContain('Imported 2 messages.');
    expect(out).toContain(`${lines.length - 2} lines of an export that are no messages`);
    expect(exitCode).toBe(0);
  });
});
