import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/client.ts';
import { createClient } from '../support/client.ts';
import { anasEverything } from './anas-everything.ts';
import { type BadKeys, makeBadKeys } from './bad-keys.ts';
import { type IsolationCase, type Shape, type Things, unknownOf } from './isolation-case.ts';
import { MARK, openWorld, type World } from './world.ts';

type Client = World['clients']['bob'];
/** What somebody may try to pass for another user with. */
const SMUGGLED = { user_id: 'ana', user: 'ana', userId: 'ana' };
const SMUGGLED_HEADERS = {
  'x-test-user': 'ana',
  'x-user': 'ana',
  'x-forwarded-user': 'ana',
  'x-remote-user': 'ana',
};

/** Tries every case as everybody who has no business there, and then as Ana. */
export function tryCases(cases: IsolationCase[]): void {
  let world: World;
  let badKeys: BadKeys;
  beforeAll(async () => {
    world = await openWorld();
    badKeys = await makeBadKeys(world);
  });
  afterAll(() => world.stop());

  describe.each(cases.map((one) => [`${one.route}${one.about ? ` (${one.about})` : ''}`, one] as const))(
    '%s',
    (_name, one) => {
      it('lets in nobody without a good key, keeps Ana’s things from everybody else, and serves Ana', async () => {
        const things = (await one.make?.(world)) ?? {};
        const before = await anasEverything(world);
        const shape = one.request(things, world);
        await tryWithoutKey(one, shape, { world, badKeys });
        if (one.others === 'admin') await tryAsNoAdmin(one, shape, world);
        else await tryAsOthers(one, things, world);
        expect(await anasEverything(world), 'others have changed something of Ana’s').toEqual(before);
        await tryAsAna(one, shape, world);
      });
    },
  );
}

async function send(
  client: Client,
  { route }: IsolationCase,
  { path, body, headers }: Shape,
): Promise<Answer> {
  return await client.call(route.split(' ')[0] ?? '', path, { body, headers: headers ?? {} });
}

async function tryWithoutKey(
  one: IsolationCase,
  shape: Shape,
  { world, badKeys }: { world: World; badKeys: BadKeys },
): Promise<void> {
  const sendWith = async (headers: Record<string, string>) => {
    const answer = await send(createClient(world.app.url, headers), one, shape);
    expect(answer.status, JSON.stringify(answer.body)).toBe(401);
    expect(answer.body.code).toBe('unauthorized');
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expectNothingOfAnas(answer);
    return answer.body;
  };
  await sendWith({});
  await sendWith({ 'x-user-id': 'ana' });
  await sendWith({ authorization: 'Basic YW5hOmFuYQ==' });
  const bodies: unknown[] = [];
  for (const key of Object.values(badKeys.unknown))
    bodies.push(await sendWith({ authorization: `Bearer ${key}` }));
  expect(new Set(bodies.map((body) => JSON.stringify(body))).size, 'bad keys can be told apart').toBe(1);
  for (const key of Object.values(badKeys.ended)) await sendWith({ authorization: `Bearer ${key}` });
}

async function tryAsNoAdmin(one: IsolationCase, shape: Shape, { clients }: World): Promise<void> {
  for (const client of [clients.ana, clients.bob, clients.serviceForAna, clients.serviceForBob]) {
    const answer = await send(client, one, shape);
    expect([answer.status, answer.body.code]).toEqual([403, 'admin_only']);
  }
}

async function tryAsOthers(one: IsolationCase, things: Things, world: World): Promise<void> {
  const { bob, serviceForBob, root, bobNamingAna, rootNamingAna } = world.clients;
  const shape = one.request(things, world);
  for (const client of [bobNamingAna, rootNamingAna]) {
    const named = await send(client, one, shape);
    expect([named.status, named.body.code]).toEqual([403, 'user_header_not_allowed']);
  }
  const plain = await send(bob, one, shape);
  expectNothingOfAnas(plain);
  if (one.others === 'own') {
    expect(plain.status, `Bob gets no answer of his own: ${JSON.stringify(plain.body)}`).toBeLessThan(300);
  }
  for (const client of [bob, serviceForBob, root]) {
    const answer = await send(client, one, shape);
    expectNothingOfAnas(answer);
    if (one.others === 'unknown') await expectUnknown(answer, { one, things, world, client });
  }
  await trySmuggling(one, shape, { world, plain });
  await one.restore?.(world, ['bob', 'root']);
}

/** The answer about Ana's thing is the one about a thing that does not exist. */
async function expectUnknown(
  answer: Answer,
  { one, things, world, client }: { one: IsolationCase; things: Things; world: World; client: Client },
): Promise<void> {
  const unknown = Object.fromEntries(Object.entries(things).map(([name, value]) => [name, unknownOf(value)]));
  const reference = await send(client, one, one.request(unknown, world));
  expect(answer.status, JSON.stringify(answer.body)).toBe(404);
  let text = JSON.stringify(reference.body);
  for (const [name, value] of Object.entries(things)) text = text.replaceAll(unknown[name] ?? value, value);
  expect(JSON.stringify(answer.body), 'what is Ana’s can be told from what does not exist').toBe(text);
}

async function trySmuggling(
  one: IsolationCase,
  shape: Shape,
  { world, plain }: { world: World; plain: Answer },
): Promise<void> {
  const isJson = typeof shape.body === 'object' && !(shape.body instanceof Uint8Array);
  const query = `${shape.path}${shape.path.includes('?') ? '&' : '?'}${new URLSearchParams(SMUGGLED)}`;
  const attempts: Shape[] = [
    { ...shape, path: query },
    { ...shape, headers: { ...shape.headers, ...SMUGGLED_HEADERS } },
    ...(isJson ? [{ ...shape, body: { ...(shape.body as object), ...SMUGGLED } }] : []),
  ];
  for (const attempt of attempts) {
    const answer = await send(world.clients.bob, one, attempt);
    expectNothingOfAnas(answer);
    expect(answer.status).toBeLessThan(500);
    if (one.others === 'unknown') expect([400, 404]).toContain(answer.status);
    else if (answer.status < 300) expect(plain.status).toBeLessThan(300);
  }
}

/** Without this the attempts of the others would prove nothing. */
async function tryAsAna(one: IsolationCase, shape: Shape, world: World): Promise<void> {
  if (one.others === 'admin') {
    const answer = await send(world.clients.root, one, shape);
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    return;
  }
  for (const client of [world.clients.serviceForAna, world.clients.ana]) {
    const own = one.route.startsWith('GET') ? shape : one.request((await one.make?.(world)) ?? {}, world);
    const answer = await send(client, one, own);
    // A question that failed may fail again; it was Ana's to ask again.
    const isHers = answer.status < 300 || (answer.status === 502 && answer.body.code === 'model_failed');
    expect(isHers, `Ana herself does not get through: ${answer.status} ${JSON.stringify(answer.body)}`).toBe(
      true,
    );
    await one.restore?.(world, ['ana']);
  }
}

function expectNothingOfAnas({ status, headers, body }: Answer): void {
  const told = JSON.stringify([status, [...headers], body]);
  expect(told.includes(MARK), `something of Ana’s is told to others: ${told}`).toBe(false);
}
