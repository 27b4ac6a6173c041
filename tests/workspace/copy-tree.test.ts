import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { copyTree } from '../../src/workspace/copy-tree.ts';
import { EMPTY_TREE, treeDigest } from '../../src/workspace/journal/tree-digest.ts';
import type { Folder } from '../../src/workspace/sandbox/folder.ts';
import { problemOf } from './sandbox.ts';
import { hashTree, holdFolder, makeStaging } from './staging.ts';

const TIME = new Date('2024-05-06T07:08:09.123Z');

/** Makes a tree with one of everything, beside the staging folder. */
async function makeTree(base: string): Promise<string> {
  const tree = join(base, 'tree');
  await mkdir(join(tree, 'a/b/empty'), { recursive: true });
  await mkdir(join(tree, 'private'), { mode: 0o700 });
  await writeFile(join(tree, 'a/file.txt'), 'content');
  await writeFile(join(tree, 'a/b/run'), 'x', { mode: 0o755 });
  await writeFile(join(tree, 'private/key'), 'key', { mode: 0o400 });
  await writeFile(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0x61, 0xff])]), 'no UTF-8');
  await utimes(join(tree, 'a/file.txt'), TIME, TIME);
  return tree;
}

async function addSpecials(tree: string): Promise<void> {
  await symlink('../../guard', join(tree, 'a/out'));
  await symlink('file.txt', join(tree, 'a/alias'));
  await symlink('/nowhere', join(tree, 'dangling'));
  execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', join(tree, 'fifo')]);
  await writeFile(join(tree, '.tertulia-0123'), 'being written');
}

describe.each([{ descriptors: true }, { descriptors: false }])('with %o', (options) => {
  test('a copy has the files, folders, permissions and times of its original, and nothing else', async () => {
    const { base, root, folder, hashOutside } = await makeStaging(options);
    const tree = await makeTree(base);
    await addSpecials(tree);
    const before = await hashOutside();
    const copied = await copyTree(await holdFolder(tree, options), folder);
    expect(copied).toEqual({ files: 4, folders: 4, bytes: 19, links: 4 });
    expect(await hashOutside()).toBe(before);
    expect((await readdir(root)).sort()).toEqual(['a', 'a\ufffd', 'private']);
    expect((await readdir(join(root, 'a'))).sort()).toEqual(['b', 'file.txt']);
    expect(await readFile(join(root, 'a/file.txt'), 'utf8')).toBe('content');
    expect((await stat(join(root, 'a/file.txt'))).mtime).toEqual(TIME);
    expect((await stat(join(root, 'a/b/run'))).mode & 0o777).toBe(0o755);
    expect((await stat(join(root, 'private'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, 'private/key'))).mode & 0o777).toBe(0o400);
    expect(await readdir(join(root, 'a/b/empty'))).toEqual([]);
  });

  test('a copy has the same digest, as links and own names are not in it', async () => {
    const { base, root, folder } = await makeStaging(options);
    const tree = await makeTree(base);
    await copyTree(await holdFolder(tree, options), folder);
    const original = await treeDigest(await holdFolder(tree, options));
    await writeFile(join(root, '.tertulia-x'), 'own');
    expect(await treeDigest(folder)).toEqual(original);
    expect(original).toMatchObject({ files: 4, folders: 4, bytes: 19 });
  });

  test('a copy that is too large, or has too many entries, is refused with what it takes', async () => {
    const { base } = await makeStaging(options);
    const from = await holdFolder(await makeTree(base), options);
    const attempt = async (limits: { entries?: number; bytes?: number }) => {
      const { folder } = await makeStaging(options);
      return copyTree(from, folder, { limits });
    };
    expect(await attempt({ entries: 8, bytes: 19 })).toMatchObject({ files: 4, folders: 4 });
    const many = await problemOf(attempt({ entries: 7 }));
    expect(many).toMatchObject({
      code: 'file_too_large',
      message: expect.stringContaining('7 files and folders'),
    });
    const large = await problemOf(attempt({ bytes: 18 }));
    expect(large).toMatchObject({ code: 'file_too_large', message: expect.stringContaining('18 bytes') });
  });

  test('a source that is replaced by a link while it is held is never followed', async () => {
    const { base, root, folder } = await makeStaging(options);
    const tree = await makeTree(base);
    const from = await holdFolder(tree, options);
    await rename(tree, join(base, 'moved'));
    await symlink('guard', tree);
    await copyTree(from, folder).catch(() => undefined);
    const names = await readdir(root, { recursive: true });
    expect(names.filter((name) => name.includes('secret') || name.includes('inner'))).toEqual([]);
  });
});

/** A folder of which the test can change a file at the moment when it is reached. */
function watched(folder: Folder, onChild: (name: string) => void): Folder {
  return {
    ...folder,
    child(name) {
      onChild(name.toString());
      return folder.child(name);
    },
  };
}

test('a file that changes once while it is copied is copied again, whole', async () => {
  const { base, root, folder } = await makeStaging();
  const tree = await makeTree(base);
  const large = join(tree, 'large');
  await writeFile(large, Buffer.alloc(3_000_000, 'a'));
  const { writeFileSync } = await import('node:fs');
  let changes = 0;
  // The target is made when the source is open and looked at already.
  const to = watched(folder, (name) => {
    if (name === 'large' && changes === 0) {
      changes += 1;
      writeFileSync(large, Buffer.alloc(2_000_000, 'b'));
    }
  });
  const { files } = await copyTree(await holdFolder(tree), to);
  expect([changes, files]).toEqual([1, 5]);
  expect(await readFile(join(root, 'large'))).toEqual(Buffer.alloc(2_000_000, 'b'));
});

test('a file that changes every time is refused by its path, and not left torn', async () => {
  const { base, root, folder } = await makeStaging();
  const tree = join(base, 'tree');
  await mkdir(tree);
  const file = join(tree, 'busy.log');
  await writeFile(file, 'start');
  const { appendFileSync } = await import('node:fs');
  const to = watched(folder, () => appendFileSync(file, ' and on'));
  const problem = await problemOf(copyTree(await holdFolder(tree), to));
  expect(problem.code).toBe('changed_since');
  expect(problem.message).toContain('"busy.log"');
  expect(await readdir(root)).toEqual([]);
});

test.each([2, 3])(
  'a file that becomes a link, or vanishes, before look %i at it is not followed',
  async (look) => {
    const { base, root, folder } = await makeStaging();
    const tree = join(base, 'tree');
    await mkdir(tree);
    for (const name of ['swapped', 'vanishing']) await writeFile(join(tree, name), 'harmless');
    const { rmSync, symlinkSync } = await import('node:fs');
    const looks = new Map<string, number>();
    const from = watched(await holdFolder(tree), (name) => {
      looks.set(name, (looks.get(name) ?? 0) + 1);
      // The first looks find a file, the third one opens it.
      if (looks.get(name) !== look) return;
      rmSync(join(tree, name));
      if (name === 'swapped') symlinkSync('../guard/secret.txt', join(tree, name));
    });
    const guard = await hashTree(join(base, 'guard'));
    expect(await copyTree(from, folder)).toEqual({ files: 0, folders: 0, bytes: 0, links: 1 });
    expect(await readdir(root)).toEqual([]);
    expect(await hashTree(join(base, 'guard'))).toBe(guard);
  },
);

test('a copy never writes over what is there, nor through a link', async () => {
  const { base, root, folder } = await makeStaging();
  const tree = await makeTree(base);
  await symlink('../guard', join(root, 'a'));
  await expect(copyTree(await holdFolder(tree), folder)).rejects.toMatchObject({ code: 'workspace_failed' });
  expect(await readdir(join(base, 'guard'))).toEqual(['inner', 'secret.txt']);
});

test('a cancelled copy and a cancelled digest end with the reason', async () => {
  const { base, folder } = await makeStaging();
  const from = await holdFolder(await makeTree(base));
  const reason = new Error('enough');
  await expect(copyTree(from, folder, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await expect(treeDigest(from, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

describe('a digest', () => {
  const changes: Record<string, (tree: string) => Promise<unknown>> = {
    'a content': (tree) => writeFile(join(tree, 'a/file.txt'), 'CONTENT'),
    'a name': (tree) => rename(join(tree, 'a/file.txt'), join(tree, 'a/file2.txt')),
    'the folder of a file': (tree) => rename(join(tree, 'a/file.txt'), join(tree, 'file.txt')),
    'an executable bit': (tree) => chmod(join(tree, 'a/file.txt'), 0o744),
    'an empty folder': (tree) => mkdir(join(tree, 'new')),
    'an empty file': (tree) => writeFile(join(tree, 'new'), ''),
    'a folder less': (tree) => rm(join(tree, 'a/b/empty'), { recursive: true }),
    'an empty file in the place of a folder': async (tree) => {
      await rm(join(tree, 'a/b/empty'), { recursive: true });
      await writeFile(join(tree, 'a/b/empty'), '');
    },
    'a link': (tree) => symlink('a/file.txt', join(tree, 'link')),
    'a link elsewhere': async (tree) => {
      await rm(join(tree, 'dangling'));
      await symlink('/elsewhere', join(tree, 'dangling'));
    },
    'a FIFO': async (tree) => execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', join(tree, 'fifo2')]),
  };

  test.each(Object.entries(changes))('differs after a change of %s', async (_, change) => {
    const { base } = await makeStaging();
    const tree = await makeTree(base);
    await addSpecials(tree);
    const folder = await holdFolder(tree);
    const before = await treeDigest(folder);
    expect((await treeDigest(folder)).digest).toBe(before.digest);
    await change(tree);
    expect((await treeDigest(folder)).digest).not.toBe(before.digest);
  });

  test('is the same after a change of a time, of who may read, and of an own name', async () => {
    const { base } = await makeStaging();
    const tree = await makeTree(base);
    const folder = await holdFolder(tree);
    const before = await treeDigest(folder);
    await utimes(join(tree, 'a/file.txt'), new Date(), new Date());
    await chmod(join(tree, 'a/file.txt'), 0o600);
    await writeFile(join(tree, 'a/.tertulia-1'), 'own');
    expect(await treeDigest(folder)).toEqual(before);
  });

  test('of an empty folder is the constant, and otherwise one of its entries in the order of their bytes', async () => {
    const { root, folder } = await makeStaging();
    expect(await treeDigest(folder)).toEqual({ digest: EMPTY_TREE, files: 0, folders: 0, bytes: 0 });
    const names = ['Z', 'a', 'a b', 'a-b', 'aa', 'b', 'y', 'z', 'ä', 'ﬀ', '😀'];
    const hash = createHash('sha256');
    for (const name of names) {
      hash.update(`file ${createHash('sha256').update(name).digest('hex')}\0${name}\0`);
    }
    for (const name of names.toReversed()) await writeFile(join(root, name), name);
    expect((await treeDigest(folder)).digest).toBe(hash.digest('hex'));
  });

  test('counts links and the like as files without bytes, and does not follow them', async () => {
    const { base } = await makeStaging();
    const tree = await makeTree(base);
    await addSpecials(tree);
    expect(await treeDigest(await holdFolder(tree))).toMatchObject({ files: 8, folders: 4, bytes: 19 });
  });
});

test('no copy or digest leaves a file or folder open, whether it works or fails', async () => {
  const { base, folder } = await makeStaging();
  const from = await holdFolder(await makeTree(base));
  const openFiles = async () => (await readdir('/proc/self/fd')).length;
  const before = await openFiles();
  await copyTree(from, folder);
  await treeDigest(from);
  await Promise.allSettled([copyTree(from, folder), copyTree(from, folder, { limits: { bytes: 3 } })]);
  expect(await openFiles()).toBe(before);
});
