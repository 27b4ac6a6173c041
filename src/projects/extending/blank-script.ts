const BEFORE_REGEX = /(?:^|[(,=:[!&|?{;+*%~^\n]|\b(?:return|typeof|case|in|of|do|else))$/;

/** Templates within templates; nobody writes more. */
const DEEPEST = 20;

/**
 * JavaScript or TypeScript of the same length and lines, with blanks for the insides of comments, strings,
 * templates and regular expressions: what is left can be searched for code.
 */
export function blankScript(text: string): string {
  let blanked = '';
  let at = 0;
  while (at < text.length) {
    const end = endOfQuiet(text, at, blanked);
    if (end === null) {
      blanked += text[at];
      at += 1;
    } else {
      blanked += blankInside(text.slice(at, end));
      at = end;
    }
  }
  return blanked;
}

/** The same with blanks for all that is inside of braces, too: the statements of the module itself. */
export function topLevelOf(blanked: string): string {
  let depth = 0;
  let top = '';
  for (const character of blanked) {
    if (character === '}') depth = Math.max(0, depth - 1);
    top += depth === 0 || character === '\n' ? character : ' '.repeat(character.length);
    if (character === '{') depth += 1;
  }
  return top;
}

/** Where the bracket that opens at `open` of blanked code is closed; -1 where it is not. */
export function closingBracket(blanked: string, open: number): number {
  let depth = 0;
  for (let at = open; at < blanked.length; at += 1) {
    if ('([{'.includes(blanked.charAt(at))) depth += 1;
    else if (')]}'.includes(blanked.charAt(at))) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

/** The end of the comment, string, template or regular expression that begins at `at`; null where none does. */
function endOfQuiet(text: string, at: number, before: string): number | null {
  const two = text.slice(at, at + 2);
  if (two === '//' || (two === '#!' && at === 0)) return endOr(text.indexOf('\n', at), text);
  if (two === '/*') return endOr(text.indexOf('*/', at + 2), text, 2);
  const [character] = two;
  if (character === '"' || character === "'") return endOfString(text, at);
  if (character === '`') return endOfTemplate(text, at);
  if (character === '/' && BEFORE_REGEX.test(before.slice(-12).trimEnd())) return endOfRegex(text, at);
  return null;
}

function endOr(found: number, text: string, more = 0): number {
  return found < 0 ? text.length : found + more;
}

/** Quotes stay, so that it can be seen that there is a string; line breaks stay for the numbers of lines. */
function blankInside(quiet: string): string {
  const isQuoted = /^["'`]/.test(quiet) && quiet.length > 1;
  const blank = quiet.replace(/[^\n]/g, ' ');
  return isQuoted ? quiet[0] + blank.slice(1, -1) + quiet.at(-1) : blank;
}

/** A string ends with its line, so that an apostrophe in the text of a page does no further harm. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === text[start]) return at + 1;
    else if (text[at] === '\n') return at;
  }
  return text.length;
}

function endOfTemplate(text: string, start: number, depth = 0): number {
  if (depth > DEEPEST) return text.length;
  let at = start + 1;
  while (at < text.length) {
    if (text[at] === '`') return at + 1;
    if (text[at] === '\\') at += 2;
    else if (text.startsWith('${', at)) at = endOfHole(text, at + 2, depth);
    else at += 1;
  }
  return text.length;
}

function endOfHole(text: string, start: number, outer: number): number {
  let depth = 1;
  let at = start;
  while (at < text.length) {
    const character = text[at];
    if (character === '"' || character === "'") at = endOfString(text, at);
    else if (character === '`') at = endOfTemplate(text, at, outer + 1);
    else {
      if (character === '{') depth += 1;
      if (character === '}') depth -= 1;
      at += 1;
      if (depth === 0) return at;
    }
  }
  return text.length;
}

/** Null where the line ends first: then it was a division. */
function endOfRegex(text: string, start: number): number | null {
  let inClass = false;
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '[') inClass = true;
    else if (text[at] === ']') inClass = false;
    else if (text[at] === '/' && !inClass) return at + 1;
  }
  return null;
}
