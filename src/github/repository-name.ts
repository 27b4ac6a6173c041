import { ProblemError } from '../errors.ts';

/** A repository as GitHub's addresses name it. */
export interface RepositoryPlace {
  owner: string;
  repo: string;
}

const OWNER = /^[A-Za-z\d](?:[\w-]{0,99})$/;
const NAME = /^(?!\.{1,2}$)[\w.-]{1,100}$/;

/**
 * Splits "owner/name".
 * @throws ProblemError `invalid_request` for anything else.
 */
export function placeOf(repository: string): RepositoryPlace {
  const place = splitName(repository);
  if (place === undefined) {
    throw new ProblemError('invalid_request', 'A repository is named as "owner/name", such as "ana/shop".');
  }
  return place;
}

/** The parts of "owner/name"; undefined for anything else. */
export function splitName(text: string): RepositoryPlace | undefined {
  const [owner = '', repo = '', ...rest] = text.split('/');
  return rest.length === 0 && OWNER.test(owner) && NAME.test(repo) ? { owner, repo } : undefined;
}

/** The repository that an address of GitHub's names, as a browser or git has it; undefined for other texts. */
export function placeInAddress(text: string): RepositoryPlace | undefined {
  const ssh = /^(?:ssh:\/\/)?git@[\w.-]+[:/]([\w-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(text)?.[1];
  if (ssh !== undefined) return splitName(ssh);
  const address = /^https?:\/\//i.test(text)
    ? text
    : /^(www\.)?github\.com\//i.test(text)
      ? `https://${text}`
      : '';
  if (!URL.canParse(address)) return undefined;
  const parts = new URL(address).pathname.split('/').filter((part) => part !== '');
  const [owner, repo] =
    parts[0] === 'repos' || parts[0] === 'api' ? parts.slice(parts.indexOf('repos') + 1) : parts;
  return owner === undefined || repo === undefined
    ? undefined
    : splitName(`${owner}/${repo.replace(/\.git$/, '')}`);
}

/** "owner/name" of a place. */
export function nameOf({ owner, repo }: RepositoryPlace): string {
  return `${owner}/${repo}`;
}
