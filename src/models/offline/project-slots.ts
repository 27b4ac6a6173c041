import { type Clause, readClause, readProjectName } from './project-clauses.ts';
import { namesTechnology, readThing, type Thing } from './project-things.ts';
import { DEFINITE, EVERYDAY_KINDS, FRESH, INDEFINITE, TECHNICAL_KINDS } from './project-words.ts';
import { quotedTokens, type Range } from './sentence.ts';
import { type Read, skip, tokenAt, words } from './slots.ts';

/** A project as a sentence asks for it. */
export interface ProjectRequest {
  /** What it is, in the words of the person, without its name and place. */
  brief: string;
  name?: string;
  template?: string;
  folder?: string;
  /** It is only to be shown. */
  dry: boolean;
  /** It ends in a free description, which may be meant to go on. */
  loose: boolean;
}

/**
 * How sure the words before are of a project: `sure` where nothing else is created so; `made` where everyday things are, too;
 * `wished` where only what is plainly software is meant; `answered` where the question was which kind it is to be.
 */
export type Surety = 'sure' | 'made' | 'wished' | 'answered';

const MOST_WORDS = 400;
const CLOSINGS = words('. ! … , please pls porfa porfavor thanks gracias now ahora ya aloud tertulia ?');
const LONG_CLOSINGS = [
  'por favor',
  'thank you',
  'right now',
  'ahora mismo',
  'for me',
  'to me',
  'para mi',
].map((closing) => closing.split(' '));

/**
 * Reads what is to be created, up to the end of the command: "a TypeScript library called date-tools in apps/". The thing must be
 * one that people call a project, and no compound with one, such as "an API key".
 */
export function readProject(
  range: Range,
  surety: Surety,
  wants: 'dry' | 'real' | 'any',
): Read<ProjectRequest> | undefined {
  const to = withoutClosing(range);
  const whole = { ...range, to };
  if (to - range.from > MOST_WORDS || asksWithin(whole)) return undefined;
  const named = readNameBefore(whole);
  const { from, determiner, fresh } = readDeterminers({ ...whole, from: named?.next ?? whole.from });
  const thing = readThing({ ...whole, from }, determiner);
  if (!thing) return undefined;
  const read = readClauses({ ...whole, from: thing.next });
  if (!read || (wants !== 'any' && read.said.dry !== (wants === 'dry'))) return undefined;
  const name = named?.value ?? thing.name ?? read.said.name;
  const isBare = thing.isBareName === true && surety !== 'sure';
  const isNamed = (name !== undefined && !isBare) || read.said.template !== undefined;
  const technical = thing.isTechnical || namesTechnology({ ...whole, from: thing.next });
  if (!isMeant({ thing, surety, determiner, fresh, named: isNamed, technical, loose: read.said.loose }))
    return undefined;
  const brief = joined([textBetween(whole, thing.from, thing.to), ...read.free]);
  return { value: { ...read.said, ...(name === undefined ? {} : { name }), brief }, next: to };
}

interface Evidence {
  thing: Thing;
  surety: Surety;
  determiner: string;
  fresh: boolean;
  named: boolean;
  technical: boolean;
  loose: boolean;
}

/** Whether such a phrase asks for something new: "build the app" and "start the server" are about what is there. */
function isMeant({ thing, surety, determiner, fresh, named, technical, loose }: Evidence): boolean {
  if (TECHNICAL_KINDS.has(thing.kind) && !technical && !named) return false;
  if (surety === 'answered') return !(DEFINITE.has(determiner) && loose);
  if (determiner === '' && !fresh && !technical && !named && !thing.isPlain) return false;
  if (DEFINITE.has(determiner) && surety !== 'sure' && !named && !fresh) return false;
  if (surety === 'wished') return technical || named || (thing.isPlain && !DEFINITE.has(determiner));
  return surety === 'sure' || !EVERYDAY_KINDS.has(thing.kind) || technical || named || thing.isPlain;
}

/** The name in front, as in "create shop, a Fastify API". */
function readNameBefore(range: Range): Read<string> | undefined {
  const name = readProjectName(range, range.from);
  if (!name || !/^[,:]$/.test(tokenAt(range, name.next)?.raw ?? '')) return undefined;
  const next = name.next + 1;
  return INDEFINITE.has(tokenAt(range, next)?.word ?? '') ? { value: name.value, next } : undefined;
}

/** The article may be a word of the phrase before. */
function readDeterminers(range: Range): { from: number; determiner: string; fresh: boolean } {
  const isDeterminer = (word: string) => INDEFINITE.has(word) || DEFINITE.has(word);
  let from = range.from;
  let determiner = range.sentence.tokens[range.from - 1]?.word ?? '';
  if (!isDeterminer(determiner)) determiner = '';
  if (isDeterminer(tokenAt(range, from)?.word ?? '')) {
    determiner = tokenAt(range, from)?.word ?? '';
    from += 1;
  }
  const before = range.sentence.tokens[range.from - 1]?.word ?? '';
  const next = skip(range, from, ({ word }) => FRESH.has(word));
  return { from: next, determiner, fresh: next > from || FRESH.has(before) };
}

/** The clauses behind the thing, and what stands between them. */
export function readClauses(
  range: Range,
): { said: Omit<ProjectRequest, 'brief'>; free: string[] } | undefined {
  const said: Omit<ProjectRequest, 'brief'> = { dry: false, loose: false };
  const free: string[] = [];
  const { text, tokens } = range.sentence;
  const quoted = quotedTokens({ text, tokens: tokens.slice(range.from, range.to) });
  let from = range.from;
  let position = range.from;
  while (position < range.to) {
    const clause = quoted[position - range.from] ? undefined : readClause(range, position);
    if (clause === 'fileName') return undefined;
    if (!clause || !isNew(said, clause.value)) {
      position += 1;
      continue;
    }
    if (position > from) free.push(textBetween(range, from, position));
    record(said, clause.value);
    position = clause.next;
    from = position;
  }
  if (position > from) free.push(textBetween(range, from, position));
  return { said: { ...said, loose: position > from }, free };
}

function isNew(said: Omit<ProjectRequest, 'brief'>, clause: Clause): boolean {
  return clause.kind === 'dry' || said[clause.kind] === undefined;
}

function record(said: Omit<ProjectRequest, 'brief'>, clause: Clause): void {
  if (clause.kind === 'dry') said.dry = true;
  else if (clause.kind === 'template') said.template = clause.template;
  else if (clause.kind === 'folder') said.folder = clause.folder;
  else said.name = clause.name;
}

function withoutClosing(range: Range): number {
  let { to } = range;
  for (;;) {
    const end = to;
    const long = LONG_CLOSINGS.find((closing) =>
      closing.every((word, offset) => range.sentence.tokens[end - closing.length + offset]?.word === word),
    );
    if (long && end - long.length > range.from) to -= long.length;
    else if (to - 1 > range.from && CLOSINGS.has(range.sentence.tokens[to - 1]?.word ?? '')) to -= 1;
    else return to;
  }
}

function asksWithin({ sentence, from, to }: Range): boolean {
  return sentence.tokens.slice(from, to).some(({ raw }) => raw === '?' || raw === '¿');
}

function textBetween({ sentence }: Range, from: number, to: number): string {
  return sentence.text.slice(sentence.tokens[from]?.start, sentence.tokens[to - 1]?.end);
}

/** One line, without what joined the clauses that are gone. */
function joined(parts: string[]): string {
  const loose = /(?:^|\s)(?:[,;:.(–—-]|and|y|e|con el|with the)\s*$/iu;
  let text = parts
    .filter((part) => part.trim() !== '')
    .map((part) => part.replaceAll(/\s+/g, ' ').trim())
    .join(' ')
    .replaceAll(/\(\s*\)/g, '')
    .replaceAll(/\s([,.;:])/g, '$1')
    .replaceAll(/[,;](?=[,.;])/g, '');
  while (loose.test(text) || /[,;:.]$/.test(text))
    text = text
      .replace(loose, '')
      .replace(/[,;:.]$/, '')
      .trim();
  return text;
}
