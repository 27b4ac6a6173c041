import { readRequest } from './github-clauses.ts';
import { type BranchForm, readBranch, readRepository, readThread, type Surety } from './github-names.ts';
import type { GitHubRequest } from './github-request.ts';
import { readProjectName } from './project-clauses.ts';
import { readProjectPlace } from './project-parts.ts';
import { KINDS } from './project-words.ts';
import { type Range, readQuotation } from './sentence.ts';
import { isName, JOINTS, type Read, readPath, readQuotedName, skip, tokenAt, words } from './slots.ts';

type ReadGitHub = (range: Range, options: string[]) => Read<GitHubRequest> | undefined;

const ARTICLES = words('the my our el la mi nuestro nuestra los las mis');
const REFERRING = words('it this that them eso esto este esta ese esa');
/** What is pushed without being a folder: nobody knows which one is meant. */
const NO_FOLDERS = words(
  `change changes code commit commits work everything something update updates fix release version result photos article book
  cambio cambios codigo trabajo todo algo arreglo version resultado fotos articulo libro`,
);
const NAMES: Readonly<Record<string, ReadGitHub>> = {
  github: readRequest,
  repository: (range, [surety = 'sure']) => readRepository(range, surety as Surety),
  issue: (range) => readThread(range, 'issue'),
  pull: (range) => readThread(range, 'pull'),
  thread: (range) => readThread(range, 'any'),
  branch: (range, [form]) => {
    const read = readBranch(range, form as BranchForm | undefined);
    return read && { value: { branch: read.value }, next: read.next };
  },
  labels: (range) => readList(range, /^[\p{L}\p{N}][\p{L}\p{N}_.:/-]*$/u, 'labels'),
  people: (range) => readList(range, /^@?[\p{L}\p{N}][\p{L}\p{N}_-]*$/u, 'people'),
  saying: readSaying,
  published: readPublished,
  pushed: readPushed,
};

/** The slots of phrases about GitHub, by their names. */
export const GITHUB_READERS = Object.fromEntries(
  Object.entries(NAMES).map(([name, read]) => [
    name,
    (range: Range, options: string[]) => {
      const found = read(range, options);
      return found && { value: { github: found.value }, next: found.next };
    },
  ]),
);

/** "Bug, ui and 'good first issue'". */
function readList(range: Range, form: RegExp, key: 'labels' | 'people'): Read<GitHubRequest> | undefined {
  const found: string[] = [];
  let next = range.from;
  for (;;) {
    const from = found.length === 0 ? next : skip(range, next, ({ word }) => JOINTS.has(word));
    const token = tokenAt(range, from);
    const quoted = readQuotedName(range, from);
    const isBare =
      token && form.test(token.raw) && (isName(token) || /[@\d:/-]/.test(token.raw) || token.word === 'me');
    if ((!quoted && !isBare) || (found.length > 0 && from === next)) break;
    found.push(quoted?.value ?? token?.raw.replace(/^@/, '') ?? '');
    next = quoted?.next ?? from + 1;
  }
  return found.length === 0 ? undefined : { value: { [key]: found }, next };
}

/** A comment in quotation marks. */
function readSaying(range: Range): Read<GitHubRequest> | undefined {
  const { text, tokens } = range.sentence;
  const start = tokens[range.from]?.start ?? text.length;
  const quotation = readQuotation(text, start, tokens[range.to - 1]?.end);
  if (!quotation || quotation.inner.trim() === '') return undefined;
  return {
    value: { body: quotation.inner.trim() },
    next: skip(range, range.from, (token) => token.start < quotation.end),
  };
}

/** What is published: a project by its name or folder, or "it". Behind an article a bare name will do, as GitHub is named. */
function readPublished(range: Range): Read<GitHubRequest> | undefined {
  const first = tokenAt(range, range.from);
  if (REFERRING.has(first?.word ?? '')) {
    const noun = KINDS.has(tokenAt(range, range.from + 1)?.word ?? '') ? 1 : 0;
    return { value: { referring: true }, next: range.from + 1 + noun };
  }
  const place = readProjectPlace(range);
  // "My Shop" is called so, "my shop" is mine.
  const whole = /^\p{Lu}/u.test(first?.raw ?? '') ? readProjectName(range, range.from) : undefined;
  const isWhole = whole !== undefined && whole.next > range.from + 1;
  const from = isWhole ? range.from : skip(range, range.from, ({ word }) => ARTICLES.has(word));
  const name = isWhole ? whole : readProjectName(range, from);
  const read =
    place && !isWhole && !(name && name.next > place.next)
      ? { path: place.value.path, next: place.next }
      : name && { path: name.value, next: name.next };
  if (!read) return undefined;
  const last = tokenAt(range, read.next - 1)?.word ?? '';
  if (NO_FOLDERS.has(last) || REFERRING.has(last)) return undefined;
  // "The project" alone is the one that was spoken of.
  if (read.next - from === 1 && from > range.from && KINDS.has(last))
    return { value: { referring: true }, next: read.next };
  return { value: { path: folderNameOf(read.path) }, next: read.next };
}

/** A folder or file of the workspace. */
function readPushed(range: Range): Read<GitHubRequest> | undefined {
  const read = readProjectPlace(range) ?? readPath(range);
  if (!read || NO_FOLDERS.has(tokenAt(range, read.next - 1)?.word ?? '')) return undefined;
  return { value: { path: read.value.path }, next: read.next };
}

/** The folder of a project with this name, as projects are made: with spaces or accents it has another one. */
export function folderNameOf(name: string): string {
  if (/^[\w./-]+$/.test(name)) return name;
  return name
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split('/')
    .map((part) =>
      part
        .split(/[^a-z0-9]+/)
        .filter(Boolean)
        .join('-'),
    )
    .filter(Boolean)
    .join('/');
}
