import { readBranch, readRepository, type Surety } from './github-names.ts';
import type { GitHubRequest } from './github-request.ts';
import { closingOf, readGivenText } from './github-texts.ts';
import { BRANCH_NOUNS, NOT_REPOSITORIES, REPOSITORY_NOUNS, USUAL_BRANCHES, WITHIN } from './github-words.ts';
import { sequences, skipSequence } from './project-clauses.ts';
import { NOT_NAMES_OF_PROJECTS } from './project-words.ts';
import type { Range } from './sentence.ts';
import { isName, type Read, readQuotedName, skip, tokenAt, words } from './slots.ts';

type ReadClause = (range: Range, kinds: readonly string[]) => Read<GitHubRequest> | undefined;

/** More clauses than anyone says. */
const MOST_CLAUSES = 12;
const JOINING = words(', ; and y e');
const FROM = words('from de desde');
const INTO = words('to into onto against a al hacia contra sobre');
const AT_BRANCH = words('on in of to from into at en de a por');
const ARTICLES = words('the my our a an la mi una el un');
const FRESH = words('new nueva nuevo');
const START = sequences(
  'from|off of|off|based on|starting at|starting from|desde|a partir de|de|basada en|partiendo de',
);
const GITHUB = sequences(
  'on github|in github|at github|from github|to github|into github|en github|a github|de github',
);
const PRIVATE = words('private privately privado privada');
const PUBLIC = words('public publicly publico publica');
const AS_OR_TO = words('as in to into como en a');
const SO = sequences('make it|keep it|hazlo|hazla|que sea');
const REFERENCES = sequences('in it|on it|to it|there|of it|en el|en ella|ahi|alli|in that one|en ese');
const CALLED = sequences(
  'called|named|with the name|by the name of|under the name|llamado|llamada|con el nombre|con el nombre de|con nombre|de nombre|que se llame',
);
const AS = sequences('as|como');
const METHODS: [NonNullable<GitHubRequest['method']>, string[][]][] = [
  ['squash', forms('squash|squashing|a squash')],
  ['rebase', forms('rebase|rebasing|a rebase')],
  ['merge', forms('a merge commit|merge commit|un commit de merge|un commit de fusion')],
];
const LABELLED = sequences(
  'labelled|labeled|with the label|with label|tagged|con la etiqueta|con etiqueta|etiquetadas|etiquetados|etiquetadas como|etiquetadas con|labelled as|tagged as',
);
const ASSIGNED = sequences('assigned to|asignadas a|asignados a|asignada a');

const NAME_OF_REPOSITORY = /^@?[\p{L}\p{N}_][\p{L}\p{N}_.-]*(?:\/[\p{L}\p{N}_.-]+)?$/u;
const NO_NAME = words(
  'a an the private public un una privado publico github repository repo repositorio and y',
);

/** What can be said behind a command, in the order in which they are tried where several could stand. */
const CLAUSES: Readonly<Record<string, ReadClause>> = {
  github: (range) => led(range, GITHUB, (position) => ({ value: { named: true }, next: position })),
  branch: readOnBranch,
  start: (range) => led(range, START, (from) => toKey(readStart({ ...range, from }), 'start')),
  head: (range) => (isOne(range, FROM) ? toKey(readBranch(behind(range)), 'head') : undefined),
  base: (range) => (isOne(range, INTO) ? toKey(readBranch(behind(range)), 'base') : undefined),
  target: (range) => {
    const isLed = isOne(range, INTO) || isOne(range, words('in en'));
    return (isLed ? readRepository(behind(range), 'sure') : undefined) ?? readReference(range);
  },
  place: (range) => readWithin(range, FROM.has(tokenAt(range, range.from)?.word ?? '') ? 'sure' : 'bare'),
  certainly: (range) => readWithin(range, 'noun'),
  surely: (range) => readWithin(range, 'sure'),
  repository: (range) => readWithin(range, 'bare'),
  numbered: (range) => readWithin(range, 'loose'),
  newbranch: (range) => led(range, CALLED, (from) => toKey(readBranch({ ...range, from }), 'branch')),
  renamed: (range) => readName(range, 'renamed'),
  newname: (range) => readName(range, 'new'),
  visibility: readVisibility,
  method: (range) => {
    for (const [method, said] of METHODS) {
      const next = skipSequence(range, range.from, said);
      if (next !== undefined) return { value: { method }, next };
    }
    return undefined;
  },
  filter: readFilter,
};

/**
 * Reads what is said behind a command, in any order, by the kinds of clauses that it takes: where, from what, with which text. Of
 * kinds with a mark (`repository!`) one must be there.
 */
export function readRequest(range: Range, options: readonly string[]): Read<GitHubRequest> | undefined {
  const kinds = options.map((kind) => kind.replace('!', ''));
  const read = readClauses(range, ['github', ...kinds]);
  const needed = options.filter((kind) => kind.endsWith('!'));
  return needed.every((kind) => hasSaid(read.value, kind.slice(0, -1))) ? read : undefined;
}

function readClauses(
  range: Range,
  kinds: readonly string[],
  before: GitHubRequest = {},
): Read<GitHubRequest> {
  let said: GitHubRequest = {};
  let next = range.from;
  for (let count = 0; count < MOST_CLAUSES; count += 1) {
    const joined = skip(range, next, ({ word }) => JOINING.has(word));
    const read =
      readClause({ ...range, from: joined }, kinds, { ...before, ...said }) ??
      (joined > next ? readClause({ ...range, from: next }, kinds, { ...before, ...said }) : undefined);
    if (!read) break;
    said = { ...said, ...read.value, ...joinedQuery(said, read.value) };
    next = read.next;
  }
  return { value: said, next };
}

function readClause(
  range: Range,
  kinds: readonly string[],
  said: GitHubRequest,
): Read<GitHubRequest> | undefined {
  if (range.from >= range.to) return undefined;
  for (const kind of kinds) {
    const read = CLAUSES[kind]?.(range, kinds) ?? readTextClause(range, kind, kinds, said);
    const isNew = read && Object.keys(read.value).every((key) => isRepeatable(key) || !hasSaidKey(said, key));
    if (isNew) return read;
  }
  return undefined;
}

/** A text ends where the rest of the sentence is nothing but clauses that can stand for nothing else. */
function readTextClause(
  range: Range,
  kind: string,
  kinds: readonly string[],
  said: GitHubRequest,
): Read<GitHubRequest> | undefined {
  const certain = kinds.map((each) =>
    each === 'repository' || each === 'numbered' || each === 'place' ? 'surely' : each,
  );
  return readGivenText(range, kind, (rest) => {
    const read = readClauses(
      rest,
      certain.filter((each) => each !== kind && each !== 'topic'),
      said,
    );
    return read.next > rest.from && closingOf({ ...rest, from: read.next }) === rest.to;
  });
}

function isRepeatable(key: string): boolean {
  return key === 'named' || key === 'query' || key === 'open';
}

function hasSaidKey(said: GitHubRequest, key: string): boolean {
  if (key === 'repository' || key === 'referring')
    return said.repository !== undefined || said.referring === true;
  return said[key as keyof GitHubRequest] !== undefined;
}

/** What the kinds that one can need say, where it is no repository. */
const KEYS: Readonly<Record<string, keyof GitHubRequest>> = {
  github: 'named',
  titled: 'title',
  head: 'head',
};

function hasSaid(said: GitHubRequest, kind: string): boolean {
  return hasSaidKey(said, KEYS[kind] ?? 'repository');
}

function joinedQuery({ query }: GitHubRequest, { query: more }: GitHubRequest): GitHubRequest {
  return query === undefined || more === undefined ? {} : { query: `${query} ${more}` };
}

/** "In ana/shop", "of the api repo", "there". */
function readWithin(range: Range, surety: Surety): Read<GitHubRequest> | undefined {
  const read = isOne(range, WITHIN) ? readRepository(behind(range), surety) : undefined;
  return read ?? readReference(range);
}

/** "In it", "there". */
function readReference(range: Range): Read<GitHubRequest> | undefined {
  const next = skipSequence(range, range.from, REFERENCES);
  return next === undefined ? undefined : { value: { referring: true }, next };
}

/** "On the branch dev", "en la rama nueva x", "on main". */
function readOnBranch(range: Range): Read<GitHubRequest> | undefined {
  if (!isOne(range, AT_BRANCH)) return undefined;
  const from = skip(range, range.from + 1, ({ word }) => ARTICLES.has(word) || FRESH.has(word));
  const word = tokenAt(range, from)?.word ?? '';
  const isNamed = BRANCH_NOUNS.has(word) || BRANCH_NOUNS.has(tokenAt(range, from + 1)?.word ?? '');
  if (!isNamed && !USUAL_BRANCHES.has(word)) return undefined;
  const first = BRANCH_NOUNS.has(word) ? skip(range, from + 1, (token) => FRESH.has(token.word)) : from;
  return toKey(readBranch({ ...range, from: first }), 'branch');
}

/** What a branch starts from; behind "de" only what is plainly a branch. */
function readStart(range: Range): Read<string> | undefined {
  const isVague = range.sentence.tokens[range.from - 1]?.word === 'de';
  const from = skip(range, range.from, ({ word }) => ARTICLES.has(word));
  const word = tokenAt(range, from)?.word ?? '';
  if (isVague && !BRANCH_NOUNS.has(word) && !USUAL_BRANCHES.has(word)) return undefined;
  const isRepository = readRepository(range, 'noun') !== undefined;
  return isRepository ? undefined : readBranch({ ...range, from });
}

function readName(range: Range, form: 'renamed' | 'new'): Read<GitHubRequest> | undefined {
  const called = skipSequence(range, range.from, CALLED);
  const naming = called ?? (form === 'renamed' ? skipSequence(range, range.from, AS) : undefined);
  if (naming === undefined && form !== 'new') return undefined;
  const from = naming ?? range.from;
  const quoted = readQuotedName(range, from);
  if (quoted) return { value: { name: quoted.value }, next: quoted.next };
  const token = tokenAt(range, from);
  if (!token || !NAME_OF_REPOSITORY.test(token.raw) || NO_NAME.has(token.word)) return undefined;
  const isOther = NOT_NAMES_OF_PROJECTS.has(token.word) || NOT_REPOSITORIES.has(token.word);
  const isSaid = isName(token) || /[\d/._-]/.test(token.raw);
  return isSaid && !(isOther && called === undefined)
    ? { value: { name: token.raw }, next: from + 1 }
    : undefined;
}

/** "Privately", "as a private repository", "to a new repo", "en un repositorio público nuevo". */
function readVisibility(range: Range): Read<GitHubRequest> | undefined {
  const said = skipSequence(range, range.from, SO);
  const led = said ?? skip(range, range.from, ({ word }) => AS_OR_TO.has(word));
  const from = skip(range, led, ({ word }) => ARTICLES.has(word));
  const next = skip(range, from, ({ word }) => {
    return (
      FRESH.has(word) ||
      PRIVATE.has(word) ||
      PUBLIC.has(word) ||
      REPOSITORY_NOUNS.has(word) ||
      word === 'github'
    );
  });
  const spoken = range.sentence.tokens.slice(from, next).map(({ word }) => word);
  const hidden = spoken.some((word) => PRIVATE.has(word));
  const shown = spoken.some((word) => PUBLIC.has(word));
  const isNamed = spoken.some((word) => REPOSITORY_NOUNS.has(word) || word === 'github');
  if (hidden && shown) return undefined;
  if (!hidden && !shown) return isNamed && led > range.from ? { value: { named: true }, next } : undefined;
  return { value: { private: hidden, ...(isNamed ? { named: true } : {}) }, next };
}

/** "Labelled bug", "assigned to ana", as GitHub's search writes them. */
function readFilter(range: Range): Read<GitHubRequest> | undefined {
  const label = skipSequence(range, range.from, LABELLED);
  const from = label ?? skipSequence(range, range.from, ASSIGNED);
  if (from === undefined) return undefined;
  const quoted = readQuotedName(range, from);
  const token = tokenAt(range, from);
  const name = quoted?.value ?? token?.raw.replace(/^@/, '') ?? '';
  if (!quoted && !(token && /^@?[\p{L}\p{N}][\p{L}\p{N}_.:/-]*$/u.test(token.raw))) return undefined;
  const shown = /\s/.test(name) ? `"${name}"` : name;
  const isMe = label === undefined && /^(?:me|mi)$/i.test(name);
  return {
    value: { query: label === undefined ? `assignee:${isMe ? '@me' : shown}` : `label:${shown}` },
    next: quoted?.next ?? from + 1,
  };
}

/** With and without "with" or "by" in front. */
function forms(list: string): string[][] {
  const each = list.split('|');
  return sequences(
    each
      .flatMap((form) =>
        ['with', 'by', 'using', 'as', 'con', 'mediante', 'usando'].map((lead) => `${lead} ${form}`),
      )
      .join('|'),
  );
}

function isOne(range: Range, choices: ReadonlySet<string>): boolean {
  return choices.has(tokenAt(range, range.from)?.word ?? '');
}

function behind(range: Range): Range {
  return { ...range, from: range.from + 1 };
}

function led(
  range: Range,
  leads: readonly string[][],
  read: (position: number) => Read<GitHubRequest> | undefined,
): Read<GitHubRequest> | undefined {
  const next = skipSequence(range, range.from, leads);
  return next === undefined ? undefined : read(next);
}

function toKey(
  read: Read<string> | undefined,
  key: 'branch' | 'start' | 'head' | 'base',
): Read<GitHubRequest> | undefined {
  return read && { value: { [key]: read.value }, next: read.next };
}
