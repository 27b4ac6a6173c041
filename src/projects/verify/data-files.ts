import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Checker, checkOf, extensionOf, skipped, textOf } from './check.ts';
import { runProgram } from './run-program.ts';

const PROGRAM = fileURLToPath(new URL('./data-program.ts', import.meta.url));
const MEMORY_MB = 512;
const faultList = z.array(z.string());

export const checkJson = dataChecker('json', ['.json', '.jsonc', '.code-workspace', '.webmanifest']);

export const checkYaml = dataChecker('yaml', ['.yaml', '.yml']);

export const checkToml = dataChecker('toml', ['.toml']);

/** Has them parsed in a process of its own, which ends when it takes too long: some texts take a parser minutes. */
function dataChecker(name: 'json' | 'yaml' | 'toml', extensions: readonly string[]): Checker {
  return async (files, signal) => {
    const own = files.filter(({ path }) => extensions.includes(extensionOf(path)));
    if (own.length === 0) return undefined;
    const command = [process.execPath, `--max-old-space-size=${MEMORY_MB}`, PROGRAM, name];
    const input = JSON.stringify(own.map((file) => [file.path, textOf(file)]));
    const outcome = await runProgram(command, { folder: '/', input, signal });
    if (outcome.kind === 'too_long') return skipped(name, own.length, 'parsing took too long');
    if (outcome.kind === 'missing' || outcome.code !== 0)
      return skipped(name, own.length, 'parsing took too much of this machine');
    return checkOf(name, own.length, faultList.parse(JSON.parse(outcome.output)));
  };
}
