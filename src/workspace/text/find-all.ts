interface FindOptions {
  /** Whether matches may share characters; otherwise each begins after the one before. */
  overlapping: boolean;
  /** How many places to find before stopping. */
  most: number;
}

/**
 * The places where `wanted` begins in `text`, in order, found in time linear in both (Knuth, Morris and Pratt, 1977).
 * `String.prototype.indexOf` is not: a search for 400 kB in 5 MB was measured to take ten minutes.
 */
export function findAll(text: string, wanted: string, { overlapping, most }: FindOptions): number[] {
  const places: number[] = [];
  if (wanted === '') return places;
  const borders = bordersOf(wanted);
  let matched = 0;
  for (let index = 0; index < text.length && places.length < most; index += 1) {
    const unit = text.charCodeAt(index);
    while (matched > 0 && unit !== wanted.charCodeAt(matched)) matched = borders[matched - 1] ?? 0;
    if (unit === wanted.charCodeAt(matched)) matched += 1;
    if (matched < wanted.length) continue;
    places.push(index + 1 - wanted.length);
    matched = overlapping ? (borders[matched - 1] ?? 0) : 0;
  }
  return places;
}

/** For each beginning of `wanted`, the length of its longest proper part that is both its beginning and its end. */
function bordersOf(wanted: string): Int32Array {
  const borders = new Int32Array(wanted.length);
  let length = 0;
  for (let index = 1; index < wanted.length; index += 1) {
    const unit = wanted.charCodeAt(index);
    while (length > 0 && unit !== wanted.charCodeAt(length)) length = borders[length - 1] ?? 0;
    if (unit === wanted.charCodeAt(length)) length += 1;
    borders[index] = length;
  }
  return borders;
}
