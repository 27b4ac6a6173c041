import readXlsxFile from 'read-excel-file/universal';
import { type Block, DocumentFault, type DocumentSource, type ParsedDocument } from '../document.ts';
import { titleOf } from './docx.ts';
import { repackOffice } from './office-parts.ts';
import { attributeOf, readXml, type XmlHandlers } from './xml.ts';
import { openGuardedZip } from './zip-guard.ts';

/** As many as Excel has (support.microsoft.com, "Excel specifications and limits"). */
const MAX_ROWS = 1_048_576;
const MAX_COLUMNS = 16_384;
/** All cells between the first and the last one that is filled: the parser keeps empty ones too. */
const MAX_CELLS = 20_000_000;

const MIDNIGHT = 'T00:00:00.000Z';

/**
 * Reads all sheets of a spreadsheet by rows; the first row that is filled is the header of its sheet. Lines are the numbers of the rows
 * in their sheet. Formulas are read as their last results.
 */
export async function parseXlsx({ bytes }: DocumentSource): Promise<ParsedDocument> {
  const parts = await openGuardedZip(bytes);
  const packed = repackOffice(parts, (name, text) => {
    readXml(text, 'office', /(^|\/)worksheets\//.test(name) ? sizeCheck() : {});
  });
  const sheets = await readXlsxFile(new Uint8Array(packed).buffer);
  const blocks = sheets.flatMap(({ sheet, data }) => sheetBlocks(sheet, data));
  return { format: 'xlsx', title: titleOf(parts), pages: null, blocks };
}

function sheetBlocks(sheet: string, rows: readonly (readonly unknown[])[]): Block[] {
  const blocks: Block[] = [];
  let header: string | undefined;
  for (const [index, row] of rows.entries()) {
    const text = rowText(row);
    if (text === '') continue;
    const parting = header === undefined ? 9 : 1;
    header ??= text;
    const line = index + 1;
    blocks.push({ text, startLine: line, endLine: line, page: null, trail: [sheet], parting, header });
  }
  return blocks;
}

function rowText(row: readonly unknown[]): string {
  const cells = row.map(cellText);
  const filled = cells.findLastIndex((cell) => cell !== '');
  return cells.slice(0, filled + 1).join(' | ');
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return dateText(value);
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  return String(value).replaceAll(/\s+/g, ' ').trim();
}

function dateText(date: Date): string {
  if (Number.isNaN(date.getTime())) return '';
  const text = date.toISOString();
  if (text.endsWith(MIDNIGHT)) return text.slice(0, -MIDNIGHT.length);
  return text.slice(0, 'yyyy-mm-ddThh:mm:ss'.length).replace('T', ' ');
}

/** Refuses a sheet with a few cells that are so far apart that the empty ones between them would fill the memory. */
function sizeCheck(): XmlHandlers {
  let cell = { row: 0, column: 0 };
  const last = { row: 0, column: 0 };
  return {
    open(name, attributes) {
      if (name === 'row') {
        const row = Number(attributeOf(attributes, 'r') ?? cell.row + 1);
        if (!(row <= MAX_ROWS)) throw tooSpread();
        cell = { row, column: 0 };
      } else if (name === 'c') {
        cell = cellAt(attributeOf(attributes, 'r')) ?? { row: cell.row, column: cell.column + 1 };
      } else if (name === 'v' || name === 'is') {
        last.row = Math.max(last.row, cell.row);
        last.column = Math.max(last.column, cell.column);
        if (last.row > MAX_ROWS || last.column > MAX_COLUMNS) throw tooSpread();
        if (last.row * last.column > MAX_CELLS) throw tooSpread();
      }
    },
  };
}

/** Where a cell such as `AB12` is, from 1. */
function cellAt(reference: string | undefined): { row: number; column: number } | undefined {
  const found = /^([A-Z]+)(\d+)$/.exec(reference ?? '');
  if (found === null) return undefined;
  const [, letters = '', row] = found;
  const column = Array.from(letters).reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
  return { row: Number(row), column };
}

function tooSpread(): DocumentFault {
  return new DocumentFault(
    'expands_too_much',
    'One of its sheets has more cells, empty ones among them, than can be read. Save the part that matters as a sheet of its own.',
  );
}
