import { afterAll, beforeAll, expect, it } from 'vitest';
import { openToken, sealToken } from '../../src/repositories/token-seal.ts';
import { ANA_TOKEN, BOB_TOKEN, KEY, openScene, type Scene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

const notConfigured = (words: RegExp) => ({
  code: 'github_not_configured',
  message: expect.stringMatching(words),
});

it('stores a token after asking GitHub whose it is, and speaks to GitHub with it', async () => {
  const { tokens, account } = scene.open();
  const before = Date.now() - 1;
  const status = await tokens.put('ana', `  ${ANA_TOKEN}\n`);
  expect(status).toEqual({
    login: 'ana',
    scopes: ['repo', 'read:org'],
    expiresAt: new Date('2100-01-02T03:04:05Z'),
    createdAt: expect.any(Date),
  });
  expect(status.createdAt?.getTime()).toBeGreaterThanOrEqual(before);
  expect(await tokens.status('ana')).toEqual(status);
  expect((await (await account('ana')).people.me()).login).toBe('ana');
});

it('tells no scopes and no end where the token has none', async () => {
  const { tokens } = scene.open();
  expect(await tokens.put('bea', BOB_TOKEN)).toMatchObject({ login: 'bob', scopes: [], expiresAt: null });
});

it('keeps nothing of the token that can be read', async () => {
  const { tokens } = scene.open();
  await tokens.put('ana', ANA_TOKEN);
  const [first] = await scene.runSql(`select * from github_tokens where user_id = 'ana'`);
  await tokens.put('ana', ANA_TOKEN);
  const [second] = await scene.runSql(`select * from github_tokens where user_id = 'ana'`);
  expect(JSON.stringify([first, second])).not.toContain(ANA_TOKEN.slice(4, 20));
  expect(String(first?.sealed)).not.toBe(second?.sealed);
});

it('replaces a token, and forgets it', async () => {
  const { tokens, account } = scene.open();
  await tokens.put('cleo', ANA_TOKEN);
  await tokens.put('cleo', BOB_TOKEN);
  expect((await tokens.status('cleo'))?.login).toBe('bob');
  await tokens.remove('cleo');
  expect(await tokens.status('cleo')).toBeNull();
  await expect(account('cleo')).rejects.toMatchObject(notConfigured(/PUT \/github-admin\/token\.$/));
});

it('keeps the token before when GitHub does not take the new one', async () => {
  const { tokens } = scene.open();
  await tokens.put('dora', ANA_TOKEN);
  await expect(tokens.put('dora', 'ghp_somethingThatGitHubDoesNotKnow')).rejects.toMatchObject({
    code: 'github_unauthorized',
  });
  expect((await tokens.status('dora'))?.login).toBe('ana');
});

it.each(['', 'two words', 'ñandú', 'line\nbreak', 'x'.repeat(1_001)])(
  'takes no token like %j',
  async (token) => {
    const sent = scene.fake.requests.length;
    await expect(scene.open().tokens.put('eva', token)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(scene.fake.requests.length).toBe(sent);
  },
);

it('stores and reads no token without a key, and says whose task it is', async () => {
  await scene.open().tokens.put('fay', ANA_TOKEN);
  const keyless = scene.open({ config: { tokenKey: undefined } });
  const refusal = notConfigured(/TOKEN_ENCRYPTION_KEY is not set/);
  await expect(keyless.tokens.put('fay', ANA_TOKEN)).rejects.toMatchObject(refusal);
  await expect(keyless.account('fay')).rejects.toMatchObject(refusal);
});

it('says that the key is another one than before', async () => {
  await scene.open().tokens.put('gil', ANA_TOKEN);
  const rotated = scene.open({ config: { tokenKey: Buffer.alloc(32, 8) } });
  await expect(rotated.account('gil')).rejects.toMatchObject(notConfigured(/another TOKEN_ENCRYPTION_KEY/));
  await rotated.tokens.put('gil', ANA_TOKEN);
  expect((await (await rotated.account('gil')).people.me()).login).toBe('ana');
});

it('reads no token that was stored for somebody else', async () => {
  const { tokens, account } = scene.open();
  await tokens.put('hugo', ANA_TOKEN);
  await tokens.put('mallory', BOB_TOKEN);
  await scene.runSql(
    `update github_tokens set sealed = (select sealed from github_tokens where user_id = 'hugo') where user_id = 'mallory'`,
  );
  await expect(account('mallory')).rejects.toMatchObject(notConfigured(/was changed since/));
  expect((await (await account('hugo')).people.me()).login).toBe('ana');
});

it('opens nothing of which a single bit was changed', () => {
  const seal = { userId: 'ana', key: KEY };
  const sealed = Buffer.from(sealToken(ANA_TOKEN, seal), 'base64url');
  expect(openToken(sealed.toString('base64url'), seal)).toBe(ANA_TOKEN);
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const changed = Buffer.from(sealed);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(openToken(changed.toString('base64url'), seal)).toBeUndefined();
  }
  for (const end of [0, 11, 27, sealed.length - 1]) {
    expect(openToken(sealed.subarray(0, end).toString('base64url'), seal)).toBeUndefined();
  }
});

it('serves the local user, and nobody else, with the token of the environment', async () => {
  const { account, tokens } = scene.open({ config: { token: BOB_TOKEN } });
  expect((await (await account('local')).people.me()).login).toBe('bob');
  expect(await tokens.status('local')).toEqual({
    login: 'bob',
    scopes: [],
    expiresAt: null,
    createdAt: null,
  });
  await expect(account('stranger')).rejects.toMatchObject({ code: 'github_not_configured' });
  expect(await tokens.status('stranger')).toBeNull();
});

it('prefers the token that the local user has stored', async () => {
  const { account, tokens } = scene.open({ config: { token: BOB_TOKEN } });
  await tokens.put('local', ANA_TOKEN);
  expect((await (await account('local')).people.me()).login).toBe('ana');
  await tokens.remove('local');
  expect((await (await account('local')).people.me()).login).toBe('bob');
});
