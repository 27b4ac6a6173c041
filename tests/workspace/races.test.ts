import { spawn } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ProblemError } from '../../src/errors.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';

/** A change is flushed to the disk, so it takes longer than a look. */
const LOOKS = 400;
const CHANGES = 60;

/** Swaps `real` and a link at `name`, as fast as it can, until the test ends: what an attacker beside the server does. */
const SWAP = `
const { renameSync } = require('node:fs');
const [name, real, link] = process.argv.slice(1);
process.stdout.write('ready');
for (;;) {
  try { renameSync(name, real); renameSync(link, name); renameSync(name, link); renameSync(real, name); } catch {}
}`;

async function swapInBackground(name: string): Promise<void> {
  const child = spawn(process.execPath, ['-e', SWAP, name, `${name}-real`, `${name}-link`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
}

/** Runs `attempt` many times; gives how often it worked, and with which codes it was refused. */
async function repeat(rounds: number, attempt: () => Promise<unknown>): Promise<Map<string, number>> {
  const outcomes = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1) {
    const outcome = await attempt().then(
      () => 'worked',
      (error: unknown) => {
        if (error instanceof ProblemError) return error.code;
        throw error;
      },
    );
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  return outcomes;
}

function expectOnly(outcomes: Map<string, number>, more: string[] = []): void {
  const known = [
    ...more,
    'worked',
    'path_is_link',
    'file_not_found',
    'is_file',
    'is_folder',
    'workspace_failed',
    'folder_not_empty',
  ];
  for (const outcome of outcomes.keys()) expect(known).toContain(outcome);
}

async function prepareFolder({ root, guard }: Sandbox): Promise<void> {
  await mkdir(join(root, 'swap'));
  await writeFile(join(root, 'swap', 'secret.txt'), 'inside');
  await symlink(guard, join(root, 'swap-link'));
  await swapInBackground(join(root, 'swap'));
}

test('reading through a folder that is swapped for a link never reads outside', async () => {
  const sandbox = await createSandbox();
  await prepareFolder(sandbox);
  const outcomes = await repeat(LOOKS, async () => {
    const file = await sandbox.workspace.readText('swap/secret.txt');
    expect(file.text).toBe('inside');
  });
  expectOnly(outcomes);
  expect(outcomes.get('worked')).toBeGreaterThan(0);
});

test('listing a folder that is swapped for a link never lists outside', async () => {
  const sandbox = await createSandbox();
  await prepareFolder(sandbox);
  const outcomes = await repeat(LOOKS, async () => {
    const { entries } = await sandbox.workspace.list('swap');
    expect(entries.map((entry) => entry.name)).not.toContain('inner');
  });
  expectOnly(outcomes);
});

test('writing, editing and deleting in a folder that is swapped for a link change nothing outside', async () => {
  const sandbox = await createSandbox();
  await prepareFolder(sandbox);
  const before = await sandbox.hashOutside();
  let round = 0;
  const outcomes = await repeat(CHANGES, async () => {
    round += 1;
    await sandbox.workspace.write('swap/secret.txt', Buffer.from(`secret ${round}`));
    await sandbox.workspace.write('swap/made/deeper/new.txt', Buffer.from('new'));
    await sandbox.workspace.edit('swap/secret.txt', [{ find: 'secret', replace: 'edited' }]);
    await sandbox.workspace.remove('swap/made', { recursive: true });
    await sandbox.workspace.remove('swap/secret.txt');
  });
  expectOnly(outcomes);
  expect(await sandbox.hashOutside()).toBe(before);
});

test('moving, copying, packing, unpacking, searching and undoing in a folder that is swapped for a link touch nothing outside', async () => {
  const sandbox = await createSandbox();
  const { workspace } = sandbox;
  await workspace.write('beside/inner/file.txt', Buffer.from('inside'));
  await workspace.archive(['beside'], 'packed.zip');
  await prepareFolder(sandbox);
  const before = await sandbox.hashOutside();
  const steps: [string, () => Promise<unknown>][] = [
    ['copy in', () => workspace.copy('beside', 'swap/copied')],
    ['copy out', () => workspace.copy('swap', 'copied-out')],
    ['make', () => workspace.makeFolder('swap/made/deeper')],
    ['move in', () => workspace.move('beside/inner', 'swap/moved')],
    ['move out', () => workspace.move('swap/moved', 'beside/inner')],
    ['unpack', () => workspace.unpack('packed.zip', 'swap/unpacked')],
    ['pack', () => workspace.archive(['swap'], 'swapped.zip')],
    ['compare', () => workspace.compare('swap/secret.txt', 'packed.zip')],
    ['lines', async () => expect((await workspace.readLines('swap/secret.txt')).text).toBe('inside')],
    [
      'search',
      async () => {
        for await (const event of workspace.search('', { text: 'secret of the guard' }))
          expect(event.type === 'match' ? event.match : null).toBe(null);
      },
    ],
    ['undo', () => workspace.changes.undoLast()],
  ];
  const worked = new Set<string>();
  for (let round = 0; round < CHANGES; round += 1) {
    for (const [name, step] of steps) {
      const outcomes = await repeat(1, step);
      expectOnly(outcomes, ['already_exists', 'changed_since', 'change_not_found', 'not_regular_file']);
      if (outcomes.has('worked')) worked.add(name);
    }
    for (const name of ['swap/copied', 'swap/made', 'swap/unpacked', 'copied-out', 'swapped.zip'])
      await repeat(1, () => workspace.remove(name, { recursive: true }));
    await repeat(1, () => workspace.move('swap/moved', 'beside/inner'));
  }
  expect(worked.size).toBeGreaterThan(steps.length / 2);
  expect(await sandbox.hashOutside()).toBe(before);
});

test('a file that is swapped for a link is never followed, neither for reading nor for writing', async () => {
  const sandbox = await createSandbox();
  const { root, guard, workspace } = sandbox;
  await writeFile(join(root, 'swap'), 'inside');
  await symlink(join(guard, 'secret.txt'), join(root, 'swap-link'));
  const before = await sandbox.hashOutside();
  await swapInBackground(join(root, 'swap'));
  expectOnly(await repeat(LOOKS, async () => expect((await workspace.readText('swap')).text).toBe('inside')));
  expectOnly(await repeat(CHANGES, () => workspace.write('swap', Buffer.from('inside'))));
  expectOnly(await repeat(CHANGES, () => workspace.edit('swap', [{ find: 'in', replace: 'in' }])));
  expect(await sandbox.hashOutside()).toBe(before);
});
