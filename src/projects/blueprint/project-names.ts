import { builtinModules } from 'node:module';
import { ProblemError } from '../../errors.ts';
import { nameFault, quoted } from '../../workspace/sandbox/names.ts';

/** The words made from a project's name, by the placeholder that stands for each. */
export interface ProjectNames {
  /** As it was given. */
  name: string;
  slug: string;
  snake: string;
  pascal: string;
  camel: string;
  year: string;
}

export const NAME_WORDS = ['name', 'slug', 'snake', 'pascal', 'camel', 'year'] as const;

const LONGEST_NAME = 80;
/** Names that a package or module cannot have without taking the place of another one. */
const RESERVED = new Set([
  ...builtinModules.filter((name) => !name.startsWith('_')),
  // https://github.com/npm/validate-npm-package-name
  'node-modules',
  'favicon-ico',
  // Keywords of Python and modules of its own that a package of that name would hide, and those of Go.
  ...`and as assert async await break class continue def del elif else except finally for from global if import in is lambda
    nonlocal not or pass raise return try while with yield none true false
    abc ast asyncio base64 calendar cmath code collections copy csv datetime dis email enum functools glob html http io
    itertools json logging math numbers operator pathlib pickle platform queue random re secrets select signal site socket
    sqlite3 ssl statistics string struct subprocess sys tempfile test tests time token trace types typing unittest uuid venv
    warnings wave xml zipfile zipimport
    case chan const defer fallthrough func go goto interface internal main map package range switch var vendor`.split(
    /\s+/,
  ),
]);

/**
 * The words made from a project's name. Accents are dropped, what is no letter or digit parts words.
 *
 * @throws ProblemError `invalid_request` for a name that no package could have.
 */
export function projectNames(name: string, year: number): ProjectNames {
  const shown = name.trim();
  const words = shown
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  const slug = words.join('-');
  const fault = faultOf(shown, slug);
  if (fault !== undefined) {
    throw new ProblemError(
      'invalid_request',
      `name: ${quoted(shown)} ${fault}. It takes a name such as date-tools or "Mi Tienda", of at most ${LONGEST_NAME} characters.`,
    );
  }
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return {
    name: shown,
    slug,
    snake: words.join('_'),
    pascal,
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    year: String(year),
  };
}

/** The name of the project's folder: the name itself where every program takes it, else its slug. */
export function folderNameOf({ name, slug }: ProjectNames): string {
  return /^[A-Za-z0-9][\w.-]*$/.test(name) && nameFault(name) === undefined ? name : slug;
}

function faultOf(name: string, slug: string): string | undefined {
  if (name.length > LONGEST_NAME) return 'is too long';
  if (/[\p{Control}\p{Format}\p{Line_Separator}\p{Paragraph_Separator}]/u.test(name))
    return 'has control characters';
  if (/[/\\]/.test(name)) return 'has a slash: name the folder above with folder';
  if (name.includes('{{')) return 'has the braces of a placeholder';
  if (!/^[a-z]/.test(slug)) return 'does not begin with a letter';
  if (RESERVED.has(slug))
    return `is reserved in one of the languages that we write; ${quoted(`${slug}-project`)} is not`;
  const fault = nameFault(slug);
  return fault === undefined ? undefined : `cannot be the name of a folder: it ${fault}`;
}
