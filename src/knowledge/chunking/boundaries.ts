import { hash } from 'node:crypto';
import type { Piece } from './pieces.ts';

/** In runs longer than so many chunks only the middle is searched, or a hostile order of priorities would take quadratic time. */
const LONG_RUN = 8;
const CONTEXT_PIECES = 4;
const CONTEXT_CHARACTERS = 64;

/** How far apart boundaries are, in bytes of the text that is read. */
interface Measure {
  most: number;
  /** `positions[index]` is where piece `index` begins; one more for the end. */
  positions: Float64Array;
  priorities: Float64Array;
}

/**
 * Where a run of pieces is cut so that no part has more than `most` bytes: the indexes of the pieces that begin a part, but the first.
 *
 * A boundary is a cut when none of higher priority lies within a quarter of a part: local maxima, as in content-defined chunking of
 * files (Bjørner, Blass, Gurevich: "Content-dependent chunking for differential compression, the local maximum approach", 2010,
 * doi:10.1016/j.jcss.2009.06.004). An edit can therefore move only cuts that are near to it. A part that is still too long is split in two.
 */
export function cutsOf(pieces: readonly Piece[], most: number): number[] {
  const measure = measureOf(pieces, most);
  const { positions } = measure;
  const length = (positions[pieces.length] ?? 0) - (positions[0] ?? 0);
  if (length <= most) return [];
  const ends = [0, ...localMaxima(measure, pieces.length), pieces.length];
  const cuts: number[] = [];
  for (let index = 1; index < ends.length; index += 1) {
    // Both are within the bounds of `ends`.
    const from = ends[index - 1] ?? 0;
    const to = ends[index] ?? 0;
    if (from > 0) cuts.push(from);
    splitUp(from, to, measure, cuts);
  }
  return cuts.sort((one, other) => one - other);
}

function measureOf(pieces: readonly Piece[], most: number): Measure {
  const positions = new Float64Array(pieces.length + 1);
  const priorities = new Float64Array(pieces.length);
  let before = '';
  for (const [index, piece] of pieces.entries()) {
    positions[index + 1] = (positions[index] ?? 0) + piece.glue.length + Buffer.byteLength(piece.text);
    // The texts decide among equal partings: they are the same after an edit elsewhere.
    const chance = hash('sha1', `${before}\0${textFrom(index, pieces)}`, 'buffer').readUInt32BE() / 2 ** 32;
    priorities[index] = piece.parting + chance;
    before = piece.text;
  }
  return { most, positions, priorities };
}

/** The text after a boundary: many a line of code is like others, as the brace and the comment between two functions are. */
function textFrom(index: number, pieces: readonly Piece[]): string {
  let text = '';
  for (let next = index; next < index + CONTEXT_PIECES && text.length < CONTEXT_CHARACTERS; next += 1) {
    text += `${pieces[next]?.text ?? ''}\n`;
  }
  return text;
}

function localMaxima({ most, positions, priorities }: Measure, count: number): number[] {
  const reach = most / 4;
  const at = (index: number) => positions[index] ?? 0;
  const priority = (index: number) => priorities[index] ?? 0;
  const isBeaten = new Uint8Array(count);
  const higher: number[] = [];
  for (let index = 1; index < count; index += 1) {
    for (
      let last = higher.at(-1);
      last !== undefined && priority(last) <= priority(index);
      last = higher.at(-1)
    ) {
      if (priority(last) < priority(index) && at(index) - at(last) < reach) isBeaten[last] = 1;
      higher.pop();
    }
    const nearest = higher.at(-1);
    if (nearest !== undefined && at(index) - at(nearest) < reach) isBeaten[index] = 1;
    higher.push(index);
  }
  const cuts: number[] = [];
  let last = 0;
  for (let index = 1; index < count; index += 1) {
    // Of equals that are near each other, as in a table of equal rows, the first one counts.
    if (isBeaten[index] === 1 || at(index) - at(last) < reach || at(count) - at(index) < reach) continue;
    cuts.push(index);
    last = index;
  }
  return cuts;
}

/** Splits the pieces from one to another at their best boundaries until each part fits. */
function splitUp(first: number, end: number, measure: Measure, cuts: number[]): void {
  const runs: { from: number; to: number }[] = [{ from: first, to: end }];
  for (let run = runs.pop(); run !== undefined; run = runs.pop()) {
    const { from, to } = run;
    const length = (measure.positions[to] ?? 0) - (measure.positions[from] ?? 0);
    if (length <= measure.most || to - from < 2) continue;
    const cut = bestCut(from, to, measure);
    cuts.push(cut);
    runs.push({ from, to: cut }, { from: cut, to });
  }
}

function bestCut(from: number, to: number, { most, positions, priorities }: Measure): number {
  const start = positions[from] ?? 0;
  const length = (positions[to] ?? 0) - start;
  let leastSide = most / 4;
  // Two parts suffice: neither may be left too long.
  if (length <= 2 * most) leastSide = length - most;
  if (length > LONG_RUN * most) leastSide = length / 4;
  let best = from + 1;
  let bestRank = Number.NEGATIVE_INFINITY;
  for (let index = from + 1; index < to; index += 1) {
    const side = Math.min((positions[index] ?? 0) - start, length - ((positions[index] ?? 0) - start));
    // What leaves too little on a side comes after all others, the nearest to the middle first.
    const rank = side >= leastSide ? (priorities[index] ?? 0) : -10 - (leastSide - side);
    if (rank > bestRank) {
      best = index;
      bestRank = rank;
    }
  }
  return best;
}
