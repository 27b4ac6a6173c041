/** How much one archive or one copied folder may hold. */
export interface TreeLimits {
  /** Files and folders together. */
  readonly entries: number;
  /** Of the files' contents. */
  readonly bytes: number;
}

/** What one request may bring into a workspace or take out of it. */
export const TREE_LIMITS: TreeLimits = { entries: 10_000, bytes: 256 * 1024 * 1024 };

/** A limit as a sentence names it: "256 MiB", or "1,000 bytes" when it is no whole number of MiB. */
export function shownBytes(bytes: number): string {
  const mebibytes = bytes / 1024 / 1024;
  return Number.isInteger(mebibytes) ? `${mebibytes} MiB` : `${shownCount(bytes)} bytes`;
}

/** A number as a sentence names it: "10,000". */
export function shownCount(count: number): string {
  return count.toLocaleString('en-US');
}
