import { z } from 'zod';
import { type Checker, checkOf, extensionOf, skipped, textOf } from './check.ts';
import { runProgram } from './run-program.ts';

/** Compiles each file and runs none of them. */
const PROGRAM = `
import json, sys, warnings
warnings.simplefilter("ignore")
faults = []
for path, text in json.load(sys.stdin):
    try:
        compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        faults.append(f"{path}:{getattr(error, 'lineno', None) or 0}: {getattr(error, 'msg', None) or error}")
json.dump(faults, sys.stdout)
`;
const faultList = z.array(z.string());

/** Compiles the Python files with the machine's own Python. */
export const checkPython: Checker = async (files, signal) => {
  const own = files.filter(({ path }) => ['.py', '.pyi'].includes(extensionOf(path)));
  if (own.length === 0) return undefined;
  const input = JSON.stringify(own.map((file) => [file.path, textOf(file)]));
  const outcome = await runProgram(['python3', '-I', '-c', PROGRAM], { folder: '/', input, signal });
  if (outcome.kind === 'missing') return skipped('python', own.length, 'there is no python3 on this machine');
  if (outcome.kind === 'too_long') return skipped('python', own.length, 'compiling took too long');
  if (outcome.code !== 0) return skipped('python', own.length, 'python3 did not work on this machine');
  return checkOf('python', own.length, faultList.parse(JSON.parse(outcome.output)));
};
