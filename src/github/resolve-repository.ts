import { ProblemError } from '../errors.ts';
import { ifThere, type ReadOptions } from './calls.ts';
import { cleanRemark } from './clean-text.ts';
import type { GitHubConnection } from './client.ts';
import { listForNames, type Repository, repositoryOperations } from './operations/repositories.ts';
import { nameOf, placeInAddress, splitName } from './repository-name.ts';
import { allAmong, likeness, tellingWords, wordsOf } from './similar-names.ts';

const MOST_CANDIDATES = 8;
const MOST_NEAREST = 3;
const LEAST_LIKENESS = 0.3;

/**
 * The one repository that is meant by "owner/name", an address, a bare name, or words such as "the api repo". Names and words are
 * looked up in the account's own list. Reads.
 * @throws ProblemError `ambiguous_repository` if several fit, `github_not_found` if none does, with the nearest names.
 */
export async function resolveRepository(
  connection: GitHubConnection,
  text: string,
  { signal }: ReadOptions = {},
): Promise<Repository> {
  const wanted = text.trim().replace(/^["'`“«]|["'`”»]$/g, '');
  const place = placeInAddress(wanted) ?? splitName(wanted);
  if (place !== undefined) {
    const found = await ifThere(repositoryOperations.read(connection, nameOf(place), { signal }));
    if (found !== undefined) return found;
  }
  const own = await listForNames(connection, { signal });
  const fitting = place === undefined ? fittingOf(own, wanted) : [];
  const [only, ...others] = fitting;
  if (only === undefined) throw nothingFits(own, place?.repo ?? wanted, wanted);
  if (others.length === 0) return only;
  const shown = fitting.slice(0, MOST_CANDIDATES).map(({ name }) => name);
  const more = fitting.length - shown.length;
  throw new ProblemError(
    'ambiguous_repository',
    `${quoted(wanted)} may be ${shown.join(', ')}${more > 0 ? ` or ${more} more` : ''}. Which one is it?`,
  );
}

/** The repositories that fit best: a nearer fit of one rules out the farther ones of others. */
function fittingOf(own: Repository[], wanted: string): Repository[] {
  const folded = wanted.toLowerCase();
  const words = tellingWords(wanted);
  const bareNames = own.map((repository) => ({ repository, bare: bareNameOf(repository) }));
  const tests: ((bare: string, repository: Repository) => boolean)[] = [
    (bare) => bare === wanted,
    (bare) => bare.toLowerCase() === folded,
    (bare) => words.length > 0 && wordsOf(bare).join(' ') === words.join(' '),
    (bare) => allAmong(words, wordsOf(bare)),
    (_bare, { name }) => allAmong(words, wordsOf(name)),
    (_bare, { name, description, topics }) =>
      allAmong(words, wordsOf([name, description, ...topics].join(' '))),
  ];
  for (const test of tests) {
    const fitting = bareNames.filter(({ bare, repository }) => test(bare, repository));
    if (fitting.length > 0) return fitting.map(({ repository }) => repository);
  }
  return [];
}

function nothingFits(own: Repository[], name: string, wanted: string): ProblemError {
  const nearest = own
    .map((repository) => ({
      name: repository.name,
      score: likeness(tellingWords(name).join(' '), bareNameOf(repository)),
    }))
    .filter(({ score }) => score >= LEAST_LIKENESS)
    .sort((one, other) => other.score - one.score)
    .slice(0, MOST_NEAREST);
  const names = nearest.map((repository) => repository.name).join(', ');
  const hint = names === '' ? 'Name it as "owner/name".' : `The nearest names are ${names}.`;
  return new ProblemError('github_not_found', `No repository of this account is ${quoted(wanted)}. ${hint}`);
}

function bareNameOf({ name }: Repository): string {
  return name.slice(name.indexOf('/') + 1);
}

function quoted(text: string): string {
  return `"${cleanRemark(text.slice(0, 100))}"`;
}
