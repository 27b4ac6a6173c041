import { describe, expect, test } from 'vitest';
import { chunkBlocks } from '../../src/knowledge/chunking/chunk-document.ts';
import type { ParsedDocument } from '../../src/knowledge/document.ts';
import { parseDelimited } from '../../src/knowledge/formats/delimited.ts';
import { parseMarkdown } from '../../src/knowledge/formats/markdown.ts';
import { parsePlainText } from '../../src/knowledge/formats/plain-text.ts';
import { parseSourceCode } from '../../src/knowledge/formats/source-code.ts';
import { createRandom, longMarkdown, longSource, longTable, longText, sentence } from './long-documents.ts';

/** Measured with 200 places and more in each of the documents too; these keep the suite quick. */
const PLACES = 40;
const MOST_NEW_CHUNKS = 3;

interface Case {
  name: string;
  lines: (random: () => number) => string[];
  parse: (text: string) => ParsedDocument | Promise<ParsedDocument>;
  /** Lines that say what all the others are, and are left as they are. */
  isKept?: (line: string, index: number) => boolean;
}

const CASES: Case[] = [
  {
    name: 'Markdown',
    lines: (random) => longMarkdown(random, 470),
    parse: (text) => parseMarkdown({ path: 'a.md', text }),
    // Without its fence, text is code and code is text; and a header is repeated in each chunk of its table.
    isKept: (line) => line.startsWith('```') || /^\|(?: a\d|---)/.test(line),
  },
  {
    name: 'a text without headings',
    lines: (random) => longText(random, 1_450),
    parse: (text) => parsePlainText({ path: 'a.txt', text }),
  },
  {
    name: 'a table',
    lines: (random) => longTable(random, 7_400),
    parse: (text) => parseDelimited({ path: 'a.csv', text }),
    isKept: (_, index) => index === 0,
  },
  {
    name: 'source code',
    lines: (random) => longSource(random, 900),
    parse: (text) => parseSourceCode({ path: 'a.ts', text }),
  },
];

describe('an edit of one line changes at most three chunks', () => {
  test.each(CASES)('of $name', { timeout: 180_000 }, async ({ lines: make, parse, isKept }) => {
    const random = createRandom(20_261_121);
    const lines = make(random);
    const hashes = async (text: readonly string[]) =>
      new Set(chunkBlocks((await parse(text.join('\n'))).blocks).map(({ hash }) => hash));
    const known = await hashes(lines);
    expect(known.size).toBeGreaterThan(900);
    const places: number[] = [];
    while (places.length < PLACES) {
      const place = Math.floor(random() * lines.length);
      if (isKept?.(lines[place] ?? '', place) !== true) places.push(place);
    }
    for (const [index, place] of places.entries()) {
      const line = index % 2 === 0 ? sentence(random) : `${lines[place] ?? ''} ${sentence(random, 3)}`;
      const changes = {
        edit: lines.with(place, line),
        insertion: lines.toSpliced(place, 0, sentence(random)),
        deletion: lines.toSpliced(place, 1),
      };
      for (const [change, text] of Object.entries(changes)) {
        const fresh = [...(await hashes(text))].filter((hash) => !known.has(hash));
        expect(fresh.length, `${change} at line ${place + 1}: ${lines[place]}`).toBeLessThanOrEqual(
          MOST_NEW_CHUNKS,
        );
      }
    }
  });
});
