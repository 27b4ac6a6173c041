import { describe, expect, it } from 'vitest';
import { readCodeWords } from '../../src/knowledge/words/code-words.ts';
import { wordColumns } from '../../src/knowledge/words/word-columns.ts';

const words = (text: string) => readCodeWords(text).map(({ word }) => word);
const distance = (one: string, other: string) => {
  const bits = BigInt.asUintN(
    64,
    BigInt(wordColumns(one, '').simhash) ^ BigInt(wordColumns(other, '').simhash),
  );
  return bits.toString(2).replaceAll('0', '').length;
};

describe('the words of code', () => {
  it.each([
    ['createServer', ['createserver', 'create', 'server']],
    ['fs.readFileSync(path)', ['fs.readfilesync', 'fs', 'readfilesync', 'read', 'file', 'sync', 'path']],
    ['ERR_OUT_OF_RANGE', ['err_out_of_range', 'err', 'out', 'of', 'range']],
    ['XMLHttpRequest2', ['xmlhttprequest2', 'xml', 'http', 'request', '2']],
    ['--no-verify', ['no-verify', 'no', 'verify']],
    ['version 1.2.3', ['version', '1.2.3', '1', '2', '3']],
    ['0x80070005', ['0x80070005', '0', 'x', '80070005']],
    ['Ángel Muñoz', ['angel', 'munoz']],
    ['', []],
    ['🙂 — …', []],
  ])('%s', (text, expected) => {
    expect(words(text).toSorted()).toEqual(expected.toSorted());
  });

  it('does not look for endless addresses as a whole', () => {
    expect(words(`https://x.test/${'a/'.repeat(200)}`).every((word) => word.length <= 100)).toBe(true);
  });
});

describe('the columns of a chunk', () => {
  it('quotes whatever stands in a tsvector', () => {
    expect(wordColumns(`it's a back\\slash`, '').code).toMatch(/'it':1 's':2 'a':3 'back':4 'slash':5/);
  });

  it('have a hash that is near for texts that differ in a word, and far for others', () => {
    const text =
      'The journal is written before a change begins, and keeps what was there, so that every change can be undone. '.repeat(
        3,
      );
    expect(distance(text, text.replace('journal', 'ledger'))).toBeLessThanOrEqual(12);
    expect(
      distance(text, 'Dogs need long walks and water in the summer, and cats need nothing at all of it.'),
    ).toBeGreaterThan(16);
    expect(distance(text, text)).toBe(0);
  });
});
