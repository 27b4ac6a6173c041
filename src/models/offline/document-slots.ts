import { readFileKind } from './file-kinds.ts';
import type { Place } from './places.ts';
import type { Range } from './sentence.ts';
import {
  ANY_NOUNS,
  EXTENSION,
  FOLDER_NOUNS,
  type NamedPath,
  type Read,
  readFolderName,
  readNamed,
  skip,
  tokenAt,
  words,
} from './slots.ts';
import { readEntries } from './targets.ts';

const OWNERS = words(
  'all of any every the my our your these those indexed todos todas los las el la mi mis tu tus nuestros nuestras nuestra estos',
);
/** "del índice", "al índice": the article is in the word before. */
const CONTRACTIONS = words('del al');
const INDEX = words('index library knowledge indice biblioteca conocimiento conocimientos');
const INDEX_OF_WORDS = ['knowledge base', 'search index', 'document index', 'base de conocimiento'].map(
  (name) => name.split(' '),
);
/** Documents to most people, where "files" are what a folder holds. */
const DOCUMENTS = words('documents docs documentation documentos documentacion');
const PLAIN_DOCUMENTS = words('documents documentos');
const FILES = words('files notes papers archivos ficheros notas apuntes papeles');
const INDEXED = words('indexed indexados indexadas');
/** Words for a folder of documents that an article may stand before: "index my notes". */
const FOLDERS_BY_HABIT = words('docs notes papers notas apuntes');
const DOCUMENT_NOUNS = words('document documento');
/** What holds text that only the reader of documents can see. */
const RICH = /\.(?:pdf|docx|pptx|xlsx|epub|eml|odt|rtf)$/i;
/** Names that look like those of files and are those of products or sites: "Node.js". */
const PRODUCT = /^[^/]*\.(?:js|io|com|ai|net|org|es|dev|app|co|me)$/i;

/** Reads what is searched when documents are: all of them, or one that is called a document or is no plain text. */
export function readLibrary(range: Range): Read<Place> | undefined {
  const all = readCollection(range, DOCUMENTS) ?? readIndex(range);
  if (all) return all;
  if (PLAIN_DOCUMENTS.has(tokenAt(range, range.from)?.word ?? '')) return closed(range, range.from + 1);
  const named = readNamed(range, ANY_NOUNS);
  if (!named) return undefined;
  const isDocument = range.sentence.tokens
    .slice(range.from, named.next)
    .some(({ word }) => DOCUMENT_NOUNS.has(word));
  return isDocument || RICH.test(named.value.path)
    ? { value: { path: named.value.path }, next: named.next }
    : undefined;
}

/** Reads "the library", "my knowledge base" and, behind "del", "índice". */
export function readIndex(range: Range): Read<Place> | undefined {
  const from = skip(range, range.from, ({ word }) => OWNERS.has(word));
  const before = range.sentence.tokens[range.from - 1]?.word ?? '';
  if (from === range.from && !CONTRACTIONS.has(before)) return undefined;
  const named = INDEX_OF_WORDS.find((name) =>
    name.every((word, offset) => tokenAt(range, from + offset)?.word === word),
  );
  if (named) return closed(range, from + named.length);
  if (INDEXED.has(tokenAt(range, from - 1)?.word ?? '')) return undefined;
  return INDEX.has(tokenAt(range, from)?.word ?? '') ? closed(range, from + 1) : undefined;
}

/** Reads what is added to the index or taken out of it, where a bare word can only be a name. */
export function readIndexed(range: Range): Read<NamedPath[]> | undefined {
  const from = skip(range, range.from, ({ word }) => OWNERS.has(word));
  const byHabit = from > range.from && FOLDERS_BY_HABIT.has(tokenAt(range, from)?.word ?? '');
  const read = readEntries(range) ?? (byHabit ? readEntries({ ...range, from }) : undefined);
  return read && { value: read.value.map(({ path }) => ({ path, certain: true })), next: read.next };
}

/** Reads what a question names as where its answer stands: "my notes", "docs/plan.md", "the folder plans". */
export function readSource(range: Range): Read<Place> | undefined {
  const kind = readFileKind(range);
  if (kind) return { value: { path: kind.value }, next: kind.next };
  const named = readNamed(range, ANY_NOUNS);
  if (named && isFileLike(named.value.path, range, named.next)) {
    return { value: { path: named.value.path }, next: named.next };
  }
  const folder = readFolderName(range, ({ name, noun }) => noun || name.endsWith('/'));
  if (folder) return { value: { path: folder.value }, next: folder.next };
  return readCollection(range, DOCUMENTS) ?? readCollection(range, FILES) ?? readIndex(range);
}

/** Whether it is a file or folder that is meant, and not "Node.js" or "AC/DC". */
function isFileLike(path: string, range: Range, next: number): boolean {
  const { tokens } = range.sentence;
  if (tokens.slice(range.from, next).some(({ word }) => ANY_NOUNS.has(word))) return true;
  return path.endsWith('/') || (EXTENSION.test(path) && !PRODUCT.test(path));
}

function readCollection(range: Range, nouns: ReadonlySet<string>): Read<Place> | undefined {
  const from = skip(range, range.from, ({ word }) => OWNERS.has(word));
  if (from === range.from || !nouns.has(tokenAt(range, from)?.word ?? '')) return undefined;
  return closed(range, from + 1);
}

/** All of it, unless it goes on: "the documents folder" is a folder, "documentos indexados" are what they are. */
function closed(range: Range, next: number): Read<Place> | undefined {
  const word = tokenAt(range, next)?.word ?? '';
  if (FOLDER_NOUNS.has(word)) return undefined;
  return { value: {}, next: INDEXED.has(word) ? next + 1 : next };
}
