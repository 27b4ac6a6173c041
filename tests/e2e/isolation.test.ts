import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';

const USERS = 50;
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const as = (user: number) => ({ [TEST_USER_HEADER]: `user-${user}` });

it('never shows a message of another user, with 50 users sharing similar texts', async () => {
  const owners = new Map<string, number>();
  for (let user = 0; user < USERS; user += 1) {
    await app.ask('My dog is called Luna and the spare key is under the mat', {}, as(user));
    await app.ask('Mi perra se llama Luna y la llave está bajo el felpudo', { session_id: 'new' }, as(user));
    const { body } = await app.get('/assistant/history?limit=200', as(user));
    for (const { id } of body) owners.set(id, user);
  }
  await app.services.embedder.settled();
  expect(owners.size).toBe(USERS * 4);

  const question = fc.record({
    user: fc.nat(USERS - 1),
    memory: fc.constantFrom('recent', 'similar', 'hybrid'),
    query: fc.constantFrom(
      'What is my dog called?',
      '¿Dónde está la llave?',
      'Luna',
      'My dog is called Luna and the spare key is under the mat',
    ),
    limit: fc.integer({ min: 1, max: 100 }),
  });
  await fc.assert(
    fc.asyncProperty(question, async ({ user, memory, query, limit }) => {
      const { body } = await app.post('/memory/search', { query, memory, limit }, as(user));
      expect(body.length).toBeGreaterThan(0);
      expect(new Set(body.map((hit: { message: { id: string } }) => owners.get(hit.message.id)))).toEqual(
        new Set([user]),
      );
    }),
    { numRuns: 150, endOnFailure: true },
  );
});
