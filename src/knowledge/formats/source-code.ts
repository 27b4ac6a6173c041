import type { Block, ParsedDocument } from '../document.ts';
import { blockOf, isBlank, linesOf } from './lines.ts';
import { type Definition, definitionsIn } from './source-definitions.ts';
import { grammarOf } from './source-languages.ts';

/** Columns of a tab, and how strongly what begins at an indentation of none, one or two of them is parted. */
const TAB = 4;
const PARTINGS = [7, 5, 4];
const DEEPEST = 8;
const LONGEST_INTRODUCTION = 200;
/** A remark, decorator or attribute, which belongs to what comes after it. */
const INTRODUCTION =
  /^\s*(?:\/\/|\/\*|\*|#(?!\s*(?:include|define|if|endif|else|undef|pragma)\b)|--|@|\[\w|;)/;

/** The end of something, after a blank line by chance. */
const CLOSING = /^\s*(?:[)}\]]|end\b)/;

/** Whether the name of a file says that it is source code. */
export function isSourceCode(path: string): boolean {
  return grammarOf(path) !== undefined;
}

/** Reads source code line by line: definitions part it, and their names are the trail. */
export async function parseSourceCode(source: { path: string; text: string }): Promise<ParsedDocument> {
  const lines = linesOf(source.text);
  const grammar = grammarOf(source.path) ?? null;
  const definitions = grammar === null ? undefined : await definitionsOf(lines.join('\n'), grammar);
  const blocks = blocksOf(lines, definitions ?? []);
  return { format: 'code', title: null, pages: null, blocks };
}

async function definitionsOf(text: string, grammar: Parameters<typeof definitionsIn>[1]) {
  try {
    return await definitionsIn(text, grammar);
  } catch (error) {
    // The parser is WebAssembly: text nested too deep ends as an overflow of its stack, and can still be read by its lines.
    if (error instanceof RangeError || (error instanceof Error && error.name === 'RuntimeError'))
      return undefined;
    throw error;
  }
}

function blocksOf(lines: readonly string[], definitions: readonly Definition[]): Block[] {
  const blocks: Block[] = [];
  const open: Definition[] = [];
  let next = 0;
  const starts = definitions.map((definition) => startOf(lines, definition));
  for (const [index, line] of lines.entries()) {
    let begins = isBlank(lines[index - 1]);
    while (open.length > 0 && (open.at(-1)?.lastLine ?? 0) < index) open.pop();
    for (let definition = definitions[next]; definition !== undefined; definition = definitions[next]) {
      // The remarks above it begin it, but not before the definition above them ends.
      const isReached = index >= (starts[next] ?? 0) && (open.at(-1)?.depth ?? -1) < definition.depth;
      if (!isReached && definition.firstLine > index) break;
      if (definition.lastLine >= index) open.push(definition);
      begins = true;
      next += 1;
    }
    if (isBlank(line)) continue;
    const trail = open.slice(0, DEEPEST).map(({ name }) => name);
    const parting = begins && !CLOSING.test(line) ? partingAt(line) : 0;
    blocks.push(blockOf(lines, { from: index, to: index + 1 }, trail, parting));
  }
  return blocks;
}

/**
 * The parting goes by indentation, not by depth in the tree: a brace that is missing for a while changes the depth of all that
 * follows, and each chunk of it would be another.
 */
function partingAt(line: string): number {
  let columns = 0;
  for (const character of line) {
    if (character !== ' ' && character !== '\t') break;
    columns += character === '\t' ? TAB : 1;
  }
  return PARTINGS[Math.ceil(columns / TAB)] ?? 1;
}

/** The first line of the remarks right above a definition. */
function startOf(lines: readonly string[], { firstLine }: Definition): number {
  let start = firstLine;
  while (start > 0 && firstLine - start < LONGEST_INTRODUCTION && INTRODUCTION.test(lines[start - 1] ?? ''))
    start -= 1;
  return start;
}
