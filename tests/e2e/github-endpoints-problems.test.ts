import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GitHubApp, NOBODY, REVOKED, startGitHubApp, UNKNOWN } from '../support/github-app.ts';

const SHOP = '/repos/ana/shop';
let app: GitHubApp;
beforeEach(async () => {
  app = await startGitHubApp();
});
afterEach(() => app.stop());

describe('a request that does not fit is told which field is wrong', () => {
  it.each([
    ['GET', '/repos?limit=0', undefined, 'querystring.limit'],
    ['GET', '/repos?limit=201', undefined, 'querystring.limit'],
    ['GET', '/repos/-x/shop', undefined, 'params.owner'],
    ['GET', '/repos/ana/..%2F', undefined, 'params.repo'],
    ['POST', '/repos', { name: 'a b' }, 'body.name'],
    ['POST', '/repos', { name: 'a', visibility: 'internal' }, 'body.visibility'],
    ['PATCH', SHOP, {}, 'body'],
    ['PATCH', SHOP, { topics: ['Big'] }, 'body.topics.0'],
    ['POST', `${SHOP}/issues`, { title: ' ' }, 'body.title'],
    ['POST', `${SHOP}/issues`, { title: 'A', assignees: ['a b'] }, 'body.assignees.0'],
    ['GET', `${SHOP}/issues?state=done`, undefined, 'querystring.state'],
    ['GET', `${SHOP}/issues/zero`, undefined, 'params.number'],
    ['PATCH', `${SHOP}/issues/1`, { state: 'open', state_reason: 'completed' }, 'body'],
    ['POST', `${SHOP}/issues/1/comments`, { body: '\n' }, 'body.body'],
    ['POST', `${SHOP}/pulls`, { title: 'A', head: 'a..b', base: 'main' }, 'body.head'],
    ['POST', `${SHOP}/pulls/1/reviews`, { verdict: 'request_changes' }, 'body.body'],
    ['PUT', `${SHOP}/pulls/1/merge`, { head_sha: 'abc' }, 'body.head_sha'],
    ['POST', `${SHOP}/branches`, { name: 'refs//x' }, 'body.name'],
    ['DELETE', `${SHOP}/branches/..%2Fmain`, undefined, 'params.*'],
    ['GET', `${SHOP}/contents/README.md?ref=..`, undefined, 'querystring.ref'],
    ['POST', `${SHOP}/commits`, { branch: 'x', message: 'm' }, 'body'],
    ['POST', `${SHOP}/commits`, { branch: 'x', message: 'm', files: [], path: 'site' }, 'body'],
    ['GET', '/search?type=people&query=ana', undefined, 'querystring.type'],
    ['GET', '/search?type=code', undefined, 'querystring.query'],
  ])('%s %s %j', async (method, path, body, field) => {
    const answer = await app.call(method, path, body);
    expect(answer.body).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(answer.body.errors.map((fault: { path: string }) => fault.path)).toContain(field);
    expect(app.fake.requests).toEqual([]);
  });

  it('also of a file, and a path that git would refuse', async () => {
    const commit = (file: object) =>
      app.call('POST', `${SHOP}/commits`, { branch: 'x', message: 'm', files: [file] });
    const base64 = await commit({ path: 'a', content: 'not base64!', encoding: 'base64' });
    expect(base64.body.errors).toMatchObject([{ path: 'body.files.0.content', message: 'takes base64' }]);
    const outside = await commit({ path: '../a', content: '' });
    expect(outside.body).toMatchObject({ status: 400, code: 'invalid_path' });
  });

  it.each([
    ['POST', `${SHOP}/tags`, { name: 'v1', target: '\ud800' }],
    ['POST', `${SHOP}/branches`, { name: 'x', from: 'a\udc00' }],
    ['GET', `${SHOP}/contents/a?ref=%ED%A0%80`, undefined],
  ])('and half of a surrogate pair names nothing: %s %s', async (method, path, body) => {
    expect((await app.call(method, path, body)).body.code).toMatch(/^(github_not_found|invalid_request)$/);
  });

  it('and of the idempotency key', async () => {
    const keys = { 'idempotency-key': 'two words' };
    const answer = await app.call('POST', `${SHOP}/issues`, { title: 'A' }, keys);
    expect(answer.body.errors).toMatchObject([{ path: 'headers.idempotency-key' }]);
  });
});

describe('what GitHub refuses becomes a problem of ours', () => {
  const refusal = (status: number, message: string, headers = {}) => ({
    on: 'repos/get',
    answer: { status, body: { message, documentation_url: 'https://docs.github.com/rest' }, headers },
  });

  it.each([
    [401, 409, 'github_unauthorized'],
    [403, 403, 'github_forbidden'],
    [404, 404, 'github_not_found'],
    [409, 409, 'github_conflict'],
    [422, 422, 'github_refused'],
  ])('%i becomes %i %s, with its reason', async (theirs, ours, code) => {
    app.fake.faults.add(refusal(theirs, 'Because of the weather'));
    const { status, body, headers } = await app.call('GET', SHOP);
    expect(status).toBe(ours);
    expect(body).toMatchObject({ code, detail: expect.stringContaining('Because of the weather') });
    expect(headers.get('content-type')).toContain('application/problem+json');
  });

  it('a limit that is used up becomes 429 with Retry-After', async () => {
    app.fake.faults.add({ on: 'repos/get', limit: 'secondary', retryAfter: 90 });
    const { status, body, headers } = await app.call('GET', SHOP);
    expect({ status, code: body.code }).toEqual({ status: 429, code: 'github_rate_limited' });
    expect(Number(headers.get('retry-after'))).toBe(90);
  });

  it('silence becomes 504', async () => {
    const impatient = await startGitHubApp({ timeoutMs: 100 });
    impatient.fake.faults.add({ on: 'repos/get', before: 'hang', times: 5 });
    const { body } = await impatient.call('GET', SHOP);
    await impatient.stop();
    expect(body).toMatchObject({ status: 504, code: 'github_timeout' });
  });

  it('things that are not there, names that are taken and branches that clash are told apart', async () => {
    expect((await app.call('GET', '/repos/ana/none')).body.code).toBe('github_not_found');
    expect((await app.call('GET', `${SHOP}/issues/99`)).body.code).toBe('github_not_found');
    expect((await app.call('POST', '/repos', { name: 'shop' })).body).toMatchObject({
      status: 422,
      code: 'github_refused',
    });
    const onMain = { branch: 'main', message: 'm', files: [{ path: 'a', content: 'a' }] };
    expect((await app.call('POST', `${SHOP}/commits`, onMain)).body.code).toBe('github_conflict');
    expect((await app.call('DELETE', `${SHOP}/branches/none`)).body.code).toBe('github_not_found');
  });

  it('a write to a former name is told the present one', async () => {
    app.shop.formerNames.push('ana/store');
    expect((await app.call('GET', '/repos/ana/store')).body.name).toBe('ana/shop');
    const { body } = await app.call('POST', '/repos/ana/store/issues', { title: 'Cart' });
    expect(body).toMatchObject({ status: 409, code: 'github_conflict', repository: 'ana/shop' });
    expect(app.shop.issues).toEqual([]);
  });

  it('without a token nothing is sent, and a revoked one is told', async () => {
    for (const [method, path] of [
      ['GET', '/repos'],
      ['DELETE', SHOP],
      ['GET', '/organisations'],
    ] as const) {
      const answer = await app.call(method, path, undefined, NOBODY);
      expect(answer.body).toMatchObject({ status: 409, code: 'github_not_configured' });
    }
    expect(app.fake.requests).toEqual([]);
    expect((await app.call('GET', '/repos', undefined, REVOKED)).body.code).toBe('github_unauthorized');
  });
});

describe('a write is done once', () => {
  it('when GitHub’s answer is lost', async () => {
    app.fake.faults.add({ on: 'issues/create', after: 'cut' });
    const { body } = await app.call('POST', `${SHOP}/issues`, { title: 'Cart' });
    expect(body).toMatchObject({ number: 1, repeated: true });
    expect(app.shop.issues).toHaveLength(1);
  });

  it('when it is asked for twice with the same key, which GitHub is not shown', async () => {
    const key = 'order/4711 --> '.trim().replaceAll(' ', '_');
    const headers = { 'idempotency-key': key };
    const issue = { title: 'Cart', body: 'Empty' };
    const first = await app.call('POST', `${SHOP}/issues`, issue, headers);
    const second = await app.call('POST', `${SHOP}/issues`, issue, headers);
    expect(first.body).toMatchObject({ number: 1, body: 'Empty', repeated: false });
    expect(second).toMatchObject({ status: 201, body: { number: 1, body: 'Empty', repeated: true } });
    const comment = { body: 'I see it too.' };
    for (const repeated of [false, true]) {
      const answer = await app.call('POST', `${SHOP}/issues/1/comments`, comment, headers);
      expect(answer.body).toMatchObject({ body: 'I see it too.', repeated });
    }
    expect(app.shop.issues).toHaveLength(1);
    expect(app.shop.issues[0]?.comments).toHaveLength(1);
    expect(JSON.stringify(app.fake.requests)).not.toContain('4711');
    await app.call('POST', `${SHOP}/issues`, issue);
    expect(app.shop.issues).toHaveLength(2);
  });
});

describe('/github-admin/webhook', () => {
  const body = Buffer.from('{"action": "opened",  "number": 1}');
  const headers = {
    'content-type': 'application/json',
    'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'x-github-event': 'issues',
    'x-hub-signature-256': `sha256=${createHmac('sha256', 'secret').update(body).digest('hex')}`,
  };

  it('takes deliveries from somebody who is no user, byte for byte, and tells duplicates', async () => {
    expect((await app.call('GET', '/repos', undefined, UNKNOWN)).body.code).toBe('host_not_allowed');
    const first = await app.call('POST', '/webhook', body, { ...headers, ...UNKNOWN });
    expect(first).toMatchObject({ status: 202, body: { status: 'accepted' } });
    const second = await app.call('POST', '/webhook', body, { ...headers, ...UNKNOWN });
    expect(second).toMatchObject({ status: 202, body: { status: 'duplicate' } });
    expect(app.remembered.delivered[0]).toEqual({
      id: headers['x-github-delivery'],
      event: 'issues',
      signature: headers['x-hub-signature-256'],
      body,
    });
  });

  it('leaves to the room behind it what is not signed, and takes nothing that is too large', async () => {
    const { 'x-hub-signature-256': _, ...unsigned } = headers;
    await app.call('POST', '/webhook', body, unsigned);
    expect(app.remembered.delivered).toMatchObject([{ signature: undefined, body }]);
    const large = await app.call('POST', '/webhook', Buffer.alloc(5 * 1024 * 1024 + 1), headers);
    expect(large.body).toMatchObject({ status: 413, code: 'body_too_large' });
    expect(app.remembered.delivered).toHaveLength(1);
  });
});

describe('the API reference', () => {
  it('describes every route, with fields in snake_case', () => {
    const { paths = {} } = app.openapi();
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods ?? {}).map(([method, operation]) => ({ path, method, operation })),
    );
    expect(routes.length).toBeGreaterThan(40);
    for (const { operation } of routes) {
      expect(operation).toMatchObject({ tags: ['github-admin'], summary: expect.any(String) });
    }
    const names = new Set<string>();
    JSON.stringify(routes, (key, value) => {
      if (key === 'properties') for (const name of Object.keys(value)) names.add(name);
      return value;
    });
    expect([...names].filter((name) => !/^[a-z][a-z\d_]*$/.test(name))).toEqual([]);
    expect(names).toContain('checks_state');
  });
});
