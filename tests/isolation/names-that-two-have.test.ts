import { afterAll, beforeAll, expect, it } from 'vitest';
import { anasEverything } from './anas-everything.ts';
import { makeApproval, makeSession } from './things.ts';
import { MARK, openWorld, WORD, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.stop());

it('answers the same idempotency key of two users each with their own answer', async () => {
  const { ana, bob, serviceForBob } = world.clients;
  const key = { 'idempotency-key': 'the-same-text' };
  const query = `The ${WORD}?`;
  await ana.ask(`The ${WORD} is ${MARK}.`);
  const { body: anas } = await ana.ask(query, {}, key);
  const { body: bobs } = await bob.ask(query, {}, key);
  expect(bobs.run_id).not.toBe(anas.run_id);
  expect([anas.response, bobs.response]).toEqual([`I know ${MARK}`, 'I know nothing.']);
  expect((await ana.ask(query, {}, key)).body.run_id).toBe(anas.run_id);
  expect((await serviceForBob.ask(query, {}, key)).body.run_id).toBe(bobs.run_id);
});

it('answers an idempotency key of a session that is another user’s as one that nobody has used', async () => {
  const { ana, bob } = world.clients;
  const { session } = await makeSession(world);
  const key = { 'idempotency-key': 'for-a-session' };
  await ana.ask(`Is it ${MARK}?`, { session_id: session }, key);
  const { status, body } = await bob.ask(`Is it ${MARK}?`, { session_id: session }, key);
  expect([status, body.code]).toEqual([404, 'session_not_found']);
});

it('takes the code of an approval from the one who was asked, and from nobody else', async () => {
  const { run, approval, code } = await makeApproval(world);
  const before = await anasEverything(world);
  for (const words of [`approve ${code}`, `approve ${approval}`, `sí, apruebo ${code}`]) {
    const { body } = await world.clients.bob.ask(words);
    expect(JSON.stringify(body)).not.toContain(MARK);
    expect(body.run_id).not.toBe(run);
  }
  expect(await anasEverything(world)).toEqual(before);
  const { body } = await world.clients.ana.get(`/runs/${run}`);
  expect(body).toMatchObject({ status: 'awaiting_approval', approvals: [{ id: approval, decision: null }] });
});

it('lets a service key that names nobody be its own user, and one that names somebody only that one', async () => {
  const { app, keys, clients } = world;
  await makeSession(world);
  const own = await app.get('/sessions', keys.service.headers);
  expect([own.status, own.body]).toEqual([200, []]);
  expect((await clients.serviceForAna.get('/sessions')).body.length).toBeGreaterThan(0);
  const twice = await app.get('/sessions', { ...keys.service.headers, 'x-user-id': 'ana, bob' });
  expect(twice.body).toEqual([]);
  for (const name of ['', ' ', 'a'.repeat(201)]) {
    const { status } = await app.get('/sessions', { ...keys.service.headers, 'x-user-id': name });
    expect(status, JSON.stringify(name)).toBe(400);
  }
});
