/** The part in which two texts differ, with some equal lines around it, and how many lines come before it. */
export interface DifferingParts {
  older: string;
  newer: string;
  linesBefore: number;
}

/** Leaves out the lines that two texts begin and end with alike, but for `context` of them on either side. */
export function differingParts(older: string, newer: string, context: number): DifferingParts {
  const shorter = Math.min(older.length, newer.length);
  let same = 0;
  while (same < shorter && older.charCodeAt(same) === newer.charCodeAt(same)) same += 1;
  const start = linesBack(older, same, context);

  let alike = 0;
  while (alike < shorter - same && older.at(-1 - alike) === newer.at(-1 - alike)) alike += 1;
  const left = older.length - linesOn(older, older.length - alike, context);
  return {
    older: older.slice(start, older.length - left),
    newer: newer.slice(start, newer.length - left),
    linesBefore: countLines(older.slice(0, start)),
  };
}

/** How many lines a text has; a last one without a line break counts. */
export function countLines(text: string): number {
  let lines = text === '' || text.endsWith('\n') ? 0 : 1;
  for (let index = text.indexOf('\n'); index !== -1; index = text.indexOf('\n', index + 1)) lines += 1;
  return lines;
}

/** Where the line begins that is `lines` before the one at `place`. */
function linesBack(text: string, place: number, lines: number): number {
  let start = place;
  for (let step = 0; step <= lines && start > 0; step += 1) {
    if (step > 0) start -= 1;
    start = start === 0 ? 0 : text.lastIndexOf('\n', start - 1) + 1;
  }
  return start;
}

/** Where the line ends that is `lines` after the one at `place`. */
function linesOn(text: string, place: number, lines: number): number {
  let end = place;
  for (let step = 0; step <= lines; step += 1) {
    const found = text.indexOf('\n', end);
    if (found === -1) return text.length;
    end = found + 1;
  }
  return end;
}
