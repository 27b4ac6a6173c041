import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFakeGitHub } from '../support/fake-github/fake-github.ts';
import type { FakeGitHub } from '../support/fake-github/scene.ts';
import type { Repository } from '../support/fake-github/state.ts';

let github: FakeGitHub;
let shop: Repository;

beforeEach(async () => {
  github = await startFakeGitHub({
    tokens: {
      ghp_test: { login: 'ana', scopes: ['repo'] },
      ghp_bob: { login: 'bob', scopes: ['repo'] },
    },
  });
  shop = github.seed.repository('ana/shop', {
    files: { 'README.md': '# shop\n', 'src/a.ts': 'one\ntwo\nthree\nfour\nfive\nsix\n' },
  });
});

// Whatever a test has refused, both sides kept to the description.
afterEach(async () => {
  expect(github.violations).toEqual([]);
  await github.close();
});

interface Reply {
  status: number;
  body: Record<string, unknown>;
  text: string;
}

async function call(
  request: string,
  body?: unknown,
  { token = 'ghp_test', accept = 'application/json' }: { token?: string; accept?: string } = {},
): Promise<Reply> {
  const [method = '', path = ''] = request.split(' ');
  const response = await fetch(`${github.baseUrl}${path.replace('~', '/repos/ana/shop')}`, {
    method,
    headers: { 'user-agent': 'test', authorization: `token ${token}`, accept },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json');
  return { status: response.status, body: json ? JSON.parse(text) : {}, text };
}

const headOf = (branch: string) => shop.git.refs.get(`refs/heads/${branch}`) ?? '';
const message = (text: string) => ({ message: expect.stringContaining(text) });

function git(folder: string, ...parts: string[]): string {
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Ana',
    GIT_AUTHOR_EMAIL: 'ana@example.com',
    GIT_AUTHOR_DATE: '2026-01-02T03:04:05Z',
    GIT_COMMITTER_NAME: 'Ana',
    GIT_COMMITTER_EMAIL: 'ana@example.com',
    GIT_COMMITTER_DATE: '2026-01-02T03:04:05Z',
  };
  return execFileSync('git', parts, {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

function gitIsInstalled(): boolean {
  try {
    execFileSync('git', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!gitIsInstalled())('Beside the real git', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fake-github-'));
    git(folder, 'init', '-q', '-b', 'main');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(files: Record<string, string>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
  }

  it('every object has the same name', async () => {
    // Names that sort otherwise as folders than as files.
    const files = { 'a/b.ts': 'x\n', 'a.ts': 'ñ\n', 'a-b/c': '', 'B/é.txt': '€\n', z: 'last' };
    write(files);
    git(folder, 'add', '.');
    git(folder, 'commit', '-q', '--cleanup=verbatim', '-m', 'First\n\nWith a body');
    git(folder, 'tag', '-a', 'v1', '-m', 'The first');
    const person = { name: 'Ana', email: 'ana@example.com', date: '2026-01-02T03:04:05Z' };
    const entries = Object.entries(files).map(([path, content]) => ({
      path,
      mode: '100644',
      type: 'blob',
      content,
    }));
    const { body: tree } = await call('POST ~/git/trees', { tree: entries });
    expect(tree.sha).toBe(git(folder, 'rev-parse', 'main^{tree}').trim());
    const blob = (tree.tree as { path: string; sha: string }[]).find(({ path }) => path === 'a.ts');
    expect(blob?.sha).toBe(git(folder, 'hash-object', 'a.ts').trim());
    const text = git(folder, 'cat-file', 'commit', 'main').split('\n\n').slice(1).join('\n\n');
    const commit = { message: text, tree: tree.sha, parents: [], author: person, committer: person };
    const { body: made } = await call('POST ~/git/commits', commit);
    expect(made.sha).toBe(git(folder, 'rev-parse', 'main').trim());
    const tag = { tag: 'v1', message: 'The first\n', object: made.sha, type: 'commit', tagger: person };
    expect((await call('POST ~/git/tags', tag)).body.sha).toBe(git(folder, 'rev-parse', 'v1').trim());
  });

  it('a change is the same diff', async () => {
    const before = { 'a.txt': 'one\ntwo\nthree\n', 'b.txt': 'gone\n', 'move/me.txt': 'the same\n' };
    const after = { 'a.txt': 'one\n2\nthree\n', 'c.txt': 'new\n', 'moved.txt': 'the same\n' };
    write(before);
    git(folder, 'add', '.');
    git(folder, 'commit', '-q', '-m', 'Before');
    for (const path of Object.keys(before)) rmSync(join(folder, path));
    write(after);
    git(folder, 'add', '-A');
    const store = github.seed.repository('ana/store', { files: before });
    const gone = { 'b.txt': null, 'move/me.txt': null };
    github.seed.commit(store, { branch: 'next', files: { ...after, ...gone } });
    const { text } = await call('GET /repos/ana/store/compare/main...next', undefined, {
      accept: 'application/vnd.github.diff',
    });
    expect(text).toBe(git(folder, 'diff', '--cached', '-M100%'));
  });
});

describe('The git data API', () => {
  it('refuses all but a first file to a repository without a commit', async () => {
    const empty = github.seed.repository('ana/empty');
    expect(await call('POST /repos/ana/empty/git/blobs', { content: 'x' })).toMatchObject({
      status: 409,
      body: message('empty'),
    });
    expect((await call('GET /repos/ana/empty/git/ref/heads/main')).status).toBe(409);
    expect((await call('GET /repos/ana/empty/commits')).status).toBe(409);
    expect((await call('PUT /repos/ana/empty/contents/a', { message: 'm', content: 'YQ==' })).status).toBe(
      201,
    );
    expect(empty.git.refs.size).toBe(1);
  });

  it('keeps a tree but for what is changed in it, and takes out what is null', async () => {
    const tree = [
      { path: 'src/b.ts', mode: '100755', type: 'blob', content: 'b' },
      { path: 'README.md', mode: '100644', type: 'blob', sha: null },
    ];
    const { body } = await call('POST ~/git/trees', { base_tree: headOf('main'), tree });
    const { body: whole } = await call(`GET ~/git/trees/${body.sha}?recursive=1`);
    expect(whole.tree).toMatchObject([
      { path: 'src' },
      { path: 'src/a.ts' },
      { path: 'src/b.ts', mode: '100755' },
    ]);
  });

  it.each([
    [
      'a path that climbs',
      'POST ~/git/trees',
      { tree: [{ path: '../a', mode: '100644', type: 'blob', content: '' }] },
      'malformed',
    ],
    [
      'a blob that is not there',
      'POST ~/git/trees',
      { tree: [{ path: 'a', mode: '100644', type: 'blob', sha: '1'.repeat(40) }] },
      'not a valid blob',
    ],
    [
      'a tree that is not there',
      'POST ~/git/commits',
      { message: 'm', tree: '1'.repeat(40) },
      'Tree SHA does not exist',
    ],
    [
      'a commit that is not there',
      'POST ~/git/refs',
      { ref: 'refs/heads/x', sha: '1'.repeat(40) },
      'Object does not exist',
    ],
    [
      'a name that is none',
      'POST ~/git/refs',
      { ref: 'heads/x', sha: '1'.repeat(40) },
      'not a valid ref name',
    ],
    [
      'a branch that is not there',
      'PATCH ~/git/refs/heads/x',
      { sha: '1'.repeat(40) },
      'Reference does not exist',
    ],
  ])('refuses %s', async (_what, request, body, told) => {
    expect(await call(request, body)).toMatchObject({ status: 422, body: message(told) });
  });

  it('moves a branch forward only, unless it is forced, and makes none twice', async () => {
    const first = headOf('main');
    const second = github.seed.commit(shop, { files: { b: '2' } });
    expect((await call('PATCH ~/git/refs/heads/main', { sha: first })).body).toMatchObject(
      message('not a fast forward'),
    );
    expect(headOf('main')).toBe(second);
    expect((await call('PATCH ~/git/refs/heads/main', { sha: first, force: true })).status).toBe(200);
    expect(headOf('main')).toBe(first);
    expect((await call('POST ~/git/refs', { ref: 'refs/heads/main', sha: first })).body).toMatchObject(
      message('already exists'),
    );
    expect((await call('DELETE ~/git/refs/heads/main')).status).toBe(422);
  });
});

describe('Contents', () => {
  it('are changed only by who knows what they are now', async () => {
    const put = (more: object) =>
      call('PUT ~/contents/README.md', { message: 'm', content: 'YQ==', ...more });
    expect(await put({})).toMatchObject({ status: 422, body: message('"sha" wasn\'t supplied') });
    expect(await put({ sha: '1'.repeat(40) })).toMatchObject({
      status: 409,
      body: message('does not match'),
    });
    expect((await put({ branch: 'none' })).status).toBe(404);
    const { sha, content } = (await call('GET ~/contents/README.md')).body;
    expect(Buffer.from(String(content), 'base64').toString()).toBe('# shop\n');
    expect((await put({ sha })).status).toBe(200);
    expect((await put({ sha })).status).toBe(409);
    expect(
      (await call('GET ~/contents/README.md', undefined, { accept: 'application/vnd.github.raw' })).text,
    ).toBe('a');
  });

  it('are not changed in an archive', async () => {
    shop.archived = true;
    const answer = await call('PUT ~/contents/b', { message: 'm', content: 'YQ==' });
    expect(answer).toMatchObject({ status: 403, body: message('archived') });
    expect((await call('POST ~/issues', { title: 'x' })).status).toBe(403);
  });
});

describe('Repositories', () => {
  it('have names of their own', async () => {
    const errors = [{ field: 'name', message: 'name already exists on this account' }];
    expect(await call('POST /user/repos', { name: 'Shop' })).toMatchObject({ status: 422, body: { errors } });
    expect((await call('POST /user/repos', { name: 'new shop' })).body).toMatchObject({ name: 'new-shop' });
  });

  it('are deleted only by a token that may', async () => {
    expect((await call('DELETE /repos/ana/shop')).status).toBe(403);
    expect(github.state.repositories).toHaveLength(1);
  });
});

describe('Pull requests', () => {
  const open = (more: object = {}) =>
    call('POST ~/pulls', { title: 'A change', head: 'next', base: 'main', ...more });
  const changeOne = { 'src/a.ts': 'ONE\ntwo\nthree\nfour\nfive\nsix\n' };
  const changeSix = { 'src/a.ts': 'one\ntwo\nthree\nfour\nfive\nSIX\n' };
  const clash = { 'src/a.ts': 'uno\ntwo\nthree\nfour\nfive\nsix\n' };

  it('are of branches that are there and differ, once', async () => {
    const refused = async (more: object) => (await open(more)).body.errors;
    expect(await refused({ head: 'none' })).toMatchObject([{ field: 'head', code: 'invalid' }]);
    shop.git.refs.set('refs/heads/next', headOf('main'));
    expect(await refused({})).toMatchObject([{ message: 'No commits between ana:main and ana:next' }]);
    github.seed.commit(shop, { branch: 'next', files: { b: '2' } });
    expect((await open()).status).toBe(201);
    expect(await refused({})).toMatchObject([{ message: 'A pull request already exists for ana:next.' }]);
  });

  it.each([
    [
      'merge',
      [
        'Merge pull request #1 from ana/next\n\nA change',
        'Change files',
        'In the meantime',
        'Initial commit',
      ],
    ],
    ['squash', ['A change (#1)', 'In the meantime', 'Initial commit']],
    ['rebase', ['Change files', 'In the meantime', 'Initial commit']],
  ])('are merged by %s', async (merge_method, messages) => {
    github.seed.commit(shop, { branch: 'next', files: changeSix });
    github.seed.commit(shop, { files: changeOne, message: 'In the meantime' });
    github.seed.pull(shop, { title: 'A change', head: 'next' });
    const { body, status } = await call('PUT ~/pulls/1/merge', { merge_method });
    expect([status, body.sha]).toEqual([200, headOf('main')]);
    const commits = (await call('GET ~/commits')).body as unknown as { commit: { message: string } }[];
    // Commits of both sides lie beside each other in time, so their order is left open.
    expect(commits.map(({ commit }) => commit.message).sort()).toEqual(messages.sort());
    const file = await call('GET ~/contents/src/a.ts', undefined, { accept: 'application/vnd.github.raw' });
    expect(file.text).toBe('ONE\ntwo\nthree\nfour\nfive\nSIX\n');
    expect((await call('GET ~/pulls/1')).body).toMatchObject({
      merged: true,
      state: 'closed',
      merge_commit_sha: body.sha,
    });
    expect((await call('PUT ~/pulls/1/merge', {})).status).toBe(405);
  });

  it('are not merged in conflict, as another commit than was read, or by a way that is off', async () => {
    github.seed.commit(shop, { branch: 'next', files: changeOne });
    github.seed.pull(shop, { title: 'A change', head: 'next' });
    expect((await call('PUT ~/pulls/1/merge', { sha: headOf('main') })).status).toBe(409);
    shop.settings.allow_rebase_merge = false;
    expect((await call('PUT ~/pulls/1/merge', { merge_method: 'rebase' })).body).toMatchObject(
      message('not allowed'),
    );
    github.seed.commit(shop, { files: clash });
    await call('PATCH ~/git/refs/heads/main', { sha: headOf('main') });
    expect((await call('GET ~/pulls/1')).body).toMatchObject({ mergeable: false, mergeable_state: 'dirty' });
    expect(await call('PUT ~/pulls/1/merge', {})).toMatchObject({
      status: 405,
      body: message('not mergeable'),
    });
    expect((await call('PUT ~/pulls/1/update-branch', {})).status).toBe(422);
  });

  it('say first that they do not know whether they can be merged, if told to', async () => {
    github.seed.commit(shop, { branch: 'next', files: changeOne });
    const { pull } = github.seed.pull(shop, { title: 'A change', head: 'next' });
    Object.assign(pull ?? {}, { mergeableUnknownFor: 1 });
    expect((await call('GET ~/pulls/1')).body).toMatchObject({ mergeable: null, mergeable_state: 'unknown' });
    expect((await call('GET ~/pulls/1')).body).toMatchObject({ mergeable: true, mergeable_state: 'clean' });
    github.seed.check(shop, { sha: headOf('next'), name: 'tests', conclusion: 'failure' });
    expect((await call('GET ~/pulls/1')).body).toMatchObject({ mergeable_state: 'unstable' });
  });

  it('are brought up to their base, once', async () => {
    github.seed.commit(shop, { branch: 'next', files: changeSix });
    github.seed.pull(shop, { title: 'A change', head: 'next' });
    const update = (more: object) => call('PUT ~/pulls/1/update-branch', more);
    expect((await update({})).body).toMatchObject(message('no new commits'));
    const moved = github.seed.commit(shop, { files: changeOne });
    await call('PATCH ~/git/refs/heads/main', { sha: moved });
    expect((await update({ expected_head_sha: moved })).status).toBe(422);
    expect((await update({ expected_head_sha: headOf('next') })).status).toBe(202);
    const compared = { status: 'ahead', behind_by: 0, merge_base_commit: { sha: moved } };
    expect((await call('GET ~/compare/main...next')).body).toMatchObject(compared);
    expect((await update({})).status).toBe(422);
  });

  it('are not approved by their own author', async () => {
    github.seed.commit(shop, { branch: 'next', files: changeOne });
    github.seed.pull(shop, { title: 'A change', head: 'next' });
    const approve = (token: string) => call('POST ~/pulls/1/reviews', { event: 'APPROVE' }, { token });
    expect(await approve('ghp_test')).toMatchObject({ status: 422, body: message('your own pull request') });
    expect((await approve('ghp_bob')).body).toMatchObject({ state: 'APPROVED', user: { login: 'bob' } });
    expect(
      (await call('POST ~/pulls/1/reviews', { event: 'REQUEST_CHANGES' }, { token: 'ghp_bob' })).status,
    ).toBe(422);
  });
});
