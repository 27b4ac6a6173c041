import { randomBytes } from 'node:crypto';
import { deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProblemError } from '../../src/errors.ts';
import { decodeText, encodeText, isBinary, type TextEncoding } from '../../src/workspace/text/file-text.ts';
import { problemOf } from './sandbox.ts';

const SAMPLES: readonly [TextEncoding, readonly number[], string][] = [
  ['utf-8', [0x68, 0xc3, 0xb1, 0xf0, 0x9f, 0x98, 0x80], 'hñ😀'],
  ['utf-8', [], ''],
  ['utf-8-bom', [0xef, 0xbb, 0xbf, 0xc3, 0xb1], 'ñ'],
  ['utf-8-bom', [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf], '\uFEFF'],
  ['utf-16le', [0xff, 0xfe, 0xf1, 0x00, 0x3d, 0xd8, 0x00, 0xde], 'ñ😀'],
  ['utf-16be', [0xfe, 0xff, 0x00, 0xf1, 0xd8, 0x3d, 0xde, 0x00], 'ñ😀'],
  ['windows-1252', [0x93, 0x61, 0xf1, 0x94, 0x20, 0x80], '“añ” €'],
];

const BINARY: Readonly<Record<string, Uint8Array>> = {
  'a NUL in ASCII': Buffer.from('a\0b'),
  'UTF-16 without a byte order mark': Buffer.from('text', 'utf16le'),
  'half a unit of UTF-16': Buffer.of(0xff, 0xfe, 0x61),
  'half a surrogate pair in UTF-16': Buffer.of(0xfe, 0xff, 0xd8, 0x3d),
  'a NUL in UTF-16': Buffer.of(0xff, 0xfe, 0x61, 0x00, 0x00, 0x00),
  'UTF-32': Buffer.of(0xff, 0xfe, 0x00, 0x00, 0x61, 0x00, 0x00, 0x00),
  'a byte that Windows-1252 leaves undefined': Buffer.of(0x61, 0x81, 0x61),
  'a control character outside of UTF-8': Buffer.of(0xf1, 0x01),
  'compressed data': gzipSync(randomBytes(500)),
  'compressed data without a header': deflateRawSync(randomBytes(500)),
};

function refusalOf(action: () => unknown): Promise<ProblemError> {
  return problemOf(Promise.resolve().then(action));
}

describe('the text of a file', () => {
  test.each(SAMPLES)('is found in %s (%j)', (encoding, bytes, text) => {
    expect(decodeText(Buffer.from(bytes), 'a.txt')).toEqual({ text, encoding });
    expect(encodeText({ text, encoding }, 'a.txt')).toEqual(Buffer.from(bytes));
    expect(isBinary(Buffer.from(bytes))).toBe(false);
  });

  test.each(Object.entries(BINARY))('is not found in %s', async (_, bytes) => {
    const problem = await refusalOf(() => decodeText(bytes, 'photo.png'));
    expect(problem.code).toBe('not_text');
    expect(problem.message).toContain(
      `"photo.png" is binary, not text, and has ${bytes.length} bytes; it can be read as bytes over HTTP`,
    );
  });

  test('gives the same bytes again, or the file is binary', () => {
    const near = fc.constantFrom(
      0x0a,
      0x41,
      0x93,
      0xc3,
      0xb1,
      0xe2,
      0x82,
      0xac,
      0xef,
      0xbb,
      0xbf,
      0xfe,
      0xff,
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.array(near, { maxLength: 12 }),
      fc.array(near, { maxLength: 12 }).map((rest) => [0xff, 0xfe, ...rest]),
    );
    const seen = new Set<string>();
    fc.assert(
      fc.property(bytes, (values) => {
        const content = Buffer.from(values);
        try {
          const decoded = decodeText(content, 'a');
          seen.add(decoded.encoding);
          expect(encodeText(decoded, 'a')).toEqual(content);
        } catch (error) {
          if (!(error instanceof ProblemError) || error.code !== 'not_text') throw error;
          seen.add('binary');
        }
      }),
      { numRuns: 20_000 },
    );
    expect([...seen]).toEqual(expect.arrayContaining(['utf-8', 'utf-16le', 'windows-1252', 'binary']));
  });

  test('is what was encoded, whatever a change made of it', () => {
    const encodings: TextEncoding[] = ['utf-8-bom', 'utf-16le', 'utf-16be', 'windows-1252'];
    const units = fc.constantFrom(
      'a',
      '\n',
      'ñ',
      'Ã',
      '±',
      'ÿ',
      'þ',
      '€',
      '\uFEFF',
      '\uFFFD',
      '😀',
      '\ud83d',
      '\0',
      '\x81',
    );
    let refused = 0;
    fc.assert(
      fc.property(
        fc.string({ unit: units, maxLength: 8 }),
        fc.constantFrom(...encodings),
        (text, encoding) => {
          let bytes: Buffer;
          try {
            bytes = encodeText({ text, encoding }, 'a');
          } catch (error) {
            if (!(error instanceof ProblemError) || error.code !== 'edit_does_not_apply') throw error;
            refused += 1;
            return;
          }
          expect(decodeText(bytes, 'a').text).toBe(text);
        },
      ),
      { numRuns: 10_000 },
    );
    expect(refused).toBeGreaterThan(1000);
    expect(refused).toBeLessThan(9500);
  });
});

describe('a character that an encoding has no place for', () => {
  test('is named with the encoding, and what can be done', async () => {
    const problem = await refusalOf(() =>
      encodeText({ text: 'niño 子供 😀', encoding: 'windows-1252' }, 'a.txt'),
    );
    expect(problem.code).toBe('edit_does_not_apply');
    expect(problem.message).toContain('is written in windows-1252, which has no place for "子" (U+5B50)');
    expect(problem.message).toContain('write the whole file anew, which makes it UTF-8');
    const astral = await refusalOf(() => encodeText({ text: '😀', encoding: 'windows-1252' }, 'a.txt'));
    expect(astral.message).toContain('"😀" (U+1F600)');
  });

  test.each(['utf-8', 'utf-16be', 'windows-1252'] as const)(
    'is a NUL or half a pair in %s',
    async (encoding) => {
      const nul = await refusalOf(() => encodeText({ text: 'ab\0', encoding }, 'a.txt'));
      expect(nul.message).toContain('U+0000');
      const half = await refusalOf(() => encodeText({ text: 'a\ud83db', encoding }, 'a.txt'));
      expect(half.message).toContain('U+D83D');
    },
  );

  test('is also one that would make another encoding of the file', async () => {
    for (const text of ['Ã±', 'ÿþab', 'þÿa']) {
      const problem = await refusalOf(() => encodeText({ text, encoding: 'windows-1252' }, 'a.txt'));
      expect(problem.code).toBe('edit_does_not_apply');
      expect(problem.message).toContain('would read as text in another encoding');
    }
  });
});

describe('the first part of a file', () => {
  test.each(SAMPLES)('is text in %s wherever it ends (%j)', (_, bytes) => {
    for (let length = 0; length <= bytes.length; length += 1) {
      expect(isBinary(Buffer.from(bytes).subarray(0, length))).toBe(false);
    }
  });

  test('ends inside a character that Windows-1252 could not hold', () => {
    expect(isBinary(Buffer.from('ñoño 、').subarray(0, -1))).toBe(false);
    expect(isBinary(Buffer.from('Á'.repeat(100)).subarray(0, 199))).toBe(false);
  });

  test('is binary when it holds what no text does', () => {
    expect(isBinary(Buffer.from('MZ\x90\0\x03\0'))).toBe(true);
    expect(isBinary(gzipSync(randomBytes(5000)).subarray(0, 1000))).toBe(true);
  });
});
