import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { createEmptyDatabase } from '../support/empty-database.ts';
import { expectToGoOn, fillServer, observe, PATIENT } from '../support/filled-server.ts';
import { startProcess } from '../support/process.ts';

// PostgreSQL's own programs are in the system that scripts/postgres.sh makes.
const system = process.env.TEST_POSTGRES_FOLDER;
// It starts two servers, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

const DUMP = '/tmp/tertulia.dump';
const inSystem = (...command: string[]) => promisify(execFile)('chroot', [String(system), ...command]);

describe.skipIf(!system)(
  `pg_dump and pg_restore${system ? '' : ': TEST_POSTGRES_FOLDER names no system'}`,
  () => {
    it('bring an installation back, as docs/operations.md says', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'tertulia-dump-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const source = await createTestDatabase();
      onTestFinished(source.drop);
      const target = await createEmptyDatabase();
      onTestFinished(target.drop);
      const workspace = join(folder, 'workspace');
      async function start(env: Record<string, string>) {
        const server = await startProcess({ ...PATIENT, DATA_DIR: folder, ...env });
        onTestFinished(() => void server.kill('SIGKILL'));
        expect(server.url, server.output.text).toMatch(/^http:/);
        return server;
      }

      const url = String(source.env.DATABASE_URL);
      const first = await start({ DATABASE_URL: url, WORKSPACE_DIR: workspace });
      const filled = await fillServer(first, workspace);
      const before = await observe(first);
      await first.kill('SIGTERM');
      await inSystem('pg_dump', '--format=custom', '--no-owner', `--file=${DUMP}`, `--dbname=${url}`);
      onTestFinished(() => rm(join(String(system), DUMP), { force: true }));
      await inSystem('pg_restore', '--no-owner', '--single-transaction', `--dbname=${target.url}`, DUMP);
      const copy = join(folder, 'copy');
      await cp(workspace, copy, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });

      const second = await start({ DATABASE_URL: target.url, WORKSPACE_DIR: copy });
      expect(await observe(second)).toEqual(before);
      await expectToGoOn(second, filled);
    });
  },
);
