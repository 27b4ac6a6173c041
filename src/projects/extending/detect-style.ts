import picomatch from 'picomatch';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { measureStyle } from './measure-style.ts';
import type { ProjectView } from './project-view.ts';
import { readJsonc } from './read-jsonc.ts';
import { readSource } from './read-source.ts';
import type { Style } from './style.ts';

/** More than this tells nothing new about how somebody writes. */
const MOST_FILES = 30;
const LONGEST_SECTION = 300;
const MOST_WILDCARDS = 20;
/** Longer settings are read by nobody, and some forms of YAML take long. */
const LONGEST_SETTINGS = 10_000;
const PRETTIER_FILES = ['.prettierrc', '.prettierrc.json', '.prettierrc.yaml', '.prettierrc.yml'];

const prettierSchema = z.object({
  useTabs: z.boolean().optional().catch(undefined),
  tabWidth: z.int().min(1).max(8).optional().catch(undefined),
  singleQuote: z.boolean().default(false).catch(false),
  semi: z.boolean().default(true).catch(true),
  trailingComma: z.enum(['all', 'es5', 'none']).default('all').catch('all'),
  endOfLine: z.enum(['lf', 'crlf', 'cr', 'auto']).optional().catch(undefined),
  printWidth: z.int().min(40).optional().catch(undefined),
});
const biomeFormatter = z
  .object({
    indentStyle: z.enum(['tab', 'space']).optional().catch(undefined),
    indentWidth: z.int().min(1).max(8).optional().catch(undefined),
    lineWidth: z.int().min(40).optional().catch(undefined),
    lineEnding: z.enum(['lf', 'crlf', 'cr', 'auto']).optional().catch(undefined),
    quoteStyle: z.enum(['single', 'double']).optional().catch(undefined),
    semicolons: z.enum(['always', 'asNeeded']).optional().catch(undefined),
    trailingCommas: z.enum(['all', 'es5', 'none']).optional().catch(undefined),
  })
  .default({})
  .catch({});
const biomeSchema = z.object({
  formatter: biomeFormatter,
  javascript: z.object({ formatter: biomeFormatter }).optional().catch(undefined),
});

/**
 * How the files with one of these endings are written: what a formatter's settings say, then what
 * .editorconfig says, then what is measured in them.
 */
export async function detectStyle(
  view: ProjectView,
  endings: readonly string[],
  usual: Style,
  manifestPrettier?: unknown,
): Promise<Style> {
  const texts = await sampleOf(view, endings);
  const isScript = endings.some((ending) => ending === 'js' || ending === 'ts');
  return {
    ...usual,
    ...measureStyle(texts),
    ...(await editorconfigStyle(view, endings)),
    ...(isScript ? await formatterStyle(view, manifestPrettier) : {}),
  };
}

async function sampleOf(view: ProjectView, endings: readonly string[]): Promise<string[]> {
  const own = view.paths.filter(
    (path) => endings.includes(path.split('.').at(-1) ?? '') && !/\.d\.ts$|\.min\.js$/.test(path),
  );
  // Spread over the project: the first thirty may be one folder of somebody else's.
  const step = Math.max(1, Math.ceil(own.length / MOST_FILES));
  const texts = await Promise.all(
    own.filter((_, index) => index % step === 0).map(async (path) => await readSource(view, path)),
  );
  return texts.flatMap((text) => (text ? [text] : []));
}

async function formatterStyle(view: ProjectView, manifestPrettier: unknown): Promise<Partial<Style>> {
  for (const path of ['biome.json', 'biome.jsonc']) {
    if (!view.paths.includes(path)) continue;
    const settings = biomeSchema.safeParse(readJsonc((await view.read(path)) ?? ''));
    if (settings.success) return biomeStyle(settings.data);
  }
  const prettier = prettierSchema.safeParse(manifestPrettier ?? (await prettierFile(view)));
  return prettier.success ? prettierStyle(prettier.data) : {};
}

async function prettierFile(view: ProjectView): Promise<unknown> {
  const path = PRETTIER_FILES.find((name) => view.paths.includes(name));
  const text = path === undefined ? null : await view.read(path);
  if (text === null || text.length > LONGEST_SETTINGS) return undefined;
  try {
    return parseYaml(text) ?? {};
  } catch {
    // Settings that Prettier could not read either say nothing about the style.
    return undefined;
  }
}

function prettierStyle(settings: z.infer<typeof prettierSchema>): Partial<Style> {
  const { useTabs, tabWidth, endOfLine, printWidth } = settings;
  return {
    quote: settings.singleQuote ? "'" : '"',
    semicolons: settings.semi,
    finalCommas: settings.trailingComma === 'all',
    finalNewline: true,
    ...indentOf(useTabs, tabWidth),
    ...eolOf(endOfLine),
    width: printWidth ?? 80,
  };
}

function biomeStyle({ formatter, javascript }: z.infer<typeof biomeSchema>): Partial<Style> {
  const own = javascript?.formatter ?? {};
  const { quoteStyle = 'double', semicolons = 'always', trailingCommas = 'all' } = own;
  const indentStyle = own.indentStyle ?? formatter.indentStyle ?? 'tab';
  return {
    quote: quoteStyle === 'single' ? "'" : '"',
    semicolons: semicolons === 'always',
    finalCommas: trailingCommas === 'all',
    finalNewline: true,
    width: own.lineWidth ?? formatter.lineWidth ?? 80,
    ...indentOf(indentStyle === 'tab', own.indentWidth ?? formatter.indentWidth ?? 2),
    ...eolOf(own.lineEnding ?? formatter.lineEnding),
  };
}

async function editorconfigStyle(view: ProjectView, endings: readonly string[]): Promise<Partial<Style>> {
  if (!view.paths.includes('.editorconfig')) return {};
  const found = new Map<string, string>();
  let applies = false;
  for (const line of ((await view.read('.editorconfig')) ?? '').split(/\r?\n/)) {
    const section = /^\s*\[(.+)\]\s*$/.exec(line)?.[1];
    if (section !== undefined) {
      applies = isPlain(section) && isAbout(section, endings);
    }
    const [, key, value] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (applies && key && value !== undefined) found.set(key.toLowerCase(), value.toLowerCase());
  }
  const size = Number(found.get('indent_size') ?? found.get('tab_width') ?? Number.NaN);
  const indentStyle = found.get('indent_style');
  const newline = found.get('insert_final_newline');
  const width = Number(found.get('max_line_length') ?? Number.NaN);
  return {
    ...indentOf(
      indentStyle === undefined ? undefined : indentStyle === 'tab',
      size >= 1 && size <= 8 ? size : undefined,
    ),
    ...eolOf(found.get('end_of_line')),
    ...(newline === 'true' || newline === 'false' ? { finalNewline: newline === 'true' } : {}),
    ...(width >= 40 ? { width } : {}),
  };
}

/** A pattern that is tried quickly: short, with few wildcards, and without groups, which .editorconfig does not have. */
function isPlain(section: string): boolean {
  const wildcards = section.match(/[*?{[]/g)?.length ?? 0;
  return section.length <= LONGEST_SECTION && wildcards <= MOST_WILDCARDS && !/[()]/.test(section);
}

function isAbout(section: string, endings: readonly string[]): boolean {
  const isMatch = picomatch(section, { basename: true, dot: true, noextglob: true });
  return endings.some((ending) => isMatch(`name.${ending}`));
}

function indentOf(tabs: boolean | undefined, size: number | undefined): Partial<Style> {
  if (tabs) return { indent: '\t' };
  return size === undefined ? {} : { indent: ' '.repeat(size) };
}

function eolOf(name: string | undefined): Partial<Style> {
  return name === 'lf' ? { eol: '\n' } : name === 'crlf' ? { eol: '\r\n' } : {};
}
