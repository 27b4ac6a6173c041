import { expect } from 'vitest';
import type { createClient } from './client.ts';
import { createDocumentReader } from './document-reader.ts';

/** A server process of a test's own, on which somebody has worked for a while. */
type Server = ReturnType<typeof createClient> & { url: string };

/** Settings with which such a server does all it can, however busy the machine is. */
export const PATIENT = {
  KNOWLEDGE_SCAN_INTERVAL_MS: '200',
  RECALL_DEADLINE_MS: '30000',
  DATABASE_TIMEOUT_MS: '30000',
};

const KEY = { 'idempotency-key': 'the-boat' };
const BOAT = 'Remember that the boat is green';
const put = (server: Server, path: string, text: string) =>
  server.call('PUT', `/file-admin/files/${path}`, { body: Buffer.from(text) });

/** Fills a server by what people do: questions, a file with changes, a document that is read in, a deletion that waits for approval. */
export async function fillServer(server: Server, workspace: string) {
  await server.ask('My dog is called Luna, and “Ñandú” is a bird');
  await put(server, 'notes/todo.md', 'buy milk');
  const { headers } = await put(server, 'notes/old.md', 'long ago');
  expect(headers.get('etag')).toBeTruthy();
  await put(server, 'notes/todo.md', 'buy bread');
  const reader = createDocumentReader({ url: server.url, workspace });
  await reader.write({ 'papers/harbour.md': '# Harbour\n\nThe crane lifts forty tonnes.\n' });
  await reader.read('papers');
  const once = await server.ask(BOAT, {}, KEY);
  expect(once.status).toBe(200);
  const paused = await server.ask('delete notes/old.md');
  expect(paused.body).toMatchObject({ status: 'awaiting_approval' });
  return { once: once.body, paused: paused.body };
}

/** What a server shows of what it keeps. */
export async function observe(server: Server) {
  const history = await server.get('/assistant/history?limit=200&order=asc');
  const { body: sessions } = await server.get('/sessions');
  const { body: changes } = await server.get('/file-admin/changes?limit=200');
  const { body: documents } = await server.get('/file-consultant/documents?type=file');
  const runs = [...new Set<string>(history.body.map(({ run_id }: { run_id: string }) => run_id))];
  const events: string[] = [];
  for (const run of runs.slice(0, -1)) events.push((await server.get(`/runs/${run}/events`)).body);
  const read = documents.map(({ id, path, state, chunks }: Record<string, unknown>) => ({
    id,
    path,
    state,
    chunks,
  }));
  expect(history.body.length).toBeGreaterThan(5);
  expect(changes.length).toBeGreaterThan(2);
  expect(read).toHaveLength(1);
  return { history: history.body, sessions, changes, documents: read, events };
}

/** Goes on where `fillServer` stopped: recall, search, the stored answer, undoing and the approval. */
export async function expectToGoOn(server: Server, { once, paused }: Awaited<ReturnType<typeof fillServer>>) {
  const { body: found } = await server.post('/memory/search', { query: 'What is my dog called?' });
  expect(found[0].message.content).toContain('Luna');
  const { body: passages } = await server.post('/file-consultant/search', { query: 'crane' });
  expect(passages[0]).toMatchObject({ path: 'papers/harbour.md' });
  const before = (await server.get('/assistant/history?limit=200')).body.length;
  expect((await server.ask(BOAT, {}, KEY)).body).toEqual(once);
  expect((await server.get('/assistant/history?limit=200')).body).toHaveLength(before);

  const { body: changes } = await server.get('/file-admin/changes?limit=200');
  const replaced = changes.find(({ operation }: { operation: string }) => operation === 'replaced');
  expect((await server.post(`/file-admin/changes/${replaced.id}/undo`, undefined)).status).toBe(200);
  expect((await server.get('/file-admin/files/notes/todo.md')).body).toBe('buy milk');
  const approved = await server.post(`/runs/${paused.run_id}/approvals/${paused.approvals[0].id}`, {
    decision: 'approve',
  });
  expect(approved.body).toMatchObject({ status: 'completed' });
  expect((await server.get('/file-admin/files/notes/old.md')).status).toBe(404);
  expect((await server.ask('What is my dog called?')).body.response).toContain('Luna');
}
