import { Refusal } from './exchange.ts';

/** What a search asks: words that must all be there, and qualifiers that must hold or (with `-`) must not. */
export interface SearchQuery {
  words: string[];
  qualifiers: { name: string; value: string; negated: boolean }[];
}

/** Reads GitHub's search syntax: words, "words in a row", `name:value`, `name:"a value"`, `-name:value`. */
export function parseSearch(query: string, known: readonly string[]): SearchQuery {
  const parsed: SearchQuery = { words: [], qualifiers: [] };
  for (const [part] of query.matchAll(/(?:[^\s"]|"[^"]*")+/g)) {
    const match = /^(-?)([a-z-]+):(.+)$/i.exec(part);
    const name = match?.[2]?.toLowerCase() ?? '';
    if (match && known.includes(name)) {
      const value = (match[3] ?? '').replaceAll('"', '');
      parsed.qualifiers.push({ name, value, negated: match[1] === '-' });
    } else {
      parsed.words.push(part.replaceAll('"', '').toLowerCase());
    }
  }
  return parsed;
}

/** Whether a value is in what a qualifier such as `>=2026-01-01`, `10..20` or `5` says. */
export function inRange(range: string, value: number | string): boolean {
  const read = (text: string) => (typeof value === 'number' ? Number(text) : text);
  // A day stands for its beginning at the lower end, and for its end at the upper.
  const end = (text: string) =>
    typeof value === 'string' && text.length === 10 ? `${text}T23:59:59Z` : read(text);
  const between = /^(.+)\.\.(.+)$/.exec(range);
  if (between) {
    const [, low = '', high = ''] = between;
    return (low === '*' || value >= read(low)) && (high === '*' || value <= end(high));
  }
  const compared = /^(>=|<=|>|<)(.+)$/.exec(range);
  if (!compared)
    return typeof value === 'number' ? value === Number(range) : value >= range && value <= end(range);
  const [, sign, limit = ''] = compared;
  if (sign === '>=') return value >= read(limit);
  if (sign === '<=') return value <= end(limit);
  return sign === '>' ? value > end(limit) : value < read(limit);
}

/** Whether every qualifier holds. Several of one kind of place (`repo:a repo:b`) are alternatives. */
export function allHold(
  { qualifiers }: SearchQuery,
  alternatives: readonly string[],
  holds: (name: string, value: string) => boolean,
): boolean {
  const places = qualifiers.filter(({ name, negated }) => alternatives.includes(name) && !negated);
  if (places.length > 0 && !places.some(({ name, value }) => holds(name, value))) return false;
  return qualifiers
    .filter((qualifier) => !places.includes(qualifier))
    .every(({ name, value, negated }) => holds(name, value) !== negated);
}

/** GitHub refuses a query of more than 256 characters, and one of nothing. */
export function requireSearchable(query: string): void {
  if (query.trim() === '')
    throw new Refusal(422, 'Validation Failed', [{ resource: 'Search', field: 'q', code: 'missing' }]);
  if (query.length > 256) {
    const message = 'The search is longer than 256 characters.';
    throw new Refusal(422, 'Validation Failed', [
      { resource: 'Search', field: 'q', code: 'invalid', message },
    ]);
  }
}
