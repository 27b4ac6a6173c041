import { text } from 'node:stream/consumers';
import { type ParseError, parse as parseJsonc, printParseErrorCode } from 'jsonc-parser';
import { parse as parseToml } from 'smol-toml';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

/*
 * A program of its own: reads `[[path, text], …]` of one kind of data file, named by its argument, and answers with what is wrong. Some
 * texts take these parsers minutes, and a process can be ended.
 */

/** JSON whose programs take comments and closing commas. */
const WITH_COMMENTS =
  /(?:\.jsonc|\.code-workspace)$|(?:^|\/)(?:[tj]sconfig[^/]*|biome|devcontainer|\.eslintrc|\.swcrc|deno)\.json$|(?:^|\/)\.vscode\/[^/]+\.json$/;
const MOST_FAULTS = 200;
const LONGEST_FAULT = 500;

const kinds = z.enum(['json', 'yaml', 'toml']);
const fileList = z.array(z.tuple([z.string(), z.string()]));

function parseJson(source: string, path: string): void {
  if (!WITH_COMMENTS.test(path)) return void JSON.parse(source);
  const errors: ParseError[] = [];
  parseJsonc(source, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first) throw new Error(`${printParseErrorCode(first.error)} at character ${first.offset}`);
}

function parseYaml(source: string): void {
  for (const document of parseAllDocuments(source)) {
    const [first] = document.errors;
    if (first) throw first;
  }
}

function faultOf(kind: z.infer<typeof kinds>, path: string, source: string): string[] {
  try {
    if (kind === 'json') parseJson(source, path);
    else if (kind === 'yaml') parseYaml(source);
    else parseToml(source);
    return [];
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
    return [`${path}: ${reason}`.slice(0, LONGEST_FAULT)];
  }
}

const kind = kinds.parse(process.argv[2]);
const files = fileList.parse(JSON.parse(await text(process.stdin)));
const faults = files.flatMap(([path, source]) => faultOf(kind, path, source));
process.stdout.write(JSON.stringify(faults.slice(0, MOST_FAULTS)));
