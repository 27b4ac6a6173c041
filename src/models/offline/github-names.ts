import type { GitHubRequest } from './github-request.ts';
import {
  BRANCH_NOUNS,
  ISSUE_NOUNS,
  NOT_REPOSITORIES,
  NUMBER_WORDS,
  OWNERS,
  PULL_NOUNS,
  REFERRING,
  REPOSITORY_NOUNS,
  WITHIN,
} from './github-words.ts';
import { skipSequence } from './project-clauses.ts';
import type { Range, Token } from './sentence.ts';
import {
  isName,
  JOINTS,
  looksLikePath,
  NAMING,
  type Read,
  readQuotedName,
  skip,
  tokenAt,
  words,
} from './slots.ts';

/**
 * What makes words the name of a repository: a word like "repo" or an address (`noun`), or else "owner/name" (`sure`), or else
 * one bare word (`bare`), even behind an article (`loose`).
 */
export type Surety = 'noun' | 'sure' | 'bare' | 'loose';

export type BranchForm = 'plain' | 'telling' | 'noun';

const ADDRESS =
  /^(?:(?:https?:\/\/|www\.)?(?:[\w-]+\.)*github[\w.-]*\.\w+\/|git@[\w.-]+:)([\w-]+\/[\w.-]+?)(?:\.git)?\/?$/i;
const ADDRESS_OF_THREAD =
  /^(?:https?:\/\/)?[\w.-]+\.\w+\/([\w-]+\/[\w.-]+)\/(?:issues|pulls?)\/(\d{1,7})(?:[/?#]\S*)?$/i;
const OWNER_AND_NAME = /^@?[A-Za-z\d][\w-]*\/[\w-][\w.-]*$/;
const THREAD_OF_REPOSITORY = /^([A-Za-z\d][\w-]*\/[\w.-]+)#(\d{1,7})$/;
/** A file, where the name of a repository may stand as well. */
const FILE =
  /\.(?:md|txt|html?|css|jsx?|tsx?|mjs|py|go|rs|sh|json|ya?ml|toml|csv|pdf|docx?|xlsx|xml|svg|png|jpe?g|sql|zip)$/i;
const POSSESSIVE = /['’]s$/;
const BRANCH = /^[\p{L}\p{N}_][\p{L}\p{N}_./#-]*$/u;
const REPOSITORY = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u;
const OF = words('of for de del');
const MOST_WORDS = 3;

/** Reads which repository is meant. "The repo" alone refers to one that was named before. */
export function readRepository(range: Range, surety: Surety): Read<GitHubRequest> | undefined {
  const from = skip(range, range.from, ({ word }) => OWNERS.has(word) || REFERRING.has(word));
  const before = range.sentence.tokens[from - 1]?.word ?? '';
  const isOwned = from > range.from || before === 'del' || before === 'al';
  const noun = tokenAt(range, from)?.word === 'github' ? from + 1 : from;
  if (isNoun(range, noun)) return readBehindNoun(range, noun + 1);
  const quoted = readQuotedName(range, from);
  const full = quoted ? fullNameOf(quoted.value) : fullNameOf(tokenAt(range, from)?.raw ?? '');
  const next = quoted?.next ?? from + 1;
  const named = quoted && (full?.name ?? quoted.value);
  if (isNoun(range, next) && (named ?? full)) {
    return { value: { repository: named ?? full?.name ?? '' }, next: next + 1 };
  }
  if (full && (surety !== 'noun' || full.isAddress)) return { value: { repository: full.name }, next };
  const described = readBeforeNoun(range, from);
  if (described !== undefined) return described;
  if (surety !== 'bare' && surety !== 'loose') return undefined;
  if (quoted) return { value: { repository: quoted.value }, next: quoted.next };
  const token = tokenAt(range, from);
  if (!token || (isOwned && surety === 'bare') || !isRepositoryName(token)) return undefined;
  return { value: { repository: token.raw.replace(POSSESSIVE, '') }, next: from + 1 };
}

/** "The repository ana/shop", "the repo called shop", "el repo de la API"; nothing behind it refers to one named before. */
function readBehindNoun(range: Range, position: number): Read<GitHubRequest> {
  const from = skip(range, position, ({ word }) => NAMING.has(word));
  const quoted = readQuotedName(range, from);
  if (quoted) return { value: { repository: quoted.value }, next: quoted.next };
  const token = tokenAt(range, from);
  const full = fullNameOf(token?.raw ?? '');
  if (full) return { value: { repository: full.name }, next: from + 1 };
  if (token && isRepositoryName(token)) return { value: { repository: token.raw }, next: from + 1 };
  if (OF.has(token?.word ?? '')) {
    const behind = skip(range, from + 1, ({ word }) => OWNERS.has(word));
    const name = tokenAt(range, behind);
    const fullName = fullNameOf(name?.raw ?? '');
    if (fullName) return { value: { repository: fullName.name }, next: behind + 1 };
    if (name && isRepositoryName(name))
      return { value: { repository: textBetween(range, position - 1, behind + 1) }, next: behind + 1 };
  }
  return { value: { referring: true }, next: position };
}

/** "The api repo", "my old web shop repository": the words as they were said, at least one of which is a name. */
function readBeforeNoun(range: Range, from: number): Read<GitHubRequest> | undefined {
  const to = skip(range, from, (token) => {
    return !REPOSITORY_NOUNS.has(token.word) && (isRepositoryName(token) || NOT_REPOSITORIES.has(token.word));
  });
  const said = range.sentence.tokens.slice(from, to);
  if (said.length > MOST_WORDS || !said.some(isRepositoryName) || !isNoun(range, to)) return undefined;
  return { value: { repository: textBetween(range, range.from, to + 1) }, next: to + 1 };
}

function isNoun(range: Range, position: number): boolean {
  return REPOSITORY_NOUNS.has(tokenAt(range, position)?.word.replace(POSSESSIVE, '') ?? '');
}

function isRepositoryName(token: Token): boolean {
  const { raw, word } = token;
  const bare = raw.replace(POSSESSIVE, '');
  if (!REPOSITORY.test(bare) || FILE.test(bare) || NOT_REPOSITORIES.has(word) || WITHIN.has(word))
    return false;
  return isName({ ...token, raw: bare }) || /[._-]/.test(bare);
}

/** "owner/name", or the address of a repository at GitHub. */
function fullNameOf(raw: string): { name: string; isAddress: boolean } | undefined {
  const text = raw.replace(POSSESSIVE, '');
  if (ADDRESS.test(text)) return { name: text, isAddress: true };
  const isPlain = OWNER_AND_NAME.test(text) && looksLikePath(text) && !FILE.test(text);
  return isPlain ? { name: text.replace(/^@/, ''), isAddress: false } : undefined;
}

/** Reads an issue, a pull request or several, by number: "issue 12", "PRs 3 and 4", "#5 in …", "ana/shop#12", or an address. */
export function readThread(range: Range, kind: 'issue' | 'pull' | 'any'): Read<GitHubRequest> | undefined {
  const from = skip(range, range.from, ({ word }) => OWNERS.has(word));
  const direct = readThreadName(range, from);
  if (direct) return direct;
  const owner = fullNameOf(tokenAt(range, from)?.raw ?? '');
  const start = owner ? from + 1 : from;
  const nouns = [...(kind === 'pull' ? [] : ISSUE_NOUNS), ...(kind === 'issue' ? [] : PULL_NOUNS)];
  const behind = skipSequence(range, start, nouns);
  const named = behind === undefined ? undefined : readThreadName(range, behind);
  if (named) return named;
  const first = skip(range, behind ?? start, ({ word, raw }) => NUMBER_WORDS.has(word) || raw === '.');
  const numbers = readNumbers(range, first);
  if (!numbers || (owner && behind === undefined)) return undefined;
  const isMarked =
    tokenAt(range, first)?.raw.startsWith('#') && WITHIN.has(tokenAt(range, numbers.next)?.word ?? '');
  if (behind === undefined && !isMarked) return undefined;
  const repository = owner && { repository: owner.name };
  return { value: { ...repository, numbers: numbers.value }, next: numbers.next };
}

function readThreadName(range: Range, position: number): Read<GitHubRequest> | undefined {
  const raw = tokenAt(range, position)?.raw ?? '';
  const found = ADDRESS_OF_THREAD.exec(raw) ?? THREAD_OF_REPOSITORY.exec(raw);
  if (!found) return undefined;
  return { value: { repository: found[1] ?? '', numbers: [Number(found[2])] }, next: position + 1 };
}

function readNumbers(range: Range, position: number): Read<number[]> | undefined {
  const numbers: number[] = [];
  let next = position;
  for (;;) {
    const from = numbers.length === 0 ? next : skip(range, next, ({ word }) => JOINTS.has(word));
    const number = /^#?(\d{1,7})$/.exec(tokenAt(range, from)?.raw ?? '')?.[1];
    if (number === undefined || (numbers.length > 0 && from === next)) break;
    numbers.push(Number(number));
    next = from + 1;
  }
  return numbers.length === 0 ? undefined : { value: [...new Set(numbers)], next };
}

/**
 * Reads the name of a branch, with "branch" in front of it or behind or without. `telling`: one that is plainly a name;
 * `noun`: one that has the word at it.
 */
export function readBranch(range: Range, form: BranchForm = 'plain'): Read<string> | undefined {
  const from = skip(range, range.from, ({ word }) => OWNERS.has(word) || BRANCH_NOUNS.has(word));
  const called = skip(range, from, ({ word }) => NAMING.has(word));
  const quoted = readQuotedName(range, called);
  const token = tokenAt(range, called);
  const name = quoted?.value ?? token?.raw ?? '';
  const isTelling = quoted !== undefined || called > from || /[\d/_-]/.test(name);
  if (!token || !BRANCH.test(name) || (form === 'telling' && !isTelling)) return undefined;
  if (!isTelling && (!isName(token) || WITHIN.has(token.word))) return undefined;
  const next = quoted?.next ?? called + 1;
  const isNounBehind = BRANCH_NOUNS.has(tokenAt(range, next)?.word ?? '');
  const isNounInFront = range.sentence.tokens
    .slice(range.from, from)
    .some(({ word }) => BRANCH_NOUNS.has(word));
  if (form === 'noun' && !isNounInFront && !isNounBehind) return undefined;
  return { value: name, next: isNounBehind ? next + 1 : next };
}

function textBetween({ sentence }: Range, from: number, to: number): string {
  return sentence.text.slice(sentence.tokens[from]?.start, sentence.tokens[to - 1]?.end);
}
