/** The version that is supported longest when nothing says which one is meant. */
export const CURRENT_NODE = 24;
/** Tried in this order; the first that fits is taken. */
const MAJORS = [24, 22, 26, 20, 25, 23, 21, 18, 16, 14, 19, 17];

/** The major version that fits a range of package.json's `engines`; null where none does. */
export function nodeMajorFor(range: string): number | null {
  return MAJORS.find((major) => fits(major, range)) ?? null;
}

/** The lowest version that a range or a version lets in, as [major, minor]; null where it has no lower end. */
export function lowestNode(range: string): [number, number | null] | null {
  const lowest = range
    .split('||')
    .map((part) => /(?:^|\s)(?:>=|\^|~|=|v)?\s*v?(\d+)(?:\.(\d+))?/.exec(part.trim()))
    .map((match): [number, number | null] | null =>
      match ? [Number(match[1]), match[2] === undefined ? null : Number(match[2])] : null,
    );
  if (lowest.includes(null)) return null;
  const [first] = lowest
    .flatMap((version) => (version ? [version] : []))
    .toSorted(([a, minorA], [b, minorB]) => a - b || (minorA ?? 0) - (minorB ?? 0));
  return first ?? null;
}

/** Whether the newest version of a major is in the range; the sides of a range count by their major alone. */
function fits(major: number, range: string): boolean {
  return range.split('||').some((part) => {
    const hyphen = /^\s*v?(\d+)\S*\s+-\s+v?(\d+)/.exec(part);
    if (hyphen) return major >= Number(hyphen[1]) && major <= Number(hyphen[2]);
    const comparators = part
      .trim()
      .replace(/([<>=^~])\s+/g, '$1')
      .split(/\s+/);
    return comparators.every((comparator) => compares(major, comparator));
  });
}

function compares(major: number, comparator: string): boolean {
  if (/^(?:[*xX]|)$/.test(comparator)) return true;
  const [, operator = '', digits, rest = ''] = /^(>=|<=|>|<|\^|~|=)?v?(\d+)(.*)$/.exec(comparator) ?? [];
  if (digits === undefined) return false;
  const bound = Number(digits);
  if (operator === '>=') return major >= bound;
  if (operator === '>') return rest === '' ? major > bound : major >= bound;
  if (operator === '<=') return major <= bound;
  if (operator === '<') return /^(?:\.0)*$/.test(rest) ? major < bound : major <= bound;
  return major === bound;
}
