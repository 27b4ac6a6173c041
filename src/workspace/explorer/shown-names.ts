import { readdirSync } from 'node:fs';
import type { Folder } from '../sandbox/folder.ts';
import { isOwnName, printable } from '../sandbox/names.ts';

/** The names in a folder, without those of the workspace itself. */
export interface ShownNames {
  /**
   * As listings show them, sorted by their bytes. All are latin1 strings, one character for each byte: they compare by
   * bytes, and hold names that are not UTF-8.
   */
  readonly sorted: string[];
  /** The name on disk of a shown one. */
  bytesOf(shown: string): Buffer;
}

/**
 * Reads the names in a folder, from `from` on; what cannot be printed is replaced by U+FFFD, and two names that look the
 * same then are told apart by more of them. Reads at one go, for use in a thread of its own.
 */
export function readShownNames(folder: Folder, from = ''): ShownNames {
  const sorted: string[] = [];
  const odd: string[] = [];
  for (const raw of readdirSync(folder.location, { encoding: 'latin1' })) {
    if (isOwnName(raw)) continue;
    if (!/^[ -~]+$/v.test(raw)) odd.push(raw);
    else if (raw >= from) sorted.push(raw);
  }
  const rawNames = new Map<string, string>();
  // In one order always, so that look-alikes keep their marks from page to page.
  for (const raw of odd.sort()) {
    let shown = toLatin1(printable(fromLatin1(raw)));
    while (rawNames.has(shown)) shown += toLatin1('\uFFFD');
    rawNames.set(shown, raw);
    if (shown >= from) sorted.push(shown);
  }
  sorted.sort();
  return { sorted, bytesOf: (shown) => Buffer.from(rawNames.get(shown) ?? shown, 'latin1') };
}

/** The bytes of a text in UTF-8, one character for each. */
export function toLatin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** The text whose bytes in UTF-8 are the characters. */
export function fromLatin1(text: string): string {
  return Buffer.from(text, 'latin1').toString();
}
