import {
  docxFiles,
  epubFiles,
  pptxFiles,
  sheetRow,
  slideShape,
  slideTable,
  wordParagraph,
  xlsxFiles,
  zipOf,
} from './office-fixtures.ts';
import { pdfOf } from './pdf-fixtures.ts';

/** A small document, and where in it a sentence stands that is in no other one. */
export interface Fixture {
  name: string;
  bytes: Buffer;
  sentence: string;
  page?: number;
  /** The lines of the chunk that holds the sentence. */
  lines?: [number, number];
  /** What the trail of that chunk begins with. */
  trail?: string[];
}

/** Words that fill a page without being found by any sentence of a fixture. */
function filler(paragraphs: number): string[][] {
  return Array.from({ length: paragraphs }, (_, index) => [
    `Paragraph ${index + 1} tells of nothing in particular.`,
    'It is here so that the page has some text.',
  ]);
}

const PDF: Fixture = {
  name: 'handbook.pdf',
  bytes: pdfOf(
    [
      [['The handbook of the lighthouse', 'First edition'], ...filler(3)],
      [['The lamp burns forty litres of', 'oil in a winter night.'], ...filler(2)],
      [['Ships answer with two short signals (not three).']],
    ],
    { title: 'Lighthouse handbook', outline: ['Beginnings', 'The lamp', 'Signals'] },
  ),
  sentence: 'Ships answer with two short signals (not three).',
  page: 3,
  trail: ['Signals'],
};

const DOCX: Fixture = {
  name: 'contract.docx',
  bytes: zipOf(
    docxFiles(
      wordParagraph('Rent', 'Heading1') +
        wordParagraph('The tenant pays on the third day of each month.') +
        `<w:tbl><w:tr><w:tc>${wordParagraph('Month')}</w:tc><w:tc>${wordParagraph('Sum')}</w:tc></w:tr><w:tr><w:tc>${wordParagraph('May')}</w:tc><w:tc>${wordParagraph('850')}</w:tc></w:tr></w:tbl>`,
    ),
  ),
  sentence: 'The tenant pays on the third day of each month.',
  lines: [1, 4],
  trail: ['Rent'],
};

const XLSX: Fixture = {
  name: 'stock.xlsx',
  bytes: zipOf(
    xlsxFiles({
      Fruit: sheetRow(1, ['Kind', 'Crates']) + sheetRow(2, ['Quince', 17]) + sheetRow(5, ['Medlar', 4]),
      Tools: sheetRow(3, ['Tool', 'Owner', 'Pieces']) + sheetRow(4, ['Adze', 'Brunhilde', 2]),
    }),
  ),
  sentence: 'Adze | Brunhilde | 2',
  lines: [3, 4],
  trail: ['Tools'],
};

const PPTX: Fixture = {
  name: 'plan.pptx',
  bytes: zipOf(
    pptxFiles([
      { title: 'Bees', body: slideShape('Twelve hives stand behind the barn.') },
      {
        title: 'Costs',
        body: slideTable([
          ['Item', 'Price'],
          ['Smoker', '39 crowns'],
        ]),
      },
      { title: 'Harvest', body: slideShape('In July.'), notes: 'Say that the linden honey comes first.' },
    ]),
  ),
  sentence: 'Say that the linden honey comes first.',
  page: 3,
  trail: ['Harvest'],
};

const EPUB: Fixture = {
  name: 'novel.epub',
  bytes: zipOf(
    epubFiles('The Ferryman', {
      'The near bank': '<h1>The near bank</h1><p>Nobody had crossed since Sunday.</p>',
      'The far bank': '<h1>The far bank</h1><p>The rope was green with age.<br/>It held.</p>',
    }),
  ),
  sentence: 'The rope was green with age.',
  lines: [1, 5],
};

const EMAIL: Fixture = {
  name: 'invitation.eml',
  bytes: Buffer.from(
    [
      'From: =?UTF-8?Q?J=C3=B6rg?= <joerg@example.org>',
      'To: Ada <ada@example.org>, bo@example.org',
      'Date: Mon, 03 Mar 2025 10:00:00 +0100',
      'Subject: Supper on Friday',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="outer"',
      '',
      '--outer',
      'Content-Type: multipart/alternative; boundary="inner"',
      '',
      '--inner',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'Hello Ada,',
      '',
      'please bring the caf=C3=A9 grinder=',
      ' and nothing else.',
      '--inner',
      'Content-Type: text/html; charset=utf-8',
      '',
      '<p>Hello Ada, <b>please</b> bring the grinder.</p>',
      '--inner--',
      '--outer',
      'Content-Type: application/pdf; name="map.pdf"',
      'Content-Disposition: attachment; filename="map.pdf"',
      'Content-Transfer-Encoding: base64',
      '',
      'JVBERi0=',
      '--outer--',
      '',
    ].join('\r\n'),
  ),
  sentence: 'please bring the café grinder and nothing else.',
  lines: [1, 7],
  trail: ['Supper on Friday'],
};

const TEXTS: readonly [name: string, text: string, sentence: string, lines: [number, number]][] = [
  ['notes.md', '# Garden\n\nThe rhubarb needs shade.\n', 'The rhubarb needs shade.', [1, 3]],
  ['diary.txt', 'Monday\n\nThe stove smoked all day.\n', 'The stove smoked all day.', [1, 3]],
  [
    'tide.py',
    'import math\n\n\ndef tide(hour):\n    return math.sin(hour)  # rises twice a day\n',
    'return math.sin(hour)  # rises twice a day',
    [1, 5],
  ],
  [
    'gate.ts',
    'export function openGate(code: number): boolean {\n  return code === 4711;\n}\n',
    'return code === 4711;',
    [1, 3],
  ],
  [
    'page.html',
    '<!doctype html>\n<title>Mill</title>\n<h1>Mill</h1>\n<p>The wheel turns at dawn.</p>\n',
    'The wheel turns at dawn.',
    [3, 4],
  ],
  ['birds.csv', 'bird,seen\nwren,14\ncrane,3\n', 'crane', [1, 3]],
  ['boats.tsv', 'boat\tberth\nTeal\t9\nHeron\t12\n', 'Heron', [1, 3]],
  ['settings.json', '{\n  "harbour": "Kolding",\n  "depth": 7\n}\n', 'Kolding', [1, 4]],
  ['recipe.yaml', 'dish: dumplings\nflour: 300 grams of spelt\n', '300 grams of spelt', [1, 2]],
];

/** A document of each format. */
export const FIXTURES: Fixture[] = [
  PDF,
  DOCX,
  XLSX,
  PPTX,
  EPUB,
  EMAIL,
  ...TEXTS.map(([name, text, sentence, lines]) => ({ name, bytes: Buffer.from(text), sentence, lines })),
];

/** The fixture of this name. */
export function fixture(name: string): Fixture {
  const found = FIXTURES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no fixture ${name}.`);
  return found;
}
