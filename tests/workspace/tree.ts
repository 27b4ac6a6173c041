import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ProblemError } from '../../src/errors.ts';
import {
  createExplorer,
  type Explorer,
  type ListOptions,
  type SearchMatch,
  type SearchOptions,
} from '../../src/workspace/explorer/explorer.ts';
import type { SearchSummary } from '../../src/workspace/explorer/search-tally.ts';
import { parsePath } from '../../src/workspace/sandbox/paths.ts';
import type { Place } from '../../src/workspace/sandbox/space.ts';

/** A workspace of the running test, as an explorer sees it. */
export interface Tree {
  root: string;
  /** A folder beside the workspace that nothing may be told of. */
  guard: string;
  place: Place;
  explorer: Explorer;
  /** The paths of a listing. */
  paths(path?: string, options?: ListOptions): Promise<string[]>;
  /** All that a search finds. */
  search(options: SearchOptions, path?: string): Promise<{ matches: SearchMatch[]; summary: SearchSummary }>;
}

/** Makes files by path and content; a path that ends in a slash is a folder. */
export async function createTree(
  files: Readonly<Record<string, string | Buffer>>,
  options: { descriptors?: boolean; listTimeoutMs?: number } = {},
): Promise<Tree> {
  const { descriptors = true, ...times } = options;
  const base = await mkdtemp(join(tmpdir(), 'tertulia-tree-'));
  const explorer = createExplorer(times);
  onTestFinished(async () => {
    await explorer.close();
    // Node's own rm fails at trees that are deeper than a path can be long.
    execFileSync('rm', ['-rf', base]);
  });
  const root = join(base, 'root');
  const guard = join(base, 'guard');
  await mkdir(root);
  await mkdir(guard);
  await writeFile(join(guard, 'secret.txt'), 'the secret of the guard');
  for (const [path, content] of Object.entries(files)) {
    await mkdir(path.endsWith('/') ? join(root, path) : dirname(join(root, path)), { recursive: true });
    if (!path.endsWith('/')) await writeFile(join(root, path), content);
  }
  const place = { root, rootMayBeLink: false, descriptors };
  return {
    root,
    guard,
    place,
    explorer,
    async paths(path = '', listOptions = {}) {
      const { entries } = await explorer.list(place, parsePath(path), listOptions);
      return entries.map((entry) => entry.path);
    },
    search: (searchOptions, path = '') => collect(explorer.search(place, parsePath(path), searchOptions)),
  };
}

async function collect(search: ReturnType<Explorer['search']>) {
  const matches: SearchMatch[] = [];
  for await (const event of search) {
    if (event.type === 'summary') return { matches, summary: event.summary };
    matches.push(event.match);
  }
  throw new Error('the search ended without a summary');
}

/** The problem that `attempt` is refused with; fails when it is not refused or fails otherwise. */
export async function refusalOf(attempt: Promise<unknown>): Promise<ProblemError> {
  const outcome: unknown = await attempt.then(
    (value) => new Error(`expected a refusal, got ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (outcome instanceof ProblemError) return outcome;
  throw outcome;
}

/** Makes folders in each other, deeper than any path can say, with a file in the last one. */
export function nest(root: string, name: string, depth: number): void {
  const script = `
    const { mkdirSync, writeFileSync } = require('node:fs');
    const [name, depth] = process.argv.slice(1);
    for (let level = 0; level < depth; level += 1) { mkdirSync(name); process.chdir(name); }
    writeFileSync('deepest.txt', 'needle');`;
  execFileSync(process.execPath, ['-e', script, name, String(depth)], { cwd: root });
}

/** Makes a FIFO, which would keep whoever opens it waiting for its other end. */
export function makeFifo(path: string): void {
  execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', path]);
}
