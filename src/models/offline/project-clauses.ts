import { technologyOf } from './project-words.ts';
import type { Range, Token } from './sentence.ts';
import { EXTENSION, isName, type Read, readFolderName, readQuotedName, tokenAt, words } from './slots.ts';

/** What a clause says beside what the thing is: what to call it, what to make it from, where to put it, that it is only to be shown. */
export type Clause =
  | { kind: 'name'; name: string }
  | { kind: 'template'; template: string }
  | { kind: 'folder'; folder: string }
  | { kind: 'dry' };

const NAMING = sequences(
  `called|named|titled|with the name of|with the name|by the name of|whose name is|call it|name it|llamado|llamada|nombrado|nombrada|
  titulado|titulada|que se llame|que se llama|que se llamara|que se llamase|se llamara|se llama|que lleve por nombre|con el nombre de|
  con el nombre|con nombre|de nombre|cuyo nombre es|cuyo nombre sea|llamalo|llamala|ponle de nombre|y de nombre`,
);
const DRY = sequences(
  `without writing it|without writing anything|without writing any files|without writing files|without writing|without creating it|
  without creating anything|without creating any files|without creating|without making it|without making anything|without saving it|
  without saving anything|but don't write anything|but don't write it|but don't create it|but don't create anything|
  but do not write anything|but do not write it|but do not create it|don't write anything|don't write it yet|don't create it yet|
  as a dry run|as dry run|in a dry run|dry run|dry-run|just a preview|only a preview|just show me|just show it|only show me|--dry-run|
  sin crearlo|sin crearla|sin crear nada|sin crear archivos|sin crear ficheros|sin crear|sin escribirlo|sin escribirla|
  sin escribir nada|sin escribir archivos|sin escribir|sin hacerlo|sin hacerla|sin hacer nada|sin guardar nada|sin guardarlo|
  sin guardarla|pero no lo crees|pero no la crees|pero no crees nada|pero no escribas nada|no escribas nada|en seco|
  solo muestramelo|solo muestramela|solo ensenamelo|solo ensenamela|solo enseñamelo|solo para verlo|solo para verla`,
);
const YET = words('yet still todavia aun');
const FROM = words('from using with on con desde usando use usa via');
const FROM_LONG = sequences('based on|out of|a partir de|basado en|basada en|partiendo de|siguiendo');
const TEMPLATES = words('template plantilla --template');
const OWNERS = words('the my our la mi nuestra el');
const INTO = words('in inside into under within at en bajo');
const INTO_LONG = sequences('dentro de|inside of|put it in|put it into|y ponlo en|y ponla en');
/** Between capitalised words they belong to the name: "El Horno de Ana". */
const WITHIN_NAMES = words('de del la las los of the & y and');
const NAME = /^@?[\p{L}\p{N}][\p{L}\p{N}_.@/-]{0,99}$/u;
/** A page called "index.html" is a file. */
const FILE =
  /\.(?:md|txt|html?|css|jsx?|tsx?|mjs|cjs|py|go|rs|rb|sh|json|ya?ml|toml|csv|pdf|docx?|xlsx|xml|svg|png|jpe?g|sql|ini|env|zip)$/i;
const NOT_TEMPLATES = words(
  'engine engines literal literals system method string strings for de para with and y',
);

/** Reads the clause that starts at a position; `fileName` for a name that is one of a file. */
export function readClause(range: Range, position: number): Read<Clause> | 'fileName' | undefined {
  return (
    readDry(range, position) ??
    readNaming(range, position) ??
    readTemplate(range, position) ??
    readInto(range, position)
  );
}

function readNaming(range: Range, position: number): Read<Clause> | 'fileName' | undefined {
  const behind = skipSequence(range, position, NAMING);
  if (behind === undefined) return undefined;
  const from = tokenAt(range, behind)?.raw === ':' ? behind + 1 : behind;
  const read = readProjectName(range, from);
  if (!read) return undefined;
  return FILE.test(read.value) ? 'fileName' : { value: { kind: 'name', name: read.value }, next: read.next };
}

/** Reads a name: a quoted one, one word, or several with capital letters. */
export function readProjectName(range: Range, position: number): Read<string> | undefined {
  const quoted = readQuotedName(range, position);
  if (quoted) return quoted;
  const first = tokenAt(range, position);
  if (!first || !NAME.test(first.raw) || (!isName(first) && !/[\p{Lu}\p{N}./@]/u.test(first.raw)))
    return undefined;
  let next = position + 1;
  if (isCapital(first)) {
    for (;;) {
      let ahead = next;
      while (WITHIN_NAMES.has(tokenAt(range, ahead)?.word ?? '') && ahead < next + 2) ahead += 1;
      if (!isCapital(tokenAt(range, ahead)) || technologyOf(tokenAt(range, ahead)?.raw ?? '')) break;
      next = ahead + 1;
    }
  }
  const { text, tokens } = range.sentence;
  return { value: text.slice(first.start, tokens[next - 1]?.end), next };
}

function isCapital(token: Token | undefined): boolean {
  return token !== undefined && /^\p{Lu}/u.test(token.raw) && NAME.test(token.raw);
}

/** "from the template acme", "with my acme template", "con la plantilla acme", "--template acme". */
function readTemplate(range: Range, position: number): Read<Clause> | undefined {
  const word = tokenAt(range, position)?.word ?? '';
  let next = FROM.has(word) ? position + 1 : (skipSequence(range, position, FROM_LONG) ?? position);
  const led = next > position;
  if (OWNERS.has(tokenAt(range, next)?.word ?? '')) next += 1;
  const owned = next > position + (led ? 1 : 0);
  if (TEMPLATES.has(tokenAt(range, next)?.word ?? '')) {
    const colon = tokenAt(range, next + 1)?.raw === ':' ? 1 : 0;
    return toTemplate(range, next + 1 + colon);
  }
  const name = tokenAt(range, next);
  const behind = tokenAt(range, next + 1)?.word ?? '';
  return led && owned && name && TEMPLATES.has(behind) ? toTemplate(range, next, next + 2) : undefined;
}

/** A technology is no name of a template: "the React template" is whichever is of React. */
function toTemplate(range: Range, position: number, behind?: number): Read<Clause> | undefined {
  const token = tokenAt(range, position);
  const quoted = readQuotedName(range, position);
  const template = quoted?.value ?? token?.raw ?? '';
  if (!/^[\p{L}\p{N}][\p{L}\p{N}_.-]{0,99}$/u.test(template)) return undefined;
  if (technologyOf(template) || NOT_TEMPLATES.has(token?.word ?? '')) return undefined;
  return { value: { kind: 'template', template }, next: behind ?? quoted?.next ?? position + 1 };
}

function readInto(range: Range, position: number): Read<Clause> | undefined {
  const next =
    skipSequence(range, position, INTO_LONG) ??
    (INTO.has(tokenAt(range, position)?.word ?? '') ? position + 1 : undefined);
  if (next === undefined) return undefined;
  const read = readFolderName({ ...range, from: next }, ({ name, noun, quoted }) => {
    if (noun || quoted || name.endsWith('/')) return true;
    return name.includes('/') && !EXTENSION.test(name) && !name.split('/').some((part) => technologyOf(part));
  });
  return (
    read && { value: { kind: 'folder', folder: read.value.replace(/\/+$/, '') || '.' }, next: read.next }
  );
}

function readDry(range: Range, position: number): Read<Clause> | undefined {
  const next = skipSequence(range, position, DRY);
  if (next === undefined) return undefined;
  return { value: { kind: 'dry' }, next: YET.has(tokenAt(range, next)?.word ?? '') ? next + 1 : next };
}

/** The position behind the longest of these that stands here. */
export function skipSequence(
  range: Range,
  position: number,
  choices: readonly string[][],
): number | undefined {
  const found = choices.find((choice) =>
    choice.every((word, offset) => tokenAt(range, position + offset)?.word === word),
  );
  return found && position + found.length;
}

/** Sequences of words, the longest first. */
export function sequences(list: string): string[][] {
  return list
    .split('|')
    .map((sequence) => sequence.trim().split(/\s+/))
    .sort((one, other) => other.length - one.length);
}
