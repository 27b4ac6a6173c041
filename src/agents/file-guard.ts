import { ProblemError } from '../errors.ts';
import { unifiedDiff } from '../workspace/text/compare.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { CallScope, ToolContext } from './tool.ts';

/** The state of a path where nothing is. */
export const ABSENT = 'absent';
const FOLDER = 'folder ';
const DIFFERENCE_CHARACTERS = 8_000;

/** What is at a path, as a text to compare: a file's version, how much a folder holds, or that nothing is there. */
export async function stateOf(workspace: Workspace, path: string): Promise<string> {
  try {
    const found = await workspace.stat(path);
    if (found.type === 'file') return fileState(found.etag);
    return `${FOLDER}${(await workspace.measure(path)).fingerprint}`;
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'file_not_found') return ABSENT;
    throw error;
  }
}

/** The condition under which a change is made: that the path is in the state in which it was looked at. */
export function conditionOf(state: string | null): {
  ifMatch?: string;
  ifNoneMatch?: '*';
  fingerprint?: string;
} {
  if (state === ABSENT) return { ifNoneMatch: '*' };
  if (state?.startsWith(FOLDER)) return { fingerprint: state.slice(FOLDER.length) };
  const etag = etagIn(state);
  return etag === undefined ? {} : { ifMatch: etag };
}

/** Whether the agent has read the whole of a file in this run, as it is now, or written it. */
export function hasSeen(scope: CallScope, path: string, state: string): boolean {
  const seen = scope.seen(path);
  return seen !== undefined && fileState(seen) === state;
}

/** When somebody changed a file after its last change in the journal; undefined where nobody did. */
export async function changedOutside(
  workspace: Workspace,
  path: string,
  state: string,
): Promise<{ etag: string; since: Date } | undefined> {
  const known = await workspace.changes.lastKnown(path);
  if (known?.version?.type !== 'file' || etagIn(state) === undefined) return undefined;
  return fileState(known.version.etag) === state ? undefined : { etag: known.version.etag, since: known.at };
}

/**
 * Refuses, once, to let an agent change a file that somebody else changed since the agent saw it, or since its last change here,
 * and shows the difference. A person who approves a call has seen the file as it is.
 *
 * @throws ProblemError `changed_since`.
 */
export async function refuseUnseen(
  workspace: Workspace,
  path: string,
  { approved, before, seen, note }: ToolContext,
): Promise<void> {
  const now = etagIn(before);
  const last = seen(path);
  if (approved || before === null || now === undefined || last === now) return;
  const outside = last === undefined ? await changedOutside(workspace, path, before) : undefined;
  const basis = last ?? outside?.etag;
  if (basis === undefined) return;
  note(path, now);
  const since =
    last === undefined
      ? `since its last change here, at ${outside?.since.toISOString()}`
      : 'since you saw it';
  throw new ProblemError(
    'changed_since',
    `${path} was changed by somebody else ${since}, so nothing was done. ${await differenceFrom(workspace, path, basis)}
Keep what they changed. If your call still fits, make it again; if not, read the file first.`,
  );
}

/** A file's own state in a sentence for an agent: the difference from what it was. */
async function differenceFrom(workspace: Workspace, path: string, etag: string): Promise<string> {
  const before = await workspace.changes.keptText(etag, path);
  const now = await textOf(workspace, path);
  if (before === undefined || now === undefined)
    return 'The difference cannot be shown; read the file to see what it holds.';
  const { diff } = unifiedDiff(
    { name: `${path} (before)`, text: before },
    { name: `${path} (now)`, text: now },
    { maximum: DIFFERENCE_CHARACTERS },
  );
  return `This is the difference:\n${diff}`;
}

/** The text of a file; undefined where it is none, or too large. */
export async function textOf(workspace: Workspace, path: string): Promise<string | undefined> {
  try {
    return (await workspace.readText(path)).text;
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}

function fileState(etag: string): string {
  return `file ${etag}`;
}

function etagIn(state: string | null): string | undefined {
  return /^file (".*")$/.exec(state ?? '')?.[1];
}
