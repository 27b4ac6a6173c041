import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { DocumentFault } from '../../src/knowledge/document.ts';
import { createReader } from '../../src/knowledge/reader/reader.ts';
import { FIXTURES, fixture } from './fixtures.ts';
import { HOSTILE } from './hostile-files.ts';
import { docxFiles, wordParagraph, zipOf } from './office-fixtures.ts';

const GOOD = fixture('diary.txt');
const RANDOM_FILES = 200;
const PREFIXES = 60;

const reader = createReader();
afterAll(() => reader.close());

/** How reading ends: with a document or with a fault, and never with anything else. */
async function outcome(path: string, bytes: Uint8Array, { exhausting = false } = {}): Promise<string> {
  try {
    const { chunks } = await reader.read({ path, bytes }, {});
    expect(chunks.length).toBeGreaterThan(0);
    return 'read';
  } catch (error) {
    if (!(error instanceof DocumentFault)) throw error;
    expect(error.message).not.toMatch(/\/|node:|Error|undefined/);
    expect(error.message).toMatch(/^[A-Z].*\.$/);
    // These would mean that a limit of the process was needed where a parser's own should have been enough.
    if (!exhausting) expect(['took_too_long', 'out_of_memory']).not.toContain(error.code);
    expect(error.message).not.toContain('crashed');
    return error.code;
  }
}

describe('a hostile document', () => {
  test.for(HOSTILE)(
    '$name is read or refused, and the next one is read',
    async ({ name, bytes, code, exhausting = false }) => {
      const ended = await outcome(name, bytes, { exhausting });
      if (code !== undefined) expect(ended).toBe(code);
      expect(await outcome(GOOD.name, GOOD.bytes)).toBe('read');
    },
  );

  test('may be as deep as the limit', async () => {
    const deep = (levels: number) =>
      zipOf(docxFiles('<w:ins>'.repeat(levels) + wordParagraph('bottom') + '</w:ins>'.repeat(levels)));
    expect(await outcome('a.docx', deep(990))).toBe('read');
    expect(await outcome('a.docx', deep(1000))).toBe('nested_too_deep');
  });
});

describe('a torn document', () => {
  test.for(['handbook.pdf', 'contract.docx', 'stock.xlsx', 'plan.pptx', 'novel.epub', 'invitation.eml'])(
    '%s is read as far as it goes or refused, wherever it ends',
    async (name) => {
      const { bytes } = fixture(name);
      const lengths = fc.integer({ min: 1, max: bytes.length - 1 });
      await fc.assert(
        fc.asyncProperty(lengths, async (length) => void (await outcome(name, bytes.subarray(0, length)))),
        { numRuns: PREFIXES, seed: 20250301 },
      );
      expect(await outcome(GOOD.name, GOOD.bytes)).toBe('read');
    },
  );

  test.for(['handbook.pdf', 'contract.docx', 'stock.xlsx', 'plan.pptx', 'novel.epub'])(
    '%s is read or refused when some of its bytes are others',
    async (name) => {
      const { bytes } = fixture(name);
      const change = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) });
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), async (changes) => {
          const changed = Buffer.from(bytes);
          for (const { at, byte } of changes) changed[at] = byte;
          await outcome(name, changed);
        }),
        { numRuns: PREFIXES, seed: 20250302 },
      );
    },
  );

  test('of random bytes is read or refused, whatever it is called', async () => {
    const names = FIXTURES.map(({ name }) => name);
    let made = 0;
    const random = fc.tuple(fc.constantFrom(...names), fc.uint8Array({ minLength: 1, maxLength: 3000 }));
    await fc.assert(
      fc.asyncProperty(random, async ([name, bytes]) => {
        // Half of them begin as the document of that name does, so that its parser is reached.
        made += 1;
        const head = made % 2 === 0 ? fixture(name).bytes.subarray(0, 64) : Buffer.alloc(0);
        await outcome(name, Buffer.concat([head, bytes]));
      }),
      { numRuns: RANDOM_FILES, seed: 20250303 },
    );
  });
});
