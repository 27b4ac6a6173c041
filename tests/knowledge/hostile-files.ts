import type { DocumentFaultCode } from '../../src/knowledge/document.ts';
import { quotingBomb, zeros } from '../support/zip-bombs.ts';
import { buildZip, type Part } from '../support/zip-builder.ts';
import { fixture } from './fixtures.ts';
import {
  docxFiles,
  epubFiles,
  pptxFiles,
  sheetRow,
  slideShape,
  wordParagraph,
  xlsxFiles,
  zipOf,
} from './office-fixtures.ts';
import { pdfOf } from './pdf-fixtures.ts';

/** A document that is made to do harm, or cannot be read. */
export interface HostileFile {
  name: string;
  bytes: Buffer;
  /** What it is refused with; without it, it may be read too. */
  code?: DocumentFaultCode;
  /** Whether reading it may take more memory than its process has. */
  exhausting?: true;
}

const MIB = 1024 * 1024;
const DEEP = 100_000;
const COMPOUND_FILE = Buffer.from('d0cf11e0a1b11ae1', 'hex');

const LAUGHS = `<?xml version="1.0"?>\n<!DOCTYPE lolz [<!ENTITY lol0 "lol">${Array.from({ length: 12 }, (_, index) => `<!ENTITY lol${index + 1} "${`&lol${index};`.repeat(10)}">`).join('')}]>\n`;
const LAUGH = '&lol12;';

/** Two archives in one: as an office document begins, and so many MiB of zeros behind it. */
function bombOf(files: Record<string, string>, mebibytes: number, count: number): Buffer {
  const bombs = Array.from({ length: count }, (_, index): Part => {
    const { data, claims } = zeros(mebibytes);
    return { name: `word/media/${index}.bin`, method: 8, ...(data && { data }), ...(claims && { claims }) };
  });
  return zipOf(files, bombs);
}

/** Entries that all point to the bytes of the first one. */
function overlapping(files: Record<string, string>, count: number): Buffer {
  const { data, claims } = zeros(20);
  const first: Part = { name: 'xl/media/0.bin', method: 8, ...(data && { data }), ...(claims && { claims }) };
  const others = Array.from({ length: count }, (_, index) => ({
    ...first,
    name: `xl/media/${index + 1}.bin`,
    offset: 0,
    listedOnly: true,
  }));
  const more = Object.entries(files).map(([name, content]): Part => ({ name, content }));
  return buildZip([first, ...others, ...more]);
}

/** An office document that tells sizes which are not true. */
function lying(): Buffer {
  const { data } = zeros(150);
  return zipOf(docxFiles(wordParagraph('x')), [
    { name: 'word/a.xml', method: 8, ...(data && { data }), claims: { size: 10, crc: 0 } },
  ]);
}

function nested(open: string, close: string, inside = 'deep'): string {
  return open.repeat(DEEP) + inside + close.repeat(DEEP);
}

function compound(stream: string): Buffer {
  return Buffer.concat([
    COMPOUND_FILE,
    Buffer.alloc(1016),
    Buffer.from(`${stream}\0`, 'utf16le'),
    Buffer.alloc(512),
  ]);
}

const ARCHIVES: HostileFile[] = [
  { name: 'flat.docx', bytes: bombOf(docxFiles(wordParagraph('x')), 150, 1), code: 'expands_too_much' },
  { name: 'many.xlsx', bytes: bombOf(xlsxFiles({ A: sheetRow(1, ['x']) }), 30, 8), code: 'expands_too_much' },
  {
    name: 'overlapping.xlsx',
    bytes: overlapping(xlsxFiles({ A: sheetRow(1, ['x']) }), 30),
    code: 'expands_too_much',
  },
  { name: 'quoting.docx', bytes: quotingBomb(250), code: 'expands_too_much' },
  { name: 'lying.docx', bytes: lying(), code: 'expands_too_much' },
  {
    name: 'inner.docx',
    bytes: zipOf(docxFiles(wordParagraph('x')), [{ name: 'word/inner.zip', content: bombOf({}, 90, 1) }]),
  },
  {
    name: 'many-entries.docx',
    bytes: buildZip(Array.from({ length: 10_001 }, (_, index) => ({ name: `word/${index}.xml` }))),
    code: 'expands_too_much',
  },
  {
    name: 'encrypted-entry.docx',
    bytes: zipOf(docxFiles(wordParagraph('x')), [{ name: 'word/a.xml', content: 'x', flags: 0x801 }]),
    code: 'encrypted',
  },
  { name: 'plain.zip', bytes: buildZip([{ name: 'a.txt', content: 'x' }]), code: 'not_supported' },
  { name: 'empty.zip', bytes: buildZip([]), code: 'not_supported' },
];

const XML: HostileFile[] = [
  { name: 'laughs.docx', bytes: zipOf(docxFiles(wordParagraph(LAUGH), LAUGHS)), code: 'expands_too_much' },
  {
    name: 'laughs.xlsx',
    bytes: zipOf(xlsxFiles({ A: sheetRow(1, [LAUGH]) }, LAUGHS)),
    code: 'expands_too_much',
  },
  {
    name: 'laughs.pptx',
    bytes: zipOf(pptxFiles([{ title: 'x', body: slideShape(LAUGH) }], LAUGHS)),
    code: 'expands_too_much',
  },
  {
    name: 'laughs.epub',
    bytes: zipOf(epubFiles(LAUGH, { One: '<p>x</p>' }, LAUGHS)),
    code: 'expands_too_much',
  },
  {
    name: 'deep.docx',
    bytes: zipOf(docxFiles(nested('<w:sdt><w:sdtContent>', '</w:sdtContent></w:sdt>', wordParagraph('x')))),
    code: 'nested_too_deep',
  },
  { name: 'deep.xlsx', bytes: zipOf(xlsxFiles({ A: nested('<row>', '</row>') })), code: 'nested_too_deep' },
  {
    name: 'deep.pptx',
    bytes: zipOf(pptxFiles([{ title: 'x', body: nested('<p:grpSp>', '</p:grpSp>') }])),
    code: 'nested_too_deep',
  },
  {
    name: 'deep.epub',
    bytes: zipOf(epubFiles('x', { One: nested('<div>', '</div>') })),
    code: 'nested_too_deep',
  },
  {
    name: 'far-cell.xlsx',
    bytes: zipOf(xlsxFiles({ A: '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>' })),
    code: 'expands_too_much',
  },
  {
    name: 'far-row.xlsx',
    bytes: zipOf(xlsxFiles({ A: '<row r="4294967295"><c><v>1</v></c></row>' })),
    code: 'expands_too_much',
  },
  { name: 'torn-xml.docx', bytes: zipOf(docxFiles('<w:p><w:r>')), code: 'broken' },
];

const TEXTS: HostileFile[] = [
  { name: 'deep.html', bytes: Buffer.from(nested('<div>', '</div>')), code: 'nested_too_deep' },
  { name: 'deep-formatting.html', bytes: Buffer.from('<b><i><p>x'.repeat(20_000)) },
  { name: 'deep.json', bytes: Buffer.from(nested('[', ']', '1')) },
  { name: 'deep.yaml', bytes: Buffer.from(nested('[', ']', 'a')) },
  { name: 'deep-blocks.yaml', bytes: Buffer.from(`${'- '.repeat(DEEP)}x`) },
  { name: 'deep.md', bytes: Buffer.from(`${'> '.repeat(DEEP)}x`) },
  { name: 'aliases.yaml', bytes: Buffer.from(yamlAliases()) },
  { name: 'one-line.txt', bytes: Buffer.alloc(40 * MIB, 'a word and '), exhausting: true },
  { name: 'latin-1.txt', bytes: Buffer.from('Grüße aus Köln', 'latin1') },
  { name: 'no-mark-utf-16.txt', bytes: Buffer.from('Grüße aus Köln', 'utf16le'), code: 'not_supported' },
  { name: 'invalid-utf-8.txt', bytes: Buffer.from('476f6f64c3284279650a', 'hex') },
  { name: 'nulls.txt', bytes: Buffer.alloc(5000), code: 'not_supported' },
  { name: 'empty.txt', bytes: Buffer.alloc(0), code: 'no_text' },
  { name: 'blank.txt', bytes: Buffer.from(' \n\t\n'), code: 'no_text' },
];

const OTHERS: HostileFile[] = [
  { name: 'locked.pdf', bytes: pdfOf([[['Hidden']]], { password: 'sesame' }), code: 'encrypted' },
  { name: 'scanned.pdf', bytes: pdfOf([[], []]), code: 'no_text' },
  { name: 'half.pdf', bytes: fixture('handbook.pdf').bytes.subarray(0, 900) },
  { name: 'only-header.pdf', bytes: Buffer.from('%PDF-1.7\n'), code: 'broken' },
  { name: 'count.pdf', bytes: altered('/Count 3', '/Count 999999999') },
  { name: 'cycle.pdf', bytes: altered('/Kids [4 0 R', '/Kids [2 0 R') },
  { name: 'expanding.pdf', bytes: expandingPdf(), exhausting: true },
  { name: 'locked.docx', bytes: compound('EncryptedPackage'), code: 'encrypted' },
  { name: 'old.doc', bytes: compound('WordDocument'), code: 'not_supported' },
  { name: 'old.xls', bytes: compound('Workbook'), code: 'not_supported' },
  { name: 'old.ppt', bytes: compound('PowerPoint Document'), code: 'not_supported' },
  {
    name: 'picture.pdf',
    bytes: Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex'),
    code: 'not_supported',
  },
  { name: 'rich.rtf', bytes: Buffer.from('{\\rtf1 hello}'), code: 'not_supported' },
  { name: 'deep.eml', bytes: Buffer.from(deepMail()), code: 'nested_too_deep' },
];

/** Documents that are made to do harm or cannot be read, each with the fault that it must give. */
export const HOSTILE: HostileFile[] = [...ARCHIVES, ...XML, ...TEXTS, ...OTHERS];

/** The PDF with other words in it. */
function altered(from: string, to: string): Buffer {
  return Buffer.from(fixture('handbook.pdf').bytes.toString('latin1').replace(from, to), 'latin1');
}

/** A PDF of one page, whose text is 600 MiB of zeros. */
function expandingPdf(): Buffer {
  // As zlib has it, without the checksum at its end.
  const content = Buffer.concat([Buffer.of(0x78, 0x9c), zeros(600).data ?? Buffer.alloc(0)]);
  const head = `%PDF-1.4
1 0 obj
<< /Type /Catalog /Pages 2 0 R >>
endobj
2 0 obj
<< /Type /Pages /Count 1 /Kids [3 0 R] >>
endobj
3 0 obj
<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>
endobj
4 0 obj
<< /Filter /FlateDecode /Length ${content.length} >>
stream
`;
  const tail = '\nendstream\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF';
  return Buffer.concat([Buffer.from(head), content, Buffer.from(tail)]);
}

function yamlAliases(): string {
  const rows = Array.from(
    { length: 12 },
    (_, index) => `a${index + 1}: &a${index + 1} [${`*a${index},`.repeat(10)}]`,
  );
  return `a0: &a0 lol\n${rows.join('\n')}\n`;
}

function deepMail(): string {
  const parts = Array.from(
    { length: 400 },
    (_, index) => `Content-Type: multipart/mixed; boundary="b${index}"\r\n\r\n--b${index}\r\n`,
  );
  return `From: a@example.org\r\nMIME-Version: 1.0\r\n${parts.join('')}`;
}
