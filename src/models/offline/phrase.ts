import { readIndex, readIndexed, readLibrary, readSource } from './document-slots.ts';
import { readFileKind } from './file-kinds.ts';
import { type Change, type Content, readChange, readContent, readNeedle } from './free-text.ts';
import type { GitHubRequest } from './github-request.ts';
import { GITHUB_READERS } from './github-slots.ts';
import { type LineRange, readLineRange } from './line-range.ts';
import { type Place, readCertainPlace, readPlace } from './places.ts';
import { type ProjectParts, readProjectParts, readProjectPlace } from './project-parts.ts';
import { type ProjectRequest, readProject } from './project-slots.ts';
import { type Range, readSentence, textOf, wholeOf } from './sentence.ts';
import {
  ANY_NOUNS,
  type NamedPath,
  type Read,
  readDirectory,
  readFolder,
  readNamed,
  readPath,
  readPaths,
  readSaidFolder,
  readTree,
} from './slots.ts';
import { readEntries, readFolderWord, readNewFolders, readTarget, type Target } from './targets.ts';

/** What the slots of a phrase took from a sentence. */
export interface Captured {
  paths: NamedPath[];
  folder?: string;
  content?: Content;
  change?: Change;
  /** A second path: where the first ones go, or what they are compared with. */
  target?: Target;
  place?: Place;
  /** Which files, as a glob. */
  pattern?: string;
  lines?: LineRange;
  /** The text to find. */
  needle?: string;
  /** What is to be created, and what is to be added to it. */
  project?: ProjectRequest;
  parts?: ProjectParts;
  /** What is said of something at GitHub. */
  github?: GitHubRequest;
  /** A UUID, in lower case. */
  id?: string;
  /** Names of the marked words that were there, as in `all@every`. */
  marks: string[];
}

interface Words {
  kind: 'words';
  alternatives: string[][];
  optional: boolean;
  mark: string | undefined;
}

interface Slot {
  kind: 'slot';
  name: string;
  separators: string[];
}

/** A way to say something, compiled from its source by `compilePhrase`. */
export interface Phrase {
  elements: (Words | Slot)[];
  firstWords: string[];
}

export interface Match {
  captured: Captured;
  /** Where the matched words end, before a closing "please" or full stop. */
  end: number;
  /** The sentence ends with a question mark. */
  asked: boolean;
  /** It ends in text without quotation marks, which may be meant to go on. */
  open: boolean;
}

/** Slots that say themselves where they end. */
const READERS: Readonly<
  Record<string, (range: Range, options: string[]) => Read<Partial<Captured>> | undefined>
> = {
  path: (range) => mapRead(readPath(range), (path) => ({ paths: [path] })),
  paths: (range) => mapRead(readPaths(range), (paths) => ({ paths })),
  folder: (range) => mapRead(readFolder(range), (folder) => ({ folder })),
  directory: (range) => mapRead(readDirectory(range), (folder) => ({ folder })),
  saidfolder: (range) => mapRead(readSaidFolder(range), (folder) => ({ folder })),
  tree: (range) => mapRead(readTree(range), (path) => ({ paths: [{ path, certain: true }] })),
  entry: (range) => mapRead(readNamed(range, ANY_NOUNS), (path) => ({ paths: [path] })),
  entries: (range) => mapRead(readEntries(range), (paths) => ({ paths })),
  newfolders: (range) => mapRead(readNewFolders(range), (paths) => ({ paths })),
  newname: (range) => mapRead(readFolderWord(range), (path) => ({ paths: [path] })),
  target: (range) => mapRead(readTarget(range), (target) => ({ target })),
  other: (range) => mapRead(readPath(range), ({ path }) => ({ target: { path, kind: 'path' as const } })),
  place: (range) => mapRead(readPlace(range), (place) => ({ place })),
  certainplace: (range) => mapRead(readCertainPlace(range), (place) => ({ place })),
  library: (range) => mapRead(readLibrary(range), (place) => ({ place })),
  source: (range) => mapRead(readSource(range), (place) => ({ place })),
  index: (range) => mapRead(readIndex(range), () => ({})),
  indexed: (range) => mapRead(readIndexed(range), (paths) => ({ paths })),
  kind: (range) => mapRead(readFileKind(range), (pattern) => ({ pattern })),
  lines: (range) => mapRead(readLineRange(range), (lines) => ({ lines })),
  project: (range) => mapRead(readProject(range, 'sure', 'real'), (project) => ({ project })),
  madeproject: (range) => mapRead(readProject(range, 'made', 'real'), (project) => ({ project })),
  wishedproject: (range) => mapRead(readProject(range, 'wished', 'real'), (project) => ({ project })),
  dryproject: (range) => mapRead(readProject(range, 'sure', 'dry'), (project) => ({ project })),
  anyproject: (range) => mapRead(readProject(range, 'sure', 'any'), (project) => ({ project })),
  parts: (range) => mapRead(readProjectParts(range), (parts) => ({ parts })),
  projectplace: (range) => mapRead(readProjectPlace(range), (path) => ({ paths: [path] })),
  uuid: readUuid,
  ...GITHUB_READERS,
};
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** "the following text: " and the like, in front of a quotation. */
const LONGEST_LEAD_IN = 40;
/** Slots that take whatever stands there, up to the words that the phrase has behind them. */
const TAKERS: Readonly<Record<string, (text: string, slot: Slot) => Partial<Captured> | undefined>> = {
  text: (text) => ({ content: readContent(text) }),
  quoted: (text) => {
    if (!/["'`“‘«„]/.test(text.slice(0, LONGEST_LEAD_IN))) return undefined;
    const content = readContent(text);
    return content.open ? undefined : { content };
  },
  needle: (text) => asNeedle(readNeedle(text)),
  exactneedle: (text) => asNeedle(readNeedle(text, 'exact')),
  someproject: (text) => {
    const project = readProject(wholeOf(readSentence(text)), 'made', 'any')?.value;
    return project && { project };
  },
  change: (text, { separators }) => ({ change: readChange(text, separators) }),
  lastchange: (text, { separators }) => ({ change: readChange(text.replace(/(?<!\.)\.$/, ''), separators) }),
};
/** How far from the end the words behind a free slot may start, in tokens: a quoted path may hold many spaces. */
const TAIL_LIMIT = 60;
const ENDINGS =
  `. ! ? … , please pls por_favor porfa porfavor thanks thank_you gracias now right_now ahora_mismo ahora ya
  for_me to_me aloud para_mi tertulia`
    .split(/\s+/)
    .map((ending) => ending.split('_'));

/**
 * Compiles a phrase. Its words stand apart by spaces, alternatives by `|`, the words of one alternative joined by `_`; `?`
 * behind makes it optional, and `name@` in front marks that it was there. Slots that end by themselves are `{path}`, `{paths}`,
 * `{folder}`, `{directory}` and the others of `READERS`. One slot of free text can be among them: `{text}`, `{quoted}`, `{needle}`,
 * `{exactneedle}` (in quotation marks, or one word), `{change:to|into}` with its separators, the most telling first, or
 * `{lastchange:…}`, which drops a closing full stop, and `{someproject}`. Some slots take options: `{github:repository!|title}`.
 * @throws Error for a phrase that does not start with a word.
 */
export function compilePhrase(source: string): Phrase {
  const elements = source.trim().split(/\s+/).map(compileElement);
  const first = elements[0];
  if (first?.kind !== 'words' || first.optional)
    throw new Error(`The phrase "${source}" must start with a word.`);
  return { elements, firstWords: first.alternatives.map(([word]) => word ?? '') };
}

function compileElement(source: string): Words | Slot {
  const slot = /^\{(\w+)(?::(.+))?\}$/.exec(source);
  if (slot) return { kind: 'slot', name: slot[1] ?? '', separators: slot[2]?.split('|') ?? [] };
  const marked = /^(?:(\w+)@)?(.+?)(\?)?$/.exec(source);
  return {
    kind: 'words',
    mark: marked?.[1],
    // The longest first: "all of" before "all".
    alternatives: (marked?.[2] ?? source)
      .split('|')
      .map((alternative) => alternative.split('_'))
      .sort((one, other) => other.length - one.length),
    optional: marked?.[3] !== undefined,
  };
}

/** Whether a range says a phrase, from its first word to its last. */
export function matchPhrase(phrase: Phrase, range: Range): Match | undefined {
  return follow(phrase, 0, range, { paths: [], marks: [] });
}

/** Reads a phrase of nothing but words at the start of a range; answers with the token after it. */
export function readWordsOf(phrase: Phrase, range: Range): number | undefined {
  let from = range.from;
  for (const element of phrase.elements) {
    const next = element.kind === 'words' ? readWords(element, { ...range, from }) : undefined;
    if (next === undefined && !(element.kind === 'words' && element.optional)) return undefined;
    from = next ?? from;
  }
  return from;
}

function follow(phrase: Phrase, step: number, range: Range, captured: Captured): Match | undefined {
  const element = phrase.elements[step];
  if (!element) return readEnd(range, captured);
  if (element.kind === 'words') {
    const next = readWords(element, range);
    if (next === undefined) return element.optional ? follow(phrase, step + 1, range, captured) : undefined;
    const marks = element.mark ? [...captured.marks, element.mark] : captured.marks;
    return follow(phrase, step + 1, { ...range, from: next }, { ...captured, marks });
  }
  const reader = READERS[element.name];
  if (!reader) return takeFree(phrase, step, range, captured);
  const read = reader(range, element.separators);
  const github = read?.value.github && { github: { ...captured.github, ...read.value.github } };
  const both = { ...captured, ...read?.value, ...github };
  return read && follow(phrase, step + 1, { ...range, from: read.next }, both);
}

/** A free slot at the end takes the rest; else the words behind it are looked for from the end backwards. */
function takeFree(phrase: Phrase, step: number, range: Range, captured: Captured): Match | undefined {
  const slot = phrase.elements[step];
  const taker = slot?.kind === 'slot' ? TAKERS[slot.name] : undefined;
  if (slot?.kind !== 'slot' || !taker)
    throw new Error(`A phrase has an unknown slot: ${JSON.stringify(slot)}.`);
  const take = (to: number) => (to > range.from ? taker(textOf({ ...range, to }), slot) : undefined);
  if (step === phrase.elements.length - 1) {
    const taken = take(range.to);
    const last = range.sentence.tokens[range.to - 1]?.raw ?? '';
    const open = taken?.content?.open ?? !/["'”»`]$/.test(last);
    return taken && { captured: { ...captured, ...taken }, end: range.to, asked: last === '?', open };
  }
  const tails = rangeOf(Math.max(range.from, range.to - TAIL_LIMIT) + 1, range.to);
  // A place to search in is taken as long as it can be: "all .ts files in src", not only "src".
  for (const tail of slot.name.endsWith('needle') ? tails : tails.toReversed()) {
    const match = follow(phrase, step + 1, { ...range, from: tail }, captured);
    const taken = match && take(tail);
    if (taken) return { ...match, captured: { ...match.captured, ...taken } };
  }
  return undefined;
}

function rangeOf(from: number, to: number): number[] {
  return Array.from({ length: Math.max(to - from, 0) }, (_, offset) => from + offset);
}

function readEnd(range: Range, captured: Captured): Match | undefined {
  let from = range.from;
  while (from < range.to) {
    const ending = ENDINGS.find((words) => startsWith(words, { ...range, from }));
    if (!ending) return undefined;
    from += ending.length;
  }
  const asked = range.sentence.tokens.slice(range.from, range.to).some(({ raw }) => raw === '?');
  return { captured, end: range.from, asked, open: captured.github?.open ?? false };
}

function readWords({ alternatives }: Words, range: Range): number | undefined {
  let from = range.from;
  while (from < range.to && range.sentence.tokens[from]?.raw === ',') from += 1;
  const found = alternatives.find((words) => startsWith(words, { ...range, from }));
  if (!found || isPreterite(range.sentence.tokens[from]?.raw ?? '', alternatives)) return undefined;
  return from + found.length;
}

function startsWith(words: string[], { sentence, from, to }: Range): boolean {
  return (
    from + words.length <= to && words.every((word, offset) => sentence.tokens[from + offset]?.word === word)
  );
}

/** "borré" says what was done, "borre" what to do: with an accent, the form of a verb in -ar is past. */
function isPreterite(raw: string, alternatives: string[][]): boolean {
  if (!raw.normalize('NFC').toLowerCase().endsWith('é')) return false;
  const stem = raw.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().slice(0, -1);
  const infinitives = [stem, stem.replace(/c$/, 'z'), stem.replace(/qu$/, 'c'), stem.replace(/gu$/, 'g')].map(
    (root) => `${root}ar`,
  );
  return alternatives.some(([word, ...more]) => more.length === 0 && infinitives.includes(word ?? ''));
}

function readUuid({ sentence, from, to }: Range): Read<Partial<Captured>> | undefined {
  const id = sentence.tokens[from]?.word ?? '';
  return from < to && UUID.test(id) ? { value: { id }, next: from + 1 } : undefined;
}

function asNeedle(needle: string | undefined): Partial<Captured> | undefined {
  return needle === undefined ? undefined : { needle };
}

function mapRead<Value>(
  read: Read<Value> | undefined,
  toCaptured: (value: Value) => Partial<Captured>,
): Read<Partial<Captured>> | undefined {
  return read && { value: toCaptured(read.value), next: read.next };
}
