import { execFileSync } from 'node:child_process';
import { link, mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDescriptorRoot } from '../../src/workspace/sandbox/descriptor-folder.ts';
import { openPathRoot } from '../../src/workspace/sandbox/path-folder.ts';
import { codeOf, createSandbox, makeWorkspaces, namesIn, OPERATIONS, problemOf, SECRET } from './sandbox.ts';

/** Node has no call for it. */
function makeFifo(path: string): void {
  execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', path]);
}

describe.each([{ descriptors: true }, { descriptors: false }])('with %o', (options) => {
  test('a link is refused by every operation, wherever it stands and wherever it points', async () => {
    const { root, guard, workspace, hashOutside } = await createSandbox(options);
    await mkdir(join(root, 'real', 'deep'), { recursive: true });
    await writeFile(join(root, 'real', 'file.txt'), 'a secret inside');
    await symlink(guard, join(root, 'out'));
    await symlink('../guard', join(root, 'relative'));
    await symlink('real', join(root, 'in'));
    await symlink(join(guard, 'secret.txt'), join(root, 'real', 'secret.txt'));
    await symlink('file.txt', join(root, 'real', 'alias.txt'));
    await symlink('loop', join(root, 'loop'));
    await symlink(join(guard, 'new.txt'), join(root, 'dangling.txt'));
    await symlink('/', join(root, 'real', 'deep', 'slash'));
    await symlink('/proc/self/cwd', join(root, 'cwd'));
    const before = await hashOutside();
    const paths = [
      ...[
        'out',
        'out/secret.txt',
        'out/inner/secret.txt',
        'out/new.txt',
        'relative/secret.txt',
        'in',
        'in/file.txt',
      ],
      ...[
        'in/new/file.txt',
        'real/secret.txt',
        'real/alias.txt',
        'loop',
        'loop/x',
        'dangling.txt',
        'dangling.txt/x',
      ],
      ...['real/deep/slash', 'real/deep/slash/etc/passwd', 'cwd', 'cwd/package.json'],
    ];
    for (const path of paths) {
      for (const [operation, run] of Object.entries(OPERATIONS)) {
        expect(await codeOf(run(workspace, path)), `${operation} ${path}`).toBe('path_is_link');
      }
    }
    expect(await hashOutside()).toBe(before);
    expect(await readFile(join(root, 'real', 'file.txt'), 'utf8')).toBe('a secret inside');
    const types = (await workspace.list('')).entries
      .filter(({ name }) => name !== 'known')
      .map((entry) => `${entry.name} ${entry.type}`);
    expect(types).toEqual([
      'cwd link',
      'dangling.txt link',
      'in link',
      'loop link',
      'out link',
      'real folder',
      'relative link',
    ]);
  });

  test('deleting a folder deletes the links in it and not what they point to', async () => {
    const { root, guard, workspace, hashOutside } = await createSandbox(options);
    await workspace.write('folder/a/file.txt', Buffer.from('12345'));
    await symlink(guard, join(root, 'folder', 'out'));
    await symlink(join(guard, 'secret.txt'), join(root, 'folder', 'a', 'secret.txt'));
    const before = await hashOutside();
    const removed = await workspace.remove('folder', { recursive: true });
    expect(removed).toMatchObject({ path: 'folder', operation: 'deleted', files: 3, bytes: 5 });
    expect(await namesIn(root)).toEqual([]);
    expect(await hashOutside()).toBe(before);
  });

  test('writing and deleting a hard link leaves the content under its other name alone', async () => {
    const { root, guard, workspace } = await createSandbox(options);
    await link(join(guard, 'secret.txt'), join(root, 'hard.txt'));
    await workspace.write('hard.txt', Buffer.from('mine'));
    expect(await readFile(join(guard, 'secret.txt'), 'utf8')).toBe(SECRET);
    await link(join(guard, 'inner', 'secret.txt'), join(root, 'other.txt'));
    await workspace.edit('other.txt', [{ find: 'secret', replace: 'change' }]);
    await workspace.remove('other.txt');
    expect(await readFile(join(guard, 'inner', 'secret.txt'), 'utf8')).toBe(SECRET);
    expect((await stat(join(guard, 'secret.txt'))).nlink).toBe(1);
  });

  test('a FIFO or a socket is refused at once and never waited for', async () => {
    const { root, workspace } = await createSandbox(options);
    makeFifo(join(root, 'fifo'));
    const server = createServer().listen(join(root, 'socket'));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    for (const path of ['fifo', 'socket', 'fifo/x', 'socket/x']) {
      for (const [operation, run] of Object.entries(OPERATIONS)) {
        expect(await codeOf(run(workspace, path)), `${operation} ${path}`).toBe('not_regular_file');
      }
    }
    const { entries } = await workspace.list('');
    expect(entries.filter(({ name }) => name !== 'known').map(({ type, size }) => [type, size])).toEqual([
      ['other', 0],
      ['other', 0],
    ]);
  });

  test('a FIFO in a folder that is deleted goes with it', async () => {
    const { root, workspace } = await createSandbox(options);
    await mkdir(join(root, 'folder'));
    makeFifo(join(root, 'folder', 'fifo'));
    expect(await workspace.remove('folder', { recursive: true })).toMatchObject({ files: 1, bytes: 0 });
    expect(await namesIn(root)).toEqual([]);
  });
});

test('the root may be a link that the operator made', async () => {
  const { root, guard } = await createSandbox();
  await symlink(guard, join(root, 'linked-root'));
  for (const descriptors of [true, false]) {
    const shared = makeWorkspaces({ root: join(root, 'linked-root'), perUser: false, descriptors }).for(
      'ana',
    );
    expect((await shared.readText('secret.txt')).text).toBe(SECRET);
  }
});

test("a user's folder may not be a link to another's", async () => {
  const { root } = await createSandbox();
  await mkdir(join(root, 'ana'));
  await symlink('ana', join(root, 'eve'));
  for (const descriptors of [true, false]) {
    const workspaces = makeWorkspaces({ root, perUser: true, descriptors });
    const problem = await problemOf(workspaces.for('eve').list(''));
    expect(problem.code).toBe('workspace_failed');
    expect(problem.message).not.toContain(root);
  }
});

describe('a folder swapped for a link after it was opened', () => {
  test('is still the same folder when held by descriptor', async () => {
    const { root, guard } = await createSandbox();
    await mkdir(join(root, 'folder'));
    await writeFile(join(root, 'folder', 'secret.txt'), 'inside');
    await using top = await openDescriptorRoot(root, true);
    await using folder = await top?.open('folder');
    await rename(join(root, 'folder'), join(root, 'moved'));
    await symlink(guard, join(root, 'folder'));
    await folder?.verify();
    expect(await readFile(folder?.child('secret.txt') ?? '', 'utf8')).toBe('inside');
  });

  test('is noticed when it was moved out of the workspace', async () => {
    const { root, guard } = await createSandbox();
    await mkdir(join(root, 'folder'));
    await using top = await openDescriptorRoot(root, true);
    await using folder = await top?.open('folder');
    await rename(join(root, 'folder'), join(guard, 'folder'));
    expect(await codeOf(Promise.resolve(folder?.verify()))).toBe('path_outside_workspace');
  });

  test('is noticed when held by path, also when the new one is a real folder', async () => {
    const { root, guard } = await createSandbox();
    await mkdir(join(root, 'folder', 'inner'), { recursive: true });
    const top = await openPathRoot(root, true);
    const folder = await (await top.open('folder')).open('inner');
    await folder.verify();
    await rename(join(root, 'folder'), join(root, 'moved'));
    await symlink(guard, join(root, 'folder'));
    await expect(folder.verify()).rejects.toMatchObject({ code: 'ENOTDIR' });
    await rename(join(root, 'folder'), join(root, 'link'));
    await mkdir(join(root, 'folder', 'inner'), { recursive: true });
    expect(await codeOf(folder.verify())).toBe('path_outside_workspace');
  });
});
