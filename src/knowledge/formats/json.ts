import { createScanner } from 'jsonc-parser';
import type { ParsedDocument } from '../document.ts';
import { blocksByKey, type KeyLine, partingOfKey } from './key-lines.ts';
import { blocksByLine, linesOf } from './lines.ts';

const LINES_OF_JSON = /\.(?:jsonl|ndjson|jsonlines|ldjson)$/i;
/** The values of SyntaxKind in jsonc-parser, a `const enum` that is not there for modules compiled one by one. */
const OPEN_BRACE = 1;
const CLOSE_BRACE = 2;
const OPEN_BRACKET = 3;
const CLOSE_BRACKET = 4;
const COMMA = 5;
const COLON = 6;
const STRING = 10;
const LINE_COMMENT = 12;
const BLOCK_COMMENT = 13;
const LINE_BREAK = 14;
const WHITE_SPACE = 15;
const END = 17;
const BEGINS_NOTHING: ReadonlySet<number> = new Set([CLOSE_BRACE, CLOSE_BRACKET, COMMA, COLON]);
const IS_SKIPPED: ReadonlySet<number> = new Set([LINE_COMMENT, BLOCK_COMMENT, LINE_BREAK, WHITE_SPACE]);

/** An object or array that is open: the key whose value it is, and the last key in it. */
interface Open {
  key: string | null;
  isObject: boolean;
  lastKey: string | null;
  /** Whether a key, or the value of one, is what comes next. */
  awaits: 'key' | 'value';
}

/** Reads JSON, with comments or without, and lines of JSON, line by line as it is; the trail is the path of keys. */
export function parseJson(source: { path: string; text: string }): ParsedDocument {
  const lines = linesOf(source.text);
  if (LINES_OF_JSON.test(source.path)) {
    const blocks = blocksByLine(lines, { from: 0, to: lines.length }, [], 1);
    return {
      format: 'json',
      title: null,
      pages: null,
      blocks: blocks.map((block) => ({ ...block, parting: 1 })),
    };
  }
  return { format: 'json', title: null, pages: null, blocks: blocksByKey(lines, keyLines(lines)) };
}

/** What begins on each line. It takes the text token by token, so neither depth nor faults in it matter. */
function keyLines(lines: readonly string[]): Map<number, KeyLine> {
  const found = new Map<number, KeyLine>();
  const open: Open[] = [];
  const scanner = createScanner(lines.join('\n'), true);
  for (let token: number = scanner.scan(); token !== END; token = scanner.scan()) {
    const line = scanner.getTokenStartLine();
    if (IS_SKIPPED.has(token)) continue;
    const top = open.at(-1);
    const isKey = top?.isObject === true && top.awaits === 'key' && token === STRING;
    if (!found.has(line)) {
      const begins = !BEGINS_NOTHING.has(token) && (isKey || top?.isObject === false);
      found.set(line, { trail: pathOf(open), parting: begins ? partingOfKey(open.length) : 0 });
    }
    if (top !== undefined && isKey) top.lastKey = scanner.getTokenValue();
    if (top !== undefined && token === COLON) top.awaits = 'value';
    if (top !== undefined && token === COMMA) top.awaits = 'key';
    if (token === CLOSE_BRACE || token === CLOSE_BRACKET) open.pop();
    if (token === OPEN_BRACE || token === OPEN_BRACKET) {
      const key = top?.isObject === true ? top.lastKey : null;
      open.push({ key, isObject: token === OPEN_BRACE, lastKey: null, awaits: 'key' });
      const own = found.get(line);
      // The line with the key is the heading of what is in its value.
      if (own !== undefined && own.parting > 0) own.trail = pathOf(open);
    }
  }
  return found;
}

function pathOf(open: readonly Open[]): string[] {
  const path: string[] = [];
  for (const { key } of open) {
    if (path.length === 3) break;
    if (key !== null) path.push(key);
  }
  return path;
}
