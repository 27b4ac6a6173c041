import { link, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { codeOf, createSandbox, namesIn, problemOf } from './sandbox.ts';

// The real file system, of which single calls can be made to fail.
vi.mock('node:fs/promises', async (importOriginal) => {
  const actual = await importOriginal<typeof import('node:fs/promises')>();
  return { ...actual, link: vi.fn(actual.link), rename: vi.fn(actual.rename), unlink: vi.fn(actual.unlink) };
});

beforeEach(() => {
  vi.mocked(link).mockClear();
  vi.mocked(rename).mockClear();
});

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: /host/path`), { code, syscall: 'test' });
}

const text = (content: string) => Buffer.from(content);

test('a reader sees the old content or the new one, whole, while a file is replaced again and again', async () => {
  const { root, workspace } = await createSandbox();
  const versions = [Buffer.alloc(700_000, 'a'), Buffer.alloc(300_000, 'b'), Buffer.alloc(900_000, 'c')];
  const known = new Set(versions.map((version) => `${version.length} ${version.at(0)}`));
  await workspace.write('file.txt', versions[0] ?? text(''));
  let writing = true;
  const writer = (async () => {
    for (let round = 0; round < 25; round += 1) {
      await workspace.write('file.txt', versions[round % 3] ?? text(''));
    }
  })().finally(() => {
    writing = false;
  });
  let reads = 0;
  const isWhole = (bytes: Buffer) =>
    known.has(`${bytes.length} ${bytes.at(0)}`) && bytes.every((byte) => byte === bytes[0]);
  while (writing) {
    expect(isWhole((await workspace.read('file.txt')).bytes)).toBe(true);
    expect(isWhole(await readFile(join(root, 'file.txt')))).toBe(true);
    reads += 2;
  }
  await writer;
  expect(reads).toBeGreaterThan(10);
  expect(await namesIn(root)).toEqual(['file.txt']);
});

test('a folder is deleted in one step, whatever is in it', async () => {
  const { root, workspace } = await createSandbox();
  for (const name of ['a', 'b/c', 'b/d']) await workspace.write(`folder/${name}`, text('x'));
  vi.mocked(rename).mockClear();
  vi.mocked(unlink).mockClear();
  expect(await workspace.remove('folder', { recursive: true })).toMatchObject({ files: 3, bytes: 3 });
  expect(vi.mocked(rename)).toHaveBeenCalledTimes(1);
  expect(vi.mocked(unlink)).not.toHaveBeenCalled();
  expect(await namesIn(root)).toEqual([]);
});

describe('when the file system fails in the middle', () => {
  test.each(['ENOSPC', 'EIO', 'EROFS', 'EDQUOT'])(
    'with %s, the old content stays and nothing is left over',
    async (code) => {
      const { root, workspace } = await createSandbox();
      await workspace.write('a.txt', text('old'));
      vi.mocked(rename).mockRejectedValueOnce(failure(code));
      const problem = await problemOf(workspace.write('a.txt', text('new')));
      expect(problem.code).toBe('workspace_failed');
      expect(problem.message).not.toContain('/host');
      expect((problem.cause as Error).message).toContain(code); // set just above
      expect(await namesIn(root)).toEqual(['a.txt']);
      expect((await workspace.readText('a.txt')).text).toBe('old');
    },
  );

  test('a folder that could not be deleted is there as before, and the journal knows of no change', async () => {
    const { root, workspace } = await createSandbox();
    await workspace.write('folder/a.txt', text('a'));
    vi.mocked(rename).mockRejectedValueOnce(failure('EACCES'));
    expect(await codeOf(workspace.remove('folder', { recursive: true }))).toBe('workspace_failed');
    expect((await workspace.readText('folder/a.txt')).text).toBe('a');
    expect(await namesIn(root)).toEqual(['folder']);
    const changes = await workspace.changes.list({ limit: 10 });
    expect(changes.map(({ operation, state }) => [operation, state])).toEqual([['created', 'done']]);
  });
});

describe('on a file system without hard links', () => {
  test('a file is created all the same, exclusively', async () => {
    const { root, workspace } = await createSandbox();
    vi.mocked(link).mockRejectedValue(failure('EPERM'));
    expect((await workspace.write('a.txt', text('1'), { ifNoneMatch: '*' })).operation).toBe('created');
    expect(await codeOf(workspace.write('a.txt', text('2'), { ifNoneMatch: '*' }))).toBe(
      'precondition_failed',
    );
    expect((await workspace.readText('a.txt')).text).toBe('1');
    vi.mocked(rename).mockRejectedValueOnce(failure('EIO'));
    expect(await codeOf(workspace.write('b.txt', text('1')))).toBe('workspace_failed');
    expect(await namesIn(root)).toEqual(['a.txt']);
    vi.mocked(link).mockReset();
  });
});

test('a file that someone else creates at the same moment is replaced knowingly, or not at all', async () => {
  const { workspace, root } = await createSandbox();
  const actual = await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');
  const beatenTo = async (from: unknown, to: unknown) => {
    await actual.writeFile(String(to), 'somebody');
    await actual.link(String(from), String(to));
  };
  vi.mocked(link).mockImplementationOnce(beatenTo);
  expect(await codeOf(workspace.write('a.txt', text('mine'), { ifNoneMatch: '*' }))).toBe(
    'precondition_failed',
  );
  expect((await workspace.readText('a.txt')).text).toBe('somebody');
  vi.mocked(link).mockImplementationOnce(beatenTo);
  expect(await workspace.write('b.txt', text('mine'))).toMatchObject({ operation: 'replaced', size: 4 });
  expect(await namesIn(root)).toEqual(['a.txt', 'b.txt']);
});
