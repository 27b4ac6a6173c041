import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ProblemError } from '../../src/errors.ts';
import { etagOf } from '../../src/workspace/sandbox/etags.ts';
import { createPathLocks } from '../../src/workspace/sandbox/path-locks.ts';
import { codeOf, createSandbox, makeWorkspaces, namesIn, problemOf } from './sandbox.ts';

const text = (content: string) => Buffer.from(content);

/** Which attempts worked, by index; the others must have failed with precondition_failed. */
async function winners(attempts: readonly Promise<unknown>[]): Promise<number[]> {
  const outcomes = await Promise.allSettled(attempts);
  return outcomes.flatMap((outcome, index) => {
    if (outcome.status === 'fulfilled') return [index];
    expect(outcome.reason).toBeInstanceOf(ProblemError);
    expect(outcome.reason).toMatchObject({ code: 'precondition_failed' });
    return [];
  });
}

describe('If-Match', () => {
  test('takes the ETag, one of several, or any; and nothing else', async () => {
    const { workspace } = await createSandbox();
    const first = etagOf(text('1'));
    await workspace.write('a.txt', text('1'));
    for (const ifMatch of ['"other"', 'W/"x"', `W/${first}`, first.slice(1, -1), '']) {
      expect(await codeOf(workspace.write('a.txt', text('2'), { ifMatch })), ifMatch).toBe(
        'precondition_failed',
      );
    }
    expect((await workspace.write('a.txt', text('2'), { ifMatch: first })).operation).toBe('replaced');
    const several = `"other", ${etagOf(text('2'))}`;
    expect((await workspace.write('a.txt', text('3'), { ifMatch: several })).operation).toBe('replaced');
    expect((await workspace.write('a.txt', text('4'), { ifMatch: '*' })).operation).toBe('replaced');
    expect(await codeOf(workspace.write('a.txt', text('4'), { ifMatch: first }))).toBe('precondition_failed');
  });

  test('fails for a file that does not exist, and makes no folder for it', async () => {
    const { root, workspace } = await createSandbox();
    for (const path of ['new.txt', 'folder/new.txt']) {
      expect(await codeOf(workspace.write(path, text('1'), { ifMatch: '*' }))).toBe('precondition_failed');
      expect(await codeOf(workspace.edit(path, [{ find: 'a', replace: 'b' }], { ifMatch: '*' }))).toBe(
        'precondition_failed',
      );
    }
    expect(await namesIn(root)).toEqual([]);
  });

  test('is decided before an edit is tried', async () => {
    const { workspace } = await createSandbox();
    await workspace.write('a.txt', text('1'));
    const edits = [{ find: 'missing', replace: 'b' }];
    expect(await codeOf(workspace.edit('a.txt', edits, { ifMatch: '"other"' }))).toBe('precondition_failed');
    expect(await codeOf(workspace.edit('a.txt', edits, { ifNoneMatch: '*' }))).toBe('precondition_failed');
    expect(await codeOf(workspace.edit('a.txt', edits, { ifMatch: '*' }))).toBe('edit_does_not_apply');
  });

  test('lets exactly one of many writers win, through any of the objects', async () => {
    const { root } = await createSandbox();
    const workspaces = makeWorkspaces({ root, perUser: false });
    for (let round = 0; round < 10; round += 1) {
      const before = await workspaces.for('ana').write('a.txt', text(`before ${round}`));
      const attempts = Array.from({ length: 8 }, (_, writer) =>
        workspaces
          .for(`user-${writer}`)
          .write('a.txt', text(`${round} by ${writer}`), { ifMatch: before.etag }),
      );
      const [winner, ...others] = await winners(attempts);
      expect(others).toEqual([]);
      expect((await workspaces.for('ana').readText('a.txt')).text).toBe(`${round} by ${winner}`);
    }
  });

  test('notices a change by someone outside the server until the last moment', async () => {
    const { root, workspace } = await createSandbox();
    await workspace.write('a.txt', text('1'));
    const attempt = Promise.allSettled([workspace.write('a.txt', text('2'), { ifMatch: etagOf(text('1')) })]);
    for (let count = 0; count < 200; count += 1) await writeFile(join(root, 'a.txt'), `outside ${count}`);
    const [outcome] = await attempt;
    if (outcome?.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'precondition_failed' });
    expect((await workspace.readText('a.txt')).text).toBe('outside 199');
  });
});

describe('If-None-Match: *', () => {
  test('creates, and never replaces', async () => {
    const { workspace } = await createSandbox();
    expect((await workspace.write('a/b.txt', text('1'), { ifNoneMatch: '*' })).operation).toBe('created');
    expect(await codeOf(workspace.write('a/b.txt', text('1'), { ifNoneMatch: '*' }))).toBe(
      'precondition_failed',
    );
    expect(await codeOf(workspace.write('a', text('1'), { ifNoneMatch: '*' }))).toBe('is_folder');
  });

  test('lets exactly one of many creators win, also when they share no lock', async () => {
    const { root } = await createSandbox();
    for (let round = 0; round < 10; round += 1) {
      const path = `folder-${round}/new.txt`;
      const attempts = Array.from({ length: 8 }, (_, writer) =>
        makeWorkspaces({ root, perUser: false })
          .for('ana')
          .write(path, text(`by ${writer}`), { ifNoneMatch: '*' }),
      );
      const [winner, ...others] = await winners(attempts);
      expect(others).toEqual([]);
      const { entries } = await makeWorkspaces({ root, perUser: false }).for('ana').list(`folder-${round}`);
      expect(entries.map((entry) => entry.size)).toEqual([`by ${winner}`.length]);
      expect(await readdir(join(root, `folder-${round}`))).toEqual(['new.txt']);
    }
  });
});

test('edits of one file at the same time are all kept', async () => {
  const { workspace } = await createSandbox();
  const words = Array.from({ length: 20 }, (_, index) => `<word ${index}>`);
  await workspace.write('a.txt', text(words.join('\n')));
  await Promise.all(words.map((word) => workspace.edit('a.txt', [{ find: word, replace: 'done' }])));
  expect((await workspace.readText('a.txt')).text).toBe(words.map(() => 'done').join('\n'));
});

describe('the lock of a path', () => {
  test('is waited for no longer than its limit, and those behind still wait for the holder', async () => {
    const locks = createPathLocks(50);
    const order: string[] = [];
    const { promise: holderDone, resolve: finish } = Promise.withResolvers<void>();
    const holder = locks.hold('key', () => holderDone.then(() => void order.push('holder')), {
      path: 'a.txt',
    });
    const problem = await problemOf(locks.hold('key', async () => order.push('never'), { path: 'a.txt' }));
    expect(problem.code).toBe('workspace_busy');
    expect(problem.message).toContain('"a.txt" waits for other changes');
    const behind = locks.hold('key', async () => void order.push('behind'), { path: 'a.txt' });
    await locks.hold('other', async () => void order.push('other'), { path: 'b.txt' });
    finish();
    await Promise.all([holder, behind]);
    expect(order).toEqual(['other', 'holder', 'behind']);
  });

  test('is given up when the caller leaves, and free after a failure', async () => {
    const locks = createPathLocks();
    const failing = locks.hold('key', () => sleep(20).then(() => Promise.reject(new Error('failed'))), {
      path: 'a',
    });
    const leaving = new AbortController();
    const left = locks.hold('key', async () => 'never', { path: 'a', signal: leaving.signal });
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    await expect(failing).rejects.toThrow('failed');
    expect(await locks.hold('key', async () => 'free', { path: 'a' })).toBe('free');
  });
});
