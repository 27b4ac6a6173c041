import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Opened, openOnFake } from './opened-github.ts';

let opened: Opened;

beforeEach(async () => {
  opened = await openOnFake();
});
afterEach(() => opened.close());

function headOf(branch: string, repository = opened.shop): string {
  return repository.git.refs.get(`refs/heads/${branch}`) ?? '';
}

async function filesOn(ref: string, repository = 'ana/shop'): Promise<string[]> {
  const { entries } = await opened.account.contents.tree(repository, { ref });
  return entries
    .filter(({ kind }) => kind === 'file')
    .map(({ path }) => path)
    .sort();
}

async function modeOf(path: string, branch: string): Promise<string | undefined> {
  const response = await fetch(`${opened.fake.baseUrl}/repos/ana/shop/git/trees/${branch}?recursive=1`, {
    headers: { 'user-agent': 'test' },
  });
  const { tree } = (await response.json()) as { tree: { path: string; mode: string }[] };
  return tree.find((entry) => entry.path === path)?.mode;
}

describe('Many files', () => {
  it('become one commit on a new branch from the default branch', async () => {
    const picture = Buffer.from([0x89, 0x50, 0, 255]);
    const committed = await opened.account.commits.commitFiles('ana/shop', {
      branch: 'feature/discount',
      message: 'Add discounts',
      files: [
        { path: 'src/discount.ts', content: 'export const discount = 0.1; // ñ €\n' },
        { path: 'docs/discount.png', content: picture },
        { path: 'bin/run', content: '#!/bin/sh\n', executable: true },
        { path: 'README.md', content: '# Shop with discounts\n' },
      ],
      deletions: ['src/cart.ts', 'was/never/there.ts'],
    });
    const head = headOf('feature/discount');
    expect(committed).toMatchObject({
      repository: 'ana/shop',
      branch: 'feature/discount',
      sha: head,
      repeated: false,
    });
    expect(committed.changedFiles.sort()).toEqual([
      'README.md',
      'bin/run',
      'docs/discount.png',
      'src/cart.ts',
      'src/discount.ts',
    ]);
    expect(opened.shop.git.commits.get(head)).toMatchObject({
      message: 'Add discounts',
      parents: [headOf('main')],
    });
    expect(await filesOn(head)).toEqual(['README.md', 'bin/run', 'docs/discount.png', 'src/discount.ts']);
    const read = (path: string) => opened.account.contents.readBytes('ana/shop', path, { ref: head });
    expect(Buffer.from(await read('docs/discount.png'))).toEqual(picture);
    expect(Buffer.from(await read('src/discount.ts')).toString()).toBe(
      'export const discount = 0.1; // ñ €\n',
    );
    expect(await modeOf('bin/run', head)).toBe('100755');
    expect(opened.count('git/create-commit')).toBe(1);
  });

  it('go onto a branch that is where it was expected, and onto no other', async () => {
    const before = headOf('main');
    const input = {
      branch: 'main',
      message: 'Say more',
      files: [{ path: 'README.md', content: '# More\n' }],
    };
    const { sha } = await opened.account.commits.commitFiles('ana/shop', { ...input, expectedHead: before });
    expect(headOf('main')).toBe(sha);
    const late = { ...input, message: 'Say less', files: [{ path: 'README.md', content: '# Less\n' }] };
    await expect(
      opened.account.commits.commitFiles('ana/shop', { ...late, expectedHead: before }),
    ).rejects.toMatchObject({
      code: 'github_conflict',
      message: expect.stringContaining(sha),
    });
    expect(headOf('main')).toBe(sha);
  });

  it('do not overwrite a branch that is there already', async () => {
    opened.fake.seed.commit(opened.shop, { branch: 'taken', files: { 'x.txt': 'X\n' } });
    const committed = opened.account.commits.commitFiles('ana/shop', {
      branch: 'taken',
      message: 'Add y',
      files: [{ path: 'y.txt', content: 'Y\n' }],
    });
    await expect(committed).rejects.toMatchObject({ code: 'github_conflict' });
  });

  it('lose to somebody who pushes in between, instead of losing their commit', async () => {
    const { account, fake, shop } = opened;
    const expectedHead = headOf('main');
    fake.faults.add({ on: 'git/create-commit', delay: 200 });
    const committed = account.commits.commitFiles('ana/shop', {
      branch: 'main',
      message: 'Mine',
      files: [{ path: 'mine.txt', content: 'Mine\n' }],
      expectedHead,
    });
    await expect.poll(() => opened.count('git/create-commit')).toBe(1);
    const theirs = fake.seed.commit(shop, { files: { 'theirs.txt': 'Theirs\n' } });
    await expect(committed).rejects.toMatchObject({ code: 'github_conflict' });
    expect(headOf('main')).toBe(theirs);
  });

  it('that are there as they are make no commit and no branch', async () => {
    const committed = await opened.account.commits.commitFiles('ana/shop', {
      branch: 'same',
      message: 'Nothing',
      files: [{ path: 'README.md', content: '# Shop\n' }],
      deletions: ['gone.txt'],
    });
    expect(committed).toMatchObject({ sha: headOf('main'), changedFiles: [] });
    expect(headOf('same')).toBe('');
    expect(opened.count('git/create-commit')).toBe(0);
  });

  it('keep the mode that they had, and change it when told', async () => {
    const { commits } = opened.account;
    const run = { path: 'run', content: 'one\n' };
    const make = (
      branch: string,
      from: string,
      file: { path: string; content: string; executable?: boolean },
    ) => commits.commitFiles('ana/shop', { branch, from, message: branch, files: [file] });
    await make('one', 'main', { ...run, executable: true });
    await make('two', 'one', { ...run, content: 'two\n' });
    await make('three', 'two', { ...run, content: 'two\n', executable: false });
    expect([await modeOf('run', 'one'), await modeOf('run', 'two'), await modeOf('run', 'three')]).toEqual([
      '100755',
      '100755',
      '100644',
    ]);
  });

  it('that were committed before are found on the branch, and not committed again', async () => {
    const input = { branch: 'new', message: 'Add a', files: [{ path: 'a.txt', content: 'A\n' }] };
    const first = await opened.account.commits.commitFiles('ana/shop', input);
    const second = await opened.account.commits.commitFiles('ana/shop', input);
    expect(second).toMatchObject({ sha: first.sha, repeated: true });
    const onto = { ...input, branch: 'main', expectedHead: headOf('main') };
    const third = await opened.account.commits.commitFiles('ana/shop', onto);
    expect(await opened.account.commits.commitFiles('ana/shop', onto)).toMatchObject({
      sha: third.sha,
      repeated: true,
    });
  });

  it('are found in a tree that is too large to be listed at once', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`many/${index}.txt`, `${index}\n`]),
    );
    opened.fake.seed.commit(opened.shop, { files });
    opened.fake.state.treeLimit = 10;
    const committed = await opened.account.commits.commitFiles('ana/shop', {
      branch: 'new',
      message: 'Change some',
      files: [
        { path: 'many/29.txt', content: '29\n' },
        { path: 'many/28.txt', content: 'changed\n' },
      ],
      deletions: ['src/cart.ts', 'src/nothing.ts', 'no/such/folder.ts'],
    });
    expect(committed.changedFiles.sort()).toEqual(['many/28.txt', 'src/cart.ts']);
    expect(await opened.account.contents.tree('ana/shop')).toMatchObject({ isTruncated: true });
  });

  it('go in several requests when they are many, and still become one commit', async () => {
    const files = Array.from({ length: 700 }, (_, index) => ({
      path: `n/${index}.txt`,
      content: `${index}\n`,
    }));
    await opened.account.commits.commitFiles('ana/shop', { branch: 'many', message: 'Many', files });
    expect(await filesOn('many')).toHaveLength(702);
    expect(opened.count('git/create-tree')).toBe(3);
    expect(opened.count('git/create-commit')).toBe(1);
  });
});

describe('An empty repository', () => {
  it('gets one file as its first commit', async () => {
    const empty = opened.fake.seed.repository('ana/empty');
    const input = { branch: 'main', message: 'Begin', files: [{ path: 'README.md', content: '# Empty\n' }] };
    const { sha } = await opened.account.commits.commitFiles('ana/empty', input);
    expect(empty.git.commits.get(headOf('main', empty))).toMatchObject({ message: 'Begin', parents: [] });
    expect(headOf('main', empty)).toBe(sha);
  });

  it('gets many files as a first one and a commit with the rest', async () => {
    const empty = opened.fake.seed.repository('ana/empty');
    const input = {
      branch: 'main',
      message: 'Add the program',
      files: [
        { path: 'run', content: '#!/bin/sh\n', executable: true },
        { path: 'README.md', content: '# Empty\n' },
        { path: 'a.png', content: Buffer.from([0, 255]) },
      ],
    };
    const committed = await opened.account.commits.commitFiles('ana/empty', input);
    expect(empty.git.commits.get(committed.sha)?.message).toBe('Add the program');
    expect(await filesOn('main', 'ana/empty')).toEqual(['README.md', 'a.png', 'run']);
    expect(empty.git.commits.size).toBe(2);
    expect(await opened.account.commits.commitFiles('ana/empty', input)).toMatchObject({
      sha: committed.sha,
      repeated: true,
    });
  });

  it('that was only begun gets the rest when it is asked for again', async () => {
    const empty = opened.fake.seed.repository('ana/empty');
    const input = {
      branch: 'main',
      message: 'Add the program',
      files: ['a', 'b'].map((path) => ({ path, content: `${path}\n` })),
    };
    opened.fake.faults.add({ on: 'git/create-tree', answer: { status: 403, body: { message: 'No' } } });
    await expect(opened.account.commits.commitFiles('ana/empty', input)).rejects.toMatchObject({
      code: 'github_forbidden',
    });
    await opened.account.commits.commitFiles('ana/empty', input);
    expect(await filesOn('main', 'ana/empty')).toEqual(['a', 'b']);
    expect(empty.git.commits.size).toBe(2);
  });

  it('takes no other branch than its default one', async () => {
    opened.fake.seed.repository('ana/empty');
    const input = { branch: 'other', message: 'Begin', files: [{ path: 'a', content: 'A' }] };
    const committed = opened.account.commits.commitFiles('ana/empty', input);
    await expect(committed).rejects.toMatchObject({
      code: 'github_conflict',
      message: expect.stringContaining('main'),
    });
  });
});

describe('Files that cannot be committed', () => {
  const file = (path: string, content: string | Uint8Array = 'A') => ({ path, content });
  it.each([
    ['none', [], 'invalid_request'],
    ['more than a thousand', Array.from({ length: 1001 }, (_, index) => file(`${index}`)), 'invalid_request'],
    ['one path twice', [file('a'), file('a')], 'invalid_request'],
    ['more than 50 MB', [file('a', Buffer.alloc(50 * 1024 * 1024 + 1))], 'file_too_large'],
    ['a path upwards', [file('a/../../b')], 'invalid_path'],
    ["git's own folder", [file('.GIT/config')], 'invalid_path'],
    ['a path from the top', [file('/etc/passwd')], 'invalid_path'],
    ['a control character', [file('a\nb')], 'invalid_path'],
  ])('are refused before anything is sent: %s', async (_what, files, code) => {
    const committed = opened.account.commits.commitFiles('ana/shop', { branch: 'x', message: 'X', files });
    await expect(committed).rejects.toMatchObject({ code });
    expect(opened.fake.requests).toEqual([]);
  });
});
