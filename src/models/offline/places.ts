import { readFileKind } from './file-kinds.ts';
import type { Range } from './sentence.ts';
import {
  ANY_NOUNS,
  FOLDER_NOUNS,
  isName,
  type Read,
  readFolderName,
  readNamed,
  skip,
  tokenAt,
  words,
} from './slots.ts';

/** Where in the workspace something is looked for: everywhere, unless there is a path or a pattern. */
export interface Place {
  path?: string;
  pattern?: string;
}

const QUANTIFIERS = words(
  'all every any each of the my our your these this todos todas los las el mi mis nuestros nuestras nuestro tus tu estos este',
);
const ALL_FILES = words(
  `files file documents folders workspace archivos archivo ficheros fichero documentos carpetas espacio`,
);
/** They are a folder when they stand alone, and all files with a word like "my" in front. */
const LOOSE_FILES = words('notes notas apuntes');
const WITHIN = words('in inside under of within from en de dentro');
/** Bare words behind "in" that name no folder in what people say. */
const NOT_PLACES = words(
  `internet web google wikipedia youtube online memory memoria mind general detail life nature town home bed work school casa
  linea vida serie grande seguida secreto persona spring summer autumn winter verano invierno otono primavera january
  february march april may june july august september october november december enero febrero marzo abril mayo junio julio
  agosto septiembre octubre noviembre diciembre history historial conversation conversations chat chats past english
  spanish ingles espanol advance particular fact private public tu tus su sus mi mis our your his her their its my otra otro amazon ebay time order common oferta venta serio directo love peace question person`,
);

/** Reads a place that can be nothing else: "my files", "all .md files in src", "the folder notes", "a.md". */
export function readCertainPlace(range: Range): Read<Place> | undefined {
  const kind = readFileKind(range);
  if (kind) return within(range, { value: { pattern: kind.value }, next: kind.next });
  const named = readNamedPlace(range);
  if (named) return named;
  const all = readAllFiles(range);
  return all === undefined ? undefined : within(range, { value: {}, next: all });
}

/** Reads a place that may also be a bare word, as in "search for milk in notes". */
export function readPlace(range: Range): Read<Place> | undefined {
  return readCertainPlace(range) ?? readBarePlace(range);
}

function readNamedPlace(range: Range): Read<Place> | undefined {
  const named = readNamed(range, ANY_NOUNS);
  if (named) return { value: { path: named.value.path }, next: named.next };
  const folder = readFolderName(range, ({ noun, quoted }) => noun || quoted);
  return folder && { value: { path: folder.value }, next: folder.next };
}

function readBarePlace(range: Range): Read<Place> | undefined {
  const token = tokenAt(range, range.from);
  if (!token || !isName(token) || NOT_PLACES.has(token.word) || !/^[\p{Ll}\p{N}]/u.test(token.raw))
    return undefined;
  return { value: { path: token.raw }, next: range.from + 1 };
}

function readAllFiles(range: Range): number | undefined {
  const position = skip(range, range.from, ({ word }) => QUANTIFIERS.has(word));
  const word = tokenAt(range, position)?.word ?? '';
  const isAll = ALL_FILES.has(word) || (position > range.from && LOOSE_FILES.has(word));
  if (!isAll || FOLDER_NOUNS.has(tokenAt(range, position + 1)?.word ?? '')) return undefined;
  if (word !== 'espacio') return position + 1;
  const ofWork =
    tokenAt(range, position + 1)?.word === 'de' && tokenAt(range, position + 2)?.word === 'trabajo';
  return ofWork ? position + 3 : undefined;
}

/** "… in the folder notes" behind what says which files. */
function within(range: Range, read: Read<Place>): Read<Place> {
  if (!WITHIN.has(tokenAt(range, read.next)?.word ?? '')) return read;
  const from = skip(range, read.next, ({ word }) => WITHIN.has(word));
  const folder = readNamedPlace({ ...range, from }) ?? readBarePlace({ ...range, from });
  if (folder) return { value: { ...read.value, ...folder.value }, next: folder.next };
  const all = readAllFiles({ ...range, from });
  return all === undefined ? read : { value: read.value, next: all };
}
