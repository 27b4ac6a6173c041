const MILLISECONDS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

type Unit = keyof typeof MILLISECONDS;

const PART = /\s*(?<amount>\d+(?:\.\d+)?)\s*(?<unit>ms|[dhms])\s*/gy;

/**
 * Reads a duration such as `1h 30m`, `1.5h` or `250ms` and returns it in whole milliseconds.
 * Throws a RangeError when the text is anything else.
 */
export function parseDuration(text: string): number {
  let total = 0;
  let end = 0;
  for (const part of text.matchAll(PART)) {
    // Safe: neither group of the pattern is optional.
    const { amount, unit } = part.groups as { amount: string; unit: Unit };
    total += Number(amount) * MILLISECONDS[unit];
    end += part[0].length;
  }
  if (end === 0 || end < text.length) {
    throw new RangeError(`"${text}" is not a duration; write it like "1h 30m" or "250ms".`);
  }
  return Math.round(total);
}

/**
 * Writes milliseconds as `parseDuration` reads them, in the largest units that fit: `1h 30m`.
 * Throws a RangeError unless the number is a whole one and not negative.
 */
export function formatDuration(milliseconds: number): string {
  if (!Number.isSafeInteger(milliseconds) || milliseconds < 0) {
    throw new RangeError(`${milliseconds} is not a whole number of milliseconds.`);
  }
  const parts: string[] = [];
  let rest = milliseconds;
  for (const [unit, size] of Object.entries(MILLISECONDS)) {
    const amount = Math.floor(rest / size);
    if (amount > 0) parts.push(`${amount}${unit}`);
    rest %= size;
  }
  return parts.join(" ") || "0ms";
}
