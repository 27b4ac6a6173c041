import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GitHubApp, NEW_TOKEN, NOBODY, startGitHubApp, WRONG_TOKEN } from '../support/github-app.ts';

const SHOP = '/repos/ana/shop';
let app: GitHubApp;
beforeEach(async () => {
  app = await startGitHubApp();
});
afterEach(() => app.stop());

describe('/github-admin/token', () => {
  it('takes a token, says whose it is, never shows it and forgets it', async () => {
    const none = await app.call('GET', '/token', undefined, NOBODY);
    expect(none.body).toMatchObject({ status: 409, code: 'github_not_configured' });
    expect(none.body.detail).toContain('/github-admin/token');
    const put = await app.call('PUT', '/token', { token: ` ${NEW_TOKEN}\n` }, NOBODY);
    expect(put).toMatchObject({
      status: 200,
      body: { login: 'bob', scopes: ['repo'], expires_at: '2100-01-02T03:04:05.000Z' },
    });
    expect(app.remembered.tokens.get('nobody')).toBe(NEW_TOKEN);
    const shown = await app.call('GET', '/token', undefined, NOBODY);
    expect(shown.body).toMatchObject({ login: 'bob', created_at: expect.stringMatching(/Z$/) });
    expect((await app.call('DELETE', '/token', undefined, NOBODY)).body).toEqual({ deleted: true });
    expect(app.remembered.tokens.has('nobody')).toBe(false);
  });

  it('keeps no token that GitHub does not take, and repeats none that does not fit', async () => {
    const revoked = await app.call('PUT', '/token', { token: WRONG_TOKEN }, NOBODY);
    expect(revoked.body).toMatchObject({ status: 409, code: 'github_unauthorized' });
    expect(app.remembered.tokens.has('nobody')).toBe(false);
    const wrong = await app.call('PUT', '/token', { token: `${NEW_TOKEN} and words` });
    expect(wrong.body).toMatchObject({ code: 'invalid_request', errors: [{ path: 'body.token' }] });
  });
});

describe('/github-admin/repos', () => {
  it('lists repositories, all of them or those that fit words', async () => {
    for (const name of ['api', 'shop-api', 'site']) app.fake.seed.repository(`ana/${name}`);
    const all = await app.call('GET', '/repos?limit=2');
    expect(all.body).toMatchObject({ more: true });
    expect(all.body.items).toHaveLength(2);
    const fitting = await app.call('GET', '/repos?query=the%20api%20repo');
    expect(fitting.body.items.map(({ name }: { name: string }) => name).sort()).toEqual([
      'ana/api',
      'ana/shop-api',
    ]);
    expect(fitting.body.more).toBe(false);
  });

  it('makes, reads, changes and deletes one', async () => {
    const made = await app.call('POST', '/repos', { name: 'api', description: 'Orders', with_readme: true });
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'ana/api', visibility: 'private', default_branch: 'main', repeated: false },
    });
    const changed = await app.call('PATCH', '/repos/ana/api', {
      description: 'All orders',
      has_wiki: false,
      topics: ['orders'],
      visibility: 'public',
      archived: true,
    });
    expect(changed).toMatchObject({
      status: 200,
      body: { description: 'All orders', topics: ['orders'], visibility: 'public', archived: true },
    });
    expect((await app.call('GET', '/repos/ana/api')).body).toMatchObject({ archived: true });
    const revived = await app.call('PATCH', '/repos/ana/api', { archived: false, description: 'Again' });
    expect(revived.body).toMatchObject({ archived: false, description: 'Again' });
    const deleted = await app.call('DELETE', '/repos/ana/api');
    expect(deleted).toMatchObject({ status: 200, body: { name: 'ana/api', repeated: false } });
    expect(app.fake.state.repositories.map(({ name }) => name)).toEqual(['shop']);
  });

  it('says what was changed when a later change fails', async () => {
    app.fake.faults.add({
      on: 'repos/replace-all-topics',
      answer: { status: 404, body: { message: 'Not Found' } },
    });
    const { body } = await app.call('PATCH', SHOP, { description: 'New', topics: ['x'], archived: true });
    expect(body).toMatchObject({ status: 404, code: 'github_not_found', changed: 'description' });
    expect(app.shop).toMatchObject({ description: 'New', archived: false });
  });
});

describe('/github-admin/repos/:owner/:repo/issues', () => {
  it('opens, lists, reads, comments, changes and closes', async () => {
    const opened = await app.call('POST', `${SHOP}/issues`, {
      title: 'Cart is empty',
      body: 'It should not be.',
      labels: ['bug'],
      assignees: ['ana'],
    });
    expect(opened).toMatchObject({
      status: 201,
      body: { number: 1, state: 'open', labels: ['bug'], pull_request: false, repeated: false },
    });
    const comment = await app.call('POST', `${SHOP}/issues/1/comments`, { body: 'I see it too.' });
    expect(comment).toMatchObject({ status: 201, body: { author: 'ana', body: 'I see it too.' } });
    expect((await app.call('GET', `${SHOP}/issues/1`)).body).toMatchObject({
      title: 'Cart is empty',
      comment_count: 1,
      comments: [{ body: 'I see it too.' }],
      comments_omitted: 0,
    });
    app.shop.collaborators.set('bob', 'push');
    const changed = await app.call('PATCH', `${SHOP}/issues/1`, {
      title: 'The cart is empty',
      labels: ['question'],
      assignees: ['bob'],
      state: 'closed',
      state_reason: 'not_planned',
    });
    expect(changed).toMatchObject({
      status: 200,
      body: {
        title: 'The cart is empty',
        state: 'closed',
        state_reason: 'not_planned',
        labels: ['question'],
        assignees: ['bob'],
        body: 'It should not be.',
      },
    });
    const reopened = await app.call('PATCH', `${SHOP}/issues/1`, { state: 'open', assignees: [] });
    expect(reopened.body).toMatchObject({ state: 'open', assignees: [] });
    expect(app.shop.issues).toHaveLength(1);
  });

  it('filters by state, labels and assignee, in the list and in the search', async () => {
    const { seed } = app.fake;
    seed.issue(app.shop, { title: 'Discount is wrong', labelNames: ['bug'], assignees: [seed.user('ana')] });
    seed.issue(app.shop, { title: 'Add a discount', labelNames: ['enhancement'] });
    seed.issue(app.shop, { title: 'Old discount', labelNames: ['bug'], state: 'closed' });
    const titles = async (query: string) => {
      const { body } = await app.call('GET', `${SHOP}/issues?${query}`);
      return body.items.map(({ title }: { title: string }) => title).sort();
    };
    expect(await titles('')).toEqual(['Add a discount', 'Discount is wrong']);
    expect(await titles('labels=bug&state=all')).toEqual(['Discount is wrong', 'Old discount']);
    expect(await titles('assignee=none')).toEqual(['Add a discount']);
    expect(await titles('query=discount')).toHaveLength(3);
    expect(await titles('query=discount&state=closed')).toEqual(['Old discount']);
    expect(await titles('query=discount&labels=bug&assignee=ana')).toEqual(['Discount is wrong']);
  });
});

describe('who is who, and what is found', () => {
  it('names organisations and collaborators', async () => {
    app.fake.seed.organization('acme', { ana: 'admin' });
    app.shop.collaborators.set('bob', 'push');
    expect((await app.call('GET', '/organisations')).body).toMatchObject({
      items: [{ login: 'acme' }],
      more: false,
    });
    const { body } = await app.call('GET', `${SHOP}/collaborators`);
    expect(body.items).toContainEqual({ login: 'bob', role: 'write' });
  });

  it('searches issues and code', async () => {
    app.fake.seed.issue(app.shop, { title: 'Cart is empty' });
    const issues = await app.call('GET', '/search?type=issues&query=cart%20repo:ana/shop');
    expect(issues.body).toMatchObject({
      type: 'issues',
      items: [{ title: 'Cart is empty' }],
      more: false,
      incomplete: false,
    });
    const code = await app.call('GET', '/search?type=code&query=items%20repo:ana/shop');
    expect(code.body).toMatchObject({
      type: 'code',
      items: [{ repository: 'ana/shop', path: 'src/cart.ts' }],
    });
  });

  it('follows a repository and leaves it', async () => {
    const followed = await app.call('PUT', `${SHOP}/follow`);
    expect(followed.body).toMatchObject({ repository: 'ana/shop', following: true });
    expect((await app.call('GET', '/followed')).body).toEqual([
      { repository: 'ana/shop', session_id: null, followed_at: '2026-01-02T03:04:05.000Z' },
    ]);
    expect((await app.call('DELETE', `${SHOP}/follow`)).body).toMatchObject({ following: false });
    expect((await app.call('GET', '/followed')).body).toEqual([]);
  });

  it('hands questions to the agent', async () => {
    const answer = await app.call('POST', '/ask', { query: 'Which issues are open?' });
    expect(answer.body.code).toBe('session_busy');
    expect(app.asked).toMatchObject([
      { userId: 'ana', entry: 'github-admin', text: 'Which issues are open?' },
    ]);
  });
});
