import {
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseAllDocuments,
} from 'yaml';
import type { ParsedDocument } from '../document.ts';
import { blocksByKey, type KeyLine, partingOfKey } from './key-lines.ts';
import { linesOf } from './lines.ts';
import { parsePlainText } from './plain-text.ts';

/** The parser takes a second for so many characters. */
const LONGEST_PARSED = 1_000_000;
const DEEPEST_TRAIL = 3;
const BETWEEN_DOCUMENTS = 7;

/** A node that is still to be walked through, with the keys above it. */
interface Place {
  node: unknown;
  path: string[];
  depth: number;
}

/** Reads YAML line by line as it is, with the path of keys as the trail; aliases are not expanded. What is no YAML is read as text. */
export function parseYaml(source: { path: string; text: string }): ParsedDocument {
  const lines = linesOf(source.text);
  const text = lines.join('\n');
  const found = text.length > LONGEST_PARSED ? undefined : keyLines(text);
  if (found === undefined) return { ...parsePlainText(source), format: 'yaml' };
  for (const [index, line] of lines.entries()) {
    if (/^---(?:\s|$)/.test(line)) found.set(index, { trail: [], parting: BETWEEN_DOCUMENTS });
  }
  raiseOverRemarks(lines, found);
  return { format: 'yaml', title: null, pages: null, blocks: blocksByKey(lines, found) };
}

function keyLines(text: string): Map<number, KeyLine> | undefined {
  const lineCounter = new LineCounter();
  const found = new Map<number, KeyLine>();
  const mark = (node: unknown, trail: string[], depth: number) => {
    const offset = (node as Node | null)?.range?.[0];
    if (offset === undefined) return;
    const line = lineCounter.linePos(offset).line - 1;
    if (!found.has(line)) found.set(line, { trail, parting: partingOfKey(depth) });
  };
  try {
    const documents = parseAllDocuments(text, { lineCounter, logLevel: 'silent', uniqueKeys: false });
    if (!Array.isArray(documents)) return found;
    for (const document of documents) {
      if (document.errors.length > 0) return undefined;
      walk(document.contents, mark);
    }
    return found;
  } catch (error) {
    // Nested too deep for the parser, which calls itself at each level; the lines can still be read.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function walk(
  contents: ParsedNode | null,
  mark: (node: unknown, trail: string[], depth: number) => void,
): void {
  const places: Place[] = [{ node: contents, path: [], depth: 1 }];
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    const { node, path, depth } = place;
    const below: Place[] = [];
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        const own = [...path, isScalar(key) ? String(key.value) : '?'].slice(0, DEEPEST_TRAIL);
        mark(key, isCollection(value) ? own : path, depth);
        below.push({ node: value, path: own, depth: depth + 1 });
      }
    } else if (isSeq(node)) {
      for (const item of node.items) {
        mark(item, path, depth);
        below.push({ node: item, path, depth: depth + 1 });
      }
    }
    for (const next of below.reverse()) places.push(next);
  }
}

/** Remarks right above a key belong to it. */
function raiseOverRemarks(lines: readonly string[], found: Map<number, KeyLine>): void {
  for (let index = lines.length - 1; index > 0; index -= 1) {
    const own = found.get(index);
    if (own === undefined || own.parting < 2 || !/^\s*#/.test(lines[index - 1] ?? '') || found.has(index - 1))
      continue;
    found.set(index - 1, { ...own });
    own.parting = 0;
  }
}
