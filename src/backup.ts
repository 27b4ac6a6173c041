import { CommandError, readArguments } from './command-line/arguments.ts';
import { stopOnInterruption } from './command-line/interruption.ts';
import { showRows } from './command-line/progress.ts';
import { runCommand } from './command-line/run-command.ts';
import { readConfig } from './config.ts';
import { makeBackup } from './transfer/backup.ts';
import { TransferError } from './transfer/transfer-error.ts';

const HELP = `Writes everything into one file: the database, and the files of the workspace with what is needed to undo changes.

  npm run backup -- --to <file> [options]

  --to <file>        a new file, such as tertulia-2026-01-31.backup; only its owner can read it
  --database-only    without the files, where they are backed up in another way
  --help             this text

Which database and which workspace: DATABASE_URL or DATA_DIR, and WORKSPACE_DIR. The embedded database takes a stopped server; with a
PostgreSQL server it may run. Hashes of API keys and sealed tokens are in the file, and everything that was said: keep it as you keep
the database. TOKEN_ENCRYPTION_KEY is not in it. docs/operations.md says more.`;

const print = (line: string) => console.log(line);

await runCommand(async () => {
  const { values, positionals } = readArguments({
    to: { type: 'string' },
    'database-only': { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return print(HELP);
  const { to: file } = values;
  if (!file || positionals.length > 0)
    throw new CommandError('Say where to: npm run backup -- --to tertulia.backup');
  const { database, workspace } = readConfig(process.env);
  const stop = stopOnInterruption(print);
  const made = await showRows({ print, doing: 'reading' }, async (onRows) => {
    const root = values['database-only'] ? undefined : workspace.root;
    return await makeBackup({ database, workspace: root, file, stop, onRows });
  });
  for (const path of made.skipped) print(`Left out, because it is neither file, folder nor link: ${path}`);
  print(
    `Backed up ${made.rows.toLocaleString('en')} rows and ${made.files.toLocaleString('en')} files in ${file}.`,
  );
}, [TransferError]);
