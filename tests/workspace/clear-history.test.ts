import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { HISTORY_FOLDER } from '../../src/workspace/journal/history.ts';
import { codeOf, createSandbox, makeWorkspaces, type Sandbox } from './sandbox.ts';

const DAY_MS = 86_400_000;
const text = (content: string) => Buffer.from(content);

/** A replaced file, a deleted file and a deleted folder, with their changes, the latest first. */
async function changed({ workspace }: Sandbox) {
  await workspace.write('kept.txt', text('one'));
  await workspace.write('kept.txt', text('two'));
  await workspace.write('gone.txt', text('gone'));
  await workspace.remove('gone.txt');
  await workspace.write('folder/deep/file.txt', text('in a folder'));
  await workspace.remove('folder', { recursive: true });
  return await workspace.changes.list({ limit: 10 });
}

/** What is kept was kept two days ago: what is fresh stays for a day, whoever needs it. */
async function age(root: string): Promise<void> {
  const folder = join(root, HISTORY_FOLDER, 'contents');
  const then = new Date(Date.now() - 2 * DAY_MS);
  for (const name of await readdir(folder)) await utimes(join(folder, name), then, then);
}

const keptIn = (root: string, kind: string) => readdir(join(root, HISTORY_FOLDER, kind));

test('what a change needs to be undone stays for its days, and can be brought back', async () => {
  const sandbox = await createSandbox();
  const changes = await changed(sandbox);
  await age(sandbox.root);
  expect(await sandbox.workspaces.clear()).toMatchObject({ removed: 0, contents: 0 });
  for (const { id } of changes) await sandbox.workspace.changes.undo(id);
  expect((await sandbox.workspace.list('')).entries).toEqual([]);
});

test('what is older is cleared away, and undoing says so; the files stay', async () => {
  const sandbox = await createSandbox();
  const { root, userId } = sandbox;
  const changes = await changed(sandbox);
  const [removedFolder, , removedFile, , replaced] = changes;
  await age(root);
  const workspaces = makeWorkspaces({ root, perUser: false, undoDays: 0 });
  await workspaces.clear();
  expect(await keptIn(root, 'removed')).toEqual([]);
  expect(await keptIn(root, 'contents')).toEqual([]);
  for (const change of [removedFolder, removedFile, replaced])
    expect(await codeOf(workspaces.for(userId).changes.undo(change?.id ?? ''))).toBe('content_gone');
  expect((await sandbox.workspace.readText('kept.txt')).text).toBe('two');
  expect(await sandbox.workspace.changes.list({ limit: 10 })).toHaveLength(6);
});

test('a content that is fresh, or that another change needs, is not cleared away', async () => {
  const sandbox = await createSandbox();
  const { root, workspace } = sandbox;
  await workspace.write('read.txt', text('read'));
  await writeFile(join(root, 'outside.txt'), 'somebody else');
  const { etag } = await workspace.readText('outside.txt');
  await workspace.changes.keep('outside.txt', etag);
  const before = await keptIn(root, 'contents');
  await makeWorkspaces({ root, perUser: false, undoDays: 0 }).clear();
  expect(await keptIn(root, 'contents')).toEqual(before);
  await age(root);
  await sandbox.workspaces.clear();
  expect(await keptIn(root, 'contents')).toEqual([expect.any(String)]);
  expect(await workspace.changes.keptText(etag, 'outside.txt')).toBeUndefined();
});

test('what a process staged and left behind is cleared away after a day, however deep', async () => {
  const sandbox = await createSandbox();
  await sandbox.workspace.write('a.txt', text('a'));
  const staged = join(sandbox.root, HISTORY_FOLDER, 'staged');
  const [old, fresh] = [uuidv7({ msecs: Date.now() - 2 * DAY_MS }), uuidv7()];
  for (const id of [old, fresh])
    await mkdir(join(staged, id, ...Array(200).fill('deep')), { recursive: true });
  await sandbox.workspaces.clear();
  expect(await readdir(staged)).toEqual([fresh]);
});
