import type { ProjectFile } from '../blueprint/blueprint.ts';

/** One kind of file of a project, and whether it was found right. */
export interface Check {
  name: 'json' | 'yaml' | 'toml' | 'typescript' | 'python' | 'go';
  state: 'passed' | 'failed' | 'skipped';
  /** How many files were looked at. */
  files: number;
  /** What is wrong, why it was skipped, or what was left out; null when there is nothing to say. */
  detail: string | null;
}

/** Looks at the files of one kind; undefined when the project has none. */
export type Checker = (files: readonly ProjectFile[], signal?: AbortSignal) => Promise<Check | undefined>;

const MOST_FAULTS = 10;

/** A check's result from the faults that were found. */
export function checkOf(
  name: Check['name'],
  files: number,
  faults: readonly string[],
  note: string | null = null,
): Check {
  if (faults.length === 0) return { name, state: 'passed', files, detail: note };
  const more = faults.length - MOST_FAULTS;
  const shown = faults.slice(0, MOST_FAULTS).join('\n');
  return { name, state: 'failed', files, detail: more > 0 ? `${shown}\nand ${more} more` : shown };
}

export function skipped(name: Check['name'], files: number, why: string): Check {
  return { name, state: 'skipped', files, detail: why };
}

/** The extension of a path in lower case, with its dot. */
export function extensionOf(path: string): string {
  return /\.[^./]+$/.exec(path)?.[0].toLowerCase() ?? '';
}

export function textOf({ content }: ProjectFile): string {
  return content.toString('utf8').replace(/^\uFEFF/, '');
}
