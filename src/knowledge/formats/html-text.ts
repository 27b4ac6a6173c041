import type { Block } from '../document.ts';

/** Where the text of a page or chapter begins in its document. */
export interface TextStart {
  /** The number of its first line; null where lines are counted in the source. */
  firstLine: number | null;
  page: number | null;
  /** The headings above it. */
  trail: string[];
}

/** A row of a table as text, with its lines in the source. */
interface HtmlRow {
  text: string;
  startLine: number | undefined;
  endLine: number | undefined;
}

/** Takes the text of an HTML document in its order and makes blocks of it. */
export interface HtmlText {
  blocks: Block[];
  /** Adds text that begins in this line of the source; white space is folded, unless it is verbatim. */
  write(text: string, sourceLine: number | undefined, keepBreaks?: boolean): void;
  /** Ends a block, if it holds any text. */
  endLine(): void;
  beginHeading(depth: number): void;
  endHeading(): void;
  beginVerbatim(): void;
  endVerbatim(): void;
  beginList(ordered: boolean): void;
  beginItem(): void;
  endList(): void;
  writeRows(rows: HtmlRow[]): void;
  /** How many lines the text has so far. */
  lines(): number;
  firstHeading(): string | null;
}

/** Makes an empty text that begins there. */
export function createHtmlText(at: TextStart): HtmlText {
  const blocks: Block[] = [];
  const headings: { depth: number; text: string }[] = [];
  const lists = createBullets();
  let parts: string[] = [];
  let startLine = 0;
  let endLine = 0;
  let lines = 0;
  let headingDepth = 0;
  let verbatim = 0;
  let firstHeading: string | null = null;

  function add(
    text: string,
    parting: number,
    source: { startLine: number; endLine: number },
    header?: string,
  ) {
    const first = (at.firstLine ?? 1) + lines;
    const count = text.split('\n').length;
    lines += count;
    blocks.push({
      text,
      startLine: at.firstLine === null ? source.startLine : first,
      endLine: at.firstLine === null ? source.endLine : first + count - 1,
      page: at.page,
      trail: [...at.trail, ...headings.map((heading) => heading.text)],
      parting,
      ...(header === undefined ? {} : { header }),
    });
  }

  function endBlock() {
    const written = parts.join('');
    parts = [];
    const text = verbatim > 0 ? written.replace(/^\n+/, '').trimEnd() : folded(written);
    if (text === '') return;
    if (headingDepth > 0) {
      while ((headings.at(-1)?.depth ?? 0) >= headingDepth) headings.pop();
      const heading = text.replaceAll('\n', ' ');
      headings.push({ depth: headingDepth, text: heading });
      firstHeading ??= heading;
      add(heading, 10 - headingDepth, { startLine, endLine });
    } else {
      // An item stays with the one it is nested in.
      add(lists.take() + text, lists.depth() > 1 ? 0 : 1, { startLine, endLine });
    }
  }

  return {
    blocks,
    write(text, sourceLine, keepBreaks = false) {
      const isEmpty = parts.length === 0;
      if (isEmpty && verbatim === 0 && text.trim() === '') return;
      const from = sourceLine ?? endLine;
      // White space before the first word is not read, so its lines do not count.
      const before = isEmpty ? breaksIn(/^\s*/.exec(text)?.[0] ?? '') : 0;
      if (isEmpty) startLine = from + before;
      if (text.trim() !== '') endLine = Math.max(startLine, from + breaksIn(text.trimEnd()));
      parts.push(verbatim > 0 || keepBreaks ? text : text.replaceAll(/\s+/g, ' '));
    },
    endLine: endBlock,
    beginHeading(depth) {
      endBlock();
      headingDepth = depth;
    },
    endHeading() {
      endBlock();
      headingDepth = 0;
    },
    beginVerbatim() {
      endBlock();
      verbatim += 1;
    },
    endVerbatim() {
      endBlock();
      verbatim = Math.max(0, verbatim - 1);
    },
    beginList: lists.begin,
    beginItem: lists.beginItem,
    endList: lists.end,
    writeRows(rows) {
      const header = rows.length > 1 ? rows[0]?.text : undefined;
      for (const row of rows) {
        const source = {
          startLine: row.startLine ?? endLine,
          endLine: row.endLine ?? row.startLine ?? endLine,
        };
        endLine = source.endLine;
        add(row.text, 1, source, header);
      }
    },
    lines: () => lines,
    firstHeading: () => firstHeading,
  };
}

/** Keeps count of the lists that are open, for the mark before an item. */
function createBullets() {
  const open: { ordered: boolean; items: number }[] = [];
  let bullet = '';
  return {
    depth: () => open.length,
    begin(ordered: boolean) {
      open.push({ ordered, items: 0 });
    },
    beginItem() {
      const list = open.at(-1);
      if (list === undefined) return;
      list.items += 1;
      bullet = `${'  '.repeat(Math.min(open.length, 20) - 1)}${list.ordered ? `${list.items}.` : '-'} `;
    },
    end() {
      open.pop();
      bullet = '';
    },
    /** The mark of the item that begins here, once. */
    take() {
      const mark = bullet;
      bullet = '';
      return mark;
    },
  };
}

/** Words parted by one space; only a break that was asked for is kept. */
function folded(text: string): string {
  return text
    .replaceAll(/[ \t\f\r]+/g, ' ')
    .replaceAll(/ ?\n ?/g, '\n')
    .replaceAll(/\n{2,}/g, '\n')
    .trim();
}

function breaksIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
