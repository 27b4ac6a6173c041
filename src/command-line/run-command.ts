import { inspect } from 'node:util';
import { StartupError } from '../errors.ts';
import { CommandError } from './arguments.ts';

/** A failure that is meant for the person, who reads its message. */
type PlainFailure = abstract new (...given: never[]) => Error;

/** Runs a command, which ends with the exit code 1 when it fails; of a failure that is meant for the person only the message is written. */
export async function runCommand(work: () => Promise<void>, plainFailures: PlainFailure[]): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isPlain = [CommandError, StartupError, ...plainFailures].some((kind) => error instanceof kind);
    process.stderr.write(`${isPlain && error instanceof Error ? error.message : inspect(error)}\n`);
    process.exitCode = 1;
  }
}
