import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GitHubApp, startGitHubApp } from '../support/github-app.ts';

const SHOP = '/repos/ana/shop';
let app: GitHubApp;
beforeEach(async () => {
  app = await startGitHubApp();
});
afterEach(() => app.stop());

/** A branch with one more file, ready for a pull request. */
function addBranch(name = 'discount'): string {
  return app.fake.seed.commit(app.shop, {
    branch: name,
    files: { [`src/${name}.ts`]: 'export {};\n' },
    message: `Add ${name}`,
  });
}

const namesOf = (items: { name: string }[]) => items.map(({ name }) => name).sort();

describe('/github-admin/repos/:owner/:repo/pulls', () => {
  it('opens, lists, reads, changes, reviews and merges', async () => {
    const sha = addBranch();
    app.fake.seed.check(app.shop, { sha, name: 'tests' });
    const opened = await app.call('POST', `${SHOP}/pulls`, {
      title: 'Discounts',
      body: 'See #1',
      head: 'discount',
      base: 'main',
    });
    expect(opened).toMatchObject({
      status: 201,
      body: { number: 1, state: 'open', draft: false, head: 'discount', head_sha: sha, repeated: false },
    });
    const listed = await app.call('GET', `${SHOP}/pulls?head=discount&base=main`);
    expect(listed.body).toMatchObject({ items: [{ number: 1 }], more: false });
    const changed = await app.call('PATCH', `${SHOP}/pulls/1`, { title: 'All discounts' });
    expect(changed).toMatchObject({ status: 200, body: { title: 'All discounts', body: 'See #1' } });
    const review = await app.call('POST', `${SHOP}/pulls/1/reviews`, {
      verdict: 'comment',
      body: 'Looks good.',
      comments: [{ path: 'src/discount.ts', line: 1, body: 'Why empty?' }],
      commit_sha: sha,
    });
    expect(review).toMatchObject({ status: 201, body: { state: 'commented', repeated: false } });
    expect((await app.call('GET', `${SHOP}/pulls/1`)).body).toMatchObject({
      title: 'All discounts',
      files: [{ path: 'src/discount.ts', patch: expect.stringContaining('+export {};') }],
      more_files: false,
      checks: [{ name: 'tests', state: 'passing' }],
      checks_state: 'passing',
      reviews: [{ state: 'commented', body: 'Looks good.' }],
    });
    const moved = await app.call('PUT', `${SHOP}/pulls/1/merge`, { head_sha: '0'.repeat(40) });
    expect(moved.body).toMatchObject({ status: 409, code: 'github_conflict' });
    const merged = await app.call('PUT', `${SHOP}/pulls/1/merge`, { method: 'squash', head_sha: sha });
    expect(merged).toMatchObject({ status: 200, body: { repeated: false } });
    expect(app.shop.issues[0]?.pull?.merged?.commit).toBe(merged.body.sha);
    expect((await app.call('GET', `${SHOP}/pulls?state=closed`)).body.items).toMatchObject([
      { state: 'merged' },
    ]);
  });

  it('brings a branch up to date, and merges without a body', async () => {
    const sha = addBranch();
    app.fake.seed.commit(app.shop, { files: { 'NEWS.md': 'News\n' } });
    app.fake.seed.pull(app.shop, { title: 'Discounts', head: 'discount' });
    const updated = await app.call('POST', `${SHOP}/pulls/1/update-branch`);
    expect(updated).toMatchObject({ status: 202, body: { head_before: sha, repeated: false } });
    expect(app.shop.git.refs.get('refs/heads/discount')).not.toBe(sha);
    expect((await app.call('PUT', `${SHOP}/pulls/1/merge`)).status).toBe(200);
  });
});

describe('branches, tags and commits', () => {
  it('makes, lists and deletes branches with slashes in their names', async () => {
    const made = await app.call('POST', `${SHOP}/branches`, { name: 'feature/x' });
    const main = app.shop.git.refs.get('refs/heads/main');
    expect(made).toMatchObject({ status: 201, body: { name: 'feature/x', sha: main, repeated: false } });
    expect(namesOf((await app.call('GET', `${SHOP}/branches`)).body.items)).toEqual(['feature/x', 'main']);
    const again = await app.call('POST', `${SHOP}/branches`, { name: 'feature/x', from: 'main' });
    expect(again.body).toMatchObject({ status: 409, code: 'github_conflict' });
    const deleted = await app.call('DELETE', `${SHOP}/branches/feature/x`);
    expect(deleted).toMatchObject({ status: 200, body: { name: 'feature/x' } });
    expect(app.shop.git.refs.has('refs/heads/feature/x')).toBe(false);
  });

  it('makes and lists tags', async () => {
    const main = app.shop.git.refs.get('refs/heads/main');
    const made = await app.call('POST', `${SHOP}/tags`, { name: 'v1' });
    expect(made).toMatchObject({ status: 201, body: { name: 'v1', sha: main } });
    await app.call('POST', `${SHOP}/tags`, { name: 'v2', target: 'v1', message: 'The second' });
    expect(namesOf((await app.call('GET', `${SHOP}/tags`)).body.items)).toEqual(['v1', 'v2']);
  });

  it('lists and compares commits', async () => {
    const sha = addBranch();
    const listed = await app.call('GET', `${SHOP}/commits?branch=discount&path=src/discount.ts`);
    expect(listed.body).toMatchObject({ items: [{ sha, message: 'Add discount' }], more: false });
    expect((await app.call('GET', `${SHOP}/commits?branch=discount&limit=1`)).body.more).toBe(true);
    expect((await app.call('GET', `${SHOP}/compare?base=main&head=discount`)).body).toMatchObject({
      status: 'ahead',
      ahead_by: 1,
      behind_by: 0,
      commits: [{ sha }],
      more_commits: false,
      files: [{ path: 'src/discount.ts' }],
      more_files: false,
    });
  });

  it('commits files and deletions together, and reads them', async () => {
    const picture = Buffer.from([0x89, 0x50, 0, 255]);
    const done = await app.call('POST', `${SHOP}/commits`, {
      branch: 'next',
      message: 'Begin',
      files: [
        { path: 'docs/a b.md', content: 'Hello\n' },
        { path: 'logo.png', content: picture.toString('base64'), encoding: 'base64' },
        { path: 'run.sh', content: '#!/bin/sh\n', executable: true },
      ],
      deletions: ['src/cart.ts'],
    });
    expect(done).toMatchObject({ status: 201, body: { branch: 'next', repeated: false, skipped: [] } });
    expect(done.body.files.sort()).toEqual(['docs/a b.md', 'logo.png', 'run.sh', 'src/cart.ts']);
    expect(app.shop.git.refs.get('refs/heads/next')).toBe(done.body.commit);
    const text = await app.call('GET', `${SHOP}/contents/docs/a%20b.md?ref=next`);
    expect(text.body).toMatchObject({ type: 'file', path: 'docs/a b.md', text: 'Hello\n' });
    const binary = await app.call('GET', `${SHOP}/contents/logo.png?ref=next`);
    expect(binary.body).toMatchObject({ type: 'file', size: 4, text: null });
    for (const top of ['', '/']) {
      const { body } = await app.call('GET', `${SHOP}/contents${top}?ref=next`);
      expect(body.type).toBe('folder');
      expect(body.entries.map(({ path }: { path: string }) => path).sort()).toEqual([
        'README.md',
        'docs',
        'logo.png',
        'run.sh',
      ]);
    }
    const onward = { branch: 'next', message: 'Go on', expected_head: done.body.commit };
    const files = [{ path: 'run.sh', content: '#!/bin/sh\n' }];
    expect((await app.call('POST', `${SHOP}/commits`, { ...onward, files })).status).toBe(200);
  });

  it('commits a folder of the workspace', async () => {
    const pushed = await app.call('POST', `${SHOP}/commits`, {
      branch: 'site',
      message: 'Site',
      path: 'site',
    });
    expect(pushed).toMatchObject({
      status: 201,
      body: { branch: 'site', files: ['a.txt'], unchanged: 2, skipped: [{ path: 'b', reason: 'a link' }] },
    });
    expect(app.remembered.pushes).toMatchObject([
      { repository: 'ana/shop', path: 'site', branch: 'site', message: 'Site', mark: expect.any(String) },
    ]);
  });
});

describe('releases and runs', () => {
  it('makes and lists releases', async () => {
    const made = await app.call('POST', `${SHOP}/releases`, { tag: 'v1', title: 'One', body: 'First.' });
    expect(made).toMatchObject({
      status: 201,
      body: { tag: 'v1', title: 'One', body: 'First.', draft: false, prerelease: false, repeated: false },
    });
    const listed = await app.call('GET', `${SHOP}/releases`);
    expect(listed.body).toMatchObject({ items: [{ tag: 'v1' }], more: false });
    expect(app.shop.git.refs.has('refs/tags/v1')).toBe(true);
  });

  it('lists and reads runs, their logs, and starts one again', async () => {
    const run = app.fake.seed.run(app.shop, {
      name: 'CI',
      conclusion: 'failure',
      jobs: [
        { name: 'build', conclusion: 'success', log: 'all good\n' },
        { name: 'test', conclusion: 'failure', log: `${'ok\n'.repeat(2_000)}not ok 1\n` },
      ],
    });
    const listed = await app.call('GET', `${SHOP}/runs?status=failure&branch=main&event=push`);
    expect(listed.body).toMatchObject({ items: [{ id: run.id, workflow: 'CI', conclusion: 'failure' }] });
    const read = await app.call('GET', `${SHOP}/runs/${run.id}`);
    expect(read.body).toMatchObject({
      attempt: 1,
      jobs: [{ name: 'build' }, { failed_steps: ['Run test'] }],
    });
    const log = await app.call('GET', `${SHOP}/runs/${run.id}/log?characters=1000`);
    expect(log.body).toMatchObject({ logs: [{ name: 'test', conclusion: 'failure' }], more: false });
    expect(log.body.logs[0].text).toMatch(/not ok 1\n$/);
    expect(log.body.logs[0].text.length).toBeLessThan(1_100);
    const one = await app.call('GET', `${SHOP}/runs/${run.id}/log?job=${run.jobs[0]?.id}`);
    expect(one.body).toMatchObject({ logs: [{ name: 'build', text: 'all good\n' }] });
    const none = await app.call('GET', `${SHOP}/runs/${run.id}/log?job=1`);
    expect(none.body).toMatchObject({ status: 404, code: 'github_not_found' });
    const again = await app.call('POST', `${SHOP}/runs/${run.id}/rerun`, { failed_only: true });
    expect(again).toMatchObject({ status: 202, body: { attempt: 2, repeated: false } });
    expect(run).toMatchObject({ attempt: 2, status: 'queued' });
  });
});
