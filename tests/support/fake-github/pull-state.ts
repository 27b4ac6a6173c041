import { commitsBetween, mergeBase, mergedFiles } from './git-history.ts';
import type { Issue, PullDetails, Repository, State } from './state.ts';

/** A pull request as an issue that certainly is one. */
export type Pull = Issue & { pull: PullDetails };

/** Whether an issue is a pull request. */
export function isPull(issue: Issue): issue is Pull {
  return issue.pull !== undefined;
}

/** Keeps the open pull requests up with a branch that moved or went; one whose head is gone is closed. */
export function refMoved(state: State, repository: Repository, ref: string): void {
  const branch = ref.replace('refs/heads/', '');
  const sha = repository.git.refs.get(ref);
  repository.pushedAt = state.now();
  for (const issue of repository.issues.filter(isPull)) {
    if (issue.state !== 'open') continue;
    if (issue.pull.base === branch && sha !== undefined) issue.pull.baseSha = sha;
    if (issue.pull.head !== branch) continue;
    if (sha === undefined) {
      Object.assign(issue, { state: 'closed', closedAt: state.now() });
      continue;
    }
    issue.pull.headSha = sha;
    issue.updatedAt = state.now();
    // What was pushed is in the base already: GitHub calls that merged.
    if (commitsBetween(repository.git, issue.pull.baseSha, sha).length === 0) {
      Object.assign(issue, { state: 'closed', closedAt: state.now() });
    }
  }
}

/** The paths in which the two branches cannot be brought together. */
function conflictsOf({ git }: Repository, { pull }: Pull): string[] {
  const base = mergeBase(git, pull.baseSha, pull.headSha);
  return mergedFiles(git, { base, ours: pull.baseSha, theirs: pull.headSha }).conflicts;
}

/** Whether it can be merged, and GitHub's word for how it stands. `null` while GitHub would still be finding out. */
export function mergeability(
  repository: Repository,
  issue: Pull,
): { mergeable: boolean | null; state: string } {
  const { pull } = issue;
  if (pull.merged || issue.state === 'closed') return { mergeable: null, state: 'unknown' };
  if (pull.mergeableUnknownFor > 0) {
    pull.mergeableUnknownFor -= 1;
    return { mergeable: null, state: 'unknown' };
  }
  if (conflictsOf(repository, issue).length > 0) return { mergeable: false, state: 'dirty' };
  if (pull.draft) return { mergeable: true, state: 'draft' };
  const checks = repository.checks.filter(({ sha }) => sha === pull.headSha);
  const statuses = repository.statuses.filter(({ sha }) => sha === pull.headSha);
  const well =
    checks.every(
      ({ conclusion }) => conclusion === 'success' || conclusion === 'neutral' || conclusion === 'skipped',
    ) && statuses.every(({ state }) => state === 'success');
  return { mergeable: true, state: well ? 'clean' : 'unstable' };
}
