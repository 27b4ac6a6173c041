import { parseArgs } from 'node:util';
import { readConfig } from './config.ts';
import { StartupError } from './errors.ts';
import { HISTORY_FORMATS, HistoryFileError, type HistoryFormat } from './history-files/history.ts';
import { openHistory } from './history-files/open-history.ts';
import { STOPPING, showProgress } from './history-files/progress.ts';
import { summarize } from './history-files/summary.ts';
import { UploadError, uploadHistory } from './history-files/upload.ts';
import { DATE_ORDERS, type DateOrder } from './history-files/whatsapp-lines.ts';

const HELP = `Brings chat history into a running server.

  npm run import -- <file> [options]

<file> is a ChatGPT export or a WhatsApp chat (zip file, unpacked folder, or the file in it), or NDJSON.

  --url <address>         the server (default: from HOST and PORT, http://127.0.0.1:3000)
  --format <format>       ${HISTORY_FORMATS.join(', ')} (default: told by the content)
  --date-order <order>    ${DATE_ORDERS.join(', ')}: what comes first in a WhatsApp chat's dates, day or month
  --help                  this text

A server with API keys wants one in TERTULIA_API_KEY. Importing the same file again changes nothing.
docs/import.md says how to get an export and what is left out.`;

const FORMAT_NAMES: Record<HistoryFormat, string> = {
  ndjson: 'NDJSON',
  chatgpt: 'a ChatGPT export',
  whatsapp: 'a WhatsApp chat',
};

interface Command {
  file: string;
  url: string;
  format: HistoryFormat | undefined;
  dateOrder: DateOrder | undefined;
}

/** What was typed does not fit; the message is the one line that the person reads. */
class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Undefined when help was asked for. */
function readCommand(): Command | undefined {
  const { values, positionals } = parseCommand();
  if (values.help) return undefined;
  const [file, another] = positionals;
  if (!file || another) throw new CommandError('Give one file: npm run import -- <file>');
  return {
    file,
    url: serverUrl(values.url),
    format: oneOf('format', HISTORY_FORMATS, values.format),
    dateOrder: oneOf('date-order', DATE_ORDERS, values['date-order']),
  };
}

function parseCommand() {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      allowPositionals: true,
      options: { url: text, format: text, 'date-order': text, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function oneOf<Value extends string>(
  name: string,
  known: readonly Value[],
  value: string | undefined,
): Value | undefined {
  if (value === undefined) return undefined;
  const found = known.find((one) => one === value);
  if (!found) throw new CommandError(`--${name} got "${value}"; it takes ${known.join(' or ')}.`);
  return found;
}

function serverUrl(given: string | undefined): string {
  if (given !== undefined) {
    if (!/^https?:\/\//.test(given) || !URL.canParse(given))
      throw new CommandError(`--url got "${given}"; it takes an address like http://127.0.0.1:3000.`);
    return given;
  }
  const { host, port } = readConfig(process.env);
  if (port === 0) throw new CommandError('PORT is 0, so the server chose a port; say which with --url.');
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Ends after the request under way at the first interruption, at once at the second. */
function stopOnInterruption(): AbortSignal {
  const stop = new AbortController();
  process.once('SIGINT', () => {
    stop.abort();
    // On a terminal the progress bar says so.
    if (!process.stdout.isTTY) console.log(STOPPING);
  });
  return stop.signal;
}

async function run(command: Command): Promise<void> {
  const stop = stopOnInterruption();
  const history = await openHistory(command.file, command);
  console.log(`Reading ${command.file} as ${FORMAT_NAMES[history.format]}, sending it to ${command.url}`);
  const target = { url: command.url, apiKey: process.env.TERTULIA_API_KEY, stop };
  const total = { imported: 0, skipped: 0 };
  const started = performance.now();
  const progress = showProgress((line) => console.log(line));
  let failure: unknown;
  try {
    for await (const { imported, skipped } of uploadHistory(history, target)) {
      total.imported += imported;
      total.skipped += skipped;
      const done = total.imported + total.skipped;
      const rate = Math.round((done * 1_000) / (performance.now() - started));
      progress.show(history.findings.share, `${done.toLocaleString('en')} messages, ${rate} a second`);
    }
  } catch (error) {
    failure = error;
  }
  progress.end();
  const isComplete = failure === undefined && !stop.aborted;
  const { faults } = history.findings;
  const isBegun = total.imported + total.skipped + faults.count > 0;
  if (isBegun || isComplete)
    for (const line of summarize(total, history.findings, isComplete)) console.log(line);
  if (stop.aborted) console.log('Interrupted. Run the command again to go on; what is there is skipped.');
  else if (failure) throw isBegun ? stopped(failure) : unbegun(failure);
  if (!isComplete || faults.count > 0) process.exitCode = 1;
}

function stopped(failure: unknown): unknown {
  if (!(failure instanceof UploadError)) return failure;
  const sentence = `The import stopped: ${failure.message}. Running it again is safe; what is there is skipped.`;
  return new UploadError(sentence, { cause: failure });
}

function unbegun(failure: unknown): unknown {
  if (!(failure instanceof UploadError)) return failure;
  return new UploadError(`Nothing was imported: ${failure.message}.`, { cause: failure });
}

try {
  const command = readCommand();
  if (command) await run(command);
  else console.log(HELP);
} catch (error) {
  const isPlain = [CommandError, HistoryFileError, StartupError, UploadError].some(
    (kind) => error instanceof kind,
  );
  console.error(isPlain && error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
