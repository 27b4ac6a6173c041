import { afterAll, describe, expect, test } from 'vitest';
import type { Chunk, ReadDocument } from '../../src/knowledge/document.ts';
import { createReader } from '../../src/knowledge/reader/reader.ts';
import { FIXTURES, fixture } from './fixtures.ts';
import { epubFiles, zipOf } from './office-fixtures.ts';
import { pdfOf } from './pdf-fixtures.ts';

const reader = createReader();
afterAll(() => reader.close());

function read(path: string, bytes: Uint8Array | string): Promise<ReadDocument> {
  return reader.read({ path, bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes }, {});
}

function holding(document: ReadDocument, sentence: string): Chunk {
  const found = document.chunks.find(({ text }) => text.replaceAll('\n', ' ').includes(sentence));
  if (found === undefined)
    throw new Error(`No chunk holds "${sentence}": ${JSON.stringify(document.chunks)}`);
  return found;
}

describe('a document', () => {
  test.for(FIXTURES)('$name is read with the place of its sentence', async (one) => {
    const document = await read(one.name, one.bytes);
    const chunk = holding(document, one.sentence);
    if (one.page !== undefined) expect(chunk.page).toBe(one.page);
    if (one.lines !== undefined) expect([chunk.startLine, chunk.endLine]).toEqual(one.lines);
    if (one.trail !== undefined) expect(chunk.trail.slice(0, one.trail.length)).toEqual(one.trail);
  });

  test('has the title that it gives itself', async () => {
    const titles = await Promise.all(
      ['handbook.pdf', 'contract.docx', 'novel.epub', 'invitation.eml'].map(async (name) => {
        return (await read(name, fixture(name).bytes)).title;
      }),
    );
    expect(titles).toEqual(['Lighthouse handbook', 'Rent', 'The Ferryman', 'Supper on Friday']);
  });

  test('keeps the lines of a paragraph of a PDF together, and counts its pages', async () => {
    const document = await read('handbook.pdf', fixture('handbook.pdf').bytes);
    expect(document.pages).toBe(3);
    const chunk = holding(document, 'The lamp burns forty litres of oil in a winter night.');
    expect([chunk.page, chunk.startLine, chunk.trail]).toEqual([2, 9, ['The lamp']]);
  });

  test('repeats the header of a sheet, and has the numbers of its rows', async () => {
    const { chunks } = await read('stock.xlsx', fixture('stock.xlsx').bytes);
    expect(chunks.map(({ trail, startLine, endLine }) => [trail, startLine, endLine])).toEqual([
      [['Fruit'], 1, 5],
      [['Tools'], 3, 4],
    ]);
    expect(chunks[0]?.text).toContain('Kind | Crates');
    expect(chunks[0]?.text).toContain('Medlar | 4');
  });

  test('has its slides in the order in which they are shown, with tables and without page numbers', async () => {
    const { chunks, pages } = await read('plan.pptx', fixture('plan.pptx').bytes);
    expect(pages).toBe(3);
    expect(chunks.map(({ page, trail }) => [page, trail[0]])).toEqual([
      [1, 'Bees'],
      [2, 'Costs'],
      [3, 'Harvest'],
    ]);
    expect(chunks[1]?.text).toContain('Smoker | 39 crowns');
    expect(chunks[2]?.text).not.toContain('7');
  });

  test('names what is attached to an e-mail, and who wrote it', async () => {
    const { chunks } = await read('invitation.eml', fixture('invitation.eml').bytes);
    const text = chunks.map((chunk) => chunk.text).join('\n');
    expect(text).toContain('From: Jörg <joerg@example.org>');
    expect(text).toContain('Attachments: map.pdf');
  });

  test('counts the lines of a book over all of its chapters', async () => {
    const paragraphs = (word: string) =>
      [word, word, word, 'Long words follow here. '.repeat(100)].map((text) => `<p>${text}</p>`).join('');
    const book = zipOf(epubFiles('Long', { One: paragraphs('one'), Two: paragraphs('two') }));
    const { chunks } = await read('long.epub', book);
    expect(chunks.at(-1)?.endLine).toBe(8);
    expect(chunks.at(-1)?.trail).toEqual(['Two']);
  });
});

describe('what a document is', () => {
  const html = '<!DOCTYPE html><title>A</title><p>Some text.</p>';
  test.for<[name: string, bytes: Uint8Array | string, format: string]>([
    ['handbook.txt', pdfOf([[['Really a PDF.']]]), 'pdf'],
    ['contract.zip', fixture('contract.docx').bytes, 'docx'],
    ['contract.xlsx', fixture('contract.docx').bytes, 'docx'],
    ['novel', fixture('novel.epub').bytes, 'epub'],
    ['letter.pdf', 'Only a text.', 'text'],
    ['BM.txt', 'BM is how a bitmap begins, and MZ a program.', 'text'],
    ['report.txt', 'On line 1, "%PDF-1.7" is what a PDF begins with.', 'text'],
    ['page', html, 'html'],
    ['page.txt', html, 'html'],
    ['page.md', html, 'markdown'],
    ['data', '{"a": [1, 2]}', 'json'],
    ['almost', '{"a": [1, 2}', 'text'],
    ['mail', fixture('invitation.eml').bytes, 'email'],
    ['dialogue.txt', 'From: the beginning\nTo: the end\n\nA play.', 'text'],
    ['Dockerfile', 'FROM scratch\n', 'code'],
    ['utf-16.txt', Buffer.from('\ufeffGrüße', 'utf16le'), 'text'],
  ])('%s is told by its content, and else by its name', async ([name, bytes, format]) => {
    expect((await read(name, bytes)).format).toBe(format);
  });

  test.for<[name: string, bytes: Buffer, text: string]>([
    ['latin.html', Buffer.from('<meta charset="iso-8859-2"><p>', 'latin1'), 'Łódź'],
    ['japanese.html', Buffer.from('<meta charset=shift_jis><p>'), '日本'],
  ])('%s is decoded as it declares', async ([name, beginning, text]) => {
    const encoded = { 'latin.html': 'a3f364bc', 'japanese.html': '93fa967b' }[name] ?? '';
    const { chunks } = await read(name, Buffer.concat([beginning, Buffer.from(encoded, 'hex')]));
    expect(chunks[0]?.text).toBe(text);
  });

  test.for<[name: string, bytes: string, sentence: string]>([
    ['photo.txt', 'ffd8ffe000104a46494600', 'It is a picture; only text can be read.'],
    ['tool.txt', '7f454c4602010100000000000000000002003e00010000', 'It is a program.'],
    ['pack.txt', '1f8b0800000000000003', 'It is an archive. Unpack it, and add the documents in it.'],
    ['font.txt', '774f4646000100000000000000000000', 'It is a font.'],
  ])('%s is refused with its kind', async ([name, hex, sentence]) => {
    await expect(read(name, Buffer.from(hex, 'hex'))).rejects.toMatchObject({
      code: 'not_supported',
      message: sentence,
    });
  });
});
