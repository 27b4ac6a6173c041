import { quoted } from '../sandbox/names.ts';
import { placeHunks } from './hunk-places.ts';
import { dominantBreak, offsetsOf, withBreaks } from './line-breaks.ts';
import { type Hunk, readHunks, refusal } from './patch-hunks.ts';

/** Where a hunk was applied, by the line in the text as it was, counted from 1, and how many lines it changed. */
export interface AppliedHunk {
  line: number;
  added: number;
  removed: number;
}

/**
 * Applies a unified diff to a text, all of it or nothing. Every kept and removed line of a hunk has to be there exactly,
 * but may have moved. Line breaks of the patch mean those of the text, which keeps its own; without a remark about a
 * missing last one the text keeps that state too.
 *
 * @throws ProblemError `edit_does_not_apply` when the patch cannot be read or a hunk does not fit.
 */
export function applyPatch(
  text: string,
  patch: string,
  path: string,
): { text: string; hunks: AppliedHunk[] } {
  const hunks = readHunks(patch, { isNewFile: text === '' });
  const lineBreak = dominantBreak(text) ?? dominantBreak(patch) ?? '\n';
  const hasBareEnd = text !== '' && !text.endsWith('\n');
  const source = hasBareEnd ? text + lineBreak : text;
  const lines = withBreaks(source, '\n').split('\n');
  lines.pop(); // what follows the last line break
  const places = placeHunks(lines, hunks, path);
  const bareEnd = bareEndAfter(hunks, hasBareEnd);

  const offsetOf = lineOffsets(lines, source);
  const pieces: string[] = [];
  let copied = 0;
  for (const [index, { changes }] of hunks.entries()) {
    for (const { at, removed, added } of changes) {
      const start = (places[index] ?? 0) + at; // placeHunks gives each hunk its place
      pieces.push(source.slice(copied, offsetOf(start)), ...added.flatMap((line) => [line, lineBreak]));
      copied = offsetOf(start + removed);
    }
  }
  const rest = text.slice(copied);
  const whole = pieces.join('') + rest;
  const patched = rest === '' && bareEnd ? whole.replace(/\r?\n$/v, '') : whole;
  if (patched === text) {
    throw refusal(`it changes nothing in ${quoted(path)}; line endings stay as they are in the file.`);
  }
  return { text: patched, hunks: hunks.map((hunk, index) => appliedHunk(hunk, places[index] ?? 0)) };
}

/** Whether the patched text ends without a line break. */
function bareEndAfter(hunks: readonly Hunk[], hasBareEnd: boolean): boolean {
  const { bareEnd } = hunks.at(-1) ?? {};
  if (bareEnd === undefined || (!bareEnd.old && !bareEnd.new)) return hasBareEnd;
  if (bareEnd.old !== hasBareEnd) {
    throw refusal(
      `it says that the last line of the file has ${bareEnd.old ? 'no' : 'a'} line break, and it has ${bareEnd.old ? 'one' : 'none'}. Read the file again and make the patch from what it holds.`,
    );
  }
  return bareEnd.new;
}

/** Makes a function that says where lines begin in `source`, to be called with them in ascending order. */
function lineOffsets(lines: readonly string[], source: string): (line: number) => number {
  const offsetIn = offsetsOf(source);
  let reached = 0;
  let plainOffset = 0;
  return (line) => {
    for (; reached < line; reached += 1) plainOffset += (lines[reached]?.length ?? 0) + 1;
    return offsetIn(plainOffset);
  };
}

function appliedHunk({ changes }: Hunk, place: number): AppliedHunk {
  const sum = (count: (change: Hunk['changes'][number]) => number) =>
    changes.reduce((total, change) => total + count(change), 0);
  return {
    line: place + 1,
    added: sum(({ added }) => added.length),
    removed: sum(({ removed }) => removed),
  };
}
