import type { Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { parseDocument } from 'yaml';
import type { Block, ParsedDocument } from '../document.ts';
import { blockOf, blocksByLine, linesOf } from './lines.ts';
import { type MarkdownPart, markdownParts } from './markdown-lines.ts';

/** A paragraph, item or listing of more characters is given line by line. */
const LONG_PART = 1_000;
/** A longer heading is none, and its marks are not worth the time. */
const LONGEST_HEADING = 200;

/** Reads Markdown with the tables of GitHub and front matter; every line that is not blank is in one block, as it is. */
export function parseMarkdown(source: { path: string; text: string }): ParsedDocument {
  const lines = linesOf(source.text);
  const blocks: Block[] = [];
  const headings: { depth: number; text: string }[] = [];
  let title: string | null = null;
  let firstHeading: string | null = null;
  for (const part of markdownParts(lines)) {
    if (part.kind === 'front matter') title = titleIn(lines.slice(1, part.to - 1).join('\n'));
    if (part.kind === 'heading') {
      while ((headings.at(-1)?.depth ?? 0) >= part.depth) headings.pop();
      const text = headingText(lines.slice(part.from, part.to).join('\n'));
      if (text !== '') headings.push({ depth: part.depth, text });
      if (part.depth === 1 && text !== '') firstHeading ??= text;
    }
    const trail = headings.map(({ text }) => text);
    for (const block of blocksOf(part, lines, trail)) blocks.push(block);
  }
  return { format: 'markdown', title: title ?? firstHeading, pages: null, blocks };
}

function blocksOf(part: MarkdownPart, lines: readonly string[], trail: string[]): Block[] {
  const { kind, from, to } = part;
  if (kind === 'heading') return [blockOf(lines, part, trail, 10 - part.depth)];
  if (kind === 'rule') return [blockOf(lines, part, trail, 2)];
  if (kind === 'table') {
    const head = blockOf(lines, { from, to: from + 2 }, trail, 1);
    const rows = blocksByLine(lines, { from: from + 2, to }, trail, 0);
    // The first row stays with its header; the others are parted like paragraphs.
    return [head, ...rows.map((row, index) => ({ ...row, parting: index === 0 ? 0 : 1 }))].map((row) => ({
      ...row,
      header: head.text,
    }));
  }
  let length = 0;
  for (let index = from; index < to; index += 1) length += (lines[index]?.length ?? 0) + 1;
  return length > LONG_PART ? blocksByLine(lines, part, trail, 1) : [blockOf(lines, part, trail, 1)];
}

/** The words of a heading without the marks of Markdown. */
function headingText(heading: string): string {
  if (heading.length > LONGEST_HEADING)
    return heading
      .slice(0, LONGEST_HEADING)
      .replace(/^[#\s]+/, '')
      .trim();
  const tree = fromMarkdown(heading, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  // What is linked by a name that is defined elsewhere stays written out: badges go, links keep their words.
  return wordsOf(tree)
    .replaceAll(/\[!\[[^\]]*\]\[[^\]]*\]\]\[[^\]]*\]/g, '')
    .replaceAll(/!?\[([^\]]*)\]\[[^\]]*\]/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function wordsOf(node: Nodes): string {
  if (node.type === 'html') return '';
  if ('children' in node) return node.children.map(wordsOf).join('');
  if ('value' in node) return node.value;
  if (node.type === 'break') return ' ';
  return 'alt' in node ? (node.alt ?? '') : '';
}

function titleIn(frontMatter: string): string | null {
  const line = /^title[ \t]*[:=][ \t]*(\S.{0,500})$/m.exec(frontMatter)?.[1];
  if (line === undefined) return null;
  const title: unknown = parseDocument(line, { logLevel: 'silent' }).contents?.toJSON();
  return typeof title === 'string' && title.trim() !== '' ? title.trim() : null;
}
