import { CommandError, readArguments } from './command-line/arguments.ts';
import { stopOnInterruption } from './command-line/interruption.ts';
import { showRows } from './command-line/progress.ts';
import { runCommand } from './command-line/run-command.ts';
import { readConfig } from './config.ts';
import { moveDatabase } from './transfer/move.ts';
import { TransferError } from './transfer/transfer-error.ts';

const HELP = `Moves everything from the embedded database (DATA_DIR) into a PostgreSQL server. Stop Tertulia first.

  npm run db:move -- --to <url>

  --to <url>   an empty database on PostgreSQL 15 or newer with pgvector 0.8 or newer: postgresql://user:password@host/name
  --help       this text

All of it is moved in one transaction, and every table is compared afterwards: it is moved as a whole, or not at all. The
embedded database stays as it was. Files stay where they are (WORKSPACE_DIR). docs/operations.md says more.`;

const print = (line: string) => console.log(line);

/** Undefined when help was asked for. */
function readTarget(): string | undefined {
  const { values, positionals } = readArguments({
    to: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return undefined;
  if (!values.to || positionals.length > 0)
    throw new CommandError('Say where to: npm run db:move -- --to postgresql://…');
  // The value is not repeated, because it has a password in it.
  if (!/^postgres(ql)?:\/\//.test(values.to) || !URL.canParse(values.to))
    throw new CommandError('--to got something else than a postgresql:// URL.');
  return values.to;
}

await runCommand(async () => {
  const url = readTarget();
  if (url === undefined) return print(HELP);
  const { dataDir } = readConfig(process.env).database;
  const stop = stopOnInterruption(print);
  const { tables, rows } = await showRows(
    { print, doing: 'moving' },
    async (onRows) => await moveDatabase({ dataDir, url, stop, onRows }),
  );
  print(
    `Moved ${rows.toLocaleString('en')} rows of ${tables} tables; every table was compared and is the same.`,
  );
  print(`Now start Tertulia with DATABASE_URL. ${dataDir} is as it was; keep it until all is well.`);
}, [TransferError]);
