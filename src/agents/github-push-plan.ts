import { createHash } from 'node:crypto';
import { ProblemError } from '../errors.ts';
import { collectFiles } from '../repositories/collect-files.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { branchAt, commitAt, type GitHubScene, refuse } from './github-scene.ts';
import { withoutTokens } from './github-texts.ts';

/** A file as it would be after a push. */
export interface PlannedFile {
  /** In the repository. */
  path: string;
  size: number;
  /** The name that git gives to its bytes. */
  sha: string;
  /** Whether there is in it what looks like a token of GitHub's. */
  holdsToken: boolean;
  bytes: () => Promise<Buffer>;
}

/** Where a push goes, and what it would do there. */
export interface PushPlan {
  name: string;
  visibility: string;
  branch: string;
  isDefaultBranch: boolean;
  /** The commit that the branch is at; null for a new one. */
  head: string | null;
  /** The commit that a new branch begins at; null in an empty repository. */
  from: string | null;
  added: PlannedFile[];
  changed: (PlannedFile & { before: string })[];
  deleted: string[];
  unchanged: number;
}

export interface PushRequest {
  repository: string;
  branch?: string | undefined;
  base?: string | undefined;
  delete?: string[] | undefined;
}

/**
 * Finds out what pushing these files would change.
 * @throws ProblemError `github_conflict` where there is nothing to push.
 */
export async function planPush(
  request: PushRequest,
  files: PlannedFile[],
  scene: GitHubScene,
): Promise<PushPlan> {
  const { name, visibility, defaultBranch } = await scene.resolve(request.repository);
  const { branch = defaultBranch, base = defaultBranch } = request;
  const head = (await branchAt(scene, name, branch)) ?? null;
  const from = head ?? (await commitAt(scene, name, base)) ?? null;
  if (from === null && base !== defaultBranch)
    throw new ProblemError('github_not_found', `${name} has no branch, tag or commit ${base}.`);
  if (from === null && branch !== defaultBranch)
    refuse(`${name} is empty: its first commit has to go to the branch ${defaultBranch}.`);
  const there = await filesAt(scene, name, from);
  const isDefaultBranch = branch === defaultBranch;
  const added = files.filter(({ path }) => !there.has(path));
  const changed = files.flatMap((file) => {
    const before = there.get(file.path);
    return before === undefined || before === file.sha ? [] : [{ ...file, before }];
  });
  const deleted = (request.delete ?? []).filter((path) => there.has(path));
  if (added.length + changed.length + deleted.length === 0)
    refuse(`There is nothing to push: ${name} has all of it like that at ${head === null ? base : branch}.`);
  const unchanged = files.length - added.length - changed.length;
  return { name, visibility, branch, isDefaultBranch, head, from, added, changed, deleted, unchanged };
}

/** The names that git gives to the files of a commit, by their paths. */
async function filesAt(
  { account, signal }: GitHubScene,
  repository: string,
  commit: string | null,
): Promise<Map<string, string>> {
  if (commit === null) return new Map();
  const { entries } = await account.contents.tree(repository, { ref: commit, signal });
  return new Map(entries.filter(({ kind }) => kind !== 'folder').map(({ path, sha }) => [path, sha]));
}

/** The files that a person or a model has written down. */
export function writtenFiles(files: readonly { path: string; content: string }[]): PlannedFile[] {
  return files.map(({ path, content }) => {
    const bytes = Buffer.from(content);
    return describeFile(path, bytes, async () => bytes);
  });
}

/** The files of a folder of the workspace, as they would be pushed. */
export async function folderFiles(
  workspace: Workspace,
  folder: string,
  signal: AbortSignal,
): Promise<PlannedFile[]> {
  const { files } = await collectFiles(workspace, folder, signal);
  const start = folder === '' ? '' : `${folder}/`;
  const maximum = Math.max(...files.map(({ content }) => content.length)) + 1;
  // The contents themselves are not kept while a person thinks about them.
  return files.map(({ path, content }) =>
    describeFile(
      path,
      content,
      async () => (await workspace.read(`${start}${path}`, { maximum, signal })).bytes,
    ),
  );
}

function describeFile(path: string, bytes: Buffer, again: () => Promise<Buffer>): PlannedFile {
  const text = bytes.toString('latin1');
  const holdsToken = withoutTokens(text) !== text;
  return { path, size: bytes.byteLength, sha: gitName(bytes), holdsToken, bytes: again };
}

/** https://git-scm.com/book/en/v2/Git-Internals-Git-Objects */
function gitName(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex');
}
