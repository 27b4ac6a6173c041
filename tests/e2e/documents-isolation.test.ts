import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { createDocumentReader, type DocumentReader } from '../support/document-reader.ts';

const USERS = 12;
let app: TestApp;
let readers: DocumentReader[] = [];
const owners = new Map<string, number>();

beforeAll(async () => {
  app = await startTestApp({ env: { KNOWLEDGE_SCAN_INTERVAL_MS: '200' } });
  readers = Array.from({ length: USERS }, (_, user) => createDocumentReader(app, `user-${user}`));
  for (const [user, reader] of readers.entries()) {
    await reader.write({
      'shared/plan.md': 'The heron waits at the weir for the eel.',
      [`own-${user}/secret.md`]: `The heron of user ${user} keeps its key under stone ${user}.`,
      [`own-${user}/same.md`]: 'The heron waits at the weir for the eel.',
    });
    for (const path of ['shared', `own-${user}`]) owners.set((await reader.read(path)).id, user);
    for (const { id } of await reader.documents()) owners.set(id, user);
  }
});
afterAll(() => app.stop());

it('never shows a passage of another user, whatever is asked and wherever', async () => {
  const question = fc.record({
    user: fc.nat(USERS - 1),
    query: fc.constantFrom(
      'heron',
      'key under stone',
      'The heron waits at the weir for the eel.',
      'herron',
      'secret',
      'stone 3',
    ),
    limit: fc.integer({ min: 1, max: 50 }),
    path: fc.constantFrom('.', '**', 'own-*', 'own-3', 'own-3/secret.md', 'shared', '**/*.md'),
  });
  await fc.assert(
    fc.asyncProperty(question, async ({ user, query, limit, path }) => {
      const found = (await readers[user]?.search(query, { limit, path })) ?? [];
      const visible = [`own-${user}/same.md`, `own-${user}/secret.md`, 'shared/plan.md'];
      for (const { document_id, path: place, also_in } of found) {
        expect(owners.get(document_id)).toBe(user);
        for (const one of [place, ...also_in.map((copy) => copy.path)]) expect(visible).toContain(one);
      }
    }),
    { numRuns: 150, endOnFailure: true },
  );
});

it('answers 404 to every other user for a document and for a folder, and leaves them alone', async () => {
  for (const [id, owner] of owners) {
    const stranger = readers[(owner + 1) % USERS];
    const place = `/file-consultant/documents/${id}`;
    const answers = [
      await stranger?.get(place),
      await stranger?.get(`${place}/passages`),
      await stranger?.get(`${place}/events`),
      await stranger?.forget(id),
    ];
    expect(answers.map((answer) => [answer?.status, answer?.body.code])).toEqual(
      Array(4).fill([404, 'document_not_found']),
    );
    expect((await readers[owner]?.get(place))?.status).toBe(200);
  }
});

it('lists to each user what is theirs', async () => {
  for (const [user, reader] of readers.entries()) {
    expect(await reader.paths()).toEqual([`own-${user}/same.md`, `own-${user}/secret.md`, 'shared/plan.md']);
    expect(await reader.paths(`own-${(user + 1) % USERS}`)).toEqual([]);
    const { body } = await reader.get('/file-consultant/documents?type=folder');
    expect(body.map(({ path }: { path: string }) => path)).toEqual([`own-${user}`, 'shared']);
  }
});

it('forgets for one user only, and follows for all', async () => {
  const [one, other] = readers as [DocumentReader, DocumentReader];
  const { id = '' } = (await one.at('shared/plan.md')) ?? {};
  await one.forget(id);
  expect(await one.found('weir', { path: 'shared' })).toEqual([]);
  expect(await other.found('weir', { path: 'shared' })).toEqual(['shared/plan.md']);
  await other.write({ 'shared/plan.md': 'The heron left for the marsh.' });
  await other.finds('marsh', ['shared/plan.md']);
  expect(await one.found('marsh')).toEqual([]);
  await rm(join(app.workspace, 'shared/plan.md'));
  await other.finds('marsh', []);
  const { body } = await app.get('/file-consultant/documents', { [TEST_USER_HEADER]: 'nobody' });
  expect(body).toEqual([]);
});
