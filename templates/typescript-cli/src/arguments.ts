import { parseArgs } from "node:util";

/** The command line was wrong; the message says how. */
export class UsageError extends Error {}

export interface Arguments {
  files: string[];
  json: boolean;
  help: boolean;
  version: boolean;
}

/** Reads the command line. Throws a UsageError for an option that does not exist. */
export function readArguments(args: string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: "boolean", short: "j", default: false },
        help: { type: "boolean", short: "h", default: false },
        version: { type: "boolean", short: "v", default: false },
      },
    });
    return { files: positionals, ...values };
  } catch (error) {
    // The only thing that can fail here is the command line itself.
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
