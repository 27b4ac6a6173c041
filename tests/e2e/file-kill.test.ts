import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/client.ts';
import { type Place, startPlace } from '../support/servers.ts';

const FILES = 40;
const SIZE = 90_000;
/** The journal of another process is settled when its change has been pending for ten seconds. */
const SETTLE_LIMIT_MS = 40_000;

let place: Place;
beforeAll(async () => {
  place = await startPlace();
});
afterAll(() => place.remove());

const old = (index: number) => `old ${index}\n`.padEnd(SIZE, 'o');
const fresh = (index: number) => `new ${index}\n`.padEnd(SIZE, 'n');
const folderOf = (round: number) => `round-${round}`;
const fileOf = (round: number, index: number) => `${folderOf(round)}/file-${index}.txt`;
const movedTo = (round: number, index: number) => `${folderOf(round)}/moved/file-${index}.txt`;

type Server = Awaited<ReturnType<Place['start']>>;
interface Entry {
  path: string;
  from: string | null;
  operation: string;
  state: string;
}

/** A batch of changes of every kind, all at once. */
function changeAll(server: Server, round: number): Promise<Answer>[] {
  return Array.from({ length: FILES }, (_, index) => {
    const path = `/file-admin/files/${fileOf(round, index)}`;
    if (index % 4 === 0) return server.call('PUT', path, { body: Buffer.from(fresh(index)) });
    if (index % 4 === 1)
      return server.call('PATCH', path, {
        body: {
          edits: [
            { find: `old ${index}\n`, replace: `new ${index}\n` },
            { find: 'o', replace: 'n', all: true },
          ],
        },
      });
    if (index % 4 === 2) return server.call('DELETE', path);
    return server.post('/file-admin/move', { from: fileOf(round, index), to: movedTo(round, index) });
  });
}

async function contentAt(path: string): Promise<string | null> {
  return await readFile(join(place.workspace, path), 'utf8').catch(() => null);
}

/** Whether a file of a round is in its new state; fails when it is in neither. */
async function isChanged(round: number, index: number): Promise<boolean> {
  const here = await contentAt(fileOf(round, index));
  const moved = await contentAt(movedTo(round, index));
  const isOld = here === old(index) && moved === null;
  const isNew =
    index % 4 === 3
      ? here === null && moved === old(index)
      : here === (index % 4 === 2 ? null : fresh(index));
  expect(isOld !== isNew, `file ${index} is half: ${here?.slice(0, 9)}, ${moved?.slice(0, 9)}`).toBe(true);
  return isNew;
}

async function journalOf(server: Server, round: number): Promise<Entry[]> {
  const { body } = await server.get('/file-admin/changes?limit=200');
  return body.filter(({ path }: Entry) => path.startsWith(`${folderOf(round)}/`));
}

describe('a server that is killed in the middle of a batch of changes', () => {
  it.each([1, 3, 8, 17, 30])(
    'after %i answers leaves every file old or new, and the journal true',
    async (answers) => {
      await mkdir(join(place.workspace, folderOf(answers)), { recursive: true });
      for (let index = 0; index < FILES; index += 1)
        await writeFile(join(place.workspace, fileOf(answers, index)), old(index));
      const first = await place.start();
      let answered = 0;
      const { promise: enough, resolve } = Promise.withResolvers<void>();
      const batch = changeAll(first, answers).map((change) =>
        change.then(({ status }) => {
          if (status < 300) answered += 1;
          if (answered === answers) resolve();
        }),
      );
      const ended = Promise.allSettled(batch);
      await enough;
      await first.kill('SIGKILL');
      await ended;

      const second = await place.start();
      await expect
        .poll(async () => (await journalOf(second, answers)).filter(({ state }) => state === 'pending'), {
          timeout: SETTLE_LIMIT_MS,
        })
        .toEqual([]);
      const journal = await journalOf(second, answers);
      const known = new Set(journal.map(({ path, from }) => from ?? path));
      let changed = 0;
      for (let index = 0; index < FILES; index += 1) {
        const isNew = await isChanged(answers, index);
        expect(known.has(fileOf(answers, index)), `the journal about file ${index}`).toBe(isNew);
        if (isNew) changed += 1;
      }
      expect(journal.map(({ state }) => state)).toEqual(journal.map(() => 'done'));
      expect(changed).toBeGreaterThanOrEqual(answers);
      expect(changed).toBeLessThan(FILES);
      const left = await readdir(join(place.workspace, folderOf(answers)));
      expect(left.filter((name) => !/^(file-\d+\.txt|moved)$/.test(name))).toEqual([]);

      // What was done can be undone, and what was not done can be done.
      for (const { id } of (await second.get('/file-admin/changes?limit=200')).body.slice(0, journal.length))
        expect((await second.post(`/file-admin/changes/${id}/undo`, {})).status).toBe(200);
      for (let index = 0; index < FILES; index += 1) expect(await isChanged(answers, index)).toBe(false);
      await second.kill('SIGTERM');
    },
    120_000,
  );
});
