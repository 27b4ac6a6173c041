import { CommandError, configuredAddress, givenAddress, readArguments } from './command-line/arguments.ts';
import { ServerError } from './command-line/connection.ts';
import { stopOnInterruption } from './command-line/interruption.ts';
import { readConfig } from './config.ts';
import { StartupError } from './errors.ts';
import { type IngestOptions, ingest } from './ingesting/ingest.ts';

const HELP = `Has a running server read in documents, so that it can answer from them.

  npm run ingest -- <path> [options]

<path> is a file or a folder. What is in the workspace already (WORKSPACE_DIR) is read where it is, and followed from then on.
Anything else is sent there first. Of a folder that is without what is hidden, what .gitignore leaves out, and node_modules.

  --to <folder>      where in the workspace to send it (default: library/<name of the path>)
  --pattern <glob>   only files that match, such as '**/*.md'; hidden ones and those in node_modules too
  --no-wait          does not wait until all is read
  --url <address>    the server (default: from HOST and PORT, http://127.0.0.1:3000)
  --help             this text

A server with API keys wants one in TERTULIA_API_KEY; then everything is sent. Running it again sends and reads what has changed; what was deleted
here stays there. The exit code is 0 when everything was read, otherwise 1.`;

const print = (line: string) => console.log(line);

/** Undefined when help was asked for. */
function readCommand(): IngestOptions | undefined {
  const text = { type: 'string' } as const;
  const { values, positionals } = readArguments({
    ...{ url: text, to: text, pattern: text },
    'no-wait': { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return undefined;
  const [path, another] = positionals;
  if (!path || another) throw new CommandError('Give one file or folder: npm run ingest -- <path>');
  const { to, pattern } = values;
  const config = values.url === undefined ? readConfig(process.env) : undefined;
  const url = config ? configuredAddress(config) : givenAddress(values.url ?? '');
  return {
    ...{ path, to, pattern, isAwaited: !values['no-wait'], print },
    folders: config && { workspace: config.workspace.root, data: config.database.dataDir },
    server: { url, apiKey: process.env.TERTULIA_API_KEY, stop: stopOnInterruption(print) },
  };
}

try {
  const command = readCommand();
  if (!command) console.log(HELP);
  else if (!(await ingest(command))) process.exitCode = 1;
} catch (error) {
  const isPlain = [CommandError, StartupError, ServerError].some((kind) => error instanceof kind);
  console.error(isPlain && error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
