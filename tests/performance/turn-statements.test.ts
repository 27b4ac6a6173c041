import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KEY_MEMORY_MS } from '../../src/identity/verify-key.ts';
import { TEST_USER_HEADER } from '../support/app.ts';
import { createDocumentReader } from '../support/document-reader.ts';
import {
  count,
  FOLLOWED_INTERVAL_MS,
  type Kind,
  type Scene,
  startScene,
  UNFOLLOWED_INTERVAL_MS,
  without,
} from './scene.ts';

/**
 * What a turn that is not delegated may send, transactions' ends apart. Whoever adds a statement makes every turn of everybody
 * wait for one more answer of the database.
 */
const TURN: Kind[] = ['accept', 'recall', 'end', 'vectors'];
const MODES = ['recent', 'similar', 'hybrid'] as const;
/**
 * A follower of a turn of this process is handed what is written. It looks into the table once a second, and for the end, when it hears
 * of that from the database before it is handed over, and then whether there is more.
 */
const POLL_MS = 1_000;
const READS_OF_THE_END = 3;
const TURNS = 50;
const THINKING_MS = 700;
const SOME = 10;

let scene: Scene;
let users = 0;
/** Each test is a user of its own. */
function newUser() {
  users += 1;
  return { [TEST_USER_HEADER]: `user-${users}` };
}

function expectTurn(turn: Awaited<ReturnType<Scene['turn']>>, kinds: Kind[] = TURN): void {
  expect(without(turn, 'events written')).toEqual(kinds);
  // A short turn writes its events with its answer.
  expect(count(turn, 'events written')).toBeLessThanOrEqual(turn.elapsedMs / UNFOLLOWED_INTERVAL_MS);
}

function expectStreamed(turn: Awaited<ReturnType<Scene['streamedTurn']>>): void {
  expect(without(turn, 'events written', 'events read')).toEqual(TURN);
  const writes = count(turn, 'events written');
  expect(writes).toBeLessThanOrEqual(turn.elapsedMs / FOLLOWED_INTERVAL_MS + 1);
  expect(count(turn, 'events read'), turn.kinds.join(', ')).toBeLessThanOrEqual(
    READS_OF_THE_END + turn.elapsedMs / POLL_MS,
  );
}

describe('the statements of a turn', () => {
  beforeAll(async () => {
    scene = await startScene();
  });
  afterEach(() => {
    scene.fake.onChat(() => ({ content: 'Noted.' }));
  });
  afterAll(() => scene.stop());

  describe.each(MODES)('that recalls by "%s"', (memory) => {
    it('are four: accept, recall, end and vectors', async () => {
      const user = newUser();
      await scene.turn('My dog is called Luna', {}, user);
      const turn = await scene.turn('What is my dog called?', { memory }, user);
      expectTurn(turn);
      expect(turn.outcome.recalled).not.toEqual([]);
    });

    it('are the same four in a session that is named, new or known', async () => {
      const user = newUser();
      const { body: session } = await scene.app.post('/sessions', undefined, user);
      await scene.turn('My dog is called Luna', { session_id: session.id }, user);
      expectTurn(await scene.turn('What is my dog called?', { memory, session_id: session.id }, user));
      expectTurn(await scene.turn('And my cat?', { memory, session_id: 'new' }, user));
    });

    it('are the same four when it is streamed, and what its follower reads', async () => {
      const user = newUser();
      await scene.turn('My dog is called Luna', {}, user);
      expectStreamed(await scene.streamedTurn('What is my dog called?', { memory }, user));
    });
  });

  it('are no more for a follower while the model thinks', async () => {
    const user = newUser();
    await scene.turn('My dog is called Luna', {}, user);
    scene.fake.onChat(() => ({ content: 'Luna.', delayMs: THINKING_MS }));
    expectStreamed(await scene.streamedTurn('What is my dog called?', {}, user));
  });

  it('are the same four however long the conversation is', async () => {
    const user = newUser();
    await scene.turn('My dog is called Luna', {}, user);
    const second = await scene.turn('This is remark 2', {}, user);
    const { session_id } = second.outcome;
    for (let number = 3; number <= TURNS; number += 1)
      await scene.turn(`This is remark ${number}`, { session_id }, user);
    const last = await scene.turn('What did I remark?', { session_id }, user);
    expectTurn(second);
    expectTurn(last);
    expect(last.outcome.recalled.length).toBeGreaterThan(5);
  });

  it('have the question embedded once, to recall by it and to be stored with it', async () => {
    const query = 'Which of these words is embedded twice?';
    await scene.turn(query, { memory: 'similar' }, newUser());
    const texts = scene.fake.requests.flatMap(({ path, body }) =>
      // What our own client sent.
      path === '/v1/embeddings' ? [(body as { input: string | string[] }).input].flat() : [],
    );
    expect(texts.filter((text) => text === query)).toHaveLength(1);
  });

  it('are the same four with an idempotency key', async () => {
    const user = newUser();
    await scene.turn('My dog is called Luna', {}, user);
    expectTurn(await scene.turn('What is my dog called?', {}, { ...user, 'idempotency-key': 'luna' }));
  });

  it('are one more for a user of whom nothing is known, not even whether there are documents', async () => {
    const kinds: Kind[] = ['accept', 'recall', 'search of documents', 'end', 'vectors'];
    expectTurn(await scene.turn('My dog is called Luna', {}, newUser()), kinds);
  });

  it('are one more for a user with documents, where both are to be found', async () => {
    const user = newUser();
    const { app } = scene;
    const reader = createDocumentReader({ url: app.url, workspace: app.workspace }, user[TEST_USER_HEADER]);
    await reader.write({ 'papers/harbour.md': '# Harbour\n\nThe crane lifts forty tonnes.\n' });
    await reader.read('papers');
    await scene.turn('My dog is called Luna', {}, user);
    const kinds: Kind[] = ['accept', 'recall', 'search of documents', 'end', 'vectors'];
    const turn = await scene.turn('Which crane lifts tonnes?', { memory: 'hybrid' }, user);
    expectTurn(turn, kinds);
    expect(JSON.stringify(scene.fake.requests.findLast(({ path }) => path.includes('chat')))).toContain(
      'forty',
    );
    for (const memory of ['recent', 'similar'])
      expectTurn(await scene.turn('Which crane lifts tonnes?', { memory }, user));
  });

  it('are the same four with one delegation, and with the call of a reading tool in it', async () => {
    const user = newUser();
    await scene.turn('My dog is called Luna', {}, user);
    const replies = [
      { toolCalls: [{ name: 'delegate_to_file_admin', arguments: { task: 'List the files' } }] },
      { toolCalls: [{ name: 'list_files', arguments: {} }] },
      { content: 'There are none.' },
      { content: 'You have no files.' },
    ];
    scene.fake.onChat(() => replies.shift() ?? { status: 500 });
    const turn = await scene.turn('Which files have I?', {}, user);
    expect(turn.outcome).toMatchObject({ agents: ['file-admin'], response: 'You have no files.' });
    expectTurn(turn);
  });
});

describe('the statements of a turn, in other installations', () => {
  afterEach(() => scene.stop());

  it('are the same four with the offline model', async () => {
    scene = await startScene({
      env: { OPENAI_API_KEY: '', OPENAI_BASE_URL: '', CHAT_MODEL: '', EMBEDDING_MODEL: '' },
    });
    const user = newUser();
    await scene.turn('My dog is called Luna', {}, user);
    for (const memory of MODES) {
      const turn = await scene.turn('What is my dog called?', { memory }, user);
      expectTurn(turn);
      expect(turn.outcome.response).toContain('Luna');
    }
  });

  it('are the same four where each user has a limit of turns and of tokens', async () => {
    scene = await startScene({
      env: { TURNS_PER_USER: '4', TOKENS_PER_USER_PER_DAY: '100000', RATE_LIMIT_PER_USER: '1000' },
    });
    const user = newUser();
    await scene.turn('My dog is called Luna', {}, user);
    expectTurn(await scene.turn('What is my dog called?', {}, user));
  });

  it('have before them the look whether there is a key, where there is none yet, twice a second', async () => {
    scene = await startScene({ identity: 'real' });
    await scene.turn('My dog is called Luna');
    const started = performance.now();
    const turns = [];
    for (let turn = 0; turn < SOME; turn += 1) turns.push(await scene.turn('What is my dog called?'));
    for (const turn of turns) expectTurn({ ...turn, kinds: without(turn, 'any key looked for') });
    const looks = turns.reduce((sum, turn) => sum + count(turn, 'any key looked for'), 0);
    expect(looks).toBeLessThanOrEqual((performance.now() - started) / KEY_MEMORY_MS + 1);
  });

  it('have the look-up of its key before them twice a second, and once a minute the note of its use', async () => {
    scene = await startScene({ identity: 'real' });
    const { headers } = await scene.app.makeKey({ user: 'ana', role: 'user' });
    const started = performance.now();
    const first = await scene.turn('My dog is called Luna', {}, headers);
    expect(count(first, 'key looked up')).toBe(1);
    expect(count(first, 'use of key noted')).toBe(1);
    const turns = [];
    for (let turn = 0; turn < SOME; turn += 1)
      turns.push(await scene.turn('What is my dog called?', {}, headers));
    for (const turn of turns)
      expectTurn({ ...turn, kinds: without(turn, 'key looked up', 'use of key noted') });
    const elapsedMs = performance.now() - started;
    const looks = turns.reduce((sum, turn) => sum + count(turn, 'key looked up'), 0);
    expect(looks).toBeLessThanOrEqual(elapsedMs / KEY_MEMORY_MS);
    const noted = turns.reduce((sum, turn) => sum + count(turn, 'use of key noted'), 0);
    expect(noted).toBeLessThanOrEqual(elapsedMs / 60_000);
  });
});
