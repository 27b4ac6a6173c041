import type { Block } from '../document.ts';
import { blockOf, isBlank } from './lines.ts';

/** What begins on a line of JSON or YAML: the keys above it, and how strongly it is parted from the line before. */
export interface KeyLine {
  trail: string[];
  parting: number;
}

/** How strongly a key or item is parted by its depth, from 1. */
export function partingOfKey(depth: number): number {
  return [0, 6, 4, 2][depth] ?? 0;
}

/** A block for each line; lines where nothing begins go on with the one before. */
export function blocksByKey(lines: readonly string[], found: ReadonlyMap<number, KeyLine>): Block[] {
  const blocks: Block[] = [];
  let trail: string[] = [];
  for (const [index, line] of lines.entries()) {
    const own = found.get(index);
    if (own !== undefined) trail = own.trail;
    if (isBlank(line)) continue;
    const parting = Math.max(own?.parting ?? 0, Number(isBlank(lines[index - 1])));
    blocks.push(blockOf(lines, { from: index, to: index + 1 }, trail, parting));
  }
  return blocks;
}
