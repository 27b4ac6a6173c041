import { CommandError, readArguments } from './command-line/arguments.ts';
import { stopOnInterruption } from './command-line/interruption.ts';
import { showRows } from './command-line/progress.ts';
import { runCommand } from './command-line/run-command.ts';
import { readConfig } from './config.ts';
import { restoreBackup } from './transfer/restore.ts';
import { TransferError } from './transfer/transfer-error.ts';

const HELP = `Brings back what "npm run backup" wrote, into an empty database and an empty workspace.

  npm run restore -- --from <file> [options]

  --from <file>      the backup; one of an older version is brought up to date by the next start
  --database-only    without the files
  --help             this text

Where to: DATABASE_URL or DATA_DIR, and WORKSPACE_DIR; a backup of an embedded database can be restored on a server, and the other way
round. The whole file is checked before anything is written. TOKEN_ENCRYPTION_KEY has to be the one from before.`;

const print = (line: string) => console.log(line);

await runCommand(async () => {
  const { values, positionals } = readArguments({
    from: { type: 'string' },
    'database-only': { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return print(HELP);
  const { from: file } = values;
  if (!file || positionals.length > 0)
    throw new CommandError('Say which: npm run restore -- --from tertulia.backup');
  const { database, workspace } = readConfig(process.env);
  const stop = stopOnInterruption(print);
  const restored = await showRows({ print, doing: 'writing' }, async (onRows) => {
    const root = values['database-only'] ? undefined : workspace.root;
    return await restoreBackup({ file, database, workspace: root, stop, onRows });
  });
  print(
    `Restored ${restored.rows.toLocaleString('en')} rows and ${restored.files.toLocaleString('en')} files, as they were at ${restored.createdAt}. Now start Tertulia.`,
  );
}, [TransferError]);
