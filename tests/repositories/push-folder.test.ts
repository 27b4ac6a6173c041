import { chmod, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { treeOf } from '../support/fake-github/git-history.ts';
import { filesOf } from '../support/fake-github/git-objects.ts';
import type { Repository } from '../support/fake-github/state.ts';
import { ANA_TOKEN, openScene, type Scene } from './scene.ts';

let scene: Scene;
let repositories: ReturnType<Scene['open']>;
let made = 0;
beforeAll(async () => {
  scene = await openScene();
  repositories = scene.open();
  await repositories.tokens.put('ana', ANA_TOKEN);
});
afterAll(() => scene.close());

/** A folder of ana's workspace, with its path there and on the disk. */
async function newFolder(files: Record<string, string | Buffer>) {
  made += 1;
  const path = `project ${made}`;
  const place = join(scene.root, 'ana', path);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(place, name, '..'), { recursive: true });
    await writeFile(join(place, name), content);
  }
  return { path, place };
}

/** A repository of ana's at GitHub. */
function newRepository(files?: Record<string, string>) {
  const name = `ana/target-${made}`;
  const repository = scene.fake.seed.repository(name, files && { files });
  return { name, repository };
}

/** The modes of the files of a branch, as git writes them, by their paths. */
function modesAt({ git }: Repository, branch: string): Record<string, string> {
  const tree = treeOf(git, git.refs.get(`refs/heads/${branch}`));
  const files = tree === undefined ? [] : [...filesOf(git, tree)];
  return Object.fromEntries(files.map(([path, { mode }]) => [path, mode]));
}

it('commits a folder of the workspace to a new branch, as .gitignore has it', async () => {
  const { path, place } = await newFolder({
    '.gitignore': 'node_modules/\n*.log\n',
    'README.md': '# New\n',
    'src/año.ts': 'export const one = 1;\n',
    'picture.bin': Buffer.from([0, 255, 1, 254]),
    'run.sh': '#!/bin/sh\n',
    'same.txt': 'the same\n',
    'debug.log': 'left out',
    'node_modules/x/index.js': 'left out',
    '.git/HEAD': 'ref: refs/heads/main\n',
    'sub/.git/config': '[core]\n',
  });
  await chmod(join(place, 'run.sh'), 0o755);
  await symlink('README.md', join(place, 'link.md'));
  const { name, repository } = newRepository({
    'README.md': '# Old\n',
    'same.txt': 'the same\n',
    'kept.txt': 'kept\n',
  });
  const pushed = await repositories.pushFolder('ana', {
    ...{ repository: name, path, branch: 'work', message: 'Bring it' },
  });
  expect(pushed).toMatchObject({ repository: name, branch: 'work', unchanged: 1, repeated: false });
  expect(pushed.files.toSorted()).toEqual(['.gitignore', 'README.md', 'picture.bin', 'run.sh', 'src/año.ts']);
  expect(pushed.skipped).toEqual([{ path: 'link.md', reason: 'a link' }]);
  const names = ['.gitignore', 'README.md', 'kept.txt', 'picture.bin', 'run.sh', 'same.txt', 'src/año.ts'];
  expect(Object.keys(modesAt(repository, 'work')).toSorted()).toEqual(names);
  expect(Object.keys(modesAt(repository, 'main')).length).toBe(3);
  expect(repository.git.refs.get('refs/heads/work')).toBe(pushed.commit);
  const account = await repositories.account('ana');
  const [commit] = (await account.commits.list(name, { ref: 'work' })).items;
  expect(commit?.message).toBe('Bring it');
});

it('keeps which files are executable', async () => {
  const { path, place } = await newFolder({ 'run.sh': '#!/bin/sh\n', 'plain.txt': 'plain\n' });
  await chmod(join(place, 'run.sh'), 0o755);
  const { name, repository } = newRepository({ 'plain.txt': 'other\n' });
  await repositories.pushFolder('ana', { repository: name, path, branch: 'work', message: 'Bring it' });
  expect(modesAt(repository, 'work')).toEqual({ 'run.sh': '100755', 'plain.txt': '100644' });
});

it('does the same push once, also when GitHub’s answer was lost', async () => {
  const { path } = await newFolder({ 'a.txt': 'a\n', 'b/c.txt': 'c\n' });
  const { name, repository } = newRepository({ 'README.md': '# Old\n' });
  const push = { repository: name, path, branch: 'work', message: 'Bring it', mark: 'call-1' };
  scene.fake.faults.add({ on: 'git/create-ref', after: 'cut' });
  const first = await repositories.pushFolder('ana', push);
  expect(first.repeated).toBe(true);
  const again = await repositories.pushFolder('ana', push);
  expect(again).toMatchObject({ commit: first.commit, repeated: true });
  expect(repository.git.refs.get('refs/heads/work')).toBe(first.commit);
});

it('makes no commit where there is nothing to change', async () => {
  const { path } = await newFolder({ 'README.md': '# Same\n' });
  const { name, repository } = newRepository({ 'README.md': '# Same\n' });
  const pushed = await repositories.pushFolder('ana', {
    ...{ repository: name, path, branch: 'work', message: 'Bring it' },
  });
  expect(pushed).toMatchObject({
    files: [],
    unchanged: 1,
    commit: repository.git.refs.get('refs/heads/main'),
  });
  expect(repository.git.refs.has('refs/heads/work')).toBe(false);
});

it('goes to a branch that is there only when it is where it was seen', async () => {
  const { path } = await newFolder({ 'new.txt': 'new\n' });
  const { name, repository } = newRepository({ 'README.md': '# Old\n' });
  const seen = repository.git.refs.get('refs/heads/main');
  const push = { repository: name, path, branch: 'main', message: 'Bring it' };
  await expect(repositories.pushFolder('ana', push)).rejects.toMatchObject({ code: 'github_conflict' });
  const pushed = await repositories.pushFolder('ana', { ...push, expectedHead: seen });
  expect(repository.git.refs.get('refs/heads/main')).toBe(pushed.commit);
});

it('gives an empty repository its first commits', async () => {
  const { path } = await newFolder({ 'README.md': '# First\n', 'src/a.ts': 'export {};\n' });
  const { name, repository } = newRepository();
  await repositories.pushFolder('ana', { repository: name, path, branch: 'main', message: 'Begin' });
  expect(Object.keys(modesAt(repository, 'main')).toSorted()).toEqual(['README.md', 'src/a.ts']);
});

it.each([
  ['more than a thousand files', 'invalid_request', /more than 1,000 files/],
  ['more than 50 MB', 'file_too_large', /more than 50 MB/],
  ['nothing but what .gitignore leaves out', 'invalid_request', /no files/],
])('sends nothing of a folder with %s', async (what, code, words) => {
  const { path, place } = await newFolder({ '.gitignore': '*\n' });
  if (what.includes('files')) {
    await writeFile(join(place, '.gitignore'), '');
    const names = Array.from({ length: 1_000 }, (_, index) => `${index}.txt`);
    await Promise.all(names.map((name) => writeFile(join(place, name), name)));
  } else if (what.includes('MB')) {
    await writeFile(join(place, '.gitignore'), '');
    await writeFile(join(place, 'large.bin'), '');
    await truncate(join(place, 'large.bin'), 50 * 1024 * 1024 + 1);
  }
  const { name } = newRepository();
  const sent = scene.fake.requests.length;
  const push = { repository: name, path, branch: 'main', message: 'Too much' };
  const refusal = { code, message: expect.stringMatching(words) };
  await expect(repositories.pushFolder('ana', push)).rejects.toMatchObject(refusal);
  expect(scene.fake.requests.length).toBe(sent);
});

it('takes a user’s own workspace and account, not those of others', async () => {
  const { path } = await newFolder({ 'a.txt': 'a\n' });
  const { name } = newRepository();
  const push = { repository: name, path, branch: 'main', message: 'Not mine' };
  await expect(repositories.pushFolder('bob', push)).rejects.toMatchObject({ code: 'github_not_configured' });
  await repositories.tokens.put('bea', ANA_TOKEN);
  await expect(repositories.pushFolder('bea', push)).rejects.toMatchObject({ code: 'file_not_found' });
});

it('ends when its caller has gone', async () => {
  const { path } = await newFolder({ 'a.txt': 'a\n' });
  const { name, repository } = newRepository();
  const gone = new AbortController();
  scene.fake.faults.add({ on: 'repos/get', delay: 50 });
  const push = repositories.pushFolder('ana', {
    ...{ repository: name, path, branch: 'main', message: 'Gone', signal: gone.signal },
  });
  gone.abort(new Error('the caller has gone'));
  await expect(push).rejects.toThrow('the caller has gone');
  expect(repository.git.refs.size).toBe(0);
});
