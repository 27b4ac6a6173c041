import { readdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { createTestDatabase } from '../support/database.ts';
import { startProcess } from '../support/process.ts';

const NOWHERE = '0192a3b4-c5d6-7e8f-9a0b-1c2d3e4f5a6b';
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

describe('bad input', () => {
  it.each([
    ['no body', undefined, 'body'],
    ['no query', {}, 'body.query'],
    ['a blank query', { query: ' \n ' }, 'body.query'],
    ['a query that is too long', { query: 'x'.repeat(32_001) }, 'body.query'],
    ['a NUL in the query', { query: 'a\0b' }, 'body.query'],
    ['a query that is no text', { query: 7 }, 'body.query'],
    ['an odd memory', { query: 'x', memory: 'all' }, 'body.memory'],
    ['an odd session', { query: 'x', session_id: 'mine' }, 'body.session_id'],
    ['a stream', { query: 'x', stream: 'yes' }, 'body.stream'],
    ['what to do when busy', { query: 'x', on_busy: 'wait' }, 'body.on_busy'],
    ['an unknown field', { query: 'x', sesion_id: NOWHERE }, 'body'],
  ])('names the field: %s', async (_name, body, path) => {
    const answer = await app.call('POST', '/assistant/ask', { body });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ status: 400, code: 'invalid_request', title: expect.any(String) });
    expect(answer.body.detail).toContain(path);
  });

  it('stores nothing of a question that it refuses', async () => {
    await app.ask('kept nowhere', { memory: 'all' });
    const { body } = await app.get('/assistant/history?limit=200');
    expect(body.filter((one: { content: string }) => one.content === 'kept nowhere')).toEqual([]);
  });

  it.each([
    ['GET', '/nothing/here', undefined, 404, 'not_found'],
    ['GET', '/runs/abc', undefined, 400, 'invalid_request'],
    ['GET', `/runs/${NOWHERE}`, undefined, 404, 'run_not_found'],
    ['POST', `/runs/${NOWHERE}/retry`, undefined, 404, 'run_not_found'],
    ['GET', `/sessions/${NOWHERE}`, undefined, 404, 'session_not_found'],
    ['DELETE', `/sessions/${NOWHERE}`, undefined, 404, 'session_not_found'],
    ['GET', `/assistant/history?session_id=${NOWHERE}`, undefined, 404, 'session_not_found'],
    ['GET', '/assistant/history?limit=0', undefined, 400, 'invalid_request'],
    ['GET', '/assistant/history?limit=201', undefined, 400, 'invalid_request'],
    ['GET', '/assistant/history?order=up', undefined, 400, 'invalid_request'],
    ['GET', '/assistant/history?offset=3', undefined, 400, 'invalid_request'],
    ['GET', '/file-admin/files/%E0%A4%A', undefined, 400, 'invalid_request'],
    ['POST', '/assistant/ask', { query: 'x', session_id: NOWHERE }, 404, 'session_not_found'],
    ['POST', '/memory/search', { query: '' }, 400, 'invalid_request'],
    ['PATCH', `/sessions/${NOWHERE}`, { title: '' }, 400, 'invalid_request'],
    ['POST', '/sessions', { title: 'a\0b' }, 400, 'invalid_request'],
  ])('%s %s is refused with its code', async (method, path, body, status, code) => {
    const answer = await app.call(method, path, { body });
    expect(answer.body).toMatchObject({ status, code, type: `urn:tertulia:problem:${code}` });
    expect(answer.status).toBe(status);
  });

  it.each([
    ['{"query": ', 'application/json', 400, 'invalid_request'],
    ['query=x', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    [`{"query":"${'x'.repeat(1_100_000)}"}`, 'application/json', 413, 'body_too_large'],
  ])('refuses a body that cannot be read (%#)', async (text, type, status, code) => {
    const answer = await app.call('POST', '/assistant/ask', {
      body: Buffer.from(text),
      headers: { 'content-type': type },
    });
    expect(answer.body).toMatchObject({ status, code });
  });
});

describe('identity', () => {
  it('treats another user’s session and run as not there', async () => {
    const mine = { [TEST_USER_HEADER]: 'ana' };
    const theirs = { [TEST_USER_HEADER]: 'eve' };
    const { body: asked } = await app.ask('My PIN is 9911', {}, mine);
    await app.services.embedder.settled();
    expect((await app.get(`/sessions/${asked.session_id}`, theirs)).status).toBe(404);
    expect((await app.get(`/runs/${asked.run_id}`, theirs)).status).toBe(404);
    expect((await app.ask('PIN?', { session_id: asked.session_id }, theirs)).body.code).toBe(
      'session_not_found',
    );
    expect((await app.get(`/assistant/history?session_id=${asked.session_id}`, theirs)).status).toBe(404);
    const search = await app.post('/memory/search', { query: 'My PIN is 9911' }, theirs);
    expect(JSON.stringify(search.body)).not.toContain('9911');
  });

  it('serves this machine only, and lets nobody act for another user, while there are no keys', async () => {
    const database = await createTestDatabase();
    const server = await startProcess(database.env);
    const port = Number(new URL(server.url ?? '').port);
    const lured = await new Promise<number | undefined>((resolve) => {
      request({ port, host: '127.0.0.1', path: '/sessions', headers: { host: 'evil.example' } }, (response) =>
        resolve(response.statusCode),
      ).end();
    });
    expect(lured).toBe(403);
    const acting = await server.get('/sessions', { 'x-user-id': 'ana' });
    expect(acting.body).toMatchObject({ status: 403, code: 'user_header_not_allowed' });
    expect((await server.get('/sessions')).status).toBe(200);
    expect(await server.kill('SIGTERM')).toBe(0);
    await database.drop();
  });
});

describe('the description of itself', () => {
  it('lists every route in the OpenAPI document', async () => {
    const { body } = await app.get('/openapi.json');
    expect(body.openapi).toMatch(/^3\.1/);
    expect(Object.keys(body.paths).map((path) => path.replace(/\/$/, ''))).toEqual(
      expect.arrayContaining([
        '/assistant/ask',
        '/assistant/history',
        '/sessions',
        '/sessions/{id}',
        '/runs/{id}',
        '/runs/{id}/retry',
        '/memory/search',
        '/agents',
        '/file-admin/ask',
        '/health',
        '/ready',
      ]),
    );
    const query =
      body.paths['/assistant/ask'].post.requestBody.content['application/json'].schema.properties.query;
    expect(query).toMatchObject({ type: 'string', maxLength: 32_000 });
  });

  it('is kept up with by the documentation, which names every call', async () => {
    const { body } = await app.get('/openapi.json');
    const pages = (await readdir('docs')).filter((name) => name.endsWith('.md'));
    const texts = await Promise.all(pages.map((name) => readFile(join('docs', name), 'utf8')));
    const names = Object.keys(body.paths).map(
      (path) => /(\/[\w-]+)(?:\/\{[^}]+\})*\/?$/.exec(path)?.[1] ?? path,
    );
    expect(names.length).toBeGreaterThan(30);
    expect(names.filter((name) => !texts.some((text) => text.includes(name)))).toEqual([]);
  });

  it('shows the reference, the team and its own health', async () => {
    expect((await app.get('/docs')).status).toBe(200);
    expect((await app.get('/health')).body).toEqual({ status: 'ok' });
    expect((await app.get('/ready')).body).toMatchObject({
      status: 'ready',
      checks: { database: 'ok', model: 'ok', server: 'ok', limits: 'ok' },
    });
    const { body: agents } = await app.get('/agents');
    const fileAdmin = agents.find((agent: { name: string }) => agent.name === 'file-admin');
    expect(fileAdmin.tools).toContainEqual({
      name: 'delete_file',
      description: expect.any(String),
      effect: 'destroy',
    });
  });
});
