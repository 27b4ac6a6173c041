import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ProblemError } from '../../src/errors.ts';
import { createWorkspaces, type Workspace } from '../../src/workspace/workspace.ts';

export const SECRET = 'the secret of the guard';

export interface Sandbox {
  /** Host path of the workspace. */
  root: string;
  /** Host path of the folder beside it that nothing may touch. */
  guard: string;
  workspace: Workspace;
  /** A hash of all that is beside the workspace. */
  hashOutside(): Promise<string>;
}

/** Makes a workspace with a guard folder beside it, for the running test. */
export async function createSandbox(options: { descriptors?: boolean } = {}): Promise<Sandbox> {
  const base = await mkdtemp(join(tmpdir(), 'tertulia-workspace-'));
  onTestFinished(() => rm(base, { recursive: true, force: true }));
  const root = join(base, 'root');
  const guard = join(base, 'guard');
  await mkdir(root);
  await mkdir(join(guard, 'inner'), { recursive: true });
  await writeFile(join(guard, 'secret.txt'), SECRET);
  await writeFile(join(guard, 'inner', 'secret.txt'), SECRET);
  const workspace = createWorkspaces({ root, perUser: false, ...options }).for('local');
  return { root, guard, workspace, hashOutside: () => hashTree(base, 'root') };
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
  };

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
