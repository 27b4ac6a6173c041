import type { ProjectFile } from '../blueprint/blueprint.ts';
import type { Check, Checker } from './check.ts';
import { checkJson, checkToml, checkYaml } from './data-files.ts';
import { checkGo } from './go.ts';
import { checkPython } from './python.ts';
import { checkTypeScript } from './typescript.ts';

const DATA: readonly Checker[] = [checkJson, checkYaml, checkToml];
const CODE: readonly Checker[] = [checkTypeScript, checkPython, checkGo];

/**
 * Parses the data files of a project and compiles its code, as far as that can be done before anything is installed. Nothing of the
 * project is run.
 * @throws the signal's reason.
 */
export async function verifyFiles(files: readonly ProjectFile[], signal?: AbortSignal): Promise<Check[]> {
  return await runAll([...DATA, ...CODE], files, signal);
}

/** Parses data files only: what is told of some files of a project, without the others. */
export async function verifyDataFiles(files: readonly ProjectFile[]): Promise<Check[]> {
  return await runAll(DATA, files);
}

async function runAll(checkers: readonly Checker[], files: readonly ProjectFile[], signal?: AbortSignal) {
  const checks = await Promise.all(checkers.map((check) => check(files, signal)));
  return checks.filter((check) => check !== undefined);
}
