import { applyPatch, structuredPatch } from 'diff';
import { type Files, filesOf, type GitStore, writeBlob } from './git-objects.ts';

/** One changed file between two trees. */
export interface FileChange {
  path: string;
  previousPath: string | undefined;
  status: 'added' | 'removed' | 'modified' | 'renamed';
  before: string | undefined;
  after: string | undefined;
  additions: number;
  deletions: number;
  /** The hunks as `git diff` writes them; undefined for binary files and for pure renames. */
  patch: string | undefined;
}

// Objects never change, so what was once counted stays true.
const generations = new WeakMap<GitStore, Map<string, number>>();

/** How many commits the longest way back from a commit has: more than from any of its parents. */
function generation(git: GitStore, sha: string): number {
  const known = generations.get(git) ?? new Map<string, number>();
  generations.set(git, known);
  const waiting = [sha];
  for (let next = waiting.at(-1); next !== undefined; next = waiting.at(-1)) {
    const parents = git.commits.get(next)?.parents ?? [];
    const unknown = parents.filter((parent) => !known.has(parent));
    waiting.push(...unknown);
    if (unknown.length > 0) continue;
    waiting.pop();
    known.set(next, Math.max(0, ...parents.map((parent) => known.get(parent) ?? 0)) + 1);
  }
  return known.get(sha) ?? 0;
}

/** A commit and everything before it, the newest first, as `git log` does; of one second the child before its parent. */
export function ancestors(git: GitStore, sha: string | undefined): string[] {
  const reached = new Set<string>();
  const waiting = sha ? [sha] : [];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    waiting.push(...(git.commits.get(next)?.parents ?? []));
  }
  const dated = [...reached].map((name) => ({
    name,
    date: Date.parse(git.commits.get(name)?.committer.date ?? ''),
    rank: generation(git, name),
  }));
  dated.sort((one, other) => other.date - one.date || other.rank - one.rank);
  return dated.map(({ name }) => name);
}

/** The nearest commit that both come from. */
export function mergeBase(git: GitStore, one: string, other: string): string | undefined {
  const reached = new Set(ancestors(git, one));
  const common = ancestors(git, other).filter((sha) => reached.has(sha));
  // Nothing that comes from the one of the highest generation can be common too.
  return common.sort((first, second) => generation(git, second) - generation(git, first))[0];
}

/** Whether moving a ref from one commit to the other loses nothing. */
export function isFastForward(git: GitStore, from: string, to: string): boolean {
  return ancestors(git, to).includes(from);
}

/** What a head has that a base has not, oldest first. */
export function commitsBetween(git: GitStore, base: string, head: string): string[] {
  const reached = new Set(ancestors(git, base));
  return ancestors(git, head)
    .filter((sha) => !reached.has(sha))
    .reverse();
}

/** The tree of a commit; undefined for none. */
export function treeOf(git: GitStore, commit: string | undefined): string | undefined {
  return commit === undefined ? undefined : git.commits.get(commit)?.tree;
}

function filesOfCommit(git: GitStore, commit: string | undefined): Files {
  const tree = treeOf(git, commit);
  return tree === undefined ? new Map() : filesOf(git, tree);
}

/** What changed from one commit to another; from `undefined`, everything was added. */
export function changesBetween(git: GitStore, from: string | undefined, to: string): FileChange[] {
  const before = filesOfCommit(git, from);
  const after = filesOfCommit(git, to);
  const gone = new Map([...before].filter(([path]) => !after.has(path)));
  const changes: FileChange[] = [];
  for (const [path, { sha }] of after) {
    const old = before.get(path);
    if (old?.sha === sha) continue;
    const moved = old ? undefined : [...gone].find(([, file]) => file.sha === sha)?.[0];
    if (moved !== undefined) gone.delete(moved);
    changes.push(changeOf(git, { path, previousPath: moved, before: old?.sha, after: sha }));
  }
  for (const [path, { sha }] of gone) {
    changes.push(changeOf(git, { path, previousPath: undefined, before: sha, after: undefined }));
  }
  return changes.sort((one, other) => (one.path < other.path ? -1 : 1));
}

function changeOf(
  git: GitStore,
  change: Pick<FileChange, 'path' | 'previousPath' | 'before' | 'after'>,
): FileChange {
  const { previousPath, before, after } = change;
  if (previousPath !== undefined) {
    return { ...change, status: 'renamed', additions: 0, deletions: 0, patch: undefined };
  }
  const status = before === undefined ? 'added' : after === undefined ? 'removed' : 'modified';
  const [old, current] = [before, after].map((sha) => git.blobs.get(sha ?? '') ?? Buffer.alloc(0));
  if (!old || !current || old.includes(0) || current.includes(0)) {
    return { ...change, status, additions: 0, deletions: 0, patch: undefined };
  }
  const { hunks } = structuredPatch('', '', old.toString(), current.toString(), '', '', { context: 3 });
  const lines = hunks.flatMap((hunk) => hunk.lines);
  // Of no lines, the line before them is named.
  const span = (start: number, count: number) =>
    count === 1 ? `${start}` : `${count === 0 ? start - 1 : start},${count}`;
  const text = hunks.map(({ oldStart, oldLines, newStart, newLines, lines }) =>
    [`@@ -${span(oldStart, oldLines)} +${span(newStart, newLines)} @@`, ...lines].join('\n'),
  );
  return {
    ...change,
    status,
    additions: lines.filter((line) => line.startsWith('+')).length,
    deletions: lines.filter((line) => line.startsWith('-')).length,
    patch: text.length > 0 ? text.join('\n') : undefined,
  };
}

/** The changes as `git diff` would print them. */
export function unifiedDiff(changes: FileChange[]): string {
  return changes.map(diffOfFile).join('');
}

function diffOfFile({ path, previousPath, status, before, after, patch }: FileChange): string {
  const short = (sha: string | undefined) => (sha ?? '0'.repeat(40)).slice(0, 7);
  const lines = [`diff --git a/${previousPath ?? path} b/${path}`];
  if (status === 'renamed') {
    lines.push('similarity index 100%', `rename from ${previousPath}`, `rename to ${path}`);
    return `${lines.join('\n')}\n`;
  }
  if (status === 'added') lines.push('new file mode 100644');
  if (status === 'removed') lines.push('deleted file mode 100644');
  lines.push(`index ${short(before)}..${short(after)}${status === 'modified' ? ' 100644' : ''}`);
  const [from, to] = [before && `a/${path}`, after && `b/${path}`].map((name) => name ?? '/dev/null');
  if (patch !== undefined) lines.push(`--- ${from}`, `+++ ${to}`, patch);
  else lines.push(`Binary files ${from} and ${to} differ`);
  return `${lines.join('\n')}\n`;
}

/** The files of a merge of two commits, or the paths in conflict. Changes to separate parts of a file both stay. */
export function mergedFiles(
  git: GitStore,
  commits: { base: string | undefined; ours: string; theirs: string },
): { files: Files; conflicts: string[] } {
  const base = filesOfCommit(git, commits.base);
  const theirs = filesOfCommit(git, commits.theirs);
  const files = filesOfCommit(git, commits.ours);
  const conflicts: string[] = [];
  for (const path of new Set([...base.keys(), ...theirs.keys()])) {
    const [old, mine, other] = [base.get(path), files.get(path), theirs.get(path)];
    if (other?.sha === old?.sha || other?.sha === mine?.sha) continue;
    if (mine?.sha === old?.sha) {
      if (other) files.set(path, other);
      else files.delete(path);
      continue;
    }
    const sha = old && mine && other && mergedBlob(git, [old.sha, mine.sha, other.sha]);
    if (sha && mine) files.set(path, { ...mine, sha });
    else conflicts.push(path);
  }
  return { files, conflicts };
}

function mergedBlob(git: GitStore, shas: [string, string, string]): string | undefined {
  const [old, mine, theirs] = shas.map((sha) => git.blobs.get(sha)?.toString());
  if (old === undefined || mine === undefined || theirs === undefined) return undefined;
  const merged = applyPatch(mine, structuredPatch('', '', old, theirs, '', '', { context: 1 }));
  return merged === false ? undefined : writeBlob(git, merged);
}
