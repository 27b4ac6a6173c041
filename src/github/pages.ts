import { ProblemError } from '../errors.ts';

/** No list is longer than this, so that a question about a huge repository stays a question. */
export const LONGEST_LIST = 200;
const DEFAULT_LIMIT = 30;
const PAGE = 100;
/** Lists are filtered here where GitHub cannot; a filter that lets nothing through ends some time. */
const MOST_PAGES = 10;

/** A part of a list, and whether there is more of it. */
export interface Listed<Item> {
  items: Item[];
  hasMore: boolean;
}

/** One page of GitHub's, asked for by its number. */
interface Page<Raw> {
  data: Raw[];
  headers: { link?: string | undefined };
}

/** Up to `limit` (30 unless told, 200 at most) of what a list holds, page by page as long as GitHub says that there is a next one. */
export async function readPages<Raw, Item>(
  limit: number | undefined,
  askPage: (page: { page: number; per_page: number }) => Promise<Page<Raw>>,
  pick: (raw: Raw) => Item | undefined,
): Promise<Listed<Item>> {
  return collectPages(limitOf(limit), askPage, pick);
}

/** The same with a limit of the program's own, up to a thousand. */
export async function collectPages<Raw, Item>(
  most: number,
  askPage: (page: { page: number; per_page: number }) => Promise<Page<Raw>>,
  pick: (raw: Raw) => Item | undefined,
): Promise<Listed<Item>> {
  const size = Math.min(PAGE, most);
  const items: Item[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const answer = await askPage({ page, per_page: size });
    const isLast = !hasNextPage(answer.headers);
    for (const [index, raw] of answer.data.entries()) {
      const item = pick(raw);
      if (item !== undefined) items.push(item);
      if (items.length === most) {
        return { items, hasMore: !isLast || index < answer.data.length - 1 };
      }
    }
    if (isLast) return { items, hasMore: false };
  }
  return { items, hasMore: true };
}

/** The first item of a list that is wanted, on its first ten pages. */
export async function findOnPages<Raw>(
  askPage: (page: { page: number; per_page: number }) => Promise<Page<Raw>>,
  isWanted: (raw: Raw) => boolean,
): Promise<Raw | undefined> {
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const { data, headers } = await askPage({ page, per_page: PAGE });
    const found = data.find(isWanted);
    if (found !== undefined || !hasNextPage(headers)) return found;
  }
  return undefined;
}

function hasNextPage({ link }: Page<unknown>['headers']): boolean {
  return /;\s*rel="next"/.test(link ?? '');
}

/**
 * The limit that was asked for, or the usual one.
 * @throws ProblemError `invalid_request` outside 1 to 200.
 */
export function limitOf(limit: number | undefined): number {
  if (limit === undefined) return DEFAULT_LIMIT;
  if (!Number.isInteger(limit) || limit < 1 || limit > LONGEST_LIST) {
    throw new ProblemError('invalid_request', `A list has a limit from 1 to ${LONGEST_LIST}.`);
  }
  return limit;
}
