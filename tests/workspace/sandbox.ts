import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { ProblemError } from '../../src/errors.ts';
import { createExplorer, type Explorer } from '../../src/workspace/explorer/explorer.ts';
import { HISTORY_FOLDER } from '../../src/workspace/journal/history.ts';
import { createJournal, type Journal } from '../../src/workspace/journal/journal.ts';
import {
  createWorkspaces,
  type Workspace,
  type Workspaces,
  type WorkspacesOptions,
} from '../../src/workspace/workspace.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let testDatabase: TestDatabase;
let database: Database;
let journal: Journal;
let explorer: Explorer;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const { DATA_DIR: dataDir, DATABASE_URL: url } = testDatabase.env;
  database = await openDatabase({ dataDir, url, poolSize: 5, timeoutMs: 10_000 }, () => undefined);
  journal = createJournal({ executor: database.executor });
  explorer = createExplorer();
});
afterAll(async () => {
  await explorer.close();
  await database.close();
  await testDatabase.drop();
});

/** Makes workspaces over the journal of this test file, or over another one on the same database. */
export function makeWorkspaces(
  options: Pick<WorkspacesOptions, 'root' | 'perUser'> & Partial<WorkspacesOptions>,
): Workspaces {
  return createWorkspaces({ journal, explorer, exclusively: database.exclusively, undoDays: 90, ...options });
}

/** The journal of another process on the same database. */
export function anotherJournal(): Journal {
  return createJournal({ executor: database.executor });
}

/** A journal that writes nothing down, for a process that may not. */
export function forgetfulJournal(): Journal {
  const nothing = async () => undefined;
  return { ...anotherJournal(), begin: async () => 'begun', confirm: nothing, drop: nothing };
}

export const SECRET = 'the secret of the guard';

export interface Sandbox {
  /** Host path of the workspace. */
  root: string;
  /** Host path of the folder beside it that nothing may touch. */
  guard: string;
  workspace: Workspace;
  workspaces: Workspaces;
  userId: string;
  /** A hash of all that is beside the workspace. */
  hashOutside(): Promise<string>;
}

/** Makes a workspace with a guard folder beside it, for the running test. */
export async function createSandbox(options: { descriptors?: boolean } = {}): Promise<Sandbox> {
  const base = await mkdtemp(join(tmpdir(), 'tertulia-workspace-'));
  // Node's own `rm` cannot take away what is deeper than a path can be.
  onTestFinished(() => void execFileSync('rm', ['-rf', base]));
  const root = join(base, 'root');
  const guard = join(base, 'guard');
  await mkdir(root);
  await mkdir(join(guard, 'inner'), { recursive: true });
  await writeFile(join(guard, 'secret.txt'), SECRET);
  await writeFile(join(guard, 'inner', 'secret.txt'), SECRET);
  const workspaces = makeWorkspaces({ root, perUser: false, ...options });
  // A user of its own has a journal of its own.
  const userId = randomUUID();
  const workspace = workspaces.for(userId);
  return { root, guard, workspace, workspaces, userId, hashOutside: () => hashTree(base, 'root') };
}

/** Hashes names, types, modes, times of change and contents below `folder`, but for its entry `except`. */
async function hashTree(folder: string, except?: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(folder)).sort()) {
    if (name === except) continue;
    const path = join(folder, name);
    const stats = await lstat(path);
    hash.update(`${name} ${stats.mode} ${stats.mtimeMs} ${stats.nlink}\n`);
    if (stats.isDirectory()) hash.update(await hashTree(path));
    else if (stats.isSymbolicLink()) hash.update(await readlink(path));
    else hash.update(await readFile(path));
  }
  return hash.digest('hex');
}

/** Every operation of a workspace, by name, for tables. */
export const OPERATIONS: Readonly<Record<string, (workspace: Workspace, path: string) => Promise<unknown>>> =
  {
    list: (workspace, path) => workspace.list(path),
    stat: (workspace, path) => workspace.stat(path),
    read: (workspace, path) => workspace.read(path),
    readText: (workspace, path) => workspace.readText(path),
    write: (workspace, path) => workspace.write(path, Buffer.from('written')),
    edit: (workspace, path) => workspace.edit(path, [{ find: 'secret', replace: 'leak' }]),
    remove: (workspace, path) => workspace.remove(path, { recursive: true }),
    measure: (workspace, path) => workspace.measure(path),
    search: async (workspace, path) => await Array.fromAsync(workspace.search(path, { text: 'secret' })),
    readLines: (workspace, path) => workspace.readLines(path),
    patch: (workspace, path) => workspace.patch(path, '@@ -1 +1 @@\n-the secret of the guard\n+leak\n'),
    'compare from': async (workspace, path) => workspace.compare(path, await knownFile(workspace)),
    'compare to': async (workspace, path) => workspace.compare(await knownFile(workspace), path),
    'move from': (workspace, path) => workspace.move(path, 'moved.txt'),
    'move to': async (workspace, path) =>
      workspace.move(await knownFile(workspace), path, { overwrite: true }),
    'copy from': (workspace, path) => workspace.copy(path, 'copied.txt'),
    'copy to': async (workspace, path) =>
      workspace.copy(await knownFile(workspace), path, { overwrite: true }),
    makeFolder: (workspace, path) => workspace.makeFolder(path),
    'archive from': (workspace, path) => workspace.archive([path], 'packed.zip'),
    'archive to': async (workspace, path) => workspace.archive([await knownFile(workspace)], path),
    'unpack from': (workspace, path) => workspace.unpack(path, 'unpacked'),
    'unpack to': async (workspace, path) => workspace.unpack(await knownArchive(workspace), path),
  };

/** What is in a workspace's root, but for what the workspace keeps to undo changes and what `OPERATIONS` need. */
export async function namesIn(root: string): Promise<string[]> {
  return (await readdir(root)).filter((name) => name !== HISTORY_FOLDER && name !== 'known').sort();
}

/** A file for operations that take two paths; writing it again changes nothing. */
async function knownFile(workspace: Workspace): Promise<string> {
  return (await workspace.write('known/known.txt', Buffer.from('known'))).path;
}

async function knownArchive(workspace: Workspace): Promise<string> {
  const path = 'known/known.zip';
  const isThere = await workspace.stat(path).then(
    () => true,
    () => false,
  );
  if (!isThere) await workspace.archive([await knownFile(workspace)], path);
  return path;
}

/** The problem that `attempt` is refused with; fails when it is not refused or fails otherwise. */
export async function problemOf(attempt: Promise<unknown>): Promise<ProblemError> {
  const outcome: unknown = await attempt.then(
    (value) => new Error(`expected a refusal, got ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (outcome instanceof ProblemError) return outcome;
  throw outcome;
}

/** The code of the problem that `attempt` is refused with. */
export async function codeOf(attempt: Promise<unknown>): Promise<string> {
  return (await problemOf(attempt)).code;
}
