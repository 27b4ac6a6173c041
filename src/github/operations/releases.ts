import { randomUUID } from 'node:crypto';
import { ifThere, type ReadOptions, type WriteOptions, within } from '../calls.ts';
import { cutText } from '../clean-text.ts';
import type { GitHubConnection } from '../client.ts';
import { bearsMark, withMark, withoutMark } from '../marks.ts';
import { type Listed, readPages } from '../pages.ts';
import { given, type RawAnswer, type Rest } from '../raw-answer.ts';
import { placeOf } from '../repository-name.ts';
import { type Written, writeOnce } from '../writes.ts';
import { loginOf } from './issue-results.ts';

export interface Release {
  id: number;
  tag: string;
  title: string;
  body: string;
  isDraft: boolean;
  isPrerelease: boolean;
  author: string;
  publishedAt: string | null;
  assets: { name: string; size: number; url: string }[];
  url: string;
}

interface ReleaseInput {
  tag: string;
  /** Where the tag is made if there is none of this name; the default branch unless given. */
  target?: string | undefined;
  title?: string | undefined;
  body?: string | undefined;
  /** Lets GitHub write what has changed since the last release, below the body. */
  generateNotes?: boolean | undefined;
  draft?: boolean | undefined;
  prerelease?: boolean | undefined;
}

/** The releases of a repository, the newest first; drafts are among them for those who may write. Reads. */
async function list(
  connection: GitHubConnection,
  repository: string,
  { limit, signal }: ReadOptions & { limit?: number | undefined } = {},
): Promise<Listed<Release>> {
  const place = placeOf(repository);
  return readPages(
    limit,
    (page) => connection.rest.repos.listReleases({ ...place, ...page, ...within(signal) }),
    toRelease,
  );
}

/** The release of a tag; the latest one unless a tag is given. Reads. */
async function read(
  connection: GitHubConnection,
  repository: string,
  { tag, signal }: ReadOptions & { tag?: string | undefined } = {},
): Promise<Release> {
  const { repos } = connection.rest;
  const place = { ...placeOf(repository), ...within(signal) };
  const { data } =
    tag === undefined ? await repos.getLatestRelease(place) : await repos.getReleaseByTag({ ...place, tag });
  return toRelease(data);
}

/** Makes a release, and its tag if that is missing. Publishes; a draft is seen only by those who may write. */
async function create(
  connection: GitHubConnection,
  repository: string,
  input: ReleaseInput,
  { signal, again, mark = randomUUID() }: WriteOptions = {},
): Promise<Written<Release>> {
  const { tag, target, title, body = '', generateNotes, draft, prerelease } = input;
  const place = placeOf(repository);
  const values = given({
    target_commitish: target,
    name: title,
    generate_release_notes: generateNotes,
    draft,
    prerelease,
  });
  return writeOnce({
    connection,
    deed: `the release ${tag} was made`,
    signal,
    again,
    send: async () => {
      const { data } = await connection.rest.repos.createRelease({
        ...place,
        tag_name: tag,
        body: generateNotes ? body : withMark(body, mark),
        ...values,
        ...within(signal),
      });
      return toRelease(data);
    },
    // Drafts are not found by their tag, only in the list. With GitHub's notes below it, a mark would be seen.
    find: async (since) => {
      const { data } = await connection.rest.repos.listReleases({
        ...place,
        per_page: 100,
        ...within(signal),
      });
      const found = data.find((raw) => {
        if (raw.tag_name !== tag) return false;
        return generateNotes
          ? new Date(raw.published_at ?? raw.created_at) >= since
          : bearsMark(raw.body, mark);
      });
      return found && toRelease(found);
    },
  });
}

/** Deletes a release; its tag stays. Destroys. */
async function remove(
  connection: GitHubConnection,
  repository: string,
  id: number,
  { signal, again }: WriteOptions = {},
): Promise<Written<{ id: number }>> {
  const place = { ...placeOf(repository), release_id: id };
  const { repos } = connection.rest;
  return writeOnce({
    connection,
    deed: `the release ${id} was deleted`,
    signal,
    again,
    send: async () => {
      await repos.deleteRelease({ ...place, ...within(signal) });
      return { id };
    },
    find: async () => {
      const left = await ifThere(repos.getRelease({ ...place, ...within(signal) }));
      return left === undefined ? { id } : undefined;
    },
  });
}

function toRelease(raw: RawAnswer<Rest['repos']['getLatestRelease']>): Release {
  return {
    id: raw.id,
    tag: raw.tag_name,
    title: raw.name ?? raw.tag_name,
    body: cutText(withoutMark(raw.body)),
    isDraft: raw.draft,
    isPrerelease: raw.prerelease,
    author: loginOf(raw.author),
    publishedAt: raw.published_at,
    assets: raw.assets.map(({ name, size, browser_download_url: url }) => ({ name, size, url })),
    url: raw.html_url,
  };
}

/** What can be done with releases. */
export const releaseOperations = { list, read, create, remove };
