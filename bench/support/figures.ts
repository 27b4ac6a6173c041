/** The value below which a share of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  const inOrder = values.toSorted((one, other) => one - other);
  return inOrder[Math.min(inOrder.length - 1, Math.floor(inOrder.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]) => percentile(values, 0.5);

/** With two digits that say something. */
export function round(value: number): number {
  return Number(value.toPrecision(value >= 100 ? 4 : 3));
}

/** A figure, and how many times the floor's it is. */
export function besideFloor(value: number, floor: number): string {
  return `${round(value)} (${(value / floor).toFixed(2)})`;
}
