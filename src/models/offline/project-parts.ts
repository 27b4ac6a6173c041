import { sequences, skipSequence } from './project-clauses.ts';
import { FRESH, KINDS, technologyOf } from './project-words.ts';
import type { Range } from './sentence.ts';
import {
  EXTENSION,
  isName,
  JOINTS,
  looksLikePath,
  NAMING,
  type NamedPath,
  type Read,
  readQuotedName,
  skip,
  tokenAt,
  words,
} from './slots.ts';

/** What can be added to a project. */
type ProjectPart = 'dockerfile' | 'tests' | 'ci' | 'license' | 'readme' | 'gitignore' | 'editorconfig';

/** The parts that a sentence names, and whose licence under which conditions. */
export interface ProjectParts {
  add: ProjectPart[];
  license?: string;
  holder?: string;
}

const NAMES: [ProjectPart, string[][]][] = [
  [
    'dockerfile',
    sequences(
      'dockerfile|docker file|docker|a docker image|docker support|dockerfile file|archivo dockerfile|fichero dockerfile|soporte para docker|soporte de docker',
    ),
  ],
  [
    'tests',
    sequences(
      'tests|test|unit tests|unit test|automated tests|test suite|some testing|testing|test setup|pruebas|prueba|pruebas unitarias|pruebas automaticas|tests unitarios|test unitarios|bateria de pruebas|tests automaticos',
    ),
  ],
  [
    'ci',
    sequences(
      `ci|ci/cd|continuous integration|github actions|github action|ci pipeline|ci workflow|github actions workflow|github workflow|
      a github workflow|continuous integration workflow|integracion continua|integracion continua con github actions|
      continuous integration with github actions|ci with github actions|ci con github actions|flujo de github actions|
      workflow de github actions|workflow de ci|acciones de github|pipeline de ci`,
    ),
  ],
  ['readme', sequences('readme|readme.md|readme file|read me|leeme|fichero readme|archivo readme')],
  [
    'gitignore',
    sequences(
      'gitignore|.gitignore|git ignore|gitignore file|.gitignore file|fichero gitignore|archivo gitignore|archivo .gitignore|fichero .gitignore',
    ),
  ],
  [
    'editorconfig',
    sequences(
      'editorconfig|.editorconfig|editor config|editorconfig file|.editorconfig file|archivo .editorconfig|fichero .editorconfig',
    ),
  ],
];
const LICENSE = sequences(
  'license|licence|license file|licence file|licencia|fichero de licencia|archivo de licencia',
);
const UNDER = sequences('under the|under|of type|de tipo|de la|del|de|bajo la|bajo|:|(');
/** Licences as people name them, by their names in the SPDX list. */
const LICENSES: [string, string[][]][] = [
  ['MIT', sequences('mit|the mit')],
  ['Apache-2.0', sequences('apache|apache 2|apache 2.0|apache-2.0|apache2|apache license 2.0|apache v2')],
  ['BSD-3-Clause', sequences('bsd|bsd 3-clause|bsd-3-clause|bsd 3 clause|bsd-3|bsd 3')],
  ['BSD-2-Clause', sequences('bsd 2-clause|bsd-2-clause|bsd 2 clause')],
  ['ISC', sequences('isc')],
  ['GPL-3.0-or-later', sequences('gpl|gplv3|gpl3|gpl-3.0|gpl-3.0-or-later|gpl 3|gpl 3.0|gpl v3|gnu gpl')],
  ['AGPL-3.0-or-later', sequences('agpl|agplv3|agpl-3.0|agpl 3|agpl-3.0-or-later')],
  ['MPL-2.0', sequences('mpl|mpl-2.0|mpl 2.0|mozilla')],
  ['Unlicense', sequences('unlicense|public domain|dominio publico')],
];
const HOLDER = sequences(
  'in the name of|held by|owned by|on behalf of|a nombre de|en nombre de|cuyo titular es|by',
);
const ARTICLES = words('a an the some my its more un una el la unos unas los las algunos algunas mas su');
const PROJECT_NOUNS = words('folder directory repo repository carpeta directorio repositorio');

/** Reads "a Dockerfile, tests and an MIT license". */
export function readProjectParts(range: Range): Read<ProjectParts> | undefined {
  const first = readPart(range, range.from);
  if (!first) return undefined;
  let parts = first.value;
  let next = first.next;
  for (;;) {
    const joint = skip(range, next, ({ word }) => JOINTS.has(word) || word === '+' || word === '&');
    const following: Read<ProjectParts> | undefined = joint > next ? readPart(range, joint) : undefined;
    if (!following) return { value: parts, next };
    parts = { ...parts, ...following.value, add: [...new Set([...parts.add, ...following.value.add])] };
    next = following.next;
  }
}

function readPart(range: Range, position: number): Read<ProjectParts> | undefined {
  const from = skip(range, position, ({ word }) => ARTICLES.has(word) || FRESH.has(word));
  const license = readLicense(range, from);
  if (license) return license;
  for (const [part, names] of NAMES) {
    const next = skipSequence(range, from, names);
    if (next !== undefined) return { value: { add: [part] }, next };
  }
  return undefined;
}

/** "An MIT license", "una licencia MIT", "the license Apache 2.0 in the name of Ana Ruiz". */
function readLicense(range: Range, from: number): Read<ProjectParts> | undefined {
  const before = readLicenseName(range, from);
  const next = skipSequence(range, before?.next ?? from, LICENSE);
  if (next === undefined) return undefined;
  const behind = before ? undefined : readLicenseName(range, skipSequence(range, next, UNDER) ?? next);
  const license = before?.value ?? behind?.value;
  const end = skip(range, behind?.next ?? next, ({ raw }) => raw === ')');
  const holder = readHolder(range, end);
  const value: ProjectParts = {
    add: ['license'],
    ...(license === undefined ? {} : { license }),
    ...(holder === undefined ? {} : { holder: holder.value }),
  };
  return { value, next: holder?.next ?? end };
}

function readLicenseName(range: Range, position: number): Read<string> | undefined {
  const found = LICENSES.map(([name, names]) => ({ name, next: skipSequence(range, position, names) }))
    .filter((each) => each.next !== undefined)
    .toSorted((one, other) => (other.next ?? 0) - (one.next ?? 0))[0];
  return found?.next === undefined ? undefined : { value: found.name, next: found.next };
}

function readHolder(range: Range, position: number): Read<string> | undefined {
  const from = skipSequence(range, position, HOLDER);
  if (from === undefined) return undefined;
  const quoted = readQuotedName(range, from);
  if (quoted) return quoted;
  const next = skip(range, from, ({ raw }) => /^\p{Lu}[\p{L}.'-]*$/u.test(raw));
  const { text, tokens } = range.sentence;
  return next > from ? { value: text.slice(tokens[from]?.start, tokens[next - 1]?.end), next } : undefined;
}

/**
 * Reads which project something is for: "shop", "apps/shop", "the project shop", "my shop app". A bare word behind an article may
 * be anything and is none.
 */
export function readProjectPlace(range: Range): Read<NamedPath> | undefined {
  const owned = skip(range, range.from, ({ word }) => OWNERS.has(word));
  const isNoun = (position: number) => {
    const token = tokenAt(range, position);
    return token !== undefined && (KINDS.has(token.word) || PROJECT_NOUNS.has(token.word));
  };
  const contracted = CONTRACTIONS.has(range.sentence.tokens[range.from - 1]?.word ?? '');
  let position = owned;
  while (isNoun(position) || isTechnologyOfNoun(range, position)) position += 1;
  const noun = position > owned;
  // "Add tests to api": the noun is the name.
  const last =
    noun && !tokenIsName(range, position) && owned === range.from && !contracted ? position - 1 : position;
  const from = skip(range, last, ({ word }) => NAMING.has(word));
  const named = readPlaceName(range, from);
  if (!named) return undefined;
  const nounBehind = isNoun(named.next) && !noun;
  const vague = (owned > range.from || contracted) && !noun && !nounBehind && !named.certain;
  return vague
    ? undefined
    : { value: { path: named.path, certain: true }, next: nounBehind ? named.next + 1 : named.next };
}

const OWNERS = words('the my our el la mi nuestro nuestra');
const CONTRACTIONS = words('al del');

function isTechnologyOfNoun(range: Range, position: number): boolean {
  const next = tokenAt(range, position + 1)?.word ?? '';
  return technologyOf(tokenAt(range, position)?.raw ?? '') !== undefined && KINDS.has(next);
}

function tokenIsName(range: Range, position: number): boolean {
  const token = tokenAt(range, position);
  return token !== undefined && (isName(token) || looksLikePath(token.raw) || /^["'`“‘«„]/.test(token.raw));
}

function readPlaceName(
  range: Range,
  position: number,
): { path: string; next: number; certain: boolean } | undefined {
  const quoted = readQuotedName(range, position);
  if (quoted) return { path: trimmed(quoted.value), next: quoted.next, certain: true };
  const token = tokenAt(range, position);
  if (!token || !tokenIsName(range, position)) return undefined;
  if (EXTENSION.test(token.raw) && !token.raw.includes('/')) return undefined;
  return { path: trimmed(token.raw), next: position + 1, certain: /[/_-]/.test(token.raw) };
}

function trimmed(path: string): string {
  return path.replace(/(?<=.)\/+$/, '');
}
