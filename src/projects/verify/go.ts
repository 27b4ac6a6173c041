import { type Checker, checkOf, extensionOf, skipped, textOf } from './check.ts';
import { runProgram } from './run-program.ts';
import { withTemporaryCopy } from './temporary-copy.ts';

/** No network, no C compiler, no other version of Go than the one that is here. */
const ENVIRONMENT = {
  GOPROXY: 'off',
  GOFLAGS: '-mod=mod',
  GOTOOLCHAIN: 'local',
  CGO_ENABLED: '0',
  GOWORK: 'off',
};
/** Said of what would have to be downloaded first, or is newer than the machine's Go. */
const NOT_HERE =
  /no required module provides|cannot find module|module lookup disabled|missing go\.sum|requires go >=/;

/** A replaced module may be a folder of the host, of which nothing is to be told. */
const REPLACES = /^\s*replace\b/m;

/** Compiles the packages of a Go module with the machine's own Go. */
export const checkGo: Checker = async (files, signal) => {
  const own = files.filter(({ path }) => extensionOf(path) === '.go');
  const module = files.filter(({ path }) => path === 'go.mod');
  if (own.length === 0) return undefined;
  if (module.length === 0) return skipped('go', own.length, 'there is no go.mod at the top of the project');
  if (module.some((file) => REPLACES.test(textOf(file))))
    return skipped('go', own.length, 'its go.mod replaces modules, which may lie outside of the project');
  return await withTemporaryCopy([...own, ...module], async (folder) => {
    const outcome = await runProgram(['go', 'vet', './...'], { folder, env: ENVIRONMENT, signal });
    if (outcome.kind === 'missing') return skipped('go', own.length, 'there is no go on this machine');
    if (outcome.kind === 'too_long') return skipped('go', own.length, 'compiling took too long');
    if (outcome.code === 0) return checkOf('go', own.length, []);
    if (NOT_HERE.test(outcome.output))
      return skipped('go', own.length, 'modules that it needs are not on this machine, or its Go is older');
    const faults = outcome.output
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('#'))
      .map((line) => line.replaceAll(folder, '.'));
    return checkOf('go', own.length, faults);
  });
};
