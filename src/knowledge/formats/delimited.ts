import { CsvError, parse } from 'csv-parse/sync';
import type { Block, ParsedDocument } from '../document.ts';
import { blockOf, isBlank, linesOf } from './lines.ts';
import { parsePlainText } from './plain-text.ts';

const DELIMITERS = [',', ';', '\t', '|'] as const;
/** The delimiter shows in so many lines, or not at all. */
const LINES_TRIED = 20;
const NUMBER = /^[\s+-]*[\d.,'%€$£ ]*\d[\d.,'%€$£ eE+-]*$/;
const LONGEST_NAME = 100;

/** A row with its lines in the source, counted from 0. */
interface Row {
  cells: string[];
  from: number;
  to: number;
}

/** Reads a table of delimited values row by row, each as its lines are; what is no such table is read as text. */
export function parseDelimited(source: { path: string; text: string }): ParsedDocument {
  const lines = linesOf(source.text);
  const rows = rowsOf(lines, delimiterOf(lines, source.path));
  if (rows === undefined) return { ...parsePlainText(source), format: 'csv' };
  const [first] = rows;
  const header =
    first !== undefined && rows.length > 1 && isHeader(first.cells)
      ? blockOf(lines, first, [], 1).text
      : undefined;
  const blocks = rows.map((row, index): Block => {
    // The first row stays with its header.
    const block = blockOf(lines, row, [], header !== undefined && index === 1 ? 0 : 1);
    return header === undefined ? block : { ...block, header };
  });
  return { format: 'csv', title: null, pages: null, blocks };
}

function rowsOf(lines: readonly string[], delimiter: string): Row[] | undefined {
  try {
    const parsed: unknown[] = parse(lines.join('\n'), {
      delimiter,
      info: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      record_delimiter: '\n',
    });
    // With `info` that is what the records are; the types of csv-parse do not say it.
    const records = parsed as { record: string[]; info: { lines: number } }[];
    let to = 0;
    return records.map(({ record, info }) => {
      let from = to;
      while (isBlank(lines[from]) && from < info.lines - 1) from += 1;
      to = info.lines;
      return { cells: record, from, to };
    });
  } catch (error) {
    // A quote that is never closed, for instance: the lines can still be read.
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}

/** The delimiter that parts the first lines most evenly. */
function delimiterOf(lines: readonly string[], path: string): string {
  const tried = lines.filter((line) => !isBlank(line)).slice(0, LINES_TRIED);
  let best: string = path.toLowerCase().endsWith('.tsv') ? '\t' : ',';
  let bestScore = 0;
  for (const delimiter of DELIMITERS) {
    const counts = tried.map((line) => line.replaceAll(/"[^"]*"/g, '').split(delimiter).length - 1);
    const usual = counts.toSorted((one, other) => one - other)[Math.floor(counts.length / 2)] ?? 0;
    if (usual === 0) continue;
    const score =
      counts.filter((count) => count === usual).length / counts.length + Math.min(usual, 50) / 1_000;
    if (score > bestScore) {
      best = delimiter;
      bestScore = score;
    }
  }
  return best;
}

/** Names of columns are different, and none is empty or a number. */
function isHeader(cells: readonly string[]): boolean {
  const names = cells.map((cell) => cell.trim());
  return (
    new Set(names).size === names.length &&
    names.every((name) => name !== '' && name.length <= LONGEST_NAME && !NUMBER.test(name))
  );
}
