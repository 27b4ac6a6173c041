import { ProblemError } from '../../errors.ts';
import { printable } from '../sandbox/names.ts';
import type { Deadline } from './deadline.ts';

/** The longest text or regular expression, in UTF-16 units. */
const LONGEST = 2000;

/** What to look for. */
export interface QueryOptions {
  text?: string | undefined;
  regex?: string | undefined;
  case_sensitive?: boolean | undefined;
}

/** Finds lines that match. */
export interface Query {
  /** Whether bytes, whole lines in UTF-8, may hold a match: a quick look that saves decoding them. */
  mayMatch(bytes: Buffer): boolean;
  /** Where the first match at or behind `from`, the beginning of a line, begins; -1 when there is none. */
  find(lines: string, from: number, deadline: Deadline): number;
}

/**
 * Compiles what to look for. Some regular expressions take for ever on some lines, so it must be used in a thread that
 * can be ended.
 *
 * @throws ProblemError `invalid_request` unless there is one thing to look for, well-formed.
 */
export function compileQuery({ text, regex, case_sensitive = false }: QueryOptions): Query {
  const wanted = text ?? regex;
  if (wanted === undefined || (text !== undefined && regex !== undefined)) {
    throw new ProblemError('invalid_request', 'A search takes either a text or a regex.');
  }
  if (wanted === '' || wanted.length > LONGEST || !wanted.isWellFormed()) {
    throw new ProblemError(
      'invalid_request',
      `The text or regex of a search has 1 to ${LONGEST} characters of well-formed text.`,
    );
  }
  if (text === undefined) return regexQuery(compileRegex(wanted, case_sensitive ? '' : 'i'));
  if (/[\r\n]/v.test(text)) {
    throw new ProblemError(
      'invalid_request',
      'A search looks at one line at a time; send a text of one line.',
    );
  }
  return case_sensitive ? exactQuery(text) : foldedQuery(text);
}

function exactQuery(text: string): Query {
  const needle = Buffer.from(text);
  return {
    mayMatch: (bytes) => bytes.includes(needle),
    find: (lines, from) => lines.indexOf(text, from),
  };
}

/** A text without a line break is found in all lines at once. */
function foldedQuery(text: string): Query {
  const pattern = new RegExp(RegExp.escape(text), 'giu');
  return {
    mayMatch: () => true,
    find(lines, from) {
      pattern.lastIndex = from;
      return pattern.exec(lines)?.index ?? -1;
    },
  };
}

function regexQuery(pattern: RegExp): Query {
  return {
    mayMatch: () => true,
    find(lines, from, deadline) {
      for (let start = from; start < lines.length; ) {
        deadline.check();
        const lineFeed = lines.indexOf('\n', start);
        const end = lineFeed === -1 ? lines.length : lineFeed;
        const index = indexIn(lines.slice(start, end), pattern);
        if (index !== -1) return start + index;
        start = end + 1;
      }
      return -1;
    },
  };
}

/** Where the pattern matches in one line; a carriage return at its end is no part of it. */
function indexIn(line: string, pattern: RegExp): number {
  try {
    return (line.endsWith('\r') ? line.slice(0, -1) : line).search(pattern);
  } catch (error) {
    throw new ProblemError(
      'invalid_request',
      'The regex takes too much memory on a long line. Send a simpler one.',
      {
        cause: error,
      },
    );
  }
}

function compileRegex(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, `${flags}u`);
  } catch {
    // Much that is written for other engines is only taken without Unicode's stricter rules.
  }
  try {
    return new RegExp(source, flags);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProblemError(
      'invalid_request',
      `The regex is none that JavaScript takes: ${printable(reason.slice(0, 300))}.`,
      { cause: error },
    );
  }
}
