import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import { ProblemError } from '../errors.ts';
import type { AccountOf } from './accounts.ts';

/** So long a user is believed to have access still. */
const CHECK_MINUTES = 60;
/** So long, if GitHub cannot be asked. */
const UNCHECKED_HOURS = 24;
/** GitHub's own words for no (more) access; anything else says nothing about it. */
const REFUSALS = ['github_not_found', 'github_forbidden', 'github_unauthorized', 'github_not_configured'];

/** A repository whose events become messages of the user. */
interface Followed {
  /** "owner/name". */
  repository: string;
  /** The conversation that the messages are in; null before the first one. */
  sessionId: string | null;
  followedAt: Date;
}

/** One who follows a repository. */
export interface Follower {
  userId: string;
  /** Seconds since the user's token was last seen to read the repository. */
  uncheckedSeconds: number;
  /** The last time that the user had everything erased: what is made for one who follows must not come in after the next. */
  lastErasure: string | null;
}

interface FollowingNeeds {
  executor: Executor;
  account: AccountOf;
}

/** What the importer calls the conversation with a repository's events, whatever the repository is called. */
export function sessionOf(repositoryId: number): string {
  return `github:${repositoryId}`;
}

/** The title of that conversation. */
export function titleOf(repository: string): string {
  return `GitHub: ${repository}`;
}

/** Keeps which repositories whose events a user wants to remember. */
export function createFollowing({ executor, account }: FollowingNeeds) {
  /**
   * Follows a repository, which may be named as for GitHubAccount's `resolve`, and answers what it is called. Twice changes nothing.
   * @throws ProblemError for one that the user's token cannot read, or an ambiguous one.
   */
  async function follow(userId: string, repository: string): Promise<{ repository: string }> {
    const own = await account(userId);
    const { id, name } = await own.repositories.resolve(repository);
    await executor.execute(sql`
      insert into github_follows (user_id, repository_id, full_name) values (${userId}, ${id}::bigint, ${name})
      on conflict (user_id, repository_id) do update set full_name = excluded.full_name, checked_at = now()`);
    return { repository: name };
  }

  /**
   * Follows a repository no more; what is remembered stays.
   * @throws ProblemError `github_not_found` for one that is not followed.
   */
  async function unfollow(userId: string, repository: string): Promise<void> {
    const { rowCount } = await executor.execute(sql`
      delete from github_follows where user_id = ${userId} and lower(full_name) = lower(${repository.trim()})`);
    if (rowCount === 0) {
      throw new ProblemError(
        'github_not_found',
        'No repository of this name is followed. Name it as it is in the list of those that are, "owner/name".',
      );
    }
  }

  /** What a user follows, by name. */
  async function followed(userId: string): Promise<Followed[]> {
    const { rows } = await executor.execute<{ repository: string; sessionId: string | null; since: number }>(
      sql`
        select f.full_name as repository, s.id as "sessionId", extract(epoch from f.created_at)::float8 as since
        from github_follows as f
        left join chat_sessions as s on s.user_id = f.user_id and s.imported_as = 'github:' || f.repository_id
        where f.user_id = ${userId} order by lower(f.full_name)`,
    );
    return rows.map(({ since, ...row }) => ({ ...row, followedAt: new Date(since * 1000) }));
  }

  /** All who follow a repository. */
  async function followersOf(repositoryId: number): Promise<Follower[]> {
    const { rows } = await executor.execute<{ [Key in keyof Follower]: Follower[Key] }>(sql`
      select f.user_id as "userId", extract(epoch from now() - f.checked_at)::float8 as "uncheckedSeconds", e.id as "lastErasure"
      from github_follows as f left join memory_erasures as e on e.user_id = f.user_id
      where f.repository_id = ${repositoryId}::bigint order by f.user_id`);
    return rows;
  }

  /** Takes over the name that a repository has now, here and as the title of its conversations. */
  async function rename(repositoryId: number, name: string): Promise<void> {
    await executor.execute(sql`
      with former as (
        select user_id, full_name from github_follows
        where repository_id = ${repositoryId}::bigint and full_name <> ${name} for update
      ), renamed as (
        update github_follows as f set full_name = ${name}
        from former where f.user_id = former.user_id and f.repository_id = ${repositoryId}::bigint
        returning f.user_id, ${titleOf('')} || former.full_name as title
      )
      update chat_sessions as s set title = ${titleOf(name)}
      from renamed where s.user_id = renamed.user_id and s.imported_as = ${sessionOf(repositoryId)} and s.title = renamed.title`);
  }

  /**
   * Whether a follower may still read the repository: who has lost access gets no more of it. GitHub is asked once in a while; as
   * long as it cannot be asked, what it said last holds for a day.
   */
  async function mayRead(
    { userId, uncheckedSeconds }: Omit<Follower, 'lastErasure'>,
    { id, name }: { id: number; name: string },
    signal: AbortSignal,
  ): Promise<boolean> {
    if (uncheckedSeconds < CHECK_MINUTES * 60) return true;
    try {
      const found = await (await account(userId)).repositories.read(name, { signal });
      if (found.id !== id) return false;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ProblemError)) throw error;
      return !REFUSALS.includes(error.code) && uncheckedSeconds < UNCHECKED_HOURS * 3600;
    }
    await executor.execute(sql`
      update github_follows set checked_at = now() where user_id = ${userId} and repository_id = ${id}::bigint`);
    return true;
  }

  return { follow, unfollow, followed, followersOf, rename, mayRead };
}

export type Following = ReturnType<typeof createFollowing>;
