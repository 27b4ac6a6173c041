import { within } from '../calls.ts';
import type { GitHubConnection } from '../client.ts';
import { hasCode } from '../github-problem.ts';
import { placeOf } from '../repository-name.ts';

/** One check of a commit: a check run, or a status that a service has set in the older way. */
export interface Check {
  name: string;
  state: ChecksState;
  /** GitHub's own word for how it ended: "success", "failure", "skipped"; null while it runs. */
  conclusion: string | null;
  url: string | null;
}

export type ChecksState = 'passing' | 'failing' | 'pending' | 'none';

const GOOD = ['success', 'neutral', 'skipped'];

/** The checks of a commit. Reads; a token that may not see them sees none. */
export async function checksOf(
  connection: GitHubConnection,
  repository: string,
  sha: string,
  signal?: AbortSignal,
): Promise<Check[]> {
  const { rest } = connection;
  const place = { ...placeOf(repository), ref: sha, per_page: 100 };
  const [runs, statuses] = await Promise.all([
    ifAllowed(rest.checks.listForRef({ ...place, ...within(signal) })),
    ifAllowed(rest.repos.getCombinedStatusForRef({ ...place, ...within(signal) })),
  ]);
  return [
    ...(runs?.data.check_runs ?? []).map(({ name, status, conclusion, html_url }) => ({
      name,
      state: status === 'completed' ? stateOf(conclusion) : ('pending' as const),
      conclusion,
      url: html_url,
    })),
    ...(statuses?.data.statuses ?? []).map(({ context, state, target_url }) => ({
      name: context,
      state: state === 'pending' ? ('pending' as const) : stateOf(state),
      conclusion: state === 'pending' ? null : state,
      url: target_url,
    })),
  ];
}

/** All checks in one word: one that fails counts most, then one that runs. */
export function stateOfChecks(checks: Check[]): ChecksState {
  for (const state of ['failing', 'pending', 'passing'] as const) {
    if (checks.some((check) => check.state === state)) return state;
  }
  return 'none';
}

function stateOf(conclusion: string | null): ChecksState {
  return conclusion !== null && GOOD.includes(conclusion) ? 'passing' : 'failing';
}

/** Fine-grained tokens need a permission of their own for checks, without which the rest is still worth reading. */
async function ifAllowed<Answer>(question: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await question;
  } catch (error) {
    if (hasCode(error, 'github_forbidden', 'github_not_found')) return undefined;
    throw error;
  }
}
