import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProblemError } from '../../src/errors.ts';
import { openGitHub } from '../../src/github/github.ts';
import { FAST, type Opened, openOnFake, TOKEN } from './opened-github.ts';

let opened: Opened;

beforeEach(async () => {
  opened = await openOnFake();
});
afterEach(() => opened.close());

/** A server that answers as it is told, for what no GitHub does. */
async function startServer(answer: RequestListener) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function caught(work: Promise<unknown>): Promise<ProblemError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ProblemError) return error;
  throw new Error('It did not fail with a problem.', { cause: error });
}

describe('What was read before', () => {
  it('is asked for by its ETag and costs nothing while it holds', async () => {
    const { account, fake } = opened;
    const [first, second] = [
      await account.repositories.read('ana/shop'),
      await account.repositories.read('ana/shop'),
    ];
    expect(second).toEqual(first);
    expect(fake.requests.map(({ status }) => status)).toEqual([200, 304]);
    await account.repositories.update('ana/shop', { description: 'New' });
    expect(await account.repositories.read('ana/shop')).toMatchObject({ description: 'New' });
    expect(fake.requests.at(-1)?.status).toBe(200);
  });

  it('is kept for one account only', async () => {
    const { account, fake, github } = opened;
    fake.state.tokens.set('ghp_bob', { login: fake.seed.user('bob').login, scopes: ['repo'] });
    await account.repositories.read('ana/shop');
    await github.for('ghp_bob').repositories.read('ana/shop');
    expect(fake.requests.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('keeps its next page', async () => {
    const { account, fake, shop } = opened;
    for (let index = 0; index < 35; index += 1) fake.seed.issue(shop, { title: `Issue ${index}` });
    const [first, second] = [await account.issues.list('ana/shop'), await account.issues.list('ana/shop')];
    expect(first.hasMore).toBe(true);
    expect(second).toEqual(first);
    expect(fake.requests.at(-1)?.status).toBe(304);
  });
});

describe('A list', () => {
  it('is read page by page up to its limit, and says whether there is more', async () => {
    const { account, fake, shop } = opened;
    for (let index = 0; index < 250; index += 1) fake.seed.issue(shop, { title: `Issue ${index}` });
    const all = await account.issues.list('ana/shop', { limit: 200 });
    expect([all.items.length, all.hasMore, opened.count('issues/list-for-repo')]).toEqual([200, true, 2]);
    expect(new Set(all.items.map(({ number }) => number)).size).toBe(200);
    const some = await account.issues.list('ana/shop', { limit: 150 });
    expect(some.items).toEqual(all.items.slice(0, 150));
  });

  it('has a limit of 200', async () => {
    const error = await caught(opened.account.issues.list('ana/shop', { limit: 201 }));
    expect(error.code).toBe('invalid_request');
  });
});

describe("GitHub's limits", () => {
  it.each(['secondary', 'too-many'] as const)('are waited for when they end soon: %s', async (limit) => {
    // A write that was refused for them has surely not been done.
    opened.fake.faults.add({ on: 'issues/create', limit, retryAfter: 1 });
    expect(await opened.account.issues.create('ana/shop', { title: 'Cart' })).toMatchObject({
      repeated: false,
    });
    expect(opened.count('issues/create')).toBe(2);
    expect(opened.shop.issues).toHaveLength(1);
    expect(opened.logged.join()).toContain('"isWaiting":true');
  });

  it('of an hour are waited for when the hour is nearly over', async () => {
    const { fake } = opened;
    const pace = { ...FAST, secondMs: 1000 };
    const account = openGitHub({ apiUrl: fake.baseUrl, timeoutMs: 5_000, pace }).for(TOKEN);
    fake.faults.add({ on: 'issues/create', limit: 'primary', retryAfter: 1 });
    await account.issues.create('ana/shop', { title: 'Cart' });
    expect(opened.shop.issues).toHaveLength(1);
  });

  it('are told when they last long, with the time to come back', async () => {
    opened.fake.faults.add({ on: 'repos/get', limit: 'secondary', retryAfter: 90, times: 9 });
    const error = await caught(opened.account.repositories.read('ana/shop'));
    expect(error).toMatchObject({ code: 'github_rate_limited', retryAfterSeconds: 90 });
    expect(error.message).toMatch(/Ask again in 90 s \(at \d\d:\d\d UTC\)/);
    expect(opened.count('repos/get')).toBe(1);
  });

  it('are told when waiting twice was not enough', async () => {
    opened.fake.faults.add({ on: 'repos/get', limit: 'secondary', retryAfter: 1, times: 9 });
    const error = await caught(opened.account.repositories.read('ana/shop'));
    expect(error.code).toBe('github_rate_limited');
    expect(opened.count('repos/get')).toBe(3);
  });

  it('of an hour are told with the time of their end', async () => {
    opened.fake.faults.add({ on: 'repos/get', limit: 'primary', retryAfter: 600 });
    const error = await caught(opened.account.repositories.read('ana/shop'));
    expect(error.code).toBe('github_rate_limited');
    expect(error.retryAfterSeconds).toBeGreaterThan(590);
  });
});

describe('A repository that was renamed', () => {
  beforeEach(() => {
    opened.shop.formerNames.push('ana/store');
  });

  it('is read under its old name', async () => {
    expect(await opened.account.repositories.read('ana/store')).toMatchObject({ name: 'ana/shop' });
    expect((await opened.account.branches.list('ana/store')).items).toMatchObject([{ name: 'main' }]);
  });

  it('is not written to under its old name, and the new one is told', async () => {
    const error = await caught(opened.account.issues.create('ana/store', { title: 'Cart' }));
    expect(error.toDocument()).toMatchObject({ code: 'github_conflict', repository: 'ana/shop' });
    expect(error.message).toContain('It is ana/shop now');
    expect(opened.shop.issues).toEqual([]);
  });

  it('gets files under its new name, which the answer tells', async () => {
    const files = [{ path: 'a.txt', content: 'A\n' }];
    const input = { branch: 'new', message: 'Add a', files };
    expect(await opened.account.commits.commitFiles('ana/store', input)).toMatchObject({
      repository: 'ana/shop',
    });
  });
});

describe('A read that fails', () => {
  it.each([
    ['the connection is cut', { before: 'cut' }],
    ['GitHub fails', { answer: { status: 502, body: '<html>Bad gateway</html>' } }],
  ] as const)('is asked again when %s', async (_what, fault) => {
    opened.fake.faults.add({ on: 'repos/get', times: 2, ...fault });
    expect(await opened.account.repositories.read('ana/shop')).toMatchObject({ name: 'ana/shop' });
    expect(opened.count('repos/get')).toBe(3);
  });

  it('ends after three attempts', async () => {
    opened.fake.faults.add({ on: 'repos/get', times: 9, answer: { status: 500, body: { message: 'Oops' } } });
    const error = await caught(opened.account.repositories.read('ana/shop'));
    expect(error).toMatchObject({ code: 'github_failed', message: expect.stringContaining('Oops') });
    expect(opened.count('repos/get')).toBe(3);
  });

  it('ends at its limit of time', async () => {
    const { fake } = opened;
    const hasty = openGitHub({ apiUrl: fake.baseUrl, timeoutMs: 50, pace: FAST }).for(TOKEN);
    fake.faults.add({ on: 'repos/get', times: 9, before: 'hang' });
    expect(await caught(hasty.repositories.read('ana/shop'))).toMatchObject({ code: 'github_timeout' });
  });

  it('ends with the reason of the abort, also while it waits for a limit', async () => {
    const { fake, logged } = opened;
    const patient = openGitHub({
      apiUrl: fake.baseUrl,
      timeoutMs: 5_000,
      pace: { ...FAST, secondMs: 60_000 },
      log: { warn: () => void logged.push('waits') },
    }).for(TOKEN);
    fake.faults.add({ on: 'repos/get', limit: 'secondary', retryAfter: 1 });
    const stop = new AbortController();
    const reading = patient.repositories.read('ana/shop', { signal: stop.signal });
    await expect.poll(() => logged).toEqual(['waits']);
    stop.abort(new Error('Enough.'));
    await expect(reading).rejects.toThrow('Enough.');
  });

  it('is no half answer when the connection is cut in the middle of it', async () => {
    await using server = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"full_name": "ana/shop"', () => response.destroy());
    });
    const account = openGitHub({ apiUrl: server.url, timeoutMs: 5_000, pace: FAST }).for(TOKEN);
    expect(await caught(account.repositories.read('ana/shop'))).toMatchObject({ code: 'github_failed' });
  });
});

describe('A token', () => {
  it('is needed', () => {
    expect(() => opened.github.for(undefined)).toThrow(
      expect.objectContaining({ code: 'github_not_configured' }),
    );
    expect(() => opened.github.for('  ')).toThrow(expect.objectContaining({ code: 'github_not_configured' }));
  });

  it('that GitHub does not take is told as that', async () => {
    const error = await caught(opened.github.for('ghp_nobodysToken0000000000').people.me());
    expect(error).toMatchObject({
      code: 'github_unauthorized',
      message: expect.stringContaining('Bad credentials'),
    });
  });

  it('is in no error and no log, whatever goes wrong', async () => {
    const warn = vi.spyOn(console, 'warn');
    const complain = vi.spyOn(console, 'error');
    await using server = await startServer(({ headers }, response) => {
      // The worst GitHub: it repeats what it was sent.
      response.writeHead(422, { 'content-type': 'application/json', deprecation: 'true', 'x-token': TOKEN });
      response.end(
        JSON.stringify({
          message: `No: ${headers.authorization}\u0007`,
          errors: [TOKEN, { message: TOKEN }],
        }),
      );
    });
    const told: unknown[] = [];
    const log = { warn: (...parts: unknown[]) => void told.push(parts) };
    const echo = openGitHub({ apiUrl: server.url, timeoutMs: 5_000, pace: FAST, log }).for(TOKEN);
    told.push(await caught(echo.issues.create('ana/shop', { title: 'Cart' })));
    for (const fault of [
      { before: 'cut' },
      { limit: 'secondary', retryAfter: 99 },
      { answer: { status: 500 } },
    ] as const) {
      opened.fake.faults.add({ on: 'repos/get', times: 3, ...fault });
      told.push(await caught(opened.account.repositories.read('ana/shop')));
    }
    opened.fake.faults.waiting = [];
    told.push(
      await caught(opened.account.repositories.read('ana/nothing')),
      opened.logged,
      opened.github,
      opened.account,
    );
    const shown = inspect(told, { depth: 20, showHidden: true }) + JSON.stringify(told);
    expect(shown).not.toContain(TOKEN);
    expect(shown).toContain('No: token [token]');
    expect([...warn.mock.calls, ...complain.mock.calls]).toEqual([]);
  });

  it('goes to GitHub alone, even if GitHub sends a write elsewhere', async () => {
    const seen: (string | undefined)[] = [];
    await using other = await startServer(({ headers }, response) => {
      seen.push(headers.authorization);
      response.end('{}');
    });
    await using server = await startServer((_request, response) => {
      response.writeHead(307, { location: `${other.url}/repositories/1/issues` }).end();
    });
    const account = openGitHub({ apiUrl: server.url, timeoutMs: 5_000, pace: FAST }).for(TOKEN);
    await caught(account.issues.create('ana/shop', { title: 'Cart' }));
    await account.repositories.read('ana/shop').catch(() => undefined);
    expect(seen.filter((authorization) => authorization !== undefined)).toEqual([]);
  });
});

describe('Other ways to GitHub', () => {
  it('lead to GitHub Enterprise under its path', async () => {
    const { fake } = opened;
    const enterprise = openGitHub({ apiUrl: `${fake.baseUrl}/api/v3/`, timeoutMs: 5_000, pace: FAST }).for(
      TOKEN,
    );
    expect(await enterprise.repositories.read('ana/shop')).toMatchObject({ name: 'ana/shop' });
    const error = await caught(enterprise.repositories.read('ana/nothing'));
    expect(error.message).toContain('nothing at /repos/ana/nothing,');
  });

  it('are an installation of an app, which gets a token of its own', async () => {
    const { fake, github, shop } = opened;
    fake.state.installations.set(77, { account: shop.owner });
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const app = {
      appId: 5,
      privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
      installationId: 77,
    };
    const account = github.forApp(app);
    expect(await account.repositories.read('ana/shop')).toMatchObject({ name: 'ana/shop' });
    expect(await account.branches.create('ana/shop', { name: 'new' })).toMatchObject({ name: 'new' });
    expect(opened.count('apps/create-installation-access-token')).toBe(1);
  });

  it('tell every request who asks and which version of GitHub is meant', async () => {
    await opened.account.repositories.read('ana/shop');
    expect(opened.fake.requests[0]?.headers).toMatchObject({
      'user-agent': expect.stringMatching(/^tertulia /),
      'x-github-api-version': '2022-11-28',
    });
  });
});
