import { unzipSync } from 'fflate';
import { Octokit } from 'octokit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFakeGitHub } from '../support/fake-github/fake-github.ts';
import { handlers } from '../support/fake-github/operations.ts';
import type { FakeGitHub } from '../support/fake-github/scene.ts';
import { tour } from '../support/fake-github/tour.ts';

let github: FakeGitHub;

beforeEach(async () => {
  github = await startFakeGitHub({
    tokens: {
      ghp_test: { login: 'ana', scopes: ['repo', 'delete_repo'], expires: '2100-01-02T03:04:05Z' },
      ghp_bob: { login: 'bob', scopes: ['repo'] },
      ghp_narrow: { login: 'ana', scopes: ['public_repo'] },
      github_pat_ana: { login: 'ana' },
      ghp_old: { login: 'ana', scopes: ['repo'], expires: '2020-01-01T00:00:00Z' },
    },
  });
});

afterEach(() => github.close());

interface Reply {
  status: number;
  headers: Headers;
  // Answers of every form are looked into here, each checked against the description already.
  body: never;
  text: string;
}

async function call(
  method: string,
  path: string,
  {
    body,
    token = 'ghp_test',
    headers = {},
  }: { body?: unknown; token?: string | null; headers?: Record<string, string> } = {},
): Promise<Reply> {
  const response = await fetch(github.baseUrl + path, {
    method,
    redirect: 'manual',
    headers: {
      'user-agent': 'test',
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json');
  return {
    status: response.status,
    headers: response.headers,
    body: (json ? JSON.parse(text) : undefined) as never,
    text,
  };
}

const get = (path: string, more?: Parameters<typeof call>[2]) => call('GET', path, more);

describe('The description', () => {
  it('is kept to by every operation that the fake plays', async () => {
    const statuses = await tour(github, (method, path, body, token) =>
      call(method, path, { body, token: token ?? 'ghp_test' }),
    );
    expect(github.violations).toEqual([]);
    expect(statuses.filter(({ status }) => status >= 400)).toEqual([]);
    const played = new Set(github.requests.map(({ operationId }) => operationId));
    expect(Object.keys(handlers).filter((id) => !played.has(id))).toEqual([]);
  });

  it.each([
    [
      'a field of a wrong type',
      'POST',
      '/repos/ana/shop/issues',
      { title: 'One', labels: 'bug' },
      'must be array',
    ],
    [
      'a field that is missing',
      'POST',
      '/repos/ana/shop/issues',
      { body: 'no title' },
      "required property 'title'",
    ],
    ['an unknown field', 'POST', '/repos/ana/shop/issues', { title: 'One', label: 'bug' }, 'unknown /label'],
    [
      'an unknown field further in',
      'POST',
      '/repos/ana/shop/git/trees',
      { tree: [{ file: 'a' }] },
      'unknown /tree/0/file',
    ],
    ['an unknown parameter', 'GET', '/repos/ana/shop/issues?status=open', undefined, 'unknown status'],
    ['a value that is not offered', 'GET', '/repos/ana/shop/issues?state=done', undefined, 'allowed values'],
    ['a page that is too large', 'GET', '/repos/ana/shop/issues?per_page=500', undefined, 'more than 100'],
    ['a number that is none', 'GET', '/repos/ana/shop/issues/first', undefined, 'must be integer'],
    [
      'a body where none belongs',
      'DELETE',
      '/repos/ana/shop/git/refs/heads/x',
      { force: true },
      'none belongs',
    ],
    ['an address that is none', 'GET', '/repos/ana/shop/isues', undefined, 'is no operation of GitHub'],
  ])('is broken by a request with %s', async (_what, method, path, body, told) => {
    github.seed.repository('ana/shop', { files: { a: '1' } });
    await call(method, path, { body });
    expect(github.violations).toEqual([expect.stringContaining(told)]);
  });

  it.each([
    ['of a wrong type', { description: 7 }, 'must be string'],
    ['of a wrong form', { createdAt: 'today' }, 'must match format "date-time"'],
    ['that is missing', { defaultBranch: undefined }, "must have required property 'default_branch'"],
    [
      'of a wrong type further in',
      { owner: { members: new Map(), login: 'ana' } },
      "/owner must have required property 'id'",
    ],
  ])('is broken by an answer with a field %s', async (_what, spoilt, told) => {
    Object.assign(github.seed.repository('ana/shop'), spoilt);
    await get('/repos/ana/shop');
    expect(github.violations).toContainEqual(expect.stringContaining(told));
  });

  it('is broken by a planned answer that GitHub would not give', async () => {
    github.faults.add({
      on: 'users/get-authenticated',
      answer: { status: 200, body: { login: 'ana', secret: 1 } },
    });
    await get('/user');
    expect(github.violations).toContainEqual(
      'users/get-authenticated: the answer 200 has an unknown /secret',
    );
  });
});

describe('Who asks', () => {
  it('is told what the token may do and when it expires, but never recorded by it', async () => {
    const { headers } = await get('/user');
    expect(headers.get('x-oauth-scopes')).toBe('repo, delete_repo');
    expect(headers.get('github-authentication-token-expiration')).toBe('2100-01-02 03:04:05 UTC');
    expect(JSON.stringify(github.requests)).not.toContain('ghp_test');
  });

  it.each(['ghp_wrong', 'ghp_old'])('is refused with the token %s', async (token) => {
    expect(await get('/user', { token })).toMatchObject({
      status: 401,
      body: { message: 'Bad credentials' },
    });
  });

  it('does not learn of what is hidden from them', async () => {
    github.seed.repository('ana/secret', { private: true });
    const seen = async (token: string | null) => (await get('/repos/ana/secret', { token })).status;
    expect([
      await seen('ghp_test'),
      await seen('ghp_bob'),
      await seen('ghp_narrow'),
      await seen(null),
    ]).toEqual([200, 404, 404, 404]);
    expect((await call('DELETE', '/repos/ana/secret', { token: 'ghp_narrow' })).status).toBe(404);
  });

  it('needs the right to push in order to change files, and to be there at all for a write', async () => {
    github.seed.repository('ana/shop', { files: { a: '1' } });
    const body = { message: 'm', content: 'YQ==' };
    expect((await call('PUT', '/repos/ana/shop/contents/b', { body, token: 'ghp_bob' })).status).toBe(404);
    expect((await call('POST', '/user/repos', { body: { name: 'x' }, token: null })).status).toBe(401);
  });

  it('has all the rights of its person with a fine-grained token, which has no scopes', async () => {
    github.seed.repository('ana/secret', { private: true });
    const { status, headers } = await get('/repos/ana/secret', { token: 'github_pat_ana' });
    expect([status, headers.get('x-oauth-scopes')]).toEqual([200, null]);
    const search = await get('/search/issues?q=door', { token: 'github_pat_ana' });
    expect(search).toMatchObject({ status: 422, body: { message: expect.stringContaining("'is:issue'") } });
  });

  it('may be an app, with a token for one account', async () => {
    github.state.installations.set(5, { account: github.seed.user('ana') });
    github.seed.repository('ana/secret', { private: true });
    const path = '/app/installations/5/access_tokens';
    const { body, status } = await call('POST', path, { token: 'a.b.c', body: {} });
    expect(status).toBe(201);
    const { token } = body as { token: string };
    expect((await get('/repos/ana/secret', { token })).status).toBe(200);
    expect((await call('POST', path, { body: {} })).status).toBe(401);
    expect(github.violations).toEqual([]);
  });
});

describe('Reading', () => {
  it('goes by pages that name each other', async () => {
    const repository = github.seed.repository('ana/shop');
    for (let at = 1; at <= 5; at += 1) github.seed.issue(repository, { title: `Issue ${at}` });
    const second = await get('/repos/ana/shop/issues?per_page=2&page=2&direction=asc');
    expect((second.body as { title: string }[]).map(({ title }) => title)).toEqual(['Issue 3', 'Issue 4']);
    const url = `${github.baseUrl}/repos/ana/shop/issues?per_page=2&page=`;
    const links = (second.headers.get('link') ?? '').split(', ');
    expect(links).toEqual([
      `<${url}1&direction=asc>; rel="prev"`,
      `<${url}1&direction=asc>; rel="first"`,
      `<${url}3&direction=asc>; rel="next"`,
      `<${url}3&direction=asc>; rel="last"`,
    ]);
    expect((await get('/repos/ana/shop/issues?per_page=5')).headers.get('link')).toBeNull();
    expect(github.violations).toEqual([]);
  });

  it('of what has not changed is answered with 304, and costs nothing', async () => {
    const repository = github.seed.repository('ana/shop');
    const first = await get('/repos/ana/shop');
    const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
    const again = await get('/repos/ana/shop', { headers });
    expect([again.status, again.text]).toEqual([304, '']);
    expect(again.headers.get('x-ratelimit-used')).toBe(first.headers.get('x-ratelimit-used'));
    repository.description = 'Another';
    expect((await get('/repos/ana/shop', { headers })).status).toBe(200);
  });

  it('under an old name is sent on to the new one', async () => {
    github.seed.repository('ana/shop', { files: { a: '1' } });
    await call('PATCH', '/repos/ana/shop', { body: { name: 'store' } });
    const moved = await get('/repos/ana/shop/contents/a?ref=main');
    expect(moved.status).toBe(301);
    const location = moved.headers.get('location') ?? '';
    expect(location).toMatch(/\/repositories\/\d+\/contents\/a\?ref=main$/);
    expect(await get(location.slice(github.baseUrl.length))).toMatchObject({
      status: 200,
      body: { path: 'a' },
    });
    expect((await call('POST', '/repos/ana/shop/issues', { body: { title: 'x' } })).status).toBe(307);
    expect(github.violations).toEqual([]);
  });

  it('by octokit follows pages and redirects', async () => {
    const repository = github.seed.repository('ana/store', { formerNames: ['ana/shop'] });
    for (let at = 1; at <= 5; at += 1) github.seed.issue(repository, { title: `Issue ${at}` });
    const octokit = new Octokit({ auth: 'ghp_test', baseUrl: `${github.baseUrl}/api/v3` });
    const shop = { owner: 'ana', repo: 'shop', per_page: 2 };
    const issues = await octokit.paginate(octokit.rest.issues.listForRepo, shop);
    expect(issues.map(({ title }) => title)).toEqual([5, 4, 3, 2, 1].map((at) => `Issue ${at}`));
    expect(github.violations).toEqual([]);
  });

  it('works in the same way under the path of GitHub Enterprise', async () => {
    github.seed.repository('ana/shop');
    const { body } = await get('/api/v3/repos/ana/shop');
    expect(body).toMatchObject({ url: `${github.baseUrl}/api/v3/repos/ana/shop` });
  });

  it('gives no more of a large tree than the limit', async () => {
    github.state.treeLimit = 2;
    github.seed.repository('ana/shop', { files: { 'a/one': '1', 'a/two': '2', b: '3' } });
    const { body } = await get('/repos/ana/shop/git/trees/main?recursive=1');
    expect(body).toMatchObject({ truncated: true, tree: [{ path: 'a' }, { path: 'a/one' }] });
    expect((await get('/repos/ana/shop/git/trees/main')).body).toMatchObject({ truncated: false });
  });

  it('of a diff that is too long is refused', async () => {
    const repository = github.seed.repository('ana/shop', { files: { a: '1' } });
    github.seed.commit(repository, { branch: 'next', files: { a: '2' } });
    github.seed.pull(repository, { title: 'Two', head: 'next' });
    const headers = { accept: 'application/vnd.github.v3.diff' };
    expect((await get('/repos/ana/shop/pulls/1', { headers })).text).toContain('-1\n');
    github.state.diffLimit = 3;
    expect((await get('/repos/ana/shop/pulls/1', { headers })).status).toBe(406);
    expect(github.violations).toEqual([]);
  });

  it('of a log leads to another origin, where a token does not belong', async () => {
    const repository = github.seed.repository('ana/shop', { files: { a: '1' } });
    const { id } = github.seed.run(repository, { name: 'CI', jobs: [{ name: 'test', log: 'ok 1\n' }] });
    const location = (await get(`/repos/ana/shop/actions/runs/${id}/logs`)).headers.get('location') ?? '';
    const archive = unzipSync(new Uint8Array(await (await fetch(location)).arrayBuffer()));
    expect(Buffer.from(archive['0_test.txt'] ?? []).toString()).toBe('ok 1\n');
    expect(github.violations).toEqual([]);
    await fetch(location, { headers: { authorization: 'Bearer ghp_test' } });
    expect(github.violations).toEqual(['a token was sent to the file storage']);
  });

  it('finds by words and qualifiers', async () => {
    const shop = github.seed.repository('ana/shop', { files: { 'src/door.ts': 'open()' }, topics: ['web'] });
    github.seed.issue(shop, { title: 'The door jams', labelNames: ['bug'] });
    github.seed.issue(shop, {
      title: 'The window',
      state: 'closed',
      author: 'bob',
      commentBodies: ['a door'],
    });
    const found = async (q: string) => {
      const { body } = await get(`/search/issues?q=${encodeURIComponent(q)}`);
      return (body as { items: { number: number }[] }).items.map(({ number }) => number).sort();
    };
    expect(await found('door')).toEqual([1, 2]);
    expect(await found('door in:title')).toEqual([1]);
    expect(await found('door is:open label:bug')).toEqual([1]);
    expect(await found('-author:ana repo:ana/shop')).toEqual([2]);
    expect(await found('"the door" author:@me')).toEqual([1]);
    expect(await found('org:ana is:pr')).toEqual([]);
    expect((await get('/search/issues?q=repo:ana/none')).status).toBe(422);
    github.state.searchLag = 60;
    expect(await found('door')).toEqual([]);
    expect((await get('/search/code?q=open+repo:ana/shop+path:src')).body).toMatchObject({ total_count: 1 });
    expect((await get('/search/repositories?q=topic:web')).body).toMatchObject({ total_count: 1 });
    expect(github.violations).toEqual([]);
  });
});

describe('What goes wrong on the way', () => {
  const count = () => github.state.repositories[0]?.issues.length;
  const open = () => call('POST', '/repos/ana/shop/issues', { body: { title: 'One' } });
  beforeEach(() => void github.seed.repository('ana/shop'));

  it('can be a text that is longer than GitHub keeps', async () => {
    const answer = await call('POST', '/repos/ana/shop/issues', {
      body: { title: 'x'.repeat(257), body: 'y'.repeat(70_000) },
    });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field: 'title' }, { field: 'body' }] } });
    expect(github.violations).toEqual([]);
  });

  it('can be any answer, before anything is done', async () => {
    github.faults.add({
      on: 'POST /repos/*/*/issues',
      answer: { status: 502, body: 'Bad gateway' },
      skip: 1,
    });
    expect([(await open()).status, (await open()).status, (await open()).status]).toEqual([201, 502, 201]);
    expect(count()).toBe(2);
  });

  it.each([
    ['secondary', 403, 'secondary rate limit'],
    ['too-many', 429, 'secondary rate limit'],
    ['primary', 403, 'API rate limit exceeded'],
  ] as const)('can be the %s limit', async (limit, status, message) => {
    github.faults.add({ on: 'issues/create', limit, retryAfter: 7 });
    const { headers, ...answer } = await open();
    expect(answer).toMatchObject({ status, body: { message: expect.stringContaining(message) } });
    if (limit === 'primary') {
      expect(headers.get('x-ratelimit-remaining')).toBe('0');
      expect(Number(headers.get('x-ratelimit-reset')) - Date.now() / 1000).toBeLessThanOrEqual(7);
      expect((await open()).status).toBe(403);
    } else {
      expect(headers.get('retry-after')).toBe('7');
      expect((await open()).status).toBe(201);
    }
    expect(github.violations).toEqual([]);
  });

  it('can be a connection that is cut, before the act or after it', async () => {
    github.faults.add({ on: 'issues/create', before: 'cut' }, { on: 'issues/create', after: 'cut' });
    await expect(open()).rejects.toThrow();
    expect(count()).toBe(0);
    await expect(open()).rejects.toThrow();
    expect(count()).toBe(1);
  });

  it('can be an answer that breaks off half way', async () => {
    github.faults.add({ on: 'issues/create', after: 'half' });
    await expect(open()).rejects.toThrow();
    expect([count(), github.requests.at(-1)?.status]).toEqual([1, 201]);
  });

  it('can be an answer that never comes, and does not keep the fake from closing', async () => {
    github.faults.add({ on: 'issues/create', after: 'hang' });
    const waiting = open().catch((error: unknown) => error);
    await expect.poll(count).toBe(1);
    await github.close();
    expect(await waiting).toBeInstanceOf(Error);
    expect(github.requests.at(-1)?.status).toBeUndefined();
  });

  it('can be the limit that a person has used up', async () => {
    github.state.limits.core = 1;
    expect((await get('/user')).headers.get('x-ratelimit-remaining')).toBe('0');
    expect((await get('/user')).status).toBe(403);
    expect((await get('/rate_limit')).body).toMatchObject({ rate: { limit: 1, remaining: 0 } });
  });
});
