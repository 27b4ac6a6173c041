import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { startFakeOpenAI } from '../support/fake-openai.ts';
import { createImportingUser, type ImportingUser, type Line, line, lines } from '../support/imports.ts';

const PROPERTY_RUNS = 30;
const AT_ONCE = 4;
const ROUNDS = 10;

let server: TestApp;
/** Each test is a user of its own. */
let app: ImportingUser;

beforeAll(async () => {
  // What one sweep for vectors passes over, the next one finds soon.
  server = await startTestApp({ env: { EMBEDDING_SWEEP_INTERVAL_MS: '1000' } });
});
afterAll(() => server.stop());
beforeEach(() => {
  app = createImportingUser(server);
});

const contentsOf = (given: readonly Line[]) => given.map(({ content }) => content);
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

/** What the same lines always come to: everything that is kept but the ids of the sessions. */
async function keptBy(user: ImportingUser) {
  const { body: sessions } = await user.get('/sessions?limit=200');
  const titles = new Map<string, string>(
    sessions.map((one: { id: string; title: string }) => [one.id, one.title]),
  );
  return {
    sessions: sessions
      .map(({ id: _, ...session }: { id: string }) => session)
      .toSorted((one: object, other: object) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)),
    messages: (await user.history()).map(({ session_id: id, ...message }) => ({
      ...message,
      in: titles.get(id),
    })),
  };
}

describe('what was imported', () => {
  it('is in the history with who said it and when, under the title of its session', async () => {
    await app.expectImport(
      [
        line('The boat is in the harbour.', { title: 'My diary', name: 'Ana' }),
        line('Noted.', { role: 'assistant', created_at: '2024-03-14T22:26:54+01:00' }),
        line('Elsewhere', { session: 'another' }),
      ],
      3,
    );
    const session = await app.sessionOf('My diary');
    const shown = { session_id: session, run_id: null, agent: null, partial: false };
    expect(await app.history(session)).toEqual([
      {
        ...shown,
        id: expect.any(String),
        role: 'user',
        name: 'Ana',
        content: 'The boat is in the harbour.',
        created_at: '2024-03-14T21:26:53.000Z',
      },
      {
        ...shown,
        id: expect.any(String),
        role: 'assistant',
        name: null,
        content: 'Noted.',
        created_at: '2024-03-14T21:26:54.000Z',
      },
    ]);
    expect((await app.get(`/sessions/${session}`)).body).toMatchObject({
      created_at: '2024-03-14T21:26:53.000Z',
      last_message_at: '2024-03-14T21:26:54.000Z',
    });
    expect(await app.contents(await app.sessionOf('another'))).toEqual(['Elsewhere']);
  });

  it('is found by search, by its words and by who said it', async () => {
    await app.expectImport([line('The boat is in the harbour.', { name: 'Ximena' }), ...lines(5)], 6);
    for (const query of ['Where is the boat?', 'Ximena']) {
      const [best] = await app.search(query);
      expect(best?.message, query).toMatchObject({ name: 'Ximena', content: 'The boat is in the harbour.' });
    }
  });

  it('keeps the order of lines of one moment, across batches and across requests', async () => {
    const moment = { created_at: '2024-03-14T21:26:53.000Z' };
    const many = lines(1_200, moment);
    await app.expectImport(many, 1_200);
    expect(await app.contents()).toEqual(contentsOf(many));

    const few = lines(60, { ...moment, session: 'in parts' });
    for (const [from, to] of [
      [0, 25],
      [25, 26],
      [26, 60],
    ])
      await app.expectImport(few.slice(from, to), (to ?? 0) - (from ?? 0));
    expect(await app.contents(await app.sessionOf('in parts'))).toEqual(contentsOf(few));
  });

  it('stands in the order of time, in whichever order it came', async () => {
    const sorted = lines(30);
    await app.expectImport([...sorted.slice(20), ...sorted.slice(5, 10).toReversed()], 15);
    await app.expectImport([...sorted.slice(0, 5).toReversed(), ...sorted.slice(10, 20).toReversed()], 15);
    expect(await app.contents()).toEqual(contentsOf(sorted));
    expect((await app.get(`/sessions/${await app.sessionOf('diary')}`)).body).toMatchObject({
      created_at: sorted[0]?.created_at,
      last_message_at: sorted[29]?.created_at,
    });
  });

  it('is its user’s alone, also where another one brought the same', async () => {
    const other = createImportingUser(server);
    await app.expectImport(lines(3), 3);
    expect((await other.get('/sessions')).body).toEqual([]);
    expect(await other.search('remark number')).toEqual([]);
    await other.expectImport(lines(4), 4);
    const [mine, theirs] = [await app.sessionOf('diary'), await other.sessionOf('diary')];
    expect(mine).not.toBe(theirs);
    expect(await app.contents()).toEqual(contentsOf(lines(3)));
    expect((await app.get(`/assistant/history?session_id=${theirs}`)).body.code).toBe('session_not_found');
    const found = await app.search('remark number', { limit: 50 });
    expect(new Set(found.map(({ message }) => message.session_id))).toEqual(new Set([mine]));
    await other.call('DELETE', `/sessions/${theirs}`);
    expect(await app.contents()).toHaveLength(3);
  });
});

describe('the same lines', () => {
  it('change nothing, in one request or another, wherever the requests are cut', async () => {
    const all = lines(1_100);
    await app.expectImport([...all, ...all], 1_100);
    const before = await keptBy(app);
    await app.expectImport(all, 0);
    for (let start = 0; start < all.length; start += 333)
      await app.expectImport(all.slice(start, start + 333), 0);
    await app.expectImport(all.toReversed(), 0);
    expect(await keptBy(app)).toEqual(before);
  });

  it('are known again by their moment, however it is written, and by all else that they say', async () => {
    const [one = line('')] = lines(1);
    await app.expectImport(
      [one, { ...one, created_at: '2024-03-14T01:00:00.0004+01:00', title: 'Another title' }],
      1,
    );
    const others: Partial<Line>[] = [
      { session: 'b' },
      { role: 'assistant' },
      { name: 'Ana' },
      { content: `${one.content} ` },
      { created_at: '2024-03-14T00:00:00.001Z' },
    ];
    await app.expectImport(
      others.map((more) => ({ ...one, ...more })),
      others.length,
    );
  });

  it('leave what is new to be added where a file grew at its start, in its middle and at its end', async () => {
    const all = lines(700);
    await app.expectImport([...all.slice(50, 300), ...all.slice(320, 650)], 580);
    await app.expectImport(all, 120);
    expect(await app.contents()).toEqual(contentsOf(all));
  });

  it('are stored once by requests that come at the same time', async () => {
    const all = lines(800);
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => app.send(all)));
    expect(answers.map(({ status }) => status)).toEqual(Array(AT_ONCE).fill(200));
    expect(answers.reduce((sum, { body }) => sum + body.imported, 0)).toBe(800);
    expect(answers.reduce((sum, { body }) => sum + body.skipped, 0)).toBe(800 * (AT_ONCE - 1));
    expect(await app.contents()).toEqual(contentsOf(all));
  });

  it('are stored once by requests at the same time that hold them differently, also in one moment', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const all = lines(40, { session: `round ${round}`, created_at: '2024-03-14T21:26:53.000Z' });
      const answers = await Promise.all([
        app.send(all),
        app.send(all.slice(10)),
        app.send(all.toReversed()),
        app.send([...all.slice(20), ...all.slice(0, 20)]),
      ]);
      expect(answers.map(({ status }) => status)).toEqual(Array(4).fill(200));
      const stored = await app.contents(await app.sessionOf(`round ${round}`));
      expect(stored.toSorted(), `round ${round}`).toEqual(contentsOf(all).toSorted());
      expect(answers.reduce((sum, { body }) => sum + body.imported, 0)).toBe(40);
    }
  });

  it('of many sessions, in other orders at the same time, do not stop each other', async () => {
    const all = Array.from({ length: 20 }, (_, index) => lines(20, { session: `session ${index}` })).flat();
    const orders = [
      all,
      all.toReversed(),
      all.toSorted((one, other) => (one.content < other.content ? -1 : 1)),
    ];
    const answers = await Promise.all(orders.map((order) => app.send(order)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.reduce((sum, { body }) => sum + body.imported, 0)).toBe(400);
  });

  it('come to the same in any partition into requests', async () => {
    const someLine = fc.record(
      {
        session: fc.constantFrom('a', 'b', 'ñ\u2028'),
        title: fc.constantFrom('A title', 'Título'),
        role: fc.constantFrom('user' as const, 'assistant' as const),
        name: fc.constantFrom('Ana', 'Beto'),
        content: fc.oneof(
          fc.constantFrom('one', 'two', 'three', '\ud800 lone', '🚣'),
          fc
            .string({ unit: 'binary', minLength: 1 })
            .filter((text) => text.trim() !== '' && !text.includes('\0')),
        ),
        created_at: fc.constantFrom(
          '2024-03-14T21:26:53.000Z',
          '2024-03-14T21:26:53.001Z',
          '1970-01-01T00:00:00Z',
        ),
      },
      { requiredKeys: ['session', 'role', 'content', 'created_at'] },
    );
    const parts = fc.array(fc.array(someLine, { maxLength: 12 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(parts, async (requests) => {
        const [whole, cut] = [createImportingUser(server), createImportingUser(server)];
        // Those of fast-check have no prototype of their own.
        const all = requests.flat() as Line[];
        const { body } = await whole.send(all);
        expect(body).toMatchObject({ failed: 0, errors: [] });
        expect(body.imported + body.skipped).toBe(all.length);
        let imported = 0;
        for (const request of requests) imported += (await cut.send(request as Line[])).body.imported;
        expect(imported).toBe(body.imported);
        expect(await keptBy(cut)).toEqual(await keptBy(whole));
        const before = await keptBy(whole);
        await whole.expectImport(all, 0);
        expect(await keptBy(whole)).toEqual(before);
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });
});

describe('an imported session', () => {
  it('is not where a question goes that names none', async () => {
    const { body: asked } = await app.ask('Hello');
    await app.expectImport([line('Newer than the question', { created_at: inMinutes(4) })], 1);
    expect((await app.ask('And now?')).body.session_id).toBe(asked.session_id);
  });

  it('leaves a user without other ones to a first one of their own', async () => {
    await app.expectImport([line('Newer than the question', { created_at: inMinutes(4) })], 1);
    const { status, body: asked } = await app.ask('Hello');
    expect(status).toBe(200);
    expect(asked.session_id).not.toBe(await app.sessionOf('diary'));
    expect((await app.ask('And now?')).body.session_id).toBe(asked.session_id);
  });

  it('that was gone on with does not become the latest one by another import', async () => {
    await app.expectImport(lines(3), 3);
    const diary = await app.sessionOf('diary');
    await app.ask('Hello', { session_id: diary });
    const { body: asked } = await app.ask('Hello', { session_id: 'new' });
    await app.expectImport([line('Newer than both questions', { created_at: inMinutes(4) })], 1);
    expect((await app.ask('And now?')).body.session_id).toBe(asked.session_id);
  });

  it('can be gone on with by its id, behind what was imported, and is the latest one then', async () => {
    const brought = [...lines(3), line('From a clock that is ahead', { created_at: inMinutes(4) })];
    await app.expectImport(brought, 4);
    const session = await app.sessionOf('diary');
    const asked = await app.ask('Hello there', { session_id: session });
    expect(asked).toMatchObject({ status: 200, body: { session_id: session, status: 'completed' } });
    expect(await app.contents(session)).toEqual([...contentsOf(brought), 'Hello there', asked.body.response]);
    expect((await app.ask('And now?')).body.session_id).toBe(session);
    await app.expectImport(brought, 0);
  });

  it('is erased with its vectors, and comes back with the same import', async () => {
    await app.expectImport([...lines(7), line('Elsewhere', { session: 'another' })], 8);
    await app.embedded();
    const before = await keptBy(app);
    const receipt = { messages: 7, embeddings: 7, runs: 0, checkpoints: 0, events: 0, documents: 0 };
    const erased = await app.call('DELETE', `/sessions/${await app.sessionOf('diary')}`);
    expect(erased).toMatchObject({ status: 200, body: receipt });
    expect(await app.contents()).toEqual(['Elsewhere']);
    expect((await app.search('remark number')).map(({ message }) => message.content)).not.toContain(
      'Remark number 1',
    );
    await app.expectImport([...lines(7), line('Elsewhere', { session: 'another' })], 7);
    expect(await keptBy(app)).toEqual(before);
  });

  it('gets its vectors in the background, of who said it, too', async () => {
    await app.expectImport([line('The boat is in the harbour.', { name: 'Ximena' }), ...lines(600)], 601);
    await app.embedded();
    const vectors = await server.runSql(
      `select message_id from message_vectors where user_id = '${app.user}'`,
    );
    expect(vectors).toHaveLength(601);
    for (const query of ['the boat in the harbour', 'Ximena']) {
      const [best] = await app.search(query, { memory: 'similar' });
      expect(best, query).toMatchObject({ via: ['similar'], message: { name: 'Ximena' } });
    }
  });
});

describe('the same history of several users', () => {
  it('gets its vectors for each of them, without waiting for another sweep', async () => {
    const own = await startTestApp();
    const group = Array.from({ length: 5 }, () => createImportingUser(own));
    try {
      await Promise.all(group.map((user) => user.expectImport(lines(100), 100)));
      await Promise.all(group.map((user) => user.embedded()));
    } finally {
      await own.stop();
    }
  });
});

describe('a turn', () => {
  it('is not disturbed by an import into its session meanwhile', async () => {
    const fake = await startFakeOpenAI();
    const env = {
      OPENAI_API_KEY: 'test-key',
      OPENAI_BASE_URL: fake.baseUrl,
      CHAT_MODEL: 'fake-chat',
      EMBEDDING_MODEL: 'fake-embed',
    };
    const own = await startTestApp({ env });
    const user = createImportingUser(own);
    const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    fake.chat.enqueue(async () => {
      asked.resolve();
      await answered.promise;
      return { content: 'In the harbour.' };
    });
    try {
      await user.expectImport(lines(3), 3);
      const session = await user.sessionOf('diary');
      const turn = user.ask('Where is the boat?', { session_id: session });
      await Promise.race([asked.promise, turn]);
      const newer = line('After the question', { created_at: inMinutes(1) });
      await user.expectImport([...lines(1_500), newer], 1_498);
      answered.resolve();
      expect(await turn).toMatchObject({
        status: 200,
        body: { status: 'completed', response: 'In the harbour.' },
      });
      const expected = [...contentsOf(lines(1_500)), 'Where is the boat?', 'In the harbour.', newer.content];
      expect(await user.contents(session)).toEqual(expected);
    } finally {
      answered.resolve();
      await own.stop();
      await fake.close();
    }
  });
});
