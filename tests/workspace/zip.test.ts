import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PackEntry, packZip } from '../../src/workspace/zip/pack-zip.ts';
import { buildZip, extraField, integers, long } from '../support/zip-builder.ts';
import { problemOf } from './sandbox.ts';
import { makeStaging } from './staging.ts';

const TIME = new Date('2024-05-06T07:08:10Z');
const MIB = 1024 * 1024;

/** Entries from a folder of the host, with what the test says of them. */
async function* entriesOf(
  base: string,
  files: Record<string, string | Buffer | null>,
): AsyncGenerator<PackEntry> {
  for (const [index, [path, content]] of Object.entries(files).entries()) {
    const common = { path, modifiedAt: TIME, executable: path.endsWith('.sh') };
    if (content === null) {
      yield { ...common, type: 'folder' };
      continue;
    }
    const source = join(base, `source-${index}`);
    await writeFile(source, content);
    yield { ...common, type: 'file', open: () => open(source) };
  }
}

async function pack(
  base: string,
  entries: AsyncIterable<PackEntry>,
  options: Parameters<typeof packZip>[2] = {},
) {
  const path = join(base, 'packed.zip');
  await using output = await open(path, 'w');
  return { path, packed: await packZip(entries, output, options) };
}

const FILES: Record<string, string | Buffer | null> = {
  'notes.txt': 'some notes',
  docs: null,
  'docs/Dueña/ñandú 日本 😀.md': 'unicode',
  'empty folder': null,
  'empty.txt': '',
  'run.sh': '#!/bin/sh\n',
  'docs/random.bin': randomBytes(300_000),
};

describe.each([{ descriptors: true }, { descriptors: false }])('with %o', (options) => {
  test('what is packed is unpacked as it was, with empty folders, executable bits and times', async () => {
    const { base, root, unpack } = await makeStaging(options);
    const { path, packed } = await pack(base, entriesOf(base, FILES));
    const archive = await readFile(path);
    expect(packed).toEqual({ files: 5, folders: 2, bytes: 300_027, size: archive.length });
    expect(await unpack(archive)).toEqual({ files: 5, folders: 3, bytes: 300_027 });
    for (const [name, content] of Object.entries(FILES)) {
      if (content === null) expect((await stat(join(root, name))).isDirectory()).toBe(true);
      else expect(await readFile(join(root, name))).toEqual(Buffer.from(content));
    }
    expect(await readdir(join(root, 'empty folder'))).toEqual([]);
    expect((await stat(join(root, 'notes.txt'))).mtime).toEqual(TIME);
    const umask = process.umask();
    expect((await stat(join(root, 'run.sh'))).mode & 0o777).toBe(0o777 & ~umask);
    expect((await stat(join(root, 'notes.txt'))).mode & 0o777).toBe(0o666 & ~umask);
  });

  test('a staging folder that was swapped for a link gets nothing', async () => {
    const { base, root, unpack, hashOutside } = await makeStaging(options);
    const { rename } = await import('node:fs/promises');
    await rename(root, join(base, 'moved'));
    await symlink('guard', root);
    const before = await hashOutside();
    // A descriptor still holds the folder, moved as it is; its path does not lead to it any more.
    const outcome = await unpack(buildZip([{ name: 'a', content: 'a' }])).catch((error: unknown) => error);
    if (options.descriptors) expect(outcome).toMatchObject({ code: 'path_outside_workspace' });
    else expect(outcome).toBeInstanceOf(Error);
    expect(await hashOutside()).toBe(before);
    expect(await readdir(join(base, 'moved'))).toEqual([]);
  });
});

test('arbitrary contents under arbitrary harmless names come back the same', async () => {
  const name = fc.stringMatching(/^[a-zñ日_-]{1,8}$/u);
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, fc.uint8Array({ maxLength: 2000 })), async (contents) => {
      const { base, root, unpack } = await makeStaging();
      const files = Object.fromEntries(
        Object.entries(contents).map(([name, bytes]) => [`folder/${name}`, Buffer.from(bytes)]),
      );
      const { path } = await pack(base, entriesOf(base, files));
      await unpack(await readFile(path));
      for (const [path, bytes] of Object.entries(files))
        expect(await readFile(join(root, path))).toEqual(bytes);
    }),
    { numRuns: 20 },
  );
});

test('the same entries give the same archive, byte for byte', async () => {
  const { base } = await makeStaging();
  const digests = [];
  for (let round = 0; round < 2; round += 1) {
    const { path } = await pack(base, entriesOf(base, FILES));
    digests.push(
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    );
  }
  expect(digests[0]).toBe(digests[1]);
});

test('a file of 64 MiB streams through both ways without being held whole', async () => {
  const { base, root, unpack } = await makeStaging();
  const content = Buffer.concat(
    Array.from({ length: 64 }, (_, index) => Buffer.alloc(MIB, `line ${index}\n`)),
  );
  const digest = createHash('sha256').update(content).digest('hex');
  const entries = entriesOf(base, { 'big.log': content });
  const { path, packed } = await pack(base, entries);
  expect(packed.size).toBeLessThan(MIB);
  const archive = await readFile(path);
  const before = process.memoryUsage().arrayBuffers;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }, 5);
  await unpack(archive);
  clearInterval(watch);
  expect(most - before).toBeLessThan(32 * MIB);
  expect(
    createHash('sha256')
      .update(await readFile(join(root, 'big.log')))
      .digest('hex'),
  ).toBe(digest);
});

test('an archive in Zip64 form is read', async () => {
  const { root, unpack } = await makeStaging();
  const full = { size: 0xffffffff, compressedSize: 0xffffffff };
  const field = { extra: extraField(1, long(5n, 5n)) };
  const archive = buildZip([{ name: 'a.txt', content: 'zip64', claims: { ...full, ...field } }], {
    zip64: {},
  });
  expect(await unpack(archive)).toEqual({ files: 1, folders: 0, bytes: 5 });
  expect(await readFile(join(root, 'a.txt'), 'utf8')).toBe('zip64');
});

test('a name without the UTF-8 flag is read as UTF-8 when it can be and was made on Unix, and else as CP437', async () => {
  const { root, unpack } = await makeStaging();
  await unpack(
    buildZip([
      { name: Buffer.from([0x6e, 0xa4, 0x61]), flags: 0 },
      { name: 'ñu', flags: 0 },
    ]),
  );
  expect((await readdir(root)).sort()).toEqual(['n\u00f1a', 'ñu']);
});

test('names whose accents stand apart, as macOS writes them, are read composed', async () => {
  const { root, unpack } = await makeStaging();
  await unpack(buildZip([{ name: 'cafe\u0301/man\u0303ana.txt', content: 'x' }]));
  expect(await readFile(join(root, 'caf\u00e9', 'ma\u00f1ana.txt'), 'utf8')).toBe('x');
});

test('a comment, sizes behind the content, and an empty archive are read', async () => {
  const { unpack, root } = await makeStaging();
  const zeros = { crc: 0, size: 0, compressedSize: 0, flags: 0x808 };
  const archive = buildZip([{ name: 'a', content: 'abc', method: 8, flags: 0x808, local: zeros }], {
    comment: Buffer.from('made by hand'),
  });
  expect(await unpack(archive)).toMatchObject({ bytes: 3 });
  expect(await unpack(buildZip([]))).toEqual({ files: 0, folders: 0, bytes: 0 });
  expect(await readdir(root)).toEqual(['a']);
});

test.each([
  ['before 1980', [0, 0] as const, undefined],
  ['in the far future', [0xff9f, 0] as const, undefined],
  ['before 1980 in an extra field', [0x5a21, 0] as const, 0],
])('a time %s is not taken over', async (_, time, seconds) => {
  const { root, unpack } = await makeStaging();
  const extra = seconds === undefined ? Buffer.alloc(0) : extraField(0x5455, integers([1, 1], [4, seconds]));
  const before = Date.now() - 1000;
  await unpack(buildZip([{ name: 'a', time, listed: { extra } }]));
  const { mtimeMs } = await stat(join(root, 'a'));
  expect(mtimeMs).toBeGreaterThan(before);
  expect(mtimeMs).toBeLessThanOrEqual(Date.now() + 1000);
});

test('the limits end packing and unpacking with a sentence that says them', async () => {
  const { base, unpack } = await makeStaging();
  const files = { a: 'aaaa', b: 'bbbb', c: 'cccc' };
  const many = await problemOf(pack(base, entriesOf(base, files), { limits: { entries: 2 } }));
  expect(many).toMatchObject({
    code: 'file_too_large',
    message: expect.stringContaining('2 files and folders'),
  });
  const large = await problemOf(pack(base, entriesOf(base, files), { limits: { bytes: 9 } }));
  expect(large).toMatchObject({ code: 'file_too_large', message: expect.stringContaining('9 bytes') });
  const archive = await readFile(
    (await pack(base, entriesOf(base, files), { limits: { entries: 3, bytes: 12 } })).path,
  );
  for (const limits of [{ entries: 2 }, { bytes: 11 }]) {
    expect((await problemOf(unpack(archive, { limits }))).code).toBe('archive_refused');
  }
  expect((await unpack(archive, { limits: { entries: 3, bytes: 12, depth: 1 } })).files).toBe(3);
});

test('a file that changes while it is packed is refused, not torn', async () => {
  const { base } = await makeStaging();
  const path = join(base, 'growing');
  await writeFile(path, 'before');
  async function* entries(): AsyncGenerator<PackEntry> {
    const handle = await open(path);
    const read = handle.read.bind(handle);
    // The first read of the packer finds the file larger than it was.
    Object.assign(handle, {
      read: async (...given: Parameters<typeof read>) => {
        await writeFile(path, 'after it was looked at');
        return await read(...given);
      },
    });
    yield { path: 'growing', type: 'file', open: async () => handle, modifiedAt: TIME, executable: false };
  }
  expect((await problemOf(pack(base, entries()))).code).toBe('changed_since');
});

test('a failure of the source or of the output ends packing with that failure, and closes the source', async () => {
  const { base } = await makeStaging();
  await writeFile(join(base, 'a'), randomBytes(MIB));
  const handle = await open(join(base, 'a'));
  async function* entries(): AsyncGenerator<PackEntry> {
    yield { path: 'a', type: 'file', open: async () => handle, modifiedAt: TIME, executable: false };
    throw new Error('the list broke');
  }
  await expect(pack(base, entries())).rejects.toThrow('the list broke');
  expect(handle.fd).toBe(-1);
  await using full = await open('/dev/full', 'w');
  const many = entriesOf(base, { a: randomBytes(MIB), b: randomBytes(MIB) });
  await expect(packZip(many, full)).rejects.toMatchObject({ code: 'ENOSPC' });
});

test('a cancelled caller is not kept waiting, neither when packing nor when unpacking', async () => {
  const { base, unpack } = await makeStaging();
  const { path } = await pack(base, entriesOf(base, { a: Buffer.alloc(8 * MIB), b: 'b' }));
  const reason = new Error('enough');
  const gone = AbortSignal.abort(reason);
  await expect(unpack(await readFile(path), { signal: gone })).rejects.toBe(reason);
  await expect(pack(base, entriesOf(base, FILES), { signal: gone })).rejects.toBe(reason);
  const stop = new AbortController();
  async function* endless(): AsyncGenerator<PackEntry> {
    for (let index = 0; ; index += 1) {
      if (index === 3) stop.abort(reason);
      yield { path: `${index}`, type: 'folder', modifiedAt: TIME, executable: false };
    }
  }
  await expect(pack(base, endless(), { signal: stop.signal })).rejects.toBe(reason);
  const late = new AbortController();
  setTimeout(() => late.abort(reason), 5);
  const large = await readFile((await pack(base, entriesOf(base, { a: randomBytes(48 * MIB) }))).path);
  await expect(unpack(large, { signal: late.signal })).rejects.toBe(reason);
});

describe('other programs', () => {
  const commands = ['unzip', 'zip', 'python3'] as const;
  const present = new Set(commands.filter((name) => runs(name)));

  function runs(command: string): boolean {
    try {
      execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  }

  test('unzip reads what is packed here', async (context) => {
    context.skip(!present.has('unzip'), 'unzip is not installed');
    const { base } = await makeStaging();
    const { path } = await pack(base, entriesOf(base, FILES));
    execFileSync('unzip', ['-tq', path]);
    execFileSync('unzip', ['-q', path, 'run.sh', 'docs/random.bin', '-d', join(base, 'theirs')]);
    expect(await readFile(join(base, 'theirs/docs/random.bin'))).toEqual(FILES['docs/random.bin']);
    expect((await stat(join(base, 'theirs/run.sh'))).mode & 0o111).toBe(0o111);
    expect((await stat(join(base, 'theirs/run.sh'))).mtime).toEqual(TIME);
  });

  test('python3 reads what is packed here, names and all', async (context) => {
    context.skip(!present.has('python3'), 'python3 is not installed');
    const { base } = await makeStaging();
    const { path } = await pack(base, entriesOf(base, FILES));
    const script =
      'import sys,zipfile,json; z=zipfile.ZipFile(sys.argv[1]); print(json.dumps([z.testzip(), z.namelist()]))';
    const listed: unknown = JSON.parse(execFileSync('python3', ['-c', script, path], { encoding: 'utf8' }));
    const names = Object.entries(FILES).map(([name, content]) => (content === null ? `${name}/` : name));
    expect(listed).toEqual([null, names]);
  });

  test('zip and python3 make what is unpacked here', async (context) => {
    context.skip(!present.has('zip') || !present.has('python3'), 'zip or python3 is not installed');
    const { base } = await makeStaging();
    const theirs = join(base, 'theirs');
    await mkdir(join(theirs, 'sub/empty'), { recursive: true });
    await writeFile(join(theirs, 'sub/ñ.txt'), 'text '.repeat(1000));
    await writeFile(join(theirs, 'run'), 'x');
    await chmod(join(theirs, 'run'), 0o755);
    execFileSync('zip', ['-qr', '../zip.zip', '.'], { cwd: theirs });
    execFileSync('sh', ['-c', 'zip -qr - . | cat > ../stream.zip'], { cwd: theirs });
    execFileSync('python3', ['-m', 'zipfile', '-c', '../python.zip', 'run', 'sub'], { cwd: theirs });
    for (const name of ['zip.zip', 'stream.zip', 'python.zip']) {
      const { root, unpack } = await makeStaging();
      expect(await unpack(await readFile(join(base, name)))).toEqual({ files: 2, folders: 2, bytes: 5001 });
      expect(await readFile(join(root, 'sub/ñ.txt'), 'utf8')).toBe('text '.repeat(1000));
      expect((await stat(join(root, 'run'))).mode & 0o100).toBe(0o100);
      expect(await readdir(join(root, 'sub/empty'))).toEqual([]);
    }
  });
});
