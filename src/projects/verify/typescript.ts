import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { isAbsolute, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { ProjectFile } from '../blueprint/blueprint.ts';
import { readJsonc } from '../extending/read-jsonc.ts';
import { type Checker, checkOf, extensionOf, skipped, textOf } from './check.ts';
import { runProgram } from './run-program.ts';
import { withTemporaryCopy } from './temporary-copy.ts';

const TYPESCRIPT = new Set(['.ts', '.tsx', '.mts', '.cts']);
const JAVASCRIPT = new Set(['.js', '.jsx', '.mjs', '.cjs']);
const CONFIG = '.tertulia-check.json';
const NOTE = 'packages are not installed yet, so that what is imported from them was not checked';

/** What TypeScript says only because the packages that a project names are not installed here. */
const NOT_INSTALLED = new Set([
  2580, 2582, 2584, 2591, 2592, 2593, 2686, 2688, 2792, 2867, 2868, 2875, 7016, 7026, 2503, 2604, 2786, 18028,
]);
const CANNOT_FIND_MODULE = new Set([2307, 2882, 2732]);
/** What it says of a file that is not there or is of no kind that it reads. */
const CANNOT_FIND_FILE = new Set([...CANNOT_FIND_MODULE, 6053, 6054, 6231]);
const GLOBALS_OF_PACKAGES =
  /name '(?:__dirname|__filename|global|Deno|Bun|NodeJS|JSX|vi|jest|expect|before|after|beforeEach|afterEach|beforeAll|afterAll|assert|should)'|type 'Import(?:Meta|MetaEnv)'/;
const LINE = /^(.+?)\((\d+),\d+\): error TS(\d+): (.*)$/;

/** What of a project's own settings decides whether its files are right; the rest could lead outside of it. */
const settings = z
  .object({
    compilerOptions: z
      .object({
        jsx: z.enum(['react', 'react-jsx', 'react-jsxdev', 'react-native', 'preserve']),
        jsxImportSource: z.string().regex(/^(?:@[\w-]+\/)?[\w-]+$/),
        experimentalDecorators: z.boolean(),
        useUnknownInCatchVariables: z.boolean(),
        strict: z.boolean(),
        strictNullChecks: z.boolean(),
        noUncheckedIndexedAccess: z.boolean(),
        paths: z.record(z.string(), z.array(z.string().regex(/^(?!\/|.*\.\.)/))),
      })
      .partial(),
  })
  .partial();

/** Type-checks the TypeScript of a project, and parses its JavaScript, with the compiler that this program itself has. */
export const checkTypeScript: Checker = async (files, signal) => {
  const own = files.filter(({ path }) => isCode(path));
  if (own.length === 0) return undefined;
  const compiler = compilerPath();
  if (compiler === undefined)
    return skipped('typescript', own.length, 'there is no TypeScript on this machine');
  const seen = files.filter(({ path }) => isCode(path) || extensionOf(path) === '.json');
  return await withTemporaryCopy(seen, async (folder) => {
    const config = { compilerOptions: optionsFor(files), files: own.map(({ path }) => `./${path}`) };
    await writeFile(join(folder, CONFIG), JSON.stringify(config), { flag: 'wx' });
    const command = [process.execPath, compiler, '--pretty', 'false', '--listFiles', '--project', CONFIG];
    const outcome = await runProgram(command, { folder, signal });
    if (outcome.kind === 'too_long') return skipped('typescript', own.length, 'type-checking took too long');
    if (outcome.kind === 'missing')
      return skipped('typescript', own.length, 'TypeScript did not work on this machine');
    // Which files were read is told last: without that nothing else may be told.
    if (outcome.isCut)
      return checkOf('typescript', own.length, ['there are more faults than can be looked through']);
    const lines = outcome.output.split('\n');
    if (lines.some((line) => isOutside(line, folder)))
      return skipped('typescript', own.length, 'the code refers to files outside of the project');
    const faults = lines.flatMap((line) => faultIn(line, files));
    return checkOf('typescript', own.length, faults, NOTE);
  });
};

function isCode(path: string): boolean {
  const extension = extensionOf(path);
  return TYPESCRIPT.has(extension) || JAVASCRIPT.has(extension);
}

/** The compiler of this installation; in a production image it may be missing. */
function compilerPath(): string | undefined {
  try {
    const path = fileURLToPath(new URL('./bin/tsc', import.meta.resolve('typescript/package.json')));
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

function optionsFor(files: readonly ProjectFile[]): object {
  const given = files.find(({ path }) => path === 'tsconfig.json');
  const parsed = settings.safeParse(given ? readJsonc(textOf(given)) : {});
  return {
    ...{ strict: true, jsx: 'react-jsx', useUnknownInCatchVariables: true },
    ...(parsed.success ? parsed.data.compilerOptions : {}),
    // What comes from a package that is not installed has no type.
    ...{ noImplicitAny: false, noImplicitThis: false, types: [], skipLibCheck: true },
    ...{
      noEmit: true,
      target: 'esnext',
      module: 'preserve',
      moduleResolution: 'bundler',
      moduleDetection: 'force',
    },
    ...{ lib: ['esnext', 'dom', 'dom.iterable'], allowJs: true, checkJs: false, resolveJsonModule: true },
    ...{ allowImportingTsExtensions: true, esModuleInterop: true, allowArbitraryExtensions: true },
  };
}

/**
 * Whether a line names a file that is neither the project's nor a package's: one that was read, or one that was looked for. Nothing
 * is told of such a file, nor whether it is there.
 */
function isOutside(line: string, folder: string): boolean {
  const [, path = '', , code, message = ''] = LINE.exec(line) ?? [];
  if (code === undefined)
    return isAbsolute(line) && !line.startsWith(`${folder}/`) && !line.includes('/node_modules/');
  const wanted = /'([^']+)'/.exec(message)?.[1] ?? '';
  if (!CANNOT_FIND_FILE.has(Number(code)) || !/^\.{0,2}\//.test(wanted)) return false;
  return !posix.resolve(folder, posix.dirname(path), wanted).startsWith(`${folder}/`);
}

/** A line of the compiler's output as a fault, unless it is there only because packages are not installed. */
function faultIn(line: string, files: readonly ProjectFile[]): string[] {
  const [, path = '', row = '', code = '', message = ''] = LINE.exec(line) ?? [];
  if (!files.some((file) => file.path === path)) return [];
  const number = Number(code);
  if (NOT_INSTALLED.has(number) || GLOBALS_OF_PACKAGES.test(message)) return [];
  if (CANNOT_FIND_MODULE.has(number)) {
    const wanted = /'([^']+)'/.exec(message)?.[1] ?? '';
    const target = posix.join(posix.dirname(path), wanted.replace(/[?#].*$/, ''));
    if (!wanted.startsWith('.') || files.some((file) => file.path === target)) return [];
  }
  return [`${path}:${row}: ${message}`];
}
