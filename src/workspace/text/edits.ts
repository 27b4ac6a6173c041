import { setImmediate } from 'node:timers/promises';
import { ProblemError } from '../../errors.ts';
import { findAll } from './find-all.ts';
import { dominantBreak, offsetsOf, withBreaks } from './line-breaks.ts';

/** How many edits one call takes. */
const EDITS_LIMIT = 100;
/** How many matches one edit replaces at most, which bounds its time and memory. */
const MATCHES_LIMIT = 100_000;
/** How many lines an error or an answer names. */
const LINES_SHOWN = 10;

/** One replacement: `find` must occur exactly once, unless `all` of its occurrences are meant. */
export interface Edit {
  find: string;
  replace: string;
  all?: boolean | undefined;
}

/** How often one edit matched, and in which lines of the text as it was before that edit: from 1, at most 10 of them. */
export interface EditMatches {
  matches: number;
  lines: number[];
}

interface EditLimits {
  /** The most UTF-16 units that the text may grow to in between. */
  longest: number;
  signal?: AbortSignal | undefined;
}

/**
 * Applies edits one after the other, each on what the one before left. Line breaks match whether they are LF or CRLF;
 * new ones take the kind that prevails in the text, and untouched text keeps every byte. Between edits the process
 * attends to others: one edit of 5 MiB takes about 0.1 s.
 *
 * @throws ProblemError `edit_does_not_apply` when one edit cannot be applied as it is, `file_too_large`.
 */
export async function applyEdits(
  text: string,
  edits: readonly Edit[],
  { longest, signal }: EditLimits,
): Promise<{ text: string; replacements: number; edits: EditMatches[] }> {
  if (edits.length === 0 || edits.length > EDITS_LIMIT) {
    throw new ProblemError(
      'edit_does_not_apply',
      `Send from 1 to ${EDITS_LIMIT} edits; these are ${edits.length}.`,
    );
  }
  let current = text;
  let replacements = 0;
  const applied: EditMatches[] = [];
  for (const [index, edit] of edits.entries()) {
    const label = edits.length === 1 ? 'The edit' : `Edit ${index + 1} of ${edits.length}`;
    refuseUnusable(edit, label);
    await setImmediate();
    signal?.throwIfAborted();
    const edited = applyEdit(current, edit, { label, isFirst: index === 0, longest });
    current = edited.text;
    replacements += edited.matches;
    applied.push({ matches: edited.matches, lines: edited.lines });
  }
  return { text: current, replacements, edits: applied };
}

interface Context {
  /** How a sentence calls the edit. */
  label: string;
  isFirst: boolean;
  longest: number;
}

function applyEdit(text: string, edit: Edit, context: Context) {
  const plain = withBreaks(text, '\n');
  const find = withBreaks(edit.find, '\n');
  const places = findAll(plain, find, { overlapping: edit.all !== true, most: MATCHES_LIMIT + 1 });
  if (places.length === 0) throw missed(plain, find, context);
  if (edit.all === true ? places.length > MATCHES_LIMIT : places.length > 1)
    throw tooMany(plain, places, context);

  const lineBreak = dominantBreak(text);
  const replace = lineBreak === undefined ? edit.replace : withBreaks(edit.replace, lineBreak);
  const offsetIn = offsetsOf(text);
  const kept: string[] = [];
  let copied = 0;
  let length = places.length * replace.length;
  for (const place of places) {
    kept.push(text.slice(copied, offsetIn(place)));
    copied = offsetIn(place + find.length);
  }
  kept.push(text.slice(copied));
  for (const piece of kept) length += piece.length;
  if (length > context.longest) throw tooLarge(context);
  return {
    text: kept.join(replace),
    matches: places.length,
    lines: linesOf(plain, places, LINES_SHOWN),
  };
}

function refuseUnusable(edit: Edit, label: string): void {
  const fault = editFault(edit);
  if (fault !== undefined)
    throw new ProblemError('edit_does_not_apply', `${label} cannot be applied: ${fault}`);
}

function editFault({ find, replace }: Edit): string | undefined {
  if (find === '') {
    return 'its find text is empty. Give the text to replace; to add text, find what stands before it and repeat that in replace.';
  }
  if (!find.isWellFormed() || !replace.isWellFormed()) return 'it holds half of a surrogate pair.';
  return replace.includes('\0') ? 'its replace text holds a NUL, which no text file can.' : undefined;
}

function missed(plain: string, find: string, { label, isFirst }: Context): ProblemError {
  const [firstLine = ''] = find.split('\n').filter((line) => line.trim() !== '');
  const similar = findAll(plain, firstLine.trim(), { overlapping: false, most: LINES_SHOWN });
  const hint =
    similar.length === 0
      ? ''
      : ` Its first words do occur, at ${linesAt(plain, similar)}, but what is around them differs.`;
  const when = isFirst ? '' : ' after the edits before it';
  return new ProblemError(
    'edit_does_not_apply',
    `${label} matches nothing${when}, so nothing was changed.${hint} Read the file again and copy the text exactly, with its spaces and indentation.`,
  );
}

function tooMany(plain: string, places: readonly number[], { label }: Context): ProblemError {
  const capped = places.length > MATCHES_LIMIT;
  const count = capped ? `more than ${MATCHES_LIMIT}` : `${places.length}`;
  const advice = capped ? '' : ', or set all to replace every match';
  return new ProblemError(
    'edit_does_not_apply',
    `${label} matches ${count} times, at ${linesAt(plain, places)}, so nothing was changed. Take more of the text around the place that you mean into find${advice}.`,
  );
}

function tooLarge({ label, longest }: Context): ProblemError {
  return new ProblemError(
    'file_too_large',
    `${label} would make the file larger than the ${longest} bytes that can be written, so nothing was changed.`,
  );
}

/** Says in which lines, counted from 1, the places are. */
function linesAt(plain: string, places: readonly number[]): string {
  const lines = linesOf(plain, places, LINES_SHOWN + 1);
  const more = lines.length > LINES_SHOWN ? ' and more' : '';
  return `${lines.length === 1 ? 'line' : 'lines'} ${lines.slice(0, LINES_SHOWN).join(', ')}${more}`;
}

/** The first `most` lines, counted from 1, that the places are in. */
function linesOf(plain: string, places: readonly number[], most: number): number[] {
  const lines = new Set<number>();
  let line = 1;
  let scanned = 0;
  for (const place of places) {
    for (; scanned < place; scanned += 1) if (plain.charCodeAt(scanned) === 0x0a) line += 1;
    lines.add(line);
    if (lines.size === most) break;
  }
  return [...lines];
}
