import { type StructuredPatchHunk, structuredPatch } from 'diff';
import { countLines, differingParts } from './differing-parts.ts';
import { countBreaks, withBreaks } from './line-breaks.ts';

/** How long two texts are compared, in milliseconds. */
const TIME_LIMIT = 200;
/** How many differing lines are compared at all; more of them take longer to tell apart than the time limit. */
const LINES_LIMIT = 100_000;
/** How much of one line is shown, in UTF-16 units. */
const LINE_SHOWN = 1000;
/** How much the last line may take that says what is left out. */
const REMARK = 60;

/** One state of a file; the name is `/dev/null` where there is none. */
export interface Version {
  name: string;
  text: string;
}

/** How two texts differ; `truncated` says that `diff` does not show all of it. */
export interface Comparison {
  diff: string;
  added: number;
  removed: number;
  truncated: boolean;
}

/** How many equal lines to show around a difference, and how many UTF-16 units to answer at most. */
export interface CompareOptions {
  context?: number | undefined;
  maximum?: number | undefined;
}

/**
 * Compares two texts as a unified diff for a reader, empty when they are the same. Line endings are compared apart from
 * the lines, and a difference between them is said in words. Texts that differ too much to be compared in 0.2 s are
 * described by their sizes, and all of their lines are counted.
 */
export function unifiedDiff(
  from: Version,
  to: Version,
  { context = 3, maximum = 20_000 }: CompareOptions = {},
): Comparison {
  if (from.text === to.text) return { diff: '', added: 0, removed: 0, truncated: false };
  const header = `--- ${from.name}\n+++ ${to.name}\n`;
  const { older, newer, note } = comparable(from.text, to.text);
  if (older === newer) return { diff: header + note, added: 0, removed: 0, truncated: false };
  const hunks = compare(older, newer, context);
  if (hunks === undefined) {
    const added = countLines(newer);
    const removed = countLines(older);
    const sizes = `${removed} lines (${from.text.length} characters) before, ${added} lines (${to.text.length} characters) after`;
    const diff = `${header}${note}The texts differ too much to be compared line by line: ${sizes}.\n`;
    return { diff, added, removed, truncated: true };
  }
  const lines = hunks.flatMap((hunk) => [headerOf(hunk), ...hunk.lines]);
  const count = (sign: string) =>
    hunks.reduce((sum, hunk) => sum + hunk.lines.filter((line) => line.startsWith(sign)).length, 0);
  const { text, truncated } = shorten(lines, maximum - header.length - note.length - REMARK);
  return { diff: header + note + text, added: count('+'), removed: count('-'), truncated };
}

/** The texts with their line endings made visible, or alike and described in a note. */
function comparable(from: string, to: string): { older: string; newer: string; note: string } {
  const before = breaksOf(from);
  const after = breaksOf(to);
  const older = withBreaks(from, '\n');
  const newer = withBreaks(to, '\n');
  const change = `${before.words} before, ${after.words} after.\n`;
  if (older === newer) return { older, newer, note: `Only line endings differ: ${change}` };
  if (before.kind === 'mixed' && after.kind === 'mixed') {
    const shown = (text: string) => text.replaceAll('\r\n', '␍\n');
    return { older: shown(from), newer: shown(to), note: '␍ marks the lines that end in CRLF, not LF.\n' };
  }
  const changes = before.kind !== after.kind && before.kind !== 'none' && after.kind !== 'none';
  return { older, newer, note: changes ? `Line endings differ too: ${change}` : '' };
}

/** Which line breaks a text has, also in words. */
function breaksOf(text: string): { kind: 'none' | 'LF' | 'CRLF' | 'mixed'; words: string } {
  const { lf, crlf } = countBreaks(text);
  if (lf > 0 && crlf > 0) return { kind: 'mixed', words: `${lf} LF and ${crlf} CRLF` };
  const kind = crlf > 0 ? 'CRLF' : lf > 0 ? 'LF' : 'none';
  return { kind, words: kind };
}

/** The hunks between two texts; `undefined` when that would take too long. */
function compare(older: string, newer: string, context: number): StructuredPatchHunk[] | undefined {
  const parts = differingParts(older, newer, context);
  if (countLines(parts.older) + countLines(parts.newer) > LINES_LIMIT) return undefined;
  const options = { context, timeout: TIME_LIMIT };
  const patch = structuredPatch('', '', parts.older, parts.newer, undefined, undefined, options);
  return patch?.hunks.map((hunk) => ({
    ...hunk,
    oldStart: hunk.oldStart + parts.linesBefore,
    newStart: hunk.newStart + parts.linesBefore,
  }));
}

/** An empty side is given the line before it, as in every unified diff. */
function headerOf({ oldStart, oldLines, newStart, newLines }: StructuredPatchHunk): string {
  const older = `${oldLines === 0 ? oldStart - 1 : oldStart},${oldLines}`;
  const newer = `${newLines === 0 ? newStart - 1 : newStart},${newLines}`;
  return `@@ -${older} +${newer} @@`;
}

/** As many lines as fit, long ones cut, and a last line that says what is left out. */
function shorten(lines: readonly string[], maximum: number): { text: string; truncated: boolean } {
  let text = '';
  let truncated = false;
  for (const [index, line] of lines.entries()) {
    const isLong = line.length > LINE_SHOWN;
    const shown = isLong
      ? `${line.slice(0, LINE_SHOWN).toWellFormed()}… (${line.length - LINE_SHOWN} more characters)`
      : line;
    if (text.length + shown.length + 1 > maximum) {
      return { text: `${text}… (${lines.length - index} more lines of the diff)\n`, truncated: true };
    }
    text += `${shown}\n`;
    truncated ||= isLong;
  }
  return { text, truncated };
}
