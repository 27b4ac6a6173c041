import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createRandom,
  longMarkdown,
  longSource,
  longTable,
  longText,
  sentence,
} from '../knowledge/long-documents.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createDocumentReader, type DocumentReader, type ShownPassage } from '../support/document-reader.ts';

/** So many blank lines in a row are kept in a passage. */
const BLANK_LINES = 3;
/** The header of a table is repeated in each passage of it. */
const HEADER = /^\| a\d+ \| b \|\n\|---\|---\|\n/gm;

let app: TestApp;
let users = 0;
beforeAll(async () => {
  app = await startTestApp({ env: { KNOWLEDGE_SCAN_INTERVAL_MS: '200' } });
});
afterAll(() => app.stop());

/** Someone with these files in a folder of their own that is read in. */
async function readerOf(files: Record<string, string>) {
  users += 1;
  const reader = createDocumentReader(app, `reader-${users}`);
  const root = `of-${users}`;
  await reader.write(
    Object.fromEntries(Object.entries(files).map(([path, text]) => [`${root}/${path}`, text])),
  );
  const folder = await reader.read(root);
  expect(folder.files).toMatchObject({ total: Object.keys(files).length, failed: 0 });
  return { ...reader, root };
}

/** As a reader of a file counts them. */
async function linesOf(path: string): Promise<string[]> {
  return (await readFile(join(app.workspace, path), 'utf8')).replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
}

const comparable = (text: string) =>
  text
    .replaceAll(HEADER, '')
    .replaceAll(/\n(?:[^\S\n]*\n)+/g, (run) =>
      '\n'.repeat(Math.min(run.split('\n').length - 1, BLANK_LINES + 1)),
    );

/** Wants the text of a passage to be what its file says in its lines: all of them, or a part of a line that is long. */
async function expectInPlace(passage: Pick<ShownPassage, 'path' | 'start_line' | 'end_line' | 'text'>) {
  const { path, start_line, end_line, text } = passage;
  const lines = await linesOf(path);
  const stated = lines.slice(start_line - 1, end_line).join('\n');
  expect(end_line).toBeLessThanOrEqual(lines.length);
  expect(comparable(stated), `${path}:${start_line}-${end_line}`).toContain(comparable(text));
  const shown = text.replaceAll(HEADER, '').split('\n');
  if (text.startsWith(shown[0] ?? '')) expect(lines[start_line - 1]).toContain(shown[0]);
  expect(lines[end_line - 1]).toContain(shown.at(-1));
}

const words = (count: number, seed: number) => {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, index) => `term${index}${'xyzw'[Math.floor(random() * 4)]}`);
};

describe('what is said more than once', () => {
  it('is shown once, with the places where it is said again', async () => {
    const text = 'The gannet dives from thirty metres.';
    const reader = await readerOf({
      'a.md': text,
      'b/c.md': text,
      'd.txt': text,
      'other.md': 'Something else.',
    });
    const found = await reader.search('gannet dives');
    expect(found).toHaveLength(1);
    const [{ path, also_in } = { path: '', also_in: [] }] = found;
    expect([path, ...also_in.map((copy) => copy.path)].sort()).toEqual(
      ['a.md', 'b/c.md', 'd.txt'].map((name) => `${reader.root}/${name}`),
    );
    expect(also_in).toEqual(
      also_in.map(() => expect.objectContaining({ start_line: 1, end_line: 1, page: null })),
    );
    const { id = '' } = (await reader.at(path)) ?? {};
    await reader.forget(id);
    const [left] = await reader.search('gannet dives');
    expect([left?.path, ...(left?.also_in ?? []).map((copy) => copy.path)]).not.toContain(path);
  });

  it('is folded when a word differs, mostly, and never when it says something else', async () => {
    const texts = Array.from({ length: 12 }, (_, index) =>
      longText(createRandom(index + 50), 20)
        .join(' ')
        .split(' ')
        .slice(0, 150)
        .with(0, `Heading${index}`),
    );
    const pairs = texts.flatMap((text, index) => [
      [`${index}-a.txt`, text.join(' ')],
      [`${index}-b.txt`, text.with(75, 'elephant').join(' ')],
    ]);
    const reader = await readerOf(Object.fromEntries(pairs));
    let folded = 0;
    for (const index of texts.keys()) {
      const found = await reader.search(`Heading${index}`, { path: `${reader.root}/*.txt`, limit: 50 });
      const own = (path: string) => path.startsWith(`${reader.root}/${index}-`);
      for (const { path, also_in } of found)
        expect(also_in.filter((copy) => own(copy.path) !== own(path))).toEqual([]);
      if (found.some(({ path, also_in }) => own(path) && also_in.length === 1)) folded += 1;
    }
    expect(folded).toBeGreaterThan(texts.length / 2);
  });

  it('leaves room for what is said elsewhere, however often it is said', async () => {
    const copies = Array.from({ length: 60 }, (_, index) => [
      `copy-${index}.md`,
      'The curlew calls, the curlew.',
    ]);
    const others = Array.from({ length: 4 }, (_, index) => [
      `other-${index}.md`,
      `${sentence(createRandom(index), 12)} A curlew was seen in year ${1900 + index * 7}. ${sentence(createRandom(index + 9), 12)}`,
    ]);
    const reader = await readerOf(Object.fromEntries([...copies, ...others]));
    const found = await reader.found('curlew', { limit: 5 });
    expect(found.filter((path) => path.includes('other-'))).toHaveLength(4);
  });

  it('is not taken for a copy because it is short', async () => {
    const reader = await readerOf({
      'a.txt': 'whimbrel one',
      'b.txt': 'whimbrel two',
      'c.txt': 'three whimbrel',
    });
    expect(await reader.search('whimbrel')).toHaveLength(3);
  });
});

describe('what stands side by side', () => {
  it('is joined to one passage with the lines of all of it', async () => {
    const lines = Array.from(
      { length: 120 },
      (_, index) => `The sandpiper ${index + 1} runs along ${words(8, index).join(' ')}.`,
    );
    const reader = await readerOf({ 'birds.txt': lines.join('\n') });
    const chunks = (await reader.at(`${reader.root}/birds.txt`))?.chunks ?? 0;
    expect(chunks).toBeGreaterThan(5);
    const [whole, ...others] = await reader.search('sandpiper', { limit: 50 });
    expect(others).toEqual([]);
    expect(whole).toMatchObject({ start_line: 1, end_line: 120, text: lines.join('\n') });
    const some = await reader.search('sandpiper', { limit: 3 });
    for (const passage of some) await expectInPlace(passage);
  });

  it('is not joined over what stands between', async () => {
    const filler = (seed: number) => words(400, seed).join(' ');
    const reader = await readerOf({
      'gap.md': `# One\n\nA dunlin.\n\n${filler(1)}\n\n# Two\n\nA dunlin again, the other.\n`,
    });
    const found = await reader.search('dunlin');
    expect(found).toHaveLength(2);
    for (const passage of found) await expectInPlace(passage);
  });

  it('goes on in the middle of a line that is longer than a passage', async () => {
    const line = words(1_500, 5).join(' ');
    const reader = await readerOf({
      'long.txt': `before\n${line}\nafter`,
      'solid.txt': words(900, 6).join(''),
    });
    for (const passage of await reader.search('term7x term8x term300y term301y before', { limit: 50 }))
      await expectInPlace(passage);
    const { id = '' } = (await reader.at(`${reader.root}/solid.txt`)) ?? {};
    const { body } = await reader.passages(id, '?limit=200');
    expect(body.passages.map(({ text }: { text: string }) => text).join('')).toBe(words(900, 6).join(''));
  });
});

describe('the limit', () => {
  it.each([1, 2, 7, 50])('of %i is kept', async (limit) => {
    const files = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [
        `${index}.txt`,
        `An oystercatcher and ${words(20, index * 31).join(`${index} `)}`,
      ]),
    );
    const reader = await readerOf(files);
    const found = await reader.search('oystercatcher', { limit });
    expect(found).toHaveLength(limit);
    expect(new Set(found.map(({ path }) => path)).size).toBe(limit);
  });
});

describe('each passage', () => {
  const random = createRandom(7);
  const files: Record<string, string> = {
    'guide.md': longMarkdown(random, 40).join('\n'),
    'windows.md': `\ufeff${longMarkdown(random, 12).join('\r\n')}`,
    'story.txt': longText(random, 60).join('\n'),
    'spaced.txt': longText(random, 40).join('\n\n\n\n\n\n'),
    'indented.txt': longText(random, 30)
      .map((line) => `\t  ${line}  `)
      .join('\n'),
    'code.ts': longSource(random, 30).join('\n'),
    'odd.txt': Array.from(
      { length: 80 },
      (_, index) => `🎉 ${sentence(random)} ñandú\u2028${index}\u0085 ${sentence(random)}`,
    ).join('\n'),
    'lines.txt': Array.from({ length: 6 }, () =>
      Array.from({ length: 90 }, () => sentence(random)).join(' '),
    ).join('\n'),
    'data.yaml': Array.from(
      { length: 90 },
      (_, index) => `key${index}:\n  - ${sentence(random)}\n  - memory: ${sentence(random)}`,
    ).join('\n'),
    'data.json': JSON.stringify(
      Array.from({ length: 60 }, () => ({ river: sentence(random), cloud: [sentence(random)] })),
      null,
      2,
    ),
  };
  let reader: DocumentReader & { root: string };
  beforeAll(async () => {
    reader = await readerOf(files);
  });
  const word = fc.constantFrom(
    ...'river memory assistant table quiet engine letter cloud garden winter question'.split(' '),
  );

  it('that is found stands in its file in the lines that it names', async () => {
    const question = fc.record({
      query: fc.array(word, { minLength: 1, maxLength: 4 }).map((chosen) => chosen.join(' ')),
      limit: fc.integer({ min: 1, max: 50 }),
      name: fc.constantFrom('**', ...Object.keys(files)),
    });
    await fc.assert(
      fc.asyncProperty(question, async ({ query, limit, name }) => {
        const found = await reader.search(query, { limit, path: `${reader.root}/${name}` });
        expect(found.length).toBeLessThanOrEqual(limit);
        for (const passage of found) await expectInPlace(passage);
        const places = found.map(({ path, start_line, text }) => `${path}:${start_line}:${text}`);
        expect(new Set(places).size).toBe(places.length);
      }),
      { numRuns: 60 },
    );
  });

  it.each(Object.keys(files))(
    'that is read on stands there too, and nothing is left out: %s',
    async (name) => {
      const path = `${reader.root}/${name}`;
      const { id = '', chunks } = (await reader.at(path)) ?? {};
      const { body } = await reader.passages(id, '?limit=200');
      expect(body.passages).toHaveLength(Math.min(200, chunks ?? 0));
      for (const passage of body.passages) await expectInPlace({ path, ...passage });
      const dense = (texts: string[]) => texts.join('\n').replaceAll(HEADER, '').replaceAll(/\s+/g, '');
      const read = dense(body.passages.map(({ text }: { text: string }) => text));
      const whole = dense(await linesOf(path));
      expect(body.more ? whole.slice(0, read.length) : whole).toBe(read);
    },
  );

  it('of a table says its header and rows that stand in its lines', async () => {
    const rows = longTable(createRandom(3), 120);
    const table = await readerOf({ 'table.csv': rows.join('\n') });
    for (const { text, start_line, end_line } of await table.search('river garden', { limit: 50 })) {
      const [header, ...shown] = text.split('\n').filter((line, index) => index === 0 || line !== rows[0]);
      expect(header).toBe(rows[0]);
      expect(shown).toEqual(rows.slice(Math.max(1, start_line - 1), end_line));
    }
  });
});
