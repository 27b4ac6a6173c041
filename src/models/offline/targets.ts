import type { Range } from './sentence.ts';
import {
  ANY_NOUNS,
  DETERMINERS,
  EXTENSION,
  FOLDER_NOUNS,
  isName,
  JOINTS,
  looksLikePath,
  NAMING,
  type NamedPath,
  type Read,
  readNamed,
  readQuotedName,
  readSaidFolder,
  skip,
  tokenAt,
  words,
} from './slots.ts';

/** Where something is to go, or what it is to be called. */
export interface Target {
  path: string;
  /** A folder to put it into; the workspace itself; a path or a quoted name, to be taken as it is; or a word that may be either. */
  kind: 'folder' | 'root' | 'path' | 'quoted' | 'bare';
}

const ROOT = words('root workspace raiz');
const FOLDERS = words('folders directories subfolder subfolders carpetas directorios subcarpeta subcarpetas');
/** "a folder structure" is not to be called "structure". */
const NOT_FOLDER_NAMES = words(
  'structure tree hierarchy system icon name names listing list per each every estructura jerarquia sistema icono nombre cada',
);
const NEW = words('nuevo nueva nuevos nuevas vacio vacia vacias new empty');

/** Reads where something is to go. */
export function readTarget(range: Range): Read<Target> | undefined {
  const root = skip(range, range.from, ({ word }) => DETERMINERS.has(word) || FOLDER_NOUNS.has(word));
  if (root > range.from && ROOT.has(tokenAt(range, root)?.word ?? '')) {
    const end = skip(range, root + 1, ({ word }) => FOLDER_NOUNS.has(word) || ROOT.has(word));
    return { value: { path: '', kind: 'root' }, next: end };
  }
  const folder = readSaidFolder(range);
  if (folder) return { value: { path: folder.value.replace(/\/+$/, ''), kind: 'folder' }, next: folder.next };
  const quoted = readQuotedName(range, range.from);
  if (quoted) return { value: { path: quoted.value, kind: 'quoted' }, next: quoted.next };
  const named = readNamed(range, ANY_NOUNS);
  if (named) {
    const kind = EXTENSION.test(named.value.path) || named.value.path.includes('/') ? 'path' : 'bare';
    return { value: { path: named.value.path, kind }, next: named.next };
  }
  const token = tokenAt(range, range.from);
  return token && isName(token)
    ? { value: { path: token.raw, kind: 'bare' }, next: range.from + 1 }
    : undefined;
}

/** Reads "notes, plans/ and a.md", where each may be a bare word. */
export function readEntries(range: Range): Read<NamedPath[]> | undefined {
  return readList(range, readEntry);
}

/** Reads "a folder called plans", "the folders a and b", "a plans folder" or "plans/", as paths. */
export function readNewFolders(range: Range): Read<NamedPath[]> | undefined {
  const at = skip(range, range.from, ({ word }) => DETERMINERS.has(word) || NEW.has(word));
  const word = tokenAt(range, at)?.word ?? '';
  if (!FOLDER_NOUNS.has(word) && !FOLDERS.has(word)) {
    const behind = readSaidFolder(range);
    return behind && { value: [{ path: behind.value, certain: true }], next: behind.next };
  }
  const from = skip(range, at + 1, (token) => NEW.has(token.word) || NAMING.has(token.word));
  return FOLDERS.has(word) && word.endsWith('s')
    ? readList({ ...range, from }, readFolderWord)
    : listOfOne(readFolderWord({ ...range, from }));
}

/** Reads one name for a folder, where nothing else can stand. */
export function readFolderWord(range: Range): Read<NamedPath> | undefined {
  const quoted = readQuotedName(range, range.from);
  if (quoted) return { value: { path: quoted.value, certain: true }, next: quoted.next };
  const token = tokenAt(range, range.from);
  if (!token || NOT_FOLDER_NAMES.has(token.word)) return undefined;
  const isDotted = /^[\p{L}\p{N}][\p{L}\p{N}_-]*(?:\.[\p{L}\p{N}_-]+)+$/u.test(token.raw);
  return looksLikePath(token.raw) || isDotted || isName(token)
    ? { value: { path: token.raw, certain: true }, next: range.from + 1 }
    : undefined;
}

function readEntry(range: Range): Read<NamedPath> | undefined {
  const named = readNamed(range, ANY_NOUNS);
  if (named) return named;
  const quoted = readQuotedName(range, range.from);
  if (quoted) return { value: { path: quoted.value, certain: true }, next: quoted.next };
  const token = tokenAt(range, range.from);
  return token && isName(token) && !DETERMINERS.has(token.word)
    ? { value: { path: token.raw, certain: false }, next: range.from + 1 }
    : undefined;
}

function readList(
  range: Range,
  readOne: (range: Range) => Read<NamedPath> | undefined,
): Read<NamedPath[]> | undefined {
  const first = readOne(range);
  if (!first) return undefined;
  const found = [first.value];
  let next = first.next;
  for (;;) {
    const joint = skip(range, next, (token) => JOINTS.has(token.word));
    const following = joint > next ? readOne({ ...range, from: joint }) : undefined;
    if (!following) return { value: found, next };
    found.push(following.value);
    next = following.next;
  }
}

function listOfOne(read: Read<NamedPath> | undefined): Read<NamedPath[]> | undefined {
  return read && { value: [read.value], next: read.next };
}
