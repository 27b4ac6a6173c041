import { getDocumentProxy } from 'unpdf';
import { DocumentFault, type DocumentSource, type ParsedDocument } from '../document.ts';
import { outlineSections, type PdfDocument, type Section } from './pdf-outline.ts';
import { createTextBlocks, type TextBlocks } from './text-blocks.ts';

/** Says nothing on the console. */
const SILENT = 0;
/** From one baseline to the next, in heights of the text: further apart begins a paragraph. */
const PARAGRAPH_GAP = 1.6;
/** Text this much larger or smaller than the line before is a heading or a note. */
const SIZE_CHANGE = 1.15;

interface PdfLine {
  text: string;
  /** Of its baseline, from the bottom of the page. */
  y: number;
  height: number;
}

/** What is read so far, and the outline. */
interface PdfText {
  text: TextBlocks;
  sections: Section[];
}

/**
 * Reads the text of a PDF, page by page; nothing is drawn, run or fetched. Of a damaged one, what can be read counts. Lines are counted
 * over the text that is read.
 *
 * @throws DocumentFault `encrypted`, `broken`, `no_text` when its pages are pictures.
 */
export async function parsePdf({ bytes }: DocumentSource): Promise<ParsedDocument> {
  const pdf = await opened(bytes);
  try {
    const title = await titleOf(pdf);
    const sections = await outlineSections(pdf);
    const text = createTextBlocks();
    let readable = 0;
    for (let page = 1; page <= pdf.numPages; page += 1) {
      const lines = await linesOf(pdf, page);
      if (lines === undefined) continue;
      readable += 1;
      addPage(lines, page, { text, sections });
    }
    if (readable === 0) throw new DocumentFault('broken', 'It is damaged: none of its pages can be read.');
    if (text.blocks.length === 0) {
      throw new DocumentFault(
        'no_text',
        'Its pages hold no text; it seems to be scanned. Read it with OCR first.',
      );
    }
    return { format: 'pdf', title, pages: pdf.numPages, blocks: text.blocks };
  } finally {
    await pdf.loadingTask.destroy();
  }
}

async function opened(bytes: Uint8Array): Promise<PdfDocument> {
  try {
    // It takes the bytes away, so it gets a copy.
    return await getDocumentProxy(new Uint8Array(bytes), {
      verbosity: SILENT,
      isEvalSupported: false,
      useWorkerFetch: false,
      useWasm: false,
      disableFontFace: true,
      enableXfa: false,
      stopAtErrors: false,
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'PasswordException') {
      throw new DocumentFault('encrypted', 'It is protected with a password. Save it without one.', {
        cause: error,
      });
    }
    throw error;
  }
}

async function titleOf(pdf: PdfDocument): Promise<string | null> {
  try {
    const { info } = await pdf.getMetadata();
    const title: unknown = 'Title' in info ? info.Title : undefined;
    return typeof title === 'string' ? title.replaceAll(/\s+/g, ' ').trim() || null : null;
  } catch {
    // Its title is not worth the loss of a damaged document.
    return null;
  }
}

/** The lines of a page from its first to its last; undefined when it is damaged. */
async function linesOf(pdf: PdfDocument, page: number): Promise<PdfLine[] | undefined> {
  try {
    const content = await (await pdf.getPage(page)).getTextContent();
    const lines: PdfLine[] = [];
    let line: PdfLine | undefined;
    for (const item of content.items) {
      if (!('str' in item)) continue;
      const y: unknown = item.transform[5];
      const baseline = typeof y === 'number' ? y : 0;
      if (
        line !== undefined &&
        Math.abs(line.y - baseline) > Math.max(line.height, item.height) / 2 &&
        item.str.trim() !== ''
      ) {
        line = undefined;
      }
      if (line === undefined) {
        line = { text: '', y: baseline, height: item.height };
        lines.push(line);
      }
      line.text += item.str;
      line.height = Math.max(line.height, item.height);
      if (item.hasEOL) line = undefined;
    }
    return lines
      .map((found) => ({ ...found, text: found.text.replaceAll(/\s+/g, ' ').trim() }))
      .filter(({ text }) => text !== '');
  } catch {
    return undefined;
  }
}

function addPage(lines: readonly PdfLine[], page: number, { text, sections }: PdfText): void {
  const trails = trailsOf(lines, page, sections);
  let paragraph: string[] = [];
  let trail: string[] = [];
  let parting = 3;
  const end = (next: number) => {
    if (paragraph.length === 0) return;
    text.add(paragraph.join('\n'), { page, trail, parting });
    parting = next;
    paragraph = [];
  };
  for (const [index, line] of lines.entries()) {
    const before = lines[index - 1];
    const here = trails[index] ?? [];
    if (here !== trail) end(5);
    else if (before !== undefined && isParted(before, line)) end(1);
    trail = here;
    paragraph.push(line.text);
  }
  end(1);
}

/** The trail of each line: a section begins where its title stands, or else with the page. */
function trailsOf(lines: readonly PdfLine[], page: number, sections: readonly Section[]): string[][] {
  const before = sections.findLast((section) => section.page < page)?.trail ?? [];
  const waiting = sections.filter((section) => section.page === page);
  const last = waiting.at(-1)?.trail ?? before;
  let trail: string[] | undefined;
  const trails = lines.map((line) => {
    const found = waiting.findIndex(({ title }) => title !== '' && isTitle(line.text, title));
    if (found >= 0) trail = waiting.splice(0, found + 1).at(-1)?.trail;
    return trail;
  });
  const first = trail === undefined ? last : before;
  return trails.map((known) => known ?? first);
}

/** Outlines often leave out the number of a section. */
function isTitle(line: string, title: string): boolean {
  return line.endsWith(title) && /^[\divxlc.\s]*$/i.test(line.slice(0, -title.length));
}

function isParted(before: PdfLine, line: PdfLine): boolean {
  const height = Math.min(before.height, line.height) || Math.max(before.height, line.height);
  const gap = before.y - line.y;
  // Upwards is the next column.
  if (gap < -height || gap > height * PARAGRAPH_GAP) return true;
  const [small, large] = [before.height, line.height].toSorted((one, other) => one - other);
  return small !== undefined && large !== undefined && small > 0 && large > small * SIZE_CHANGE;
}
