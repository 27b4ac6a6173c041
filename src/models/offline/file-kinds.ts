import type { Range } from './sentence.ts';
import { EXTENSION, isName, NAMING, type Read, readQuotedName, skip, tokenAt, words } from './slots.ts';

const QUANTIFIERS = words(
  'all every any each of the my our your these some de todos todas los las el mis nuestros tus estos cualquier algun',
);
const NOUNS = words(
  'files file documents document scripts archivos archivo ficheros fichero documentos documento',
);
/** Extensions that are known without a dot in front of them. */
const EXTENSIONS = words(
  `md txt pdf json csv yml yaml toml xml html css js mjs cjs ts tsx jsx py rb go rs java kt c h cpp sh sql png jpg jpeg gif svg
  webp zip gz tar log ini env docx xlsx pptx odt ods mp3 mp4 wav mov epub`,
);
const NAMED_KINDS = new Map(
  Object.entries({
    markdown: '*.md',
    text: '*.txt',
    texto: '*.txt',
    python: '*.py',
    typescript: '*.ts',
    javascript: '*.js',
    excel: '*.xlsx',
    word: '*.docx',
  }),
);
/** "files ending in .md", "archivos con extensión md": what stands between the noun and the extension. */
const ENDING_IN = phrases(
  `ending in|ending with|that end in|that end with|which end in|with extension|with the extension|of type|de tipo|con extension|con
  la extension|que terminan en|que acaban en|que terminen en|que acaben en|terminados en|acabados en`,
);
const CALLED = phrases('with the name|con el nombre|con nombre|de nombre|que se llaman|que se llamen');
const GLOB = /^(?=.*[*?])(?=.*[\p{L}\p{N}])[\p{L}\p{N}_.\-*?/{}[\],!]{1,200}$/u;
/** What a name must not hold, because it means something else in a pattern. */
const SPECIAL = /[*?[\]{}()!+@|\\]/;

/** Reads a kind of files by name, such as "all .md files", "*.ts" or "archivos que terminan en .md", as a pattern for any folder. */
export function readFileKind(range: Range): Read<string> | undefined {
  const at = skip(range, range.from, ({ word }) => QUANTIFIERS.has(word));
  const noun = NOUNS.has(tokenAt(range, at)?.word ?? '');
  if (!noun) return readKindWord(range, at, false);
  const position = at + 1;
  const called = skipPhrase(range, position, CALLED) ?? skip(range, position, ({ word }) => NAMING.has(word));
  if (called > position) return readNamePattern(range, called);
  const ending = skipPhrase(range, position, ENDING_IN);
  if (ending !== undefined) return readExtension(range, ending);
  if (tokenAt(range, position)?.word !== 'de') return readKindWord(range, position, true);
  const kind = NAMED_KINDS.get(tokenAt(range, position + 1)?.word ?? '');
  return kind === undefined ? undefined : { value: anywhere(kind), next: position + 2 };
}

/** "*.md", ".md files", "pdf files", "PDFs", and without the noun where it was said before. */
function readKindWord(range: Range, position: number, nounBefore: boolean): Read<string> | undefined {
  const token = tokenAt(range, position);
  if (!token) return undefined;
  const quoted = readQuotedName(range, position);
  const text = quoted?.value ?? token.raw;
  const next = quoted?.next ?? position + 1;
  const nounBehind = NOUNS.has(tokenAt(range, next)?.word ?? '');
  const end = nounBehind ? next + 1 : next;
  const noun = nounBefore || nounBehind;
  if (GLOB.test(text)) return noun || /[./]/.test(text) ? { value: anywhere(text), next: end } : undefined;
  if (quoted) return undefined;
  if (/^\.[\p{L}\p{N}]{1,12}$/u.test(text) && (noun || EXTENSIONS.has(token.word.slice(1))))
    return { value: anywhere(`*${text}`), next: end };
  if (noun && EXTENSIONS.has(token.word)) return { value: anywhere(`*.${token.word}`), next: end };
  const kind = noun ? NAMED_KINDS.get(token.word) : undefined;
  if (kind) return { value: anywhere(kind), next: end };
  const plural = /^(\p{L}{3,4})s$/u.exec(token.word)?.[1] ?? token.word;
  const isPlural = plural !== token.word || range.from < position;
  return isPlural && plural === 'pdf' ? { value: anywhere('*.pdf'), next: end } : undefined;
}

function readExtension(range: Range, position: number): Read<string> | undefined {
  const token = tokenAt(range, position);
  const extension = /^["'`“«]?(?:\*?\.)?([\p{L}\p{N}]{1,12})["'`”»]?$/u.exec(token?.raw ?? '')?.[1];
  return extension === undefined ? undefined : { value: anywhere(`*.${extension}`), next: position + 1 };
}

/** A whole name is meant as it is; of one without an extension only the start is known. */
function readNamePattern(range: Range, position: number): Read<string> | undefined {
  const token = tokenAt(range, position);
  const quoted = readQuotedName(range, position);
  const name = quoted?.value ?? token?.raw ?? '';
  const next = quoted?.next ?? position + 1;
  if (GLOB.test(name)) return { value: anywhere(name), next };
  if (name === '' || SPECIAL.test(name)) return undefined;
  if (EXTENSION.test(name)) return { value: anywhere(name), next };
  return quoted || (token && isName(token)) ? { value: anywhere(`${name}*`), next } : undefined;
}

/** A pattern for the file of this name, wherever it is; undefined for a name that would mean something else in a pattern. */
export function patternOfName(name: string): string | undefined {
  return SPECIAL.test(name) || name.startsWith('/') ? undefined : anywhere(name);
}

/** As in .gitignore, a pattern without a slash is for every folder. */
function anywhere(pattern: string): string {
  return pattern.includes('/') ? pattern : `**/${pattern}`;
}

function skipPhrase(range: Range, position: number, choices: readonly string[][]): number | undefined {
  const found = choices.find((choice) =>
    choice.every((word, offset) => tokenAt(range, position + offset)?.word === word),
  );
  return found && position + found.length;
}

/** The longest first: "with the extension" before "with". */
function phrases(list: string): string[][] {
  return list
    .split('|')
    .map((phrase) => phrase.trim().split(/\s+/))
    .sort((one, other) => other.length - one.length);
}
