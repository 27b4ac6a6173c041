import { link, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { anotherJournal, codeOf, createSandbox, makeWorkspaces } from './sandbox.ts';

const ROUNDS = 40;
const text = (content: string) => Buffer.from(content);

/** The workspace of one user as two servers have it that share a database and a disk. */
async function twoServers() {
  const { root, userId } = await createSandbox();
  const server = () => makeWorkspaces({ root, perUser: false, journal: anotherJournal() }).for(userId);
  return { root, one: server(), other: server() };
}

describe('two servers on one workspace', () => {
  test('a file that is written while its folder is deleted is there, or was deleted with it', async () => {
    const { one, other } = await twoServers();
    for (let round = 0; round < ROUNDS; round += 1) {
      await one.write('d/first.txt', text('first'));
      const [written, removed] = await Promise.all([
        one.write('d/x.txt', text(`x ${round}`)),
        other.remove('d', { recursive: true }),
      ]);
      const isWrittenLast = (written.id ?? '') > removed.id;
      if (isWrittenLast) expect((await other.readText('d/x.txt')).text).toBe(`x ${round}`);
      else expect(await codeOf(one.stat('d'))).toBe('file_not_found');
      await one.changes.undo(isWrittenLast ? (written.id ?? '') : removed.id);
      const back = isWrittenLast ? 'file_not_found' : undefined;
      expect(
        await one.readText('d/x.txt').then(
          () => undefined,
          (error) => error.code,
        ),
      ).toBe(back);
      await one.remove('d', { recursive: true }).catch(() => undefined);
    }
  });

  test('of a write and a deletion with the same ETag exactly one happens', async () => {
    const { one, other } = await twoServers();
    for (let round = 0; round < ROUNDS; round += 1) {
      const { etag: ifMatch } = await one.write('a.txt', text(`old ${round}`));
      const outcomes = await Promise.allSettled([
        one.write('a.txt', text(`new ${round}`), { ifMatch }),
        other.remove('a.txt', { ifMatch }),
      ]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });

  test('one change is undone by one of them', async () => {
    const { root, one, other } = await twoServers();
    for (let round = 0; round < ROUNDS; round += 1) {
      await one.write('a.txt', text(`first ${round}`));
      const { id } = await other.write('a.txt', text(`second ${round}`));
      const undo = (workspace: typeof one) => workspace.changes.undo(id ?? '');
      const outcomes = await Promise.allSettled([undo(one), undo(other)]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await readFile(join(root, 'a.txt'), 'utf8')).toBe(`first ${round}`);
    }
  });
});

test('moving a file over another name of itself leaves one of them, and can be undone', async () => {
  const { root, workspace } = await createSandbox();
  await workspace.write('a.txt', text('both'));
  await link(join(root, 'a.txt'), join(root, 'b.txt'));
  const { id } = await workspace.move('a.txt', 'b.txt', { overwrite: true });
  expect(await codeOf(workspace.stat('a.txt'))).toBe('file_not_found');
  expect((await workspace.readText('b.txt')).text).toBe('both');
  await workspace.changes.undo(id);
  expect((await workspace.readText('a.txt')).text).toBe('both');
  expect((await workspace.readText('b.txt')).text).toBe('both');
});
