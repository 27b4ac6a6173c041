import { fold, type Range, readQuotation, type Token } from './sentence.ts';

/** A path as a sentence names it. */
export interface NamedPath {
  path: string;
  /** False for a bare word that only a noun makes a name, as in "the file todo": too little to delete by. */
  certain: boolean;
}

/** What was read, and the token after it. */
export interface Read<Value> {
  value: Value;
  next: number;
}

const PATH_LIMIT = 1024;
/** Lists of words that belong to the reading of names, also of those in `targets.ts` and `places.ts`. */
export const DETERMINERS = words(
  'a an the my our your this that new empty text markdown plain un una el la los las mi mis nuestro nuestra este esta ese esa nuevo nueva vacio',
);
const FILE_NOUNS = words('file document note script archivo fichero documento nota');
/** Words that anything may follow: "a note about cats". Only "called" makes a bare word behind them a name. */
const LOOSE_NOUNS = words('document note script documento nota');
export const FOLDER_NOUNS = words('folder directory carpeta directorio');
export const NAMING = words(
  'called named titled llamado llamada llamados llamadas nombrado nombrada nombrados nombradas',
);
const AFTER_NOUN = words('de texto nuevo nueva vacio vacia');
/** "the old folder" does not name the folder. */
const ADJECTIVES = words(
  `old whole entire other same last first second wrong right big small main root current parent following previous next shared
  vieja viejo antigua antiguo compartida compartido completa completo otra otro misma mismo ultima primera`,
);
const NOT_NAMES = words(`
  a about after again all and as at because before but by con con_el contents de del desde donde e el en entero entera for from
  here how i if in inside into is it its la las later like lo los manana no not now o of on or para pero por porque que
  please thanks gracias porfa porfavor pls everything anything nothing everyone them us him me up out off completely entirely
  permanently forever recursively immediately recursivamente completamente si sin so something somewhere soon that the then there these they this to today tomorrow tonight too un una until we
  what when where which while who why with without y ya yesterday you aqui ahora ayer antes despues hoy luego`);
const NOT_PATHS = words(
  'and/or y/o he/she she/he his/her her/his s/he w/o n/a i/o km/h l/100km e.g i.e a.m p.m a.k.a u.s u.k',
);
/** The extension of a name, which has a letter in it: "1.5" has none. */
export const EXTENSION = /\.(?=[^.]*\p{L})[\p{L}\p{N}_-]{1,12}$/u;
const NEVER_IN_PATHS = /:\/\/|[*?<>|"{}\n]/;
const EMAIL = /^[^/@]+@[^/@]+\.[^/@]+$/;

/** Reads one path: quoted, or with an extension or a slash, or a bare name after a word like "file". */
export function readPath(range: Range): Read<NamedPath> | undefined {
  return readNamed(range, FILE_NOUNS);
}

/** Reads "a.md", or "a.md, b.md and the file c". */
export function readPaths(range: Range): Read<NamedPath[]> | undefined {
  const first = readNamed(range, ANY_NOUNS);
  if (!first) return undefined;
  const paths = [first.value];
  let next = first.next;
  for (;;) {
    const joint = skip(range, next, (token) => JOINTS.has(token.word));
    const following = joint > next ? readNamed({ ...range, from: joint }, ANY_NOUNS) : undefined;
    if (!following) return { value: paths, next };
    paths.push(following.value);
    next = following.next;
  }
}

export const ANY_NOUNS = new Set([...FILE_NOUNS, ...FOLDER_NOUNS]);
export const JOINTS = words(', and y e');

/** Reads the name of a folder, which may be a bare word, as in "the files in notes". */
export function readFolder(range: Range): Read<string> | undefined {
  return readFolderName(range, () => true);
}

/** Reads what can only be a folder: it ends with a slash, follows a word like "folder", or has a slash and no extension. */
export function readDirectory(range: Range): Read<string> | undefined {
  return readFolderName(
    range,
    ({ name, noun }) => noun || name.endsWith('/') || (name.includes('/') && !EXTENSION.test(name)),
  );
}

/** Reads what is said to be a folder: by a word like "folder", or by a slash at its end. */
export function readSaidFolder(range: Range): Read<string> | undefined {
  return readFolderName(range, ({ name, noun }) => noun || name.endsWith('/'));
}

/** Reads a folder that is clearly one, among them a quoted name without an extension. */
export function readTree(range: Range): Read<string> | undefined {
  return readFolderName(
    range,
    ({ name, noun, quoted }) =>
      noun || name.endsWith('/') || ((quoted || name.includes('/')) && !EXTENSION.test(name)),
  );
}

/** How a name stands in a sentence. */
interface Naming {
  name: string;
  /** A word like "folder" stands at it. */
  noun: boolean;
  quoted: boolean;
}

/** Reads one path, with any of these nouns in front of it or behind. */
export function readNamed(range: Range, nouns: ReadonlySet<string>): Read<NamedPath> | undefined {
  const { noun, folder, naming, determined, called, position } = readLead(range, nouns);
  const token = tokenAt(range, position);
  if (!token) return undefined;
  const quoted = readQuotedName(range, position);
  if (quoted) {
    const named = noun || looksLikePath(quoted.value) || !/\s/.test(quoted.value);
    return named ? closeNoun(range, { path: quoted.value, certain: true }, quoted.next, nouns) : undefined;
  }
  if (looksLikePath(token.raw)) {
    const vague = determined && !noun && !EXTENSION.test(token.raw);
    return vague ? undefined : closeNoun(range, { path: token.raw, certain: true }, position + 1, nouns);
  }
  if (!isName(token)) return undefined;
  const before = FOLDER_NOUNS.has(tokenAt(range, position + 1)?.word ?? '') && nouns.has('folder');
  if ((folder || (before && !noun)) && !called && ADJECTIVES.has(token.word)) return undefined;
  if (before && !noun) return { value: { path: token.raw, certain: true }, next: position + 2 };
  if (!(called || naming)) return undefined;
  const certain = called || folder || /\p{Lu}/u.test(token.raw);
  return { value: { path: token.raw, certain }, next: position + 1 };
}

/** Reads the name of a folder in any form, if it fits. */
export function readFolderName(range: Range, fits: (naming: Naming) => boolean): Read<string> | undefined {
  const { noun, determined, position } = readLead(range, FOLDER_NOUNS);
  const token = tokenAt(range, position);
  if (!token) return undefined;
  const quoted = readQuotedName(range, position);
  const name = quoted?.value ?? token.raw;
  const next = quoted?.next ?? position + 1;
  const nounBehind = FOLDER_NOUNS.has(tokenAt(range, next)?.word ?? '');
  const bare = !quoted && !looksLikePath(name);
  if (bare && (!isName(token) || (determined && !noun && !nounBehind))) return undefined;
  if (bare && (noun || nounBehind) && ADJECTIVES.has(token.word)) return undefined;
  if (!fits({ name, noun: noun || nounBehind, quoted: quoted !== undefined })) return undefined;
  return { value: name, next: nounBehind ? next + 1 : next };
}

/** The words before a name: "the", "new", "file", "called". */
function readLead(range: Range, nouns: ReadonlySet<string>) {
  let position = skip(range, range.from, ({ word }) => DETERMINERS.has(word));
  const determined = position > range.from;
  const word = tokenAt(range, position)?.word ?? '';
  const noun = nouns.has(word);
  if (noun) position = skip(range, position + 1, ({ word }) => AFTER_NOUN.has(word));
  const unnamed = position;
  if (noun) position = skip(range, position, ({ word }) => NAMING.has(word));
  const naming = noun && !LOOSE_NOUNS.has(word);
  const folder = noun && FOLDER_NOUNS.has(word);
  return { noun, folder, naming, determined, called: position > unnamed, position };
}

/** Takes along a noun behind a path, as in "the notes/todo.md file". */
function closeNoun(
  range: Range,
  value: NamedPath,
  next: number,
  nouns: ReadonlySet<string>,
): Read<NamedPath> {
  return { value, next: nouns.has(tokenAt(range, next)?.word ?? '') ? next + 1 : next };
}

/** Reads a name in quotation marks. */
export function readQuotedName(range: Range, position: number): Read<string> | undefined {
  const { text, tokens } = range.sentence;
  const start = tokens[position]?.start ?? text.length;
  const quotation = readQuotation(text, start, Math.min(text.length, start + PATH_LIMIT));
  const name = quotation?.inner.trim();
  if (!quotation || !name || name.includes('\n')) return undefined;
  let next = position;
  while (next < range.to && (tokens[next]?.start ?? quotation.end) < quotation.end) next += 1;
  return { value: name, next };
}

/** Whether a word can only be a path: it has an extension or a slash. */
export function looksLikePath(text: string): boolean {
  if (text.length > PATH_LIMIT || NEVER_IN_PATHS.test(text) || EMAIL.test(text)) return false;
  if (NOT_PATHS.has(fold(text)) || !/[\p{L}\p{N}]/u.test(text)) return false;
  return EXTENSION.test(text) || (/[/\\]/.test(text) && /\p{L}/u.test(text)) || text.startsWith('../');
}

/** A path as it has to be written to be known as one. */
export function sayable(path: string): string {
  return looksLikePath(path) && !/\s/.test(path) ? path : `"${path}"`;
}

/** Whether a bare word can be the name of something. */
export function isName({ raw, word }: Token): boolean {
  return /^[\p{L}\p{N}_-]{1,64}$/u.test(raw) && !NOT_NAMES.has(word);
}

/** The token at a position, unless the range ends before it. */
export function tokenAt({ sentence, to }: Range, position: number): Token | undefined {
  return position < to ? sentence.tokens[position] : undefined;
}

/** The first position whose token does not pass. */
export function skip(range: Range, from: number, passes: (token: Token) => boolean): number {
  let position = from;
  for (let token = tokenAt(range, position); token && passes(token); token = tokenAt(range, position))
    position += 1;
  return position;
}

/** A set of words from a list with spaces. */
export function words(list: string): Set<string> {
  return new Set(list.trim().split(/\s+/));
}
