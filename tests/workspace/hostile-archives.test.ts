import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { quotingBomb, zeros } from '../support/zip-bombs.ts';
import { buildZip, type Ending, extraField, integers, long, type Part } from '../support/zip-builder.ts';
import { problemOf } from './sandbox.ts';
import { makeStaging } from './staging.ts';

/** An archive, and what the sentence of its refusal says. */
type Case = readonly [what: string, archive: Buffer, sentence: string | RegExp];

const GOOD: Part = { name: 'good.txt', content: 'good' };

function named(what: string, name: string | Buffer, sentence: string | RegExp): Case {
  return [what, buildZip([GOOD, { name, content: 'evil' }]), sentence];
}

function part(what: string, evil: Part, sentence: string | RegExp): Case {
  return [what, buildZip([GOOD, evil]), sentence];
}

function parts(what: string, evil: readonly Part[], sentence: string | RegExp): Case {
  return [what, buildZip([GOOD, ...evil]), sentence];
}

function ended(what: string, ending: Ending, sentence: string | RegExp): Case {
  return [what, buildZip([GOOD], ending), sentence];
}

function cut(what: string, length: number): Case {
  const whole = buildZip([GOOD, { name: 'b/c.txt', content: 'c'.repeat(500), method: 8 }]);
  return [what, whole.subarray(0, length < 0 ? whole.length + length : length), 'no zip archive'];
}

function unicodeName(name: string, claimed: string): Part {
  const data = Buffer.concat([integers([1, 1], [4, crc32(name)]), Buffer.from(claimed)]);
  return { name, content: 'evil', flags: 0, listed: { extra: extraField(0x7075, data) } };
}

const NAMES: readonly Case[] = [
  named('climbs', '../evil.txt', 'climbs with ".."'),
  named('climbs far', '../../../../../../etc/cron.d/evil', 'climbs with ".."'),
  named('climbs from a folder', 'a/../../evil.txt', 'climbs with ".."'),
  named('climbs and comes back', 'a/../b.txt', 'climbs with ".."'),
  named('is the folder above', '..', 'climbs with ".."'),
  named('is the folder above, as a folder', '../', 'climbs with ".."'),
  named('climbs with backslashes', '..\\evil.txt', 'holds a backslash'),
  named('has backslashes between folders', 'docs\\letter.txt', 'holds a backslash'),
  named('climbs with both', 'a/..\\..\\evil.txt', 'holds a backslash'),
  named('is absolute', '/tmp/evil.txt', 'it is absolute'),
  named('is absolute twice', '//tmp/evil.txt', 'it is absolute'),
  named('is the root', '/', 'it is absolute'),
  named('has a drive', 'C:/evil.txt', 'names a drive'),
  named('has a drive and no slash', 'c:evil.txt', 'names a drive'),
  named('has a drive and backslashes', 'C:\\evil.txt', 'holds a backslash'),
  named('is a UNC path', '\\\\host\\share\\evil.txt', 'holds a backslash'),
  named('is a UNC path with slashes', '//host/share/evil.txt', 'it is absolute'),
  named('is a device path', '\\\\.\\PhysicalDrive0', 'holds a backslash'),
  named('is in a home folder', '~/evil.txt', 'home folder'),
  named('climbs encoded', '%2e%2e/evil.txt', 'percent-encoded'),
  named('climbs encoded twice', '%252e%252e%252fevil', 'percent-encoded'),
  named('climbs with full-width dots', '\uff0e\uff0e/evil.txt', 'looks like a dot'),
  named('climbs with a slash that is none', '..\u2215evil.txt', 'looks like a slash'),
  named('climbs by overlong UTF-8', Buffer.from('c0ae c0ae 2f 65'.replaceAll(' ', ''), 'hex'), 'U+FFFD'),
  named('is no UTF-8', Buffer.from([0x61, 0xff, 0x62]), 'U+FFFD'),
  named('holds NUL', 'good.txt\0.png', 'control character'),
  named('holds a line break', 'a\nb', 'control character'),
  named('holds an escape sequence', 'a\u001b[2Jb', 'control character'),
  named('turns the direction of writing', 'a\u202egpj.exe', 'invisible'),
  named('is a device of Windows', 'docs/NUL.txt', 'a device on Windows'),
  named('is a serial port of Windows', 'com1', 'a device on Windows'),
  named('names a stream', 'a.txt:stream', 'holds one of'),
  named('ends with a dot', 'folder./a.txt', 'ends with a dot'),
  named('ends with a space', 'folder /a.txt', 'ends with a space'),
  named('is a dot', './a.txt', 'is a step'),
  named('has an empty step', 'a//b', 'is empty'),
  named('is empty', '', 'an entry without a name'),
  named('is our own', '.tertulia-0123', 'the workspace keeps for itself'),
  named('is our own, in a folder, in capitals', 'a/.TERTULIA-x/b', 'the workspace keeps for itself'),
  named('is too long', 'a'.repeat(256), 'longer than 255 bytes'),
  named('is too long as a path', `${'a/'.repeat(2100)}b`, 'longer than 4096 bytes'),
  named('is too deep', `${'d/'.repeat(50)}b`, 'deeper than 50 folders'),
  part('climbs in its Unicode field', unicodeName('good2.txt', '../evil.txt'), 'climbs with ".."'),
  part('climbs in CP437', { name: '../evil.txt', flags: 0 }, 'climbs with ".."'),
];

const KINDS: readonly Case[] = [
  part('is a link', { name: 'link', content: '/etc/passwd', mode: 0o120777 }, 'is a link'),
  part('is a link to a folder', { name: 'link/', mode: 0o120777 }, 'is a link'),
  parts(
    'is a link, then an entry through it',
    [{ name: 'link', content: '..', mode: 0o120777 }, { name: 'link/evil.txt' }],
    'is a link',
  ),
  parts(
    'is an entry, then a link in the place of its folder',
    [{ name: 'link/evil.txt' }, { name: 'link', content: '..', mode: 0o120777 }],
    'is a link',
  ),
  part('is a character device', { name: 'null', mode: 0o020666 }, 'is a device'),
  part('is a block device', { name: 'sda', mode: 0o060666 }, 'is a device'),
  part('is a FIFO', { name: 'fifo', mode: 0o010666 }, 'is a device'),
  part('is a socket', { name: 'socket', mode: 0o140666 }, 'is a device'),
  part('is a folder without a slash', { name: 'folder', mode: 0o040755 }, 'marked as a folder'),
  part('is a folder of MS-DOS without a slash', { name: 'folder', attributes: 0x10 }, 'marked as a folder'),
  part('is a folder with a content', { name: 'folder/', content: 'x', mode: 0o040755 }, 'has a content'),
  parts('is there twice', [{ name: 'a' }, { name: 'a', content: 'other' }], 'is there twice'),
  parts('is there twice once composed', [{ name: 'caf\u00e9' }, { name: 'cafe\u0301' }], 'twice'),
  parts('is a folder twice', [{ name: 'a/' }, { name: 'a/' }], 'is there twice'),
  parts('differs in case', [{ name: 'Readme.md' }, { name: 'README.md' }], 'the same name on some systems'),
  parts('differs in case of a folder', [{ name: 'Docs/a' }, { name: 'docs/b' }], 'the same name on some'),
  parts('differs in letters', [{ name: 'stra\u00dfe' }, { name: 'STRASSE' }], 'the same name on some'),
  parts('is a file, then a folder', [{ name: 'a' }, { name: 'a/b' }], 'where another entry is a file'),
  parts('is a file, then a listed folder', [{ name: 'a' }, { name: 'a/' }], 'where another entry is a file'),
  parts('is a folder, then a file', [{ name: 'a/b' }, { name: 'a' }], 'another entry needs a folder'),
  part('is encrypted', { name: 'a', content: 'x'.repeat(20), flags: 1 }, 'is encrypted'),
  part('is strongly encrypted', { name: 'a', flags: 0x41 }, 'strong encryption'),
  part('is encrypted in its own header', { name: 'a', local: { flags: 1 } }, 'two headers'),
  ...[1, 6, 9, 12, 14, 93, 95, 98, 99].map((method) =>
    part(`uses method ${method}`, { name: 'a', content: 'abc', method }, `by method ${method}`),
  ),
];

const CHECKED_LIES: readonly Case[] = [
  part('has another name in its own header', { name: 'a', local: { name: Buffer.from('b') } }, 'two headers'),
  part('climbs in its own header', { name: 'a', local: { name: Buffer.from('../a') } }, 'two headers'),
  part('has another size in its own header', { name: 'a', local: { size: 9 } }, 'two headers'),
  part('has another length in its own header', { name: 'a', local: { compressedSize: 9 } }, 'two headers'),
  part('has another CRC in its own header', { name: 'a', local: { crc: 9 } }, 'two headers'),
  part('has another method in its own header', { name: 'a', local: { method: 8 } }, 'two headers'),
  part('hides zeros without saying so', { name: 'a', content: 'x', local: { size: 0 } }, 'two headers'),
  part('is stored with two sizes', { name: 'a', content: 'abc', claims: { size: 2 } }, 'two different sizes'),
  part('is compressed impossibly', { name: 'a', method: 8, claims: { size: 5000 } }, 'more than 1032 to 1'),
  part(
    'has a broken extra field',
    { name: 'a', listed: { extra: Buffer.from('0100ff00', 'hex') } },
    'damaged',
  ),
  part(
    'has a broken local field',
    { name: 'a', local: { extra: Buffer.from('0100ff00', 'hex') } },
    'damaged',
  ),
  part('begins nowhere', { name: 'a', offset: 1_000_000 }, 'damaged'),
  part('begins in another one', { name: 'a', offset: 5 }, 'damaged'),
  part('begins in the list', { name: 'a', content: 'x', offset: 75, listedOnly: true }, 'damaged'),
  part('is another one again', { ...GOOD, offset: 0, listedOnly: true }, 'is there twice'),
  parts(
    'overlaps by its length',
    [{ name: 'a', claims: { compressedSize: 60, size: 60 } }, { name: 'b' }],
    'overlaps',
  ),
  part('reaches into the list', { name: 'a', claims: { compressedSize: 20, size: 20 } }, 'overlaps the list'),
  part('reaches behind the end', { name: 'a', claims: { compressedSize: 9e6, size: 9e6 } }, 'damaged'),
  part('lacks its Zip64 sizes', { name: 'a', claims: { size: 0xffffffff } }, /damaged|impossible|different/),
  part(
    'has an exabyte in Zip64',
    {
      name: 'a',
      method: 8,
      claims: {
        size: 0xffffffff,
        compressedSize: 0xffffffff,
        extra: extraField(1, long(1n << 60n, 1n << 60n)),
      },
    },
    'damaged',
  ),
  part(
    'has other sizes in its own Zip64 field',
    {
      name: 'a',
      content: 'abc',
      claims: { size: 0xffffffff, compressedSize: 0xffffffff },
      listed: { extra: extraField(1, long(3n, 3n)) },
      local: { extra: extraField(1, long(9n, 3n)) },
    },
    'two headers',
  ),
  ended('counts no entries but lists one', { count: 0 }, 'bytes that belong to none'),
  [
    'counts fewer entries than it lists',
    buildZip([GOOD, { name: 'a' }], { count: 1 }),
    'contradicts its list',
  ],
  ended('counts more entries than it lists', { count: 2 }, 'damaged'),
  ended('begins its list too late', { listOffset: 60 }, 'damaged'),
  ended('begins its list nowhere', { listOffset: 0x7fffffff }, 'damaged'),
  ended('lies about the length of its list', { listSize: 3 }, 'contradicts its list'),
  ended('is one of several disks', { disk: 1 }, 'multi-disk'),
  ended('lies in Zip64 about the count', { zip64: { count: 7n } }, 'damaged'),
  ended('counts 2^60 entries in Zip64', { zip64: { count: 1n << 60n } }, 'more than 10,000 files'),
  ended('begins its list at 2^63 in Zip64', { zip64: { listOffset: 1n << 63n } }, 'damaged'),
  ended('has its Zip64 record nowhere', { zip64: { recordOffset: 1n << 40n } }, 'no zip archive'),
  ended('says two things about its count', { count: 3, zip64: {} }, 'contradicts its list'),
  ended('says two things about its list', { listOffset: 3, zip64: {} }, 'contradicts its list'),
  part('hides a Zip64 record in a comment', forgedLocator(1n), 'contradicts its list'),
  part('hides a Zip64 record of nothing in a comment', forgedLocator(0n), 'bytes that belong to none'),
  ended(
    'has a signature in its comment',
    { comment: Buffer.from('PK\x05\x06'.padEnd(40, '-')) },
    'no zip archive',
  ),
  ended('has an archive in its comment', { comment: buildZip([{ name: 'evil' }]) }, 'damaged'),
  ended('has an empty archive in its comment', { comment: buildZip([]) }, 'contradicts its list'),
  ended(
    'is two archives, one in the comment of the other',
    { comment: behindGood() },
    'bytes that belong to none',
  ),
  ended('begins with a program', { prefix: Buffer.from('#!/bin/sh\nexit\n') }, 'bytes that belong to none'),
  ended('is followed by garbage', { suffix: Buffer.from('garbage') }, 'no zip archive'),
  ended('is followed by an empty archive', { suffix: buildZip([]) }, 'contradicts its list'),
  ended('is followed by an archive of its own', { suffix: behindGood() }, 'bytes that belong to none'),
  ['is empty', Buffer.alloc(0), 'no zip archive'],
  ['is garbage', Buffer.from('garbage '.repeat(500)), 'no zip archive'],
  ['is nothing but signatures', Buffer.from('PK\x05\x06'.repeat(500)), /damaged/],
  ...[1, 21, 29, 40, 80, 120].map((length) => cut(`is cut after ${length} bytes`, length)),
  ...[1, 10, 22, 30, 60].map((length) => cut(`is cut ${length} bytes before its end`, -length)),
];

const BOMBS: readonly Case[] = [
  part('is a GiB of zeros', zeros(1024), 'larger than 256 MiB'),
  parts(
    'is a lot of zeros in parts',
    Array.from({ length: 5 }, (_, index) => ({ ...zeros(60), name: `${index}` })),
    'larger than 256 MiB',
  ),
  parts(
    'is the same zeros many times',
    [
      zeros(1),
      ...Array.from({ length: 9 }, (_, index) => ({
        ...zeros(1),
        name: `${index}`,
        offset: 42,
        listedOnly: true,
      })),
    ],
    /two headers/,
  ),
  ['quotes its entries in each other', quotingBomb(20), 'overlaps another one'],
  [
    'has 100,000 entries',
    buildZip(
      Array.from({ length: 100_000 }, (_, index) => ({ name: `${index}` })),
      { count: 0xffff },
    ),
    'more than 10,000 files',
  ],
  [
    'has 65,537 entries that count as one',
    buildZip(
      Array.from({ length: 65_537 }, (_, index) => ({ name: `${index}` })),
      { count: 1 },
    ),
    'contradicts its list',
  ],
  parts(
    'makes many folders of few entries',
    Array.from({ length: 300 }, (_, index) => ({ name: `${`${index}/`.repeat(40)}a` })),
    'more than 10,000 files',
  ),
];

/** An entry whose comment ends as if Zip64 records of `count` entries stood behind it; the record is its content. */
function forgedLocator(count: bigint): Part {
  const numbers = long(count, count, 54n, 129n);
  const content = Buffer.concat([
    integers([4, 0x06064b50]),
    long(44n),
    integers([4, 45], [4, 0], [4, 0]),
    numbers,
  ]);
  const comment = Buffer.concat([integers([4, 0x07064b50], [4, 0]), long(42n + 31n), integers([4, 1])]);
  return { name: 'a', content, comment };
}

/** An archive whose positions are right where the archive of the good entry ends. */
function behindGood(): Buffer {
  const { length } = buildZip([GOOD]);
  return buildZip([{ name: 'evil' }], { prefix: Buffer.alloc(length) }).subarray(length);
}

/** Only their contents tell, so that a part is written before they are refused. */
const CONTENT_LIES: readonly Case[] = [
  part('has another CRC', { name: 'a', content: 'abc', claims: { crc: 1 } }, 'CRC-32'),
  part('has another CRC, deflated', { name: 'a', content: 'abc', method: 8, claims: { crc: 1 } }, 'CRC-32'),
  part('was changed by a bit', { name: 'a', content: 'abc', data: Buffer.from('abb') }, 'CRC-32'),
  part(
    'is larger than it says',
    { ...zeros(1), claims: { size: 1000, crc: 0 } },
    'larger than the archive says',
  ),
  part('is a GiB that says a KiB', { ...zeros(1024), claims: { size: 1024, crc: 0 } }, 'larger than the'),
  part('says it is empty', { name: 'a', content: 'abc', method: 8, claims: { size: 0 } }, 'larger than the'),
  part(
    'is smaller than it says',
    { name: 'a', content: 'abc', method: 8, claims: { size: 9 } },
    'smaller than',
  ),
  part('is not deflated', { name: 'a', method: 8, data: Buffer.from('garbage!') }, 'damaged'),
  part('is empty where it is deflated', { name: 'a', method: 8, data: Buffer.alloc(0) }, 'damaged'),
  part('ends too early', { name: 'a', method: 8, ...truncated('abc'.repeat(99)) }, 'damaged'),
  part(
    'is followed by more',
    { name: 'a', content: 'abc', method: 8, ...padded('abc') },
    'bytes that are not its own',
  ),
];

function truncated(content: string): Pick<Part, 'content' | 'data'> {
  return { content, data: deflateRawSync(content).subarray(0, -2) };
}

function padded(content: string): Pick<Part, 'data'> {
  return { data: Buffer.concat([deflateRawSync(content), Buffer.from('hidden')]) };
}

const TABLE = [...NAMES, ...KINDS, ...CHECKED_LIES, ...BOMBS];

test('the tables have more than 120 hostile archives, each of its own kind', () => {
  const all = [...TABLE, ...CONTENT_LIES].map(([, archive]) => archive.toString('latin1'));
  expect(new Set(all).size).toBe(all.length);
  expect(all.length).toBeGreaterThan(120);
});

describe.each([{ descriptors: true }, { descriptors: false }])('with %o', (options) => {
  test.each([...TABLE])(
    'an archive that %s is refused before anything is written',
    async (_, archive, sentence) => {
      const { root, unpack, hashOutside } = await makeStaging(options);
      const before = await hashOutside();
      const problem = await problemOf(unpack(archive));
      expect(problem.code).toBe('archive_refused');
      expect(problem.message).toMatch(sentence);
      expect(problem.message).toMatch(/^Nothing was unpacked from "a.zip": .*\.$/s);
      expect(problem.message).not.toMatch(/[\p{Control}\p{Format}]/u);
      expect(problem.message.length).toBeLessThan(700);
      expect(await readdir(root)).toEqual([]);
      expect(await hashOutside()).toBe(before);
    },
  );

  test.each([...CONTENT_LIES])(
    'an archive with a content that %s is refused at it',
    async (_, archive, sentence) => {
      const { root, unpack, hashOutside } = await makeStaging(options);
      const before = await hashOutside();
      const problem = await problemOf(unpack(archive));
      expect(problem.code).toBe('archive_refused');
      expect(problem.message).toMatch(sentence);
      expect(problem.message).toMatch(/its entry "(a|zeros)"/);
      // What came before it is there, for the caller to remove.
      expect(await readFile(join(root, 'good.txt'), 'utf8')).toBe('good');
      expect((await readdir(root)).length).toBeLessThanOrEqual(2);
      expect(await hashOutside()).toBe(before);
    },
  );
});

test('an archive in an archive stays an archive', async () => {
  const { root, unpack } = await makeStaging();
  const inner = buildZip([zeros(1024)]);
  expect(await unpack(buildZip([{ name: 'inner.zip', content: inner, method: 8 }]))).toMatchObject({
    files: 1,
  });
  expect(await readFile(join(root, 'inner.zip'))).toEqual(inner);
});

test('an archive that is cut or changed anywhere is refused, or its contents are as they were', async () => {
  const whole = buildZip([GOOD, { name: 'b/c.txt', content: 'c'.repeat(50), method: 8 }]);
  for (let position = 0; position < whole.length; position += 1) {
    const { root, unpack, hashOutside } = await makeStaging();
    const before = await hashOutside();
    const changed = Buffer.from(whole);
    changed.writeUInt8((changed.readUInt8(position) + 0x55) & 0xff, position);
    const outcome = await unpack(changed).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (outcome !== undefined) expect(outcome, `byte ${position}`).toMatchObject({ code: 'archive_refused' });
    else expect(await readFile(join(root, 'good.txt'), 'utf8')).toBe('good');
    expect((await problemOf(unpack(whole.subarray(0, position)))).code).toBe('archive_refused');
    expect(await hashOutside()).toBe(before);
  }
});
