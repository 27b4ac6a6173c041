/** Which lines of a text are wanted, counted from 1, and how many UTF-16 units of them at most. */
export interface LineRange {
  from: number;
  to: number;
  maximum: number;
}

/** The lines that were wanted, with their line breaks. */
export interface TakenLines {
  text: string;
  /** The last line in `text`; one less than the first line wanted when there is none. */
  to: number;
  /** Whether the text goes on after what was taken. */
  more: boolean;
  /** Whether `to` is only the beginning of a line that is longer than what was allowed. */
  cut: boolean;
  /** How many lines the whole text has; null when its end was not reached. */
  total_lines: number | null;
}

/** Takes lines out of a text that arrives in pieces. */
export interface LineWindow {
  /** Looks at the next piece; true when no further one is needed. */
  add(piece: string): boolean;
  /** What was taken, once `add` said true or the text ended. */
  taken(): TakenLines;
}

/** Makes a window on a text; pieces may end anywhere but inside a character. */
export function createLineWindow({ from, to, maximum }: LineRange): LineWindow {
  let line = 1;
  let insideLine = false;
  let text = '';
  let lineStart = 0;
  let last = from - 1;
  let more = false;
  let cut = false;

  /** Takes a part of the current line; false when it does not fit any more. */
  function take(part: string): boolean {
    if (!insideLine) lineStart = text.length;
    if (text.length + part.length <= maximum) {
      text += part;
      last = line;
      return true;
    }
    cut = lineStart === 0;
    text = cut ? beginningOf(text + part, maximum) : text.slice(0, lineStart);
    last = cut ? line : line - 1;
    return false;
  }

  return {
    add(piece) {
      let position = 0;
      while (position < piece.length && !more) {
        const found = piece.indexOf('\n', position);
        const end = found === -1 ? piece.length : found + 1;
        more = line > to || (line >= from && !take(piece.slice(position, end)));
        insideLine = found === -1;
        if (!insideLine) line += 1;
        position = end;
      }
      return more;
    },
    taken: () => ({ text, to: last, more, cut, total_lines: more ? null : line - (insideLine ? 0 : 1) }),
  };
}

/** The first `length` units of a text, or one less where that would leave half a character. */
function beginningOf(text: string, length: number): string {
  const beginning = text.slice(0, length);
  return beginning.isWellFormed() ? beginning : beginning.slice(0, -1);
}
