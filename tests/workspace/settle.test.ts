import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { HISTORY_FOLDER } from '../../src/workspace/journal/history.ts';
import type { Journal } from '../../src/workspace/journal/journal.ts';
import type { Workspace } from '../../src/workspace/workspace.ts';
import { anotherJournal, createSandbox, makeWorkspaces, type Sandbox } from './sandbox.ts';

/** A process that ends before its nth step, and does nothing from then on. */
const life = vi.hoisted(() => ({ steps: Number.POSITIVE_INFINITY }));

function takeStep(): void {
  life.steps -= 1;
  if (life.steps < 0) throw new Error('the process is gone');
}

// The real file system, whose changes are steps of that process.
vi.mock('node:fs/promises', async (importOriginal) => {
  const actual = await importOriginal<typeof import('node:fs/promises')>();
  const asStep =
    <Arguments extends unknown[], Result>(call: (...given: Arguments) => Result) =>
    (...given: Arguments) => {
      if (!isOfHistory(given)) takeStep();
      return call(...given);
    };
  const isOfHistory = (given: unknown[]) => String(given[0]).includes('.gitignore');
  return {
    ...actual,
    link: asStep(actual.link),
    mkdir: asStep(actual.mkdir),
    rename: asStep(actual.rename),
    rmdir: asStep(actual.rmdir),
    unlink: asStep(actual.unlink),
    copyFile: asStep(actual.copyFile),
  };
});

/** A journal whose statements are steps of that process. */
function mortalJournal(): Journal {
  const journal = anotherJournal();
  const { begin, confirm, drop } = journal;
  return {
    ...journal,
    begin: (change) => step(() => begin(change)),
    confirm: (change, state) => step(() => confirm(change, state)),
    drop: (change) => step(() => drop(change)),
  };
}

async function step<Result>(act: () => Promise<Result>): Promise<Result> {
  takeStep();
  return await act();
}

const text = (content: string) => Buffer.from(content);

/** Puts a workspace into the state in which `act` begins. */
interface Case {
  prepare?: (workspace: Workspace) => Promise<unknown>;
  act: (workspace: Workspace) => Promise<unknown>;
}

async function undoLast(workspace: Workspace): Promise<void> {
  const [last] = await workspace.changes.list({ limit: 1 });
  await workspace.changes.undo(last?.id ?? '');
}

const write: Case = { act: (workspace) => workspace.write('new/deep/a.txt', text('new')) };
const replace: Case = { act: (workspace) => workspace.write('old.txt', text('new')) };
const removeFile: Case = { act: (workspace) => workspace.remove('old.txt') };
const removeFolder: Case = { act: (workspace) => workspace.remove('folder', { recursive: true }) };
const moveFile: Case = { act: (workspace) => workspace.move('old.txt', 'there/moved.txt') };
const moveOver: Case = { act: (workspace) => workspace.move('old.txt', 'folder/a.txt', { overwrite: true }) };
const moveFolder: Case = { act: (workspace) => workspace.move('folder', 'there/moved') };
const copyFolder: Case = { act: (workspace) => workspace.copy('folder', 'there/copied') };
const makeFolder: Case = { act: (workspace) => workspace.makeFolder('there/empty') };
const moveOverSame: Case = {
  prepare: (workspace) => workspace.write('folder/a.txt', text('old')),
  act: (workspace) => workspace.move('old.txt', 'folder/a.txt', { overwrite: true }),
};
const undone = ({ act }: Case): Case => ({ prepare: act, act: undoLast });

const CASES: Record<string, Case> = {
  write,
  replace,
  removeFile,
  removeFolder,
  moveFile,
  moveOver,
  moveOverSame,
  moveFolder,
  copyFolder,
  makeFolder,
  unpack: {
    prepare: (workspace) => workspace.archive(['folder'], 'packed.zip'),
    act: (workspace) => workspace.unpack('packed.zip', 'there/unpacked'),
  },
  'undo of write': undone(write),
  'undo of replace': undone(replace),
  'undo of removeFile': undone(removeFile),
  'undo of removeFolder': undone(removeFolder),
  'undo of moveFile': undone(moveFile),
  'undo of moveOver': undone(moveOver),
  'undo of moveFolder': undone(moveFolder),
  'undo of copyFolder': undone(copyFolder),
  'undo of makeFolder': undone(makeFolder),
};

async function prepared({ prepare }: Case): Promise<Sandbox> {
  const sandbox = await createSandbox();
  await sandbox.workspace.write('old.txt', text('old'));
  await sandbox.workspace.write('folder/a.txt', text('a'));
  await sandbox.workspace.write('folder/inner/b.txt', text('b'));
  await prepare?.(sandbox.workspace);
  return sandbox;
}

async function snapshot(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const found: Record<string, string> = {};
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name).slice(root.length + 1);
    if (path.startsWith(HISTORY_FOLDER)) continue;
    // An archive holds times, which differ from one sandbox to the next.
    const isShown = entry.isFile() && !path.endsWith('.zip');
    found[path] = isShown ? await readFile(join(root, path), 'utf8') : 'a folder or an archive';
  }
  return found;
}

/** Does `act` in a process that ends before its nth step; answers whether it lived. */
async function actMortally(sandbox: Sandbox, { act }: Case, steps: number): Promise<boolean> {
  const { root, userId } = sandbox;
  const workspace = makeWorkspaces({ root, perUser: false, journal: mortalJournal() }).for(userId);
  life.steps = steps;
  await act(workspace).catch(() => undefined);
  const lived = life.steps >= 0;
  life.steps = Number.POSITIVE_INFINITY;
  return lived;
}

describe('a process that ends in the middle', () => {
  test.each(Object.entries(CASES))(
    'of %s leaves the old state or the new one, and the journal says which',
    async (_name, given) => {
      const control = await prepared(given);
      const before = await snapshot(control.root);
      const count = (await control.workspace.changes.list({ limit: 100 })).length;
      await given.act(control.workspace);
      const after = await snapshot(control.root);
      expect(after).not.toEqual(before);

      const outcomes: string[] = [];
      for (let steps = 0; ; steps += 1) {
        const sandbox = await prepared(given);
        const lived = await actMortally(sandbox, given, steps);
        const workspaces = makeWorkspaces({ root: sandbox.root, perUser: false, journal: anotherJournal() });
        await workspaces.settle();
        const workspace = workspaces.for(sandbox.userId);
        const changes = await workspace.changes.list({ limit: 100 });
        const isMade = changes.length > count;
        expect(await snapshot(sandbox.root), `after ${steps} steps`).toEqual(isMade ? after : before);
        expect(changes.map(({ state }) => state)).toEqual(changes.map(() => 'done'));
        outcomes.push(isMade ? 'new' : 'old');
        // What is there can be worked with: undone, or done now.
        if (isMade) await undoLast(workspace);
        else await given.act(workspace);
        expect(await snapshot(sandbox.root), `and then, after ${steps} steps`).toEqual(
          isMade ? before : after,
        );
        if (lived) break;
      }
      expect(new Set(outcomes)).toEqual(new Set(['old', 'new']));
    },
    120_000,
  );
});

test('a change that cannot be looked at any more stands in the way of no other one', async () => {
  const sandbox = await prepared({ act: async () => undefined });
  const { root, userId } = sandbox;
  // Dies as soon as it is written down; then somebody puts a file where a folder above it was.
  const last = async () => (await sandbox.workspace.changes.list({ limit: 1 }))[0];
  for (let steps = 0; (await last())?.state !== 'pending'; steps += 1)
    await actMortally(sandbox, { act: (mortal) => mortal.write('folder/inner/b.txt', text('new')) }, steps);
  expect((await last())?.path).toBe('folder/inner/b.txt');
  await rename(join(root, 'folder'), join(root, 'elsewhere'));
  await writeFile(join(root, 'folder'), 'a file');
  const workspaces = makeWorkspaces({ root, perUser: false, journal: anotherJournal() });
  const workspace = workspaces.for(userId);
  expect(await workspace.write('other.txt', text('other'))).toMatchObject({ operation: 'created' });
  const changes = await workspace.changes.list({ limit: 2 });
  expect(changes.map(({ path, state }) => [path, state])).toEqual([
    ['other.txt', 'done'],
    ['folder/inner/b.txt', 'unclear'],
  ]);
});

test('a change whose end nobody can tell is kept as unclear, and not undone', async () => {
  const sandbox = await prepared({ act: async () => undefined });
  const { root, userId } = sandbox;
  // Dies right before the confirmation; then somebody changes the file.
  for (let steps = 0; ; steps += 1) {
    const before = (await sandbox.workspace.readText('old.txt')).text;
    await actMortally(
      sandbox,
      { act: (workspace) => workspace.write('old.txt', text(`new ${steps}`)) },
      steps,
    );
    if ((await readFile(join(root, 'old.txt'), 'utf8')) !== before) break;
    await makeWorkspaces({ root, perUser: false, journal: anotherJournal() }).settle();
  }
  await writeFile(join(root, 'old.txt'), 'somebody else');
  const workspaces = makeWorkspaces({ root, perUser: false, journal: anotherJournal() });
  await workspaces.settle();
  const { changes } = workspaces.for(userId);
  const [last] = await changes.list({ limit: 1 });
  expect(last).toMatchObject({ path: 'old.txt', operation: 'replaced', state: 'unclear' });
  await expect(changes.undo(last?.id ?? '')).rejects.toMatchObject({ code: 'changed_since' });
  expect(await readFile(join(root, 'old.txt'), 'utf8')).toBe('somebody else');
});
