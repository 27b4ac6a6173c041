import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunkBlocks, MOST_TOKENS } from '../../src/knowledge/chunking/chunk-document.ts';
import type { Block } from '../../src/knowledge/document.ts';
import { estimateTokens } from '../../src/models/tokens.ts';
import { createRandom, sentence } from './long-documents.ts';

function block(text: string, line: number, more: Partial<Block> = {}): Block {
  return { text, startLine: line, endLine: line, page: null, trail: [], parting: 1, ...more };
}

test('small sections stay together in one chunk, with the blank lines that were between them', () => {
  const [chunk, ...others] = chunkBlocks([
    block('# A', 1, { parting: 9, trail: ['A'] }),
    block('one', 2, { trail: ['A'] }),
    block('## B', 6, { parting: 8, trail: ['A', 'B'] }),
  ]);
  expect(others).toEqual([]);
  expect(chunk).toEqual({
    text: '# A\none\n\n\n\n## B',
    startLine: 1,
    endLine: 6,
    page: null,
    trail: ['A'],
    tokenCount: 4,
    hash: createHash('sha256').update('# A\none\n\n\n\n## B').digest('hex'),
  });
});

test('the trail is what all blocks share, or else that of the first', () => {
  const trailOf = (...trails: string[][]) =>
    chunkBlocks(trails.map((trail, index) => block('x', index + 1, { trail })))[0]?.trail;
  expect(trailOf(['A', 'B'], ['A', 'C'])).toEqual(['A']);
  expect(trailOf(['A', 'B'], ['C'])).toEqual(['A', 'B']);
  expect(trailOf([], ['C'])).toEqual([]);
});

test('a chunk never spans two pages or two tables', () => {
  const texts = (blocks: Block[]) => chunkBlocks(blocks).map(({ text }) => text);
  expect(texts([block('a', 1, { page: 1 }), block('b', 2, { page: 2 })])).toEqual(['a', 'b']);
  expect(
    texts([
      block('h1', 1, { header: 'h1' }),
      block('r1', 2, { header: 'h1' }),
      block('The second:', 3),
      block('h2', 4, { header: 'h2' }),
      block('r2', 5, { header: 'h2' }),
    ]),
  ).toEqual(['h1\nr1', 'The second:\nh2\nr2']);
});

test('each chunk of a long table begins with its header', () => {
  const random = createRandom(1);
  const rows = Array.from({ length: 200 }, (_, index) =>
    block(sentence(random), index + 2, { header: 'the header' }),
  );
  const chunks = chunkBlocks([block('the header', 1, { header: 'the header' }), ...rows]);
  expect(chunks.length).toBeGreaterThan(5);
  for (const { text } of chunks)
    expect(text.split('\n').filter((line) => line === 'the header')).toEqual(['the header']);
  expect(chunks.every(({ text }) => text.startsWith('the header\n'))).toBe(true);
});

test('a long block is cut at sentences, and never within a character', () => {
  const random = createRandom(2);
  const prose = Array.from({ length: 200 }, () => sentence(random)).join(' ');
  const chunks = chunkBlocks([block(prose, 7)]);
  expect(chunks.map(({ text }) => text).join('')).toBe(prose);
  expect(
    chunks.every(({ text, startLine, endLine }) => /\.\s?$/.test(text) && startLine === 7 && endLine === 7),
  ).toBe(true);
  const faces = '😀'.repeat(5_000);
  expect(
    chunkBlocks([block(faces, 1)])
      .map(({ text }) => text)
      .join(''),
  ).toBe(faces);
});

test('a text is well-formed, without the character that a database refuses', () => {
  expect(chunkBlocks([block('a\0b\ud800', 1)])[0]?.text).toBe('ab\ufffd');
});

test('nothing is lost, and no chunk is too long', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.string({ minLength: 1_000, maxLength: 4_000, unit: 'grapheme' }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.record({ text, parting: fc.integer({ min: 0, max: 9 }) }), { maxLength: 60 }),
      (parts) => {
        const blocks = parts.map((part, index) => block(part.text, index + 1, { parting: part.parting }));
        const chunks = chunkBlocks(blocks);
        const letters = (whole: string) => whole.toWellFormed().replaceAll(/\s|\0/g, '');
        expect(letters(chunks.map((chunk) => chunk.text).join(''))).toBe(
          letters(blocks.map((own) => own.text).join('')),
        );
        for (const chunk of chunks) {
          expect(chunk.tokenCount).toBe(estimateTokens(chunk.text));
          expect(chunk.tokenCount).toBeLessThanOrEqual(MOST_TOKENS);
        }
      },
    ),
    { numRuns: 50 },
  );
});
