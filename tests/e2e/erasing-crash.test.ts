import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../support/fault.ts';
import { type Place, startPlace } from '../support/servers.ts';
import { exportOf } from '../support/traces.ts';

const SOON = { timeout: 30_000, interval: 200 };
const PRELOAD = './tests/support/fault.ts';
const env = { RUN_LEASE_MS: '1500' };

let place: Place;

beforeEach(async () => {
  place = await startPlace();
  place.fake.onChat(() => ({ content: 'Noted.' }));
});
afterEach(() => place.remove());

const dying = (fault: Omit<Fault, 'action'>) =>
  place.start({
    env: { ...env, TEST_FAULT: JSON.stringify({ ...fault, action: 'kill' }) },
    preload: PRELOAD,
  });

/** A conversation, an import, a followed file and a change that can be undone. */
async function remember(server: Awaited<ReturnType<Place['start']>>): Promise<void> {
  await writeFile(join(place.workspace, 'a.md'), 'once');
  await server.post('/file-consultant/documents', { path: 'a.md' });
  await server.ask('Where is the boat?');
  await server.call('PUT', '/file-admin/files/a.md', { body: Buffer.from('twice') });
}

describe('a server that is killed while it erases everything', () => {
  it.each(['insert into memory_erasures', 'delete from runs', 'delete from github_tokens'])(
    'has all of it as before when the transaction was not over (%s)',
    async (statement) => {
      const server = await dying({ when: 'before', statement });
      await remember(server);
      const before = (await exportOf(server)).lines.filter(({ type }) => type === 'message');
      await expect(server.call('DELETE', '/memory')).rejects.toThrow();
      const again = await place.start({ env });
      const after = (await exportOf(again)).lines;
      expect(after.filter(({ type }) => type === 'message')).toEqual(before);
      const kinds = after.map(({ type }) => type);
      for (const kind of ['session', 'run', 'event', 'followed', 'file_change'])
        expect(kinds).toContain(kind);
      expect((await again.call('DELETE', '/memory')).body).toMatchObject({ messages: 2, runs: 1 });
    },
  );

  it('has nothing left when it was, and takes away afterwards what was kept of files', async () => {
    const server = await dying({ when: 'before', statement: 'set files_left = false' });
    await remember(server);
    const contents = join(place.workspace, '.tertulia-history', 'contents');
    const { lines } = await exportOf(server);
    const { before } = lines.find(
      ({ type, operation }) => type === 'file_change' && operation === 'replaced',
    );
    const kept = join(contents, String(before.etag).slice(1, -1));
    await access(kept);
    await writeFile(join(contents, 'f'.repeat(64)), 'kept for a call that waits');
    await expect(server.call('DELETE', '/memory')).rejects.toThrow();
    const again = await place.start({ env });
    expect((await exportOf(again)).lines.map(({ type }) => type)).toEqual(['export', 'token_usage', 'end']);
    const isThere = (path: string) =>
      access(path).then(
        () => true,
        () => false,
      );
    await expect.poll(() => isThere(kept), SOON).toBe(false);
    await expect.poll(() => isThere(join(contents, 'f'.repeat(64))), SOON).toBe(false);
  });
});
