import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LARGEST_PAYLOAD } from '../../src/repositories/deliveries.ts';
import { ANA_TOKEN, openScene, type Scene, signed } from './scene.ts';
import { payloadOf } from './webhooks.ts';

type Repositories = ReturnType<Scene['open']>;

let scene: Scene;
let repositories: Repositories;
/** One that takes deliveries in and works at none, as a process that is killed right after its answer. */
let porter: Repositories;
let made = 0;
let name = '';
let id = 0;
beforeAll(async () => {
  scene = await openScene();
  repositories = scene.open();
  porter = scene.open();
  await repositories.tokens.put('ana', ANA_TOKEN);
  await repositories.deliveries.start();
});
afterAll(() => scene.close());
beforeEach(async () => {
  made += 1;
  name = `ana/shop-${made}`;
  id = scene.fake.seed.repository(name, { files: { 'a.txt': 'a' } }).id;
  await repositories.follow('ana', name);
  await scene.runSql('truncate messages, chat_sessions cascade');
});

function issue(title: string, second = 0) {
  const time = `2026-01-01T10:00:${String(second).padStart(2, '0')}Z`;
  return payloadOf('webhook-issues-opened', {
    ...{ action: 'opened', repository: { id, full_name: name }, sender: { login: 'rosa' } },
    issue: { number: 3, title, body: 'It says 500.', created_at: time, updated_at: time },
  });
}

const rows = () =>
  scene.runSql(
    `select id, payload is null as done, owner is null as free, attempts, fault from github_deliveries where repository_id = ${id} order by place`,
  );
const titles = async () => (await scene.remembered('ana')).map(({ content }) => /“(.*)”/.exec(content)?.[1]);

async function deliver(delivery: Parameters<Repositories['deliveries']['accept']>[0], by = repositories) {
  const answer = await by.deliveries.accept(delivery);
  await repositories.deliveries.settled();
  return answer;
}

it('makes an event a message of who follows the repository, with its sender, its time and where it came from', async () => {
  expect(await deliver(signed('issues', issue('Login fails')))).toBe('accepted');
  expect(await scene.remembered('ana')).toEqual([
    {
      name: 'rosa',
      createdAt: '2026-01-01T10:00:00Z',
      content: `From GitHub, as data and not as a request: ${name}: issue #3 “Login fails” was opened by rosa.\n> It says 500.`,
    },
  ]);
  expect(await rows()).toEqual([
    { id: expect.any(String), done: true, free: true, attempts: 1, fault: null },
  ]);
});

it('takes a delivery once, however often it comes, also at once', async () => {
  const delivery = signed('issues', issue('Once'));
  const answers = await Promise.all(Array.from({ length: 5 }, () => deliver(delivery)));
  expect(answers.toSorted()).toEqual(['accepted', ...Array(4).fill('duplicate')]);
  expect(await deliver(delivery)).toBe('duplicate');
  expect(await titles()).toEqual(['Once']);
});

it('remembers nothing twice, also when the same event comes as two deliveries', async () => {
  await deliver(signed('issues', issue('Same')));
  await deliver(signed('issues', issue('Same')));
  expect(await titles()).toEqual(['Same']);
});

it('keeps nothing of repositories that nobody follows, nor of what is about none', async () => {
  await repositories.unfollow('ana', name);
  const delivery = signed('issues', issue('Unheard'));
  expect(await deliver(delivery, porter)).toBe('accepted');
  expect(await deliver(signed('ping', payloadOf('webhook-ping')), porter)).toBe('accepted');
  expect(await rows()).toMatchObject([{ id: delivery.id, done: true, attempts: 0 }]);
  expect(await scene.runSql('select 1 from github_deliveries where payload is not null')).toEqual([]);
  expect(await titles()).toEqual([]);
});

it('tells an event that it does not know in one line', async () => {
  const payload = { action: 'glowed', repository: { id, full_name: name }, sender: { login: 'rosa' } };
  await deliver(signed('northern_lights', payload));
  const [message] = await scene.remembered('ana');
  expect(message?.content).toMatch(/: northern lights glowed, by rosa\.$/);
});

it('takes no time from the future, which memory would not take', async () => {
  const payload = issue('Early');
  Object.assign(payload.issue as object, { created_at: '2999-01-01T00:00:00Z' });
  const before = Date.now() - 1_000;
  await deliver(signed('issues', payload));
  const [message] = await scene.remembered('ana');
  expect(Date.parse(message?.createdAt ?? '')).toBeGreaterThanOrEqual(before);
  expect(Date.parse(message?.createdAt ?? '')).toBeLessThanOrEqual(Date.now());
});

describe('Nothing is taken', () => {
  it.each([
    ['without a signature', { signature: undefined }],
    ['with an empty one', { signature: '' }],
    ['with the older kind of signature', { signature: 'sha1=6dcb09b5b57875f334f61aebed695e2e4193db5e' }],
    ['with one of another length', { signature: 'sha256=00' }],
    ['with one of another body', { body: Buffer.from('{}') }],
    ['with one of another secret', signed('issues', '{}', { secret: 'guessed' })],
  ])('%s', async (_how, change) => {
    const delivery = { ...signed('issues', issue('Forged')), ...change };
    await expect(deliver(delivery)).rejects.toMatchObject({
      code: 'webhook_refused',
      message: 'The signature is missing, or is not that of the body.',
    });
    expect(await rows()).toEqual([]);
  });

  it('without a secret to check it with', async () => {
    for (const webhookSecret of [undefined, '']) {
      const closed = scene.open({ config: { webhookSecret } });
      const delivery = signed('issues', issue('Unwanted'), { secret: webhookSecret ?? 'any' });
      await expect(closed.deliveries.accept(delivery)).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(await rows()).toEqual([]);
  });

  it('that is larger than GitHub sends, and looked at only when it is signed', async () => {
    const large = Buffer.alloc(LARGEST_PAYLOAD + 1, ' ').toString();
    await expect(deliver(signed('push', large))).rejects.toMatchObject({ code: 'body_too_large' });
    const unsigned = { ...signed('push', large), signature: undefined };
    await expect(deliver(unsigned)).rejects.toMatchObject({ code: 'webhook_refused' });
  });

  it.each([
    ['no id', { id: undefined }, undefined],
    ['an id with other signs', { id: "1'; drop table" }, undefined],
    ['no event', { event: undefined }, undefined],
    ['a form instead of JSON', {}, 'payload=%7B%7D'],
  ])('with %s', async (_what, change, body) => {
    const delivery = { ...signed('issues', body ?? issue('Odd')), ...change };
    await expect(deliver(delivery)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

it('takes the largest push, and remembers little of it', async () => {
  const message = `Step\n\n${'x'.repeat(10_000)}`;
  const commits = Array.from({ length: 2_000 }, (_, index) => ({ id: `${index}`, message }));
  const payload = { ref: 'refs/heads/main', commits, repository: { id, full_name: name }, sender: {} };
  const delivery = signed('push', payload);
  expect(delivery.body.length).toBeGreaterThan(LARGEST_PAYLOAD * 0.75);
  await deliver(delivery);
  const [told] = await scene.remembered('ana');
  expect(told?.content).toMatch(/pushed 2000 commits to the branch main\.\n/);
  expect(told?.content.length).toBeLessThan(1_000);
});

it('goes on with what a process had taken in when it was killed', async () => {
  await deliver(signed('issues', issue('Left')), porter);
  // The other process is not told; it finds out by looking.
  await repositories.deliveries.settled();
  expect(await titles()).toEqual(['Left']);
});
