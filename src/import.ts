import { CommandError, configuredAddress, givenAddress, readArguments } from './command-line/arguments.ts';
import { ServerError } from './command-line/connection.ts';
import { stopOnInterruption } from './command-line/interruption.ts';
import { showProgress } from './command-line/progress.ts';
import { readConfig } from './config.ts';
import { StartupError } from './errors.ts';
import { HISTORY_FORMATS, HistoryFileError, type HistoryFormat } from './history-files/history.ts';
import { openHistory } from './history-files/open-history.ts';
import { summarize } from './history-files/summary.ts';
import { uploadHistory } from './history-files/upload.ts';
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

/** Undefined when help was asked for. */
function readCommand(): Command | undefined {
  const text = { type: 'string' } as const;
  const { values, positionals } = readArguments({
    ...{ url: text, format: text, 'date-order': text },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return undefined;
  const [file, another] = positionals;
  if (!file || another) throw new CommandError('Give one file: npm run import -- <file>');
  return {
    file,
    url: values.url === undefined ? configuredAddress(readConfig(process.env)) : givenAddress(values.url),
    format: oneOf('format', HISTORY_FORMATS, values.format),
    dateOrder: oneOf('date-order', DATE_ORDERS, values['date-order']),
  };
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

async function run(command: Command): Promise<void> {
  const print = (line: string) => console.log(line);
  const stop = stopOnInterruption(print);
  const history = await openHistory(command.file, command);
  console.log(`Reading ${command.file} as ${FORMAT_NAMES[history.format]}, sending it to ${command.url}`);
  const target = { url: command.url, apiKey: process.env.TERTULIA_API_KEY, stop };
  const total = { imported: 0, skipped: 0 };
  const started = performance.now();
  const progress = showProgress(print);
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
  if (!(failure instanceof ServerError)) return failure;
  const sentence = `The import stopped: ${failure.message}. Running it again is safe; what is there is skipped.`;
  return new ServerError(sentence, { cause: failure });
}

function unbegun(failure: unknown): unknown {
  if (!(failure instanceof ServerError)) return failure;
  return new ServerError(`Nothing was imported: ${failure.message}.`, { cause: failure });
}

try {
  const command = readCommand();
  if (command) await run(command);
  else console.log(HELP);
} catch (error) {
  const isPlain = [CommandError, HistoryFileError, StartupError, ServerError].some(
    (kind) => error instanceof kind,
  );
  console.error(isPlain && error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
