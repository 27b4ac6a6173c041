import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type { Config } from '../config.ts';

/** What was typed does not fit; the message is the one line that the person reads. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/**
 * Takes the arguments of the process apart.
 *
 * @throws CommandError for an option that is not among them, or lacks its value.
 */
export function readArguments<const Options extends ParseArgsOptionsConfig>(options: Options) {
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** The address that `--url` gave. @throws CommandError when it is none. */
export function givenAddress(given: string): string {
  if (!/^https?:\/\//.test(given) || !URL.canParse(given))
    throw new CommandError(`--url got "${given}"; it takes an address like http://127.0.0.1:3000.`);
  return given;
}

/** Where the server listens that has the same configuration. @throws CommandError when it chooses its port itself. */
export function configuredAddress({ host, port }: Pick<Config, 'host' | 'port'>): string {
  if (port === 0) throw new CommandError('PORT is 0, so the server chose a port; say which with --url.');
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
