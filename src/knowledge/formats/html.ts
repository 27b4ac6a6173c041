import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse } from 'parse5';
import { type Block, DocumentFault, type ParsedDocument } from '../document.ts';
import { createHtmlText, type HtmlText, type TextStart } from './html-text.ts';

type HtmlNode = DefaultTreeAdapterTypes.Node;
type HtmlElement = DefaultTreeAdapterTypes.Element;

/** Where an element begins or ends in the walk through the document. */
interface Step {
  node: HtmlNode;
  leaving: boolean;
}

const MOST_LEVELS = 2_000;
/** Unclosed formatting is repeated in every paragraph after it, so a small page can grow without bound. */
const MOST_ELEMENTS_BESIDES = 10_000;

/** Elements whose text nobody reads in the document. */
const UNREAD = new Set(
  'head script style template noscript nav iframe object svg math canvas audio video select datalist'.split(
    ' ',
  ),
);
/** Elements that begin a line of their own; a cell stands here for tables that are used for layout only. */
const LINES = new Set(
  'address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure footer form header hgroup hr legend li main menu ol p pre search section summary table tbody td tfoot th thead tr ul'.split(
    ' ',
  ),
);
const HEADING = /^h[1-6]$/;

/** Reads an HTML page; its lines are those of the source. */
export function parseHtml(source: { path: string; text: string }): ParsedDocument {
  const { title, blocks } = htmlBlocks(source.text, { firstLine: null, page: null, trail: [] });
  return { format: 'html', title, pages: null, blocks };
}

/**
 * The blocks of a page, chapter or message in HTML. With a `firstLine` its lines are those of the text that is read from it, counted
 * from there, and `lines` says how many there are; without, they are those of the source.
 *
 * @throws DocumentFault `nested_too_deep` or `expands_too_much`.
 */
export function htmlBlocks(
  html: string,
  at: TextStart,
): { title: string | null; blocks: Block[]; lines: number } {
  const document = parseBounded(html);
  const text = createHtmlText(at);
  const steps: Step[] = [{ node: document, leaving: false }];
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    const { node } = step;
    if (step.leaving) {
      if (defaultTreeAdapter.isElementNode(node)) leave(node, text);
      continue;
    }
    if (defaultTreeAdapter.isTextNode(node)) {
      text.write(node.value, node.sourceCodeLocation?.startLine);
      continue;
    }
    if (!('childNodes' in node)) continue;
    if (defaultTreeAdapter.isElementNode(node)) {
      if (isUnread(node)) continue;
      if (node.tagName === 'table' && writeTable(node, text)) continue;
      enter(node, text);
    }
    steps.push({ node, leaving: true });
    for (const child of node.childNodes.toReversed()) steps.push({ node: child, leaving: false });
  }
  text.endLine();
  return { title: titleOf(document) ?? text.firstHeading(), blocks: text.blocks, lines: text.lines() };
}

/** The parser's own tree, given up as soon as it gets too deep: looking for open elements takes it longer at each level. */
function parseBounded(html: string): DefaultTreeAdapterTypes.Document {
  let levels = 0;
  let elementsLeft = MOST_ELEMENTS_BESIDES + html.length / 3;
  return parse(html, {
    sourceCodeLocationInfo: true,
    treeAdapter: {
      ...defaultTreeAdapter,
      createElement(tagName, namespace, attributes) {
        elementsLeft -= 1;
        if (elementsLeft < 0)
          throw new DocumentFault('expands_too_much', 'The HTML repeats itself too often.');
        return defaultTreeAdapter.createElement(tagName, namespace, attributes);
      },
      onItemPush() {
        levels += 1;
        if (levels > MOST_LEVELS) {
          throw new DocumentFault('nested_too_deep', `The HTML is nested deeper than ${MOST_LEVELS} levels.`);
        }
      },
      onItemPop() {
        levels -= 1;
      },
    },
  });
}

function enter(element: HtmlElement, text: HtmlText): void {
  const { tagName } = element;
  if (tagName === 'br') text.write('\n', element.sourceCodeLocation?.startLine, true);
  if (HEADING.test(tagName)) text.beginHeading(Number(tagName.slice(1)));
  else if (LINES.has(tagName)) text.endLine();
  if (tagName === 'pre') text.beginVerbatim();
  if (tagName === 'ul' || tagName === 'ol' || tagName === 'menu') text.beginList(tagName === 'ol');
  if (tagName === 'li') text.beginItem();
  if (tagName === 'img') text.write(attribute(element, 'alt') ?? '', element.sourceCodeLocation?.startLine);
}

function leave(element: HtmlElement, text: HtmlText): void {
  const { tagName } = element;
  if (HEADING.test(tagName)) text.endHeading();
  else if (tagName === 'pre') text.endVerbatim();
  else if (LINES.has(tagName)) text.endLine();
  if (tagName === 'ul' || tagName === 'ol' || tagName === 'menu') text.endList();
}

/** Writes a table row by row, unless it is there for layout only: then says false, and its cells are read as paragraphs. */
function writeTable(table: HtmlElement, text: HtmlText): boolean {
  const rows: HtmlElement[] = [];
  const steps: HtmlNode[] = table.childNodes.toReversed();
  for (let node = steps.pop(); node !== undefined; node = steps.pop()) {
    if (!defaultTreeAdapter.isElementNode(node)) continue;
    if (node.tagName === 'table' || HEADING.test(node.tagName)) return false;
    if (node.tagName === 'tr') rows.push(node);
    for (const child of node.childNodes.toReversed()) steps.push(child);
  }
  const cellsOf = (row: HtmlElement) =>
    row.childNodes.filter(
      (node): node is HtmlElement =>
        defaultTreeAdapter.isElementNode(node) && (node.tagName === 'td' || node.tagName === 'th'),
    );
  const filled = rows
    .map((row) => ({ row, cells: cellsOf(row) }))
    .filter(({ row, cells }) => cells.length > 0 && !isUnread(row));
  if (!filled.some(({ cells }) => cells.length > 1)) return false;
  text.endLine();
  const caption = table.childNodes.find(
    (node): node is HtmlElement => defaultTreeAdapter.isElementNode(node) && node.tagName === 'caption',
  );
  if (caption !== undefined) {
    text.write(textOf(caption), caption.sourceCodeLocation?.startLine);
    text.endLine();
  }
  text.writeRows(
    filled
      .map(({ row, cells }) => ({
        text: cells.map(textOf).join(' | '),
        startLine: row.sourceCodeLocation?.startLine,
        endLine: endLineOf(row),
      }))
      .filter((row) => /[^ |]/.test(row.text)),
  );
  return true;
}

/** An element without a closing tag ends where the next one begins, which is often the next line. */
function endLineOf(element: HtmlElement): number | undefined {
  const location = element.sourceCodeLocation;
  if (location == null) return undefined;
  return location.endCol === 1 ? Math.max(location.startLine, location.endLine - 1) : location.endLine;
}

/** The text in a cell or a title as one line. */
function textOf(element: HtmlElement): string {
  let text = '';
  const steps: HtmlNode[] = element.childNodes.toReversed();
  for (let node = steps.pop(); node !== undefined; node = steps.pop()) {
    if (defaultTreeAdapter.isTextNode(node)) text += node.value;
    else if (defaultTreeAdapter.isElementNode(node) && !isUnread(node)) {
      if (LINES.has(node.tagName) || node.tagName === 'br') text += ' ';
      if (node.tagName === 'img') text += attribute(node, 'alt') ?? '';
      for (const child of node.childNodes.toReversed()) steps.push(child);
    }
  }
  return text.replaceAll(/\s+/g, ' ').trim();
}

function titleOf(document: DefaultTreeAdapterTypes.Document): string | null {
  const elements = (nodes: HtmlNode[]) => nodes.filter(defaultTreeAdapter.isElementNode);
  const head = elements(document.childNodes)
    .flatMap((html) => elements(html.childNodes))
    .find(({ tagName }) => tagName === 'head');
  const title = elements(head?.childNodes ?? []).find(({ tagName }) => tagName === 'title');
  return (title && textOf(title)) || null;
}

function isUnread(element: HtmlElement): boolean {
  if (UNREAD.has(element.tagName) || attribute(element, 'hidden') !== undefined) return true;
  return /display\s*:\s*none|visibility\s*:\s*hidden/i.test(attribute(element, 'style') ?? '');
}

function attribute(element: HtmlElement, name: string): string | undefined {
  return element.attrs.find((attribute) => attribute.name === name)?.value;
}
