import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase } from '../support/database.ts';
import { collectEvents } from '../support/event-stream.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(() => app.stop());

describe('a turn that remembers', () => {
  it('answers from what was said, in English and in Spanish', async () => {
    const told = await app.ask('My dog is called Luna');
    expect(told).toMatchObject({
      status: 200,
      body: { status: 'completed', model: 'offline', degraded: [] },
    });
    await app.ask('Mi tortuga se llama Manuelita', { session_id: 'new' });

    const english = await app.ask('What is my dog called?', { session_id: 'new' });
    expect(english.body.response).toContain('Luna');
    const spanish = await app.ask('¿Cómo se llama mi tortuga?', { session_id: 'new' });
    expect(spanish.body.response).toContain('Manuelita');
  });

  it('says that it does not know, and what would make it able', async () => {
    const { body } = await app.ask('What is my cat called?');
    expect(body.response).toMatch(/OPENAI_API_KEY/);
    expect(body.recalled).toEqual([]);
  });

  it('remembers after a restart', async () => {
    const database = await createTestDatabase();
    const first = await startTestApp({ database });
    await first.ask('My sister lives in Oaxaca');
    await first.stop();
    const second = await startTestApp({ database });
    const { body } = await second.ask('Where does my sister live?', { session_id: 'new' });
    await second.stop();
    await database.drop();
    expect(body.response).toContain('Oaxaca');
  });

  it('never takes the question for its own context', async () => {
    const { body } = await app.ask('Where did I put the blue umbrella?');
    const { body: again } = await app.ask('Where did I put the blue umbrella?');
    const history = await app.get('/assistant/history?limit=10&order=asc');
    const [question, , repeated] = history.body;
    expect(body.recalled).toEqual([]);
    const recalledIds = again.recalled.map((one: { message_id: string }) => one.message_id);
    expect(recalledIds).toContain(question.id);
    expect(recalledIds).not.toContain(repeated.id);
  });

  it('writes a file in the same conversation', async () => {
    await app.ask('My dog is called Luna');
    const written = await app.ask('create notes/todo.md with buy milk');
    expect(written.body).toMatchObject({ status: 'completed', agents: ['file-admin'] });
    const file = await app.get('/file-admin/files/notes/todo.md');
    expect(file).toMatchObject({ status: 200, body: 'buy milk' });
    const escrito = await app.ask('crea notas/compra.md con comprar leche');
    expect(escrito.body.response).toContain('notas/compra.md');
    expect((await app.get('/file-admin/files/notas/compra.md')).body).toBe('comprar leche');
    expect((await app.ask('What is my dog called?')).body.response).toContain('Luna');
  });
});

describe('sessions', () => {
  it('continues the latest session unless told otherwise', async () => {
    const first = await app.ask('Hello');
    const second = await app.ask('My dog is called Luna');
    expect(second.body.session_id).toBe(first.body.session_id);
    const other = await app.ask('Hello again', { session_id: 'new' });
    expect(other.body.session_id).not.toBe(first.body.session_id);
    const back = await app.ask('Thanks', { session_id: first.body.session_id });
    expect(back.body.session_id).toBe(first.body.session_id);
    expect((await app.ask('And now?')).body.session_id).toBe(first.body.session_id);
  });

  it('keeps the memory modes apart: recent stays in the session, similar does not', async () => {
    await app.ask('The wifi password is on the fridge');
    await app.services.embedder.settled();
    const recent = await app.ask('Where is the wifi password?', { session_id: 'new', memory: 'recent' });
    expect(recent.body.recalled).toEqual([]);
    const similar = await app.ask('wifi password fridge', { session_id: 'new', memory: 'similar' });
    expect(similar.body.recalled[0].via).toEqual(['similar']);
    expect(similar.body.response).toContain('fridge');
  });

  it('lists, titles and erases, with a receipt', async () => {
    const { body: asked } = await app.ask('My locker code is 4821', { session_id: 'new' });
    await app.ask('An unrelated remark', { session_id: 'new' });
    await app.services.embedder.settled();
    const { body: sessions } = await app.get('/sessions');
    expect(sessions).toHaveLength(2);
    expect(sessions[1]).toMatchObject({ id: asked.session_id, title: 'My locker code is 4821' });
    const renamed = await app.call('PATCH', `/sessions/${asked.session_id}`, { body: { title: 'Codes' } });
    expect(renamed.body.title).toBe('Codes');

    const events = await collectEvents(`${app.url}/runs/${asked.run_id}/events`);
    const erased = await app.call('DELETE', `/sessions/${asked.session_id}`);
    expect(erased.body).toEqual({
      messages: 2,
      embeddings: 2,
      runs: 1,
      checkpoints: 0,
      events: events.length,
      documents: 0,
    });
    expect((await app.get(`/sessions/${asked.session_id}`)).body.code).toBe('session_not_found');
    expect((await app.get(`/runs/${asked.run_id}`)).body.code).toBe('run_not_found');
    const search = await app.post('/memory/search', { query: 'locker code 4821' });
    expect(
      search.body.filter((hit: { message: { content: string } }) => hit.message.content.includes('4821')),
    ).toEqual([]);
  });
});

describe('history', () => {
  it('pages through every message once, in both orders', async () => {
    for (let turn = 1; turn <= 4; turn += 1) await app.ask(`Note number ${turn}`);
    for (const order of ['asc', 'desc']) {
      const seen: string[] = [];
      let path: string | undefined = `/assistant/history?limit=3&order=${order}`;
      while (path) {
        const page = await app.get(path);
        seen.push(...page.body.map((one: { id: string }) => one.id));
        path = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
      }
      expect(seen).toHaveLength(8);
      expect(seen).toEqual(order === 'asc' ? seen.toSorted() : seen.toSorted().toReversed());
    }
  });

  it('shows five messages, newest first, unless asked otherwise', async () => {
    for (let turn = 1; turn <= 3; turn += 1) await app.ask(`Note number ${turn}`);
    const { body } = await app.get('/assistant/history');
    expect(body).toHaveLength(5);
    expect(body[0]).toMatchObject({ role: 'assistant', agent: null });
    expect(body[1]).toMatchObject({ role: 'user', content: 'Note number 3' });
  });
});
