import type { ProblemError } from '../../errors.ts';
import { quoted } from '../sandbox/names.ts';
import { type Hunk, refusal } from './patch-hunks.ts';

/** How far from its line a hunk may be found, in lines; it bounds the time of a hostile patch. */
const NEARBY = 10_000;
/** How many places an error names. */
const PLACES_SHOWN = 10;
const ADVICE = 'Read the file again and make the patch from what it holds.';

/**
 * Where each hunk belongs in `lines`: at its own line, moved as far as the hunk before it was, or else at the only place
 * nearby that holds exactly its old lines. Hunks do not change places.
 *
 * @throws ProblemError `edit_does_not_apply` when one does not fit.
 */
export function placeHunks(lines: readonly string[], hunks: readonly Hunk[], path: string): number[] {
  // Numbers instead of texts, so that a comparison takes the same time however long the lines are.
  const numbers = new Map<string, number>();
  const wanted = hunks.map(({ old }) =>
    Int32Array.from(old, (line) => {
      const number = numbers.get(line) ?? numbers.size;
      numbers.set(line, number);
      return number;
    }),
  );
  const present = Int32Array.from(lines, (line) => numbers.get(line) ?? -1);

  let moved = 0;
  let earliest = 0;
  return hunks.map((hunk, index) => {
    const expected = Math.max(0, hunk.start + moved);
    const place = placeOf(hunk, { present, wanted: wanted[index] ?? new Int32Array(), expected, earliest });
    if (typeof place !== 'number') {
      const name = hunks.length === 1 ? 'the hunk' : `hunk ${index + 1} of ${hunks.length}`;
      throw misfit(hunk, { name, path, lines, expected, earliest, places: place });
    }
    moved = place - hunk.start;
    earliest = place + hunk.old.length - hunk.keptAtEnd;
    return place;
  });
}

interface Search {
  present: Int32Array;
  wanted: Int32Array;
  expected: number;
  earliest: number;
}

/** The place of a hunk, or all the places nearby that it could have. */
function placeOf({ bareEnd }: Hunk, { present, wanted, expected, earliest }: Search): number | number[] {
  const latest = present.length - wanted.length;
  const atEnd = bareEnd.old || bareEnd.new;
  const own = atEnd && wanted.length > 0 ? latest : expected;
  const isFree = own >= earliest && own <= latest && (!atEnd || own === latest);
  if (isFree && wanted.every((number, index) => present[own + index] === number)) return own;
  if (atEnd || wanted.length === 0) return [];
  const start = Math.max(earliest, expected - NEARBY);
  const places = findRuns(present.subarray(start, expected + NEARBY + wanted.length), wanted);
  const [only = 0] = places;
  return places.length === 1 ? start + only : places.map((place) => start + place);
}

/** The first places where `wanted` is in `present`, one more than are shown, in time linear in both (Knuth, Morris and Pratt). */
function findRuns(present: Int32Array, wanted: Int32Array): number[] {
  const borders = new Int32Array(wanted.length);
  /** How much of `wanted` ends at a number when this much of it ended at the one before. */
  const extend = (length: number, number: number | undefined): number => {
    let matched = length;
    while (matched > 0 && wanted[matched] !== number) matched = borders[matched - 1] ?? 0;
    return wanted[matched] === number ? matched + 1 : matched;
  };
  for (let index = 1; index < wanted.length; index += 1) {
    borders[index] = extend(borders[index - 1] ?? 0, wanted[index]);
  }
  const places: number[] = [];
  let matched = 0;
  for (let index = 0; index < present.length && places.length <= PLACES_SHOWN; index += 1) {
    matched = extend(matched, present[index]);
    if (matched < wanted.length) continue;
    places.push(index + 1 - wanted.length);
    matched = borders[matched - 1] ?? 0;
  }
  return places;
}

interface Misfit {
  name: string;
  path: string;
  lines: readonly string[];
  expected: number;
  earliest: number;
  places: readonly number[];
}

function misfit(hunk: Hunk, { name, path, lines, expected, earliest, places }: Misfit): ProblemError {
  const subject = `${name} does not fit ${quoted(path)}: it should be at line ${expected + 1}`;
  if (places.length > 0) {
    const shown = places.slice(0, PLACES_SHOWN).map((place) => place + 1);
    const more = places.length > PLACES_SHOWN ? ' and more' : '';
    return refusal(
      `${subject}, where the file differs, and its lines are at lines ${shown.join(', ')}${more} alike. Give it the right line number or more of the lines around it.`,
    );
  }
  const index = hunk.old.findIndex((line, at) => lines[expected + at] !== line);
  const found = lines[expected + index];
  const wanted = hunk.old[index];
  if (wanted === undefined) {
    const where =
      expected < earliest
        ? 'which the hunk before it reaches beyond'
        : 'which is not where the patch needs it';
    return refusal(`${subject}, ${where}; the file has ${lines.length} lines. ${ADVICE}`);
  }
  if (found === undefined) {
    return refusal(
      `${subject} and goes on with ${shownLine(wanted)}, but the file ends after line ${lines.length}. ${ADVICE}`,
    );
  }
  const spaces = withoutSpaces(found) === withoutSpaces(wanted) ? ' (only the spaces differ)' : '';
  return refusal(
    `${subject}, but line ${expected + index + 1} of the file is ${shownLine(found)} where the hunk has ${shownLine(wanted)}${spaces}. ${ADVICE}`,
  );
}

function shownLine(line: string): string {
  return quoted(line.replaceAll('\t', '\\t'));
}

function withoutSpaces(line: string): string {
  return line.replaceAll(/\s/gv, '');
}
