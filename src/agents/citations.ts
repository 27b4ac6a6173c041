import type { PassageRecord } from '../db/schema.ts';
import { detectLanguage } from '../models/offline/language.ts';
import { type CitedPlace, citationOf, parseCitation } from '../models/passages.ts';
import { scanCitations } from './citation-scanner.ts';

/** What stands where a citation was taken out. */
const TAKEN_OUT = '[?]';

/** A text whose citations were checked. */
export interface CheckedText {
  /** With the citations that hold; one that goes further than what was retrieved is narrowed to that. */
  text: string;
  /** What is cited in it, in the order of the text, each place once. */
  cited: PassageRecord[];
  /** Citations of what was not retrieved, which were taken out. */
  removed: string[];
}

/** Checks the citations of a text against the passages that its writer was given. */
export function checkCitations(text: string, passages: readonly PassageRecord[]): CheckedText {
  const checked: CheckedText = { text: '', cited: [], removed: [] };
  const scanner = scanCitations((inside) => replacement(inside, passages, checked));
  checked.text = scanner.push(text) + scanner.end();
  return checked;
}

/**
 * Checks the citations of a text that comes in pieces. All that it gives out, put together, is what `checkCitations` makes of the
 * whole text.
 */
export function citationStream(passages: () => readonly PassageRecord[]) {
  const checked: CheckedText = { text: '', cited: [], removed: [] };
  return scanCitations((inside) => replacement(inside, passages(), checked));
}

/** Says in the language of a text that citations of it were taken out; empty for none. */
export function sayRemoved({ text, removed }: CheckedText): string {
  const count = removed.length;
  if (count === 0) return '';
  if (detectLanguage(text) === 'es')
    return count === 1
      ? '\n\n(Se quitó 1 cita, en [?], porque no nombraba nada que se hubiera consultado.)'
      : `\n\n(Se quitaron ${count} citas, en [?], porque no nombraban nada que se hubiera consultado.)`;
  return count === 1
    ? '\n\n(1 citation was removed, at [?], because it named nothing that had been retrieved.)'
    : `\n\n(${count} citations were removed, at [?], because they named nothing that had been retrieved.)`;
}

/** What stands for the citations between two brackets; undefined where there are none. */
function replacement(
  inside: string,
  passages: readonly PassageRecord[],
  checked: CheckedText,
): string | undefined {
  const citations = readList(inside);
  if (!citations?.every((citation) => isPlausible(citation, passages))) return undefined;
  const kept = citations.flatMap((citation) => {
    const places = hold(citation, passages);
    if (places.length === 0) checked.removed.push(citation.text);
    for (const place of places) note(checked, place);
    return places.map(citationOfRecord);
  });
  return kept.length === 0 ? TAKEN_OUT : [...new Set(kept)].join(' ');
}

interface Citation {
  text: string;
  place: CitedPlace & { lastPage: number | null };
}

/** Reads what is between two brackets as citations with `;` or `,` between them; undefined where it is something else. */
function readList(inside: string): Citation[] | undefined {
  const whole = parseCitation(inside.trim());
  const parts = whole && !/[;,]/.test(inside) ? [inside] : inside.split(/[;,]/);
  const citations: Citation[] = [];
  for (const part of parts) {
    const text = part.trim();
    const before = citations.at(-1)?.place;
    // `plan.md:3-5, 9-12` goes on in the same file.
    const place = parseCitation(text) ?? (before && parseCitation(continued(before, text)));
    if (!place) return whole ? [{ text: inside.trim(), place: whole }] : undefined;
    citations.push({ text, place: { ...place, path: place.path.trim() } });
  }
  return citations;
}

function continued({ path, page }: CitedPlace, text: string): string {
  return page === null ? `${path}:${text}` : `${path} p. ${text}`;
}

/** Whether it can be meant as a citation: of a file that was retrieved, or of what looks like the path of one. */
function isPlausible(
  { place: { path, startLine, endLine } }: Citation,
  passages: readonly PassageRecord[],
): boolean {
  if (endLine < startLine) return false;
  if (passages.some((passage) => passage.path === path)) return true;
  return !/[[\]]/.test(path) && (/\/./.test(path) || /\.[\p{L}\p{N}]{1,10}$/u.test(path));
}

/** The retrieved places that a citation names, narrowed to what it names of them. */
function hold({ place }: Citation, passages: readonly PassageRecord[]): PassageRecord[] {
  const same = passages.filter(({ path }) => path === place.path);
  if (place.page !== null) {
    const last = place.lastPage ?? place.page;
    const pages = same.filter(({ page }) => page !== null && page >= (place.page ?? 0) && page <= last);
    return pages.filter((one, index) => pages.findIndex(({ page }) => page === one.page) === index);
  }
  const covered = same
    .filter(({ start_line, end_line }) => start_line <= place.endLine && end_line >= place.startLine)
    .toSorted((one, other) => one.start_line - other.start_line);
  const joined: PassageRecord[] = [];
  for (const one of covered) {
    const start_line = Math.max(one.start_line, place.startLine);
    const end_line = Math.min(one.end_line, place.endLine);
    const last = joined.at(-1);
    // A blank line between two passages belongs to neither.
    if (last && last.page === one.page && start_line <= last.end_line + 2)
      last.end_line = Math.max(last.end_line, end_line);
    else joined.push({ ...one, start_line, end_line });
  }
  return joined;
}

function note({ cited }: CheckedText, place: PassageRecord): void {
  const citation = citationOfRecord(place);
  if (!cited.some((one) => citationOfRecord(one) === citation)) cited.push(place);
}

function citationOfRecord({ path, start_line, end_line, page }: PassageRecord): string {
  return citationOf({ path, startLine: start_line, endLine: end_line, page });
}
