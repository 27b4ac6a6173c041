import { chmod, chown, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { HISTORY_FOLDER } from '../../src/workspace/journal/history.ts';
import { etagOf } from '../../src/workspace/sandbox/etags.ts';
import {
  codeOf,
  createSandbox,
  forgetfulJournal,
  makeWorkspaces,
  namesIn,
  OPERATIONS,
  problemOf,
} from './sandbox.ts';

const MIB = 1024 * 1024;
const text = (content: string) => Buffer.from(content);

describe('reading', () => {
  test('gives the bytes with ETag, size and time of change', async () => {
    const { root, workspace } = await createSandbox();
    await workspace.write('notes/todo.md', text('buy milk'));
    await utimes(join(root, 'notes', 'todo.md'), new Date(0), new Date('2024-05-06T07:08:09.000Z'));
    expect(await workspace.read('notes/todo.md')).toEqual({
      path: 'notes/todo.md',
      bytes: text('buy milk'),
      start: 0,
      end: 8,
      size: 8,
      etag: etagOf(text('buy milk')),
      modified_at: '2024-05-06T07:08:09.000Z',
      executable: false,
    });
    expect(etagOf(text('buy milk'))).toMatch(/^"[0-9a-f]{64}"$/);
  });

  test('gives a part with the ETag of the whole', async () => {
    const { workspace } = await createSandbox();
    await workspace.write('a.txt', text('0123456789'));
    const etag = etagOf(text('0123456789'));
    expect(await workspace.read('a.txt', { start: 2, end: 5 })).toMatchObject({
      bytes: text('234'),
      start: 2,
      end: 5,
      size: 10,
      etag,
    });
    expect(await workspace.read('a.txt', { start: 7 })).toMatchObject({ bytes: text('789'), end: 10 });
    expect(await workspace.read('a.txt', { start: 8, end: 99 })).toMatchObject({
      bytes: text('89'),
      end: 10,
    });
    expect(await workspace.read('a.txt', { start: 50 })).toMatchObject({ bytes: text(''), size: 10, etag });
    expect(await workspace.read('a.txt', { start: 0, end: 0 })).toMatchObject({ bytes: text(''), etag });
  });

  test.each([{ start: -1 }, { start: 1.5 }, { start: 5, end: 4 }, { end: Number.NaN }, { start: 2 ** 60 }])(
    'refuses the part %o',
    async (options) => {
      const { workspace } = await createSandbox();
      await workspace.write('a.txt', text('0123456789'));
      expect(await codeOf(workspace.read('a.txt', options))).toBe('invalid_request');
    },
  );

  test('refuses more than 1 MiB at once and says size and limit; parts of a bigger file can be read', async () => {
    const { root, workspace } = await createSandbox();
    await writeFile(join(root, 'exact'), Buffer.alloc(MIB, 1));
    await writeFile(join(root, 'big'), Buffer.alloc(6 * MIB, 2));
    expect((await workspace.read('exact')).size).toBe(MIB);
    const problem = await problemOf(workspace.read('big'));
    expect(problem.code).toBe('file_too_large');
    expect(problem.message).toContain(`${6 * MIB}`);
    expect(problem.message).toContain(`${MIB}`);
    expect(await codeOf(workspace.read('big', { start: 1, end: MIB + 2 }))).toBe('file_too_large');
    expect((await workspace.read('big', { start: 5 * MIB })).bytes).toEqual(Buffer.alloc(MIB, 2));
    expect((await workspace.read('big', { maximum: 6 * MIB })).size).toBe(6 * MIB);
    expect(await workspace.stat('big')).toMatchObject({
      size: 6 * MIB,
      etag: etagOf(Buffer.alloc(6 * MIB, 2)),
    });
  });

  test('of text refuses what is binary and leaves out a byte order mark', async () => {
    const { workspace } = await createSandbox();
    await workspace.write('bom.txt', text('\uFEFFhola ñ'));
    expect(await workspace.readText('bom.txt')).toMatchObject({ text: 'hola ñ', size: 10 });
    await workspace.write('empty.txt', text(''));
    expect((await workspace.readText('empty.txt')).text).toBe('');
    for (const bytes of [
      [0xff, 0xfe, 0x41],
      [0x61, 0x00],
      [0xc3, 0x01],
      [0x61, 0x81],
    ]) {
      await workspace.write('binary', Buffer.from(bytes));
      expect(await codeOf(workspace.readText('binary'))).toBe('not_text');
      expect(await codeOf(workspace.edit('binary', [{ find: 'a', replace: 'b' }]))).toBe('not_text');
    }
  });
});

test('arbitrary bytes come back as they were written, and the size and ETag say so', async () => {
  const { workspace } = await createSandbox();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
      const change = await workspace.write('folder/file.bin', bytes);
      const file = await workspace.read('folder/file.bin');
      expect(file.bytes.equals(bytes)).toBe(true);
      expect(file).toMatchObject({ size: bytes.length, etag: change.etag });
      expect(await workspace.stat('folder/file.bin')).toMatchObject({
        size: bytes.length,
        etag: etagOf(bytes),
      });
    }),
    { numRuns: 60 },
  );
});

describe('writing', () => {
  test('says whether the file was created, replaced or already so', async () => {
    const { workspace } = await createSandbox();
    const one = etagOf(text('one'));
    const id = expect.any(String);
    const created = { id, path: 'a/b/c.txt', operation: 'created', size: 3, etag: one, previous_etag: null };
    expect(await workspace.write('a/b/c.txt', text('one'))).toEqual(created);
    const unchanged = { ...created, id: null, operation: 'unchanged', previous_etag: one };
    expect(await workspace.write('a/b/c.txt', text('one'))).toEqual(unchanged);
    const replaced = { ...created, operation: 'replaced', etag: etagOf(text('two')), previous_etag: one };
    expect(await workspace.write('a/b/c.txt', text('two'))).toEqual(replaced);
  });

  test('takes 5 MiB and refuses one byte more before touching anything', async () => {
    const { root, workspace } = await createSandbox();
    expect((await workspace.write('a.bin', Buffer.alloc(5 * MIB))).size).toBe(5 * MIB);
    expect(await codeOf(workspace.write('deep/b.bin', Buffer.alloc(5 * MIB + 1)))).toBe('file_too_large');
    expect(await namesIn(root)).toEqual(['a.bin']);
  });

  test('keeps the permissions and the owner of a replaced file, without set-user-id', async () => {
    const { root, workspace } = await createSandbox();
    const path = join(root, 'run.sh');
    await writeFile(path, 'old');
    if (process.getuid?.() === 0) await chown(path, 1234, 2345);
    await chmod(path, 0o4751);
    const before = await stat(path);
    await workspace.write('run.sh', text('new'));
    const after = await stat(path);
    expect(after.mode & 0o7777).toBe(0o751);
    expect([after.uid, after.gid]).toEqual([before.uid, before.gid]);
  });

  test('refuses folders, files in the place of folders, and a slash at the end', async () => {
    const { workspace } = await createSandbox();
    await workspace.write('folder/file.txt', text('x'));
    expect(await codeOf(workspace.write('folder', text('x')))).toBe('is_folder');
    expect(await codeOf(workspace.write('new/', text('x')))).toBe('invalid_path');
    expect(await codeOf(workspace.write('folder/file.txt/below', text('x')))).toBe('is_file');
    expect(await codeOf(workspace.read('folder'))).toBe('is_folder');
    expect(await codeOf(workspace.read('folder/file.txt/'))).toBe('is_file');
    expect(await codeOf(workspace.stat('folder/file.txt/'))).toBe('is_file');
    expect(await codeOf(workspace.list('folder/file.txt'))).toBe('is_file');
    expect(await codeOf(workspace.remove('folder/file.txt/'))).toBe('is_file');
    expect(await workspace.stat('folder/')).toMatchObject({ path: 'folder', type: 'folder' });
  });
});

test('what is not there is file_not_found for every operation but those that make it', async () => {
  const { root, workspace } = await createSandbox();
  for (const [operation, run] of Object.entries(OPERATIONS)) {
    if (operation === 'makeFolder' || operation === 'write' || / to$/.test(operation)) continue;
    for (const path of ['missing', 'missing/deeper/file.txt']) {
      const problem = await problemOf(run(workspace, path));
      expect(problem.code, operation).toBe('file_not_found');
      expect(problem.message).toContain(path);
      expect(problem.message).not.toContain(root);
    }
  }
  expect(await namesIn(root)).toEqual([]);
});

test('an aborted signal stops every operation with its reason and changes nothing', async () => {
  const { root, workspace } = await createSandbox();
  await workspace.write('a.txt', text('a'));
  const signal = AbortSignal.abort(new Error('the caller left'));
  const attempts = [
    workspace.list('', { signal }),
    workspace.stat('a.txt', { signal }),
    workspace.read('a.txt', { signal }),
    workspace.readText('a.txt', { signal }),
    workspace.write('a.txt', text('b'), { signal }),
    workspace.edit('a.txt', [{ find: 'a', replace: 'b' }], { signal }),
    workspace.remove('a.txt', { signal }),
  ];
  for (const outcome of await Promise.allSettled(attempts)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: signal.reason });
  }
  expect(await readFile(join(root, 'a.txt'), 'utf8')).toBe('a');
});

test.runIf(process.getuid?.() === 0)(
  'a read-only file or folder is respected, and the refusal names no host path',
  async () => {
    const { root } = await createSandbox();
    // The embedded database could not open its files without the rights that are given up here.
    const workspace = makeWorkspaces({ root, perUser: false, journal: forgetfulJournal() }).for('local');
    await workspace.write('first.txt', text('first'));
    await workspace.remove('first.txt');
    for (const name of ['', 'contents', 'removed', 'staged'])
      await chown(join(root, HISTORY_FOLDER, name), 65534, 65534);
    await writeFile(join(root, 'fixed.txt'), 'fixed');
    await chmod(join(root, 'fixed.txt'), 0o444);
    await mkdir(join(root, 'closed'), { mode: 0o555 });
    await writeFile(join(root, 'hidden.txt'), 'hidden', { mode: 0o000 });
    for (const name of ['', 'fixed.txt', 'closed', 'hidden.txt']) await chown(join(root, name), 65534, 65534);
    await chmod(join(root, '..'), 0o755);
    process.setegid?.(65534);
    process.seteuid?.(65534);
    onTestFinished(() => {
      process.seteuid?.(0);
      process.setegid?.(0);
    });
    const attempts = [
      () => workspace.write('fixed.txt', text('changed')),
      () => workspace.edit('fixed.txt', [{ find: 'fixed', replace: 'changed' }]),
      () => workspace.write('closed/new.txt', text('new')),
      () => workspace.write('closed/folder/new.txt', text('new')),
      () => workspace.read('hidden.txt'),
    ];
    for (const attempt of attempts) {
      const problem = await problemOf(attempt());
      expect(problem.code).toBe('workspace_failed');
      expect(problem.message).toContain('no permission');
      expect(problem.message).not.toContain(root);
    }
    expect((await workspace.readText('fixed.txt')).text).toBe('fixed');
  },
);

test('the root is made on first use, each user in a folder of their own', async () => {
  const { root } = await createSandbox();
  const workspaces = makeWorkspaces({ root: join(root, 'not', 'yet'), perUser: true });
  expect(await namesIn(root)).toEqual([]);
  await workspaces.for('ana').write('a.txt', text('of ana'));
  expect((await workspaces.for('Ana').list('')).entries).toEqual([]);
  expect((await workspaces.for('../ana').list('')).entries).toEqual([]);
  expect((await workspaces.for('ana').list('')).entries.map((entry) => entry.name)).toEqual(['a.txt']);
  expect((await readdir(join(root, 'not', 'yet'))).sort()).toEqual(['_2e_2e_2fana', '_41na', 'ana']);
});

test('a root that cannot be a folder is our failure, without its host path', async () => {
  const { root } = await createSandbox();
  await writeFile(join(root, 'file'), '');
  for (const place of ['file', 'file/below']) {
    const problem = await problemOf(
      makeWorkspaces({ root: join(root, place), perUser: false })
        .for('ana')
        .list(''),
    );
    expect(problem.code).toBe('workspace_failed');
    expect(problem.message).not.toContain(root);
  }
});
