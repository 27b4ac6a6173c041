import { type ReadOptions, within } from '../calls.ts';
import { cutText } from '../clean-text.ts';
import type { GitHubConnection } from '../client.ts';
import { type Listed, readPages } from '../pages.ts';
import { type Issue, toIssue } from './issue-results.ts';

const FRAGMENT_CHARACTERS = 1_000;

interface CodeHit {
  repository: string;
  path: string;
  /** The lines around what was found. */
  fragments: string[];
  url: string;
}

type SearchOptions = ReadOptions & { limit?: number | undefined };

/** What a search found; GitHub says when it had no time to look everywhere. */
interface Found<Item> extends Listed<Item> {
  isIncomplete: boolean;
}

/** Files by GitHub's syntax for code: `addItem repo:ana/shop language:ts`. Reads; only default branches are searched. */
async function code(
  connection: GitHubConnection,
  query: string,
  { limit, signal }: SearchOptions = {},
): Promise<Found<CodeHit>> {
  let isIncomplete = false;
  const found = await readPages(
    limit,
    async (page) => {
      const { data, headers } = await connection.rest.search.code({
        q: query,
        mediaType: { format: 'text-match' },
        ...page,
        ...within(signal),
      });
      isIncomplete ||= data.incomplete_results;
      return { data: data.items, headers };
    },
    (raw): CodeHit => ({
      repository: raw.repository.full_name,
      path: raw.path,
      fragments: (raw.text_matches ?? []).map(({ fragment = '' }) => cutText(fragment, FRAGMENT_CHARACTERS)),
      url: raw.html_url,
    }),
  );
  return { ...found, isIncomplete };
}

/** Issues and pull requests by GitHub's syntax: `is:open label:bug user:ana`. Reads. */
async function issues(
  connection: GitHubConnection,
  query: string,
  { limit, signal }: SearchOptions = {},
): Promise<Found<Issue>> {
  let isIncomplete = false;
  const found = await readPages(
    limit,
    async (page) => {
      const question = { q: query, ...page, ...within(signal) };
      const { data, headers } = await connection.rest.search.issuesAndPullRequests(question);
      isIncomplete ||= data.incomplete_results;
      return { data: data.items, headers };
    },
    toIssue,
  );
  return { ...found, isIncomplete };
}

/** What can be searched for in all of GitHub. */
export const searchOperations = { code, issues };
