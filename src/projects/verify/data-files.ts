import { type ParseError, parse as parseJsonc, printParseErrorCode } from 'jsonc-parser';
import { parse as parseToml } from 'smol-toml';
import { parseAllDocuments } from 'yaml';
import type { ProjectFile } from '../blueprint/blueprint.ts';
import { type Checker, checkOf, extensionOf, textOf } from './check.ts';

/** JSON whose programs take comments and closing commas. */
const WITH_COMMENTS =
  /(?:\.jsonc|\.code-workspace)$|(?:^|\/)(?:[tj]sconfig[^/]*|biome|devcontainer|\.eslintrc|\.swcrc|deno)\.json$|(?:^|\/)\.vscode\/[^/]+\.json$/;

export const checkJson = dataChecker(
  'json',
  ['.json', '.jsonc', '.code-workspace', '.webmanifest'],
  (text, path) => {
    if (!WITH_COMMENTS.test(path)) return void JSON.parse(text);
    const errors: ParseError[] = [];
    parseJsonc(text, errors, { allowTrailingComma: true });
    const [first] = errors;
    if (first) throw new Error(`${printParseErrorCode(first.error)} at character ${first.offset}`);
  },
);

export const checkYaml = dataChecker('yaml', ['.yaml', '.yml'], (text) => {
  for (const document of parseAllDocuments(text)) {
    const [first] = document.errors;
    if (first) throw first;
  }
});

export const checkToml = dataChecker('toml', ['.toml'], (text) => void parseToml(text));

function dataChecker(
  name: 'json' | 'yaml' | 'toml',
  extensions: readonly string[],
  parse: (text: string, path: string) => void,
): Checker {
  return async (files) => {
    const own = files.filter(({ path }) => extensions.includes(extensionOf(path)));
    if (own.length === 0) return undefined;
    return checkOf(
      name,
      own.length,
      own.flatMap((file) => faultOf(file, parse)),
    );
  };
}

function faultOf(file: ProjectFile, parse: (text: string, path: string) => void): string[] {
  try {
    parse(textOf(file), file.path);
    return [];
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
    return [`${file.path}: ${reason}`];
  }
}
