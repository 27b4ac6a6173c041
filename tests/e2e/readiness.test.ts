import { describe, expect, inject, it, vi } from 'vitest';
import { startTestApp } from '../support/app.ts';
import { createTestDatabase } from '../support/database.ts';
import { startTcpGate } from '../support/tcp-gate.ts';

const isServer = inject('template').kind === 'server';
const SOON = { timeout: 20_000, interval: 100 };

describe('/ready', () => {
  it('fails when the disk has less room than it should, while /health does not', async () => {
    const app = await startTestApp({ env: { READY_MIN_FREE_MB: '1000000' } });
    const { status, body, headers } = await app.get('/ready');
    expect(status).toBe(503);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toMatchObject({ status: 'not_ready', checks: { workspace: /MiB left/, database: 'ok' } });
    expect((await app.get('/health')).status).toBe(200);
    await app.stop();
  });

  it('fails when migrations are missing, as after an older backup was put back', async () => {
    const app = await startTestApp();
    await vi.waitFor(async () => expect((await app.get('/ready')).body.status).toBe('ready'), SOON);
    await app.runSql(
      'delete from drizzle.__drizzle_migrations where id = (select max(id) from drizzle.__drizzle_migrations)',
    );
    await vi.waitFor(async () => {
      const { status, body } = await app.get('/ready');
      expect(status).toBe(503);
      expect(body.checks.migrations).toMatch(/lacks 1 migrations/);
    }, SOON);
    await app.stop();
  });
});

describe.skipIf(!isServer)(
  `a database server that goes away${isServer ? '' : ': TEST_DATABASE_URL names none, and the embedded one cannot go'}`,
  () => {
    it('makes /ready fail before a question does, and come back with it, while /health and /metrics go on', async () => {
      const database = await createTestDatabase();
      const url = new URL(database.env.DATABASE_URL ?? '');
      const gate = await startTcpGate({ host: url.hostname, port: Number(url.port || 5432) });
      url.hostname = '127.0.0.1';
      url.port = String(gate.port);
      const env = { ...database.env, DATABASE_URL: url.href };
      const app = await startTestApp({
        database: { ...database, env },
        env: { DATABASE_TIMEOUT_MS: '3000' },
      });
      expect((await app.get('/ready')).status).toBe(200);
      expect((await app.ask('Before')).status).toBe(200);

      gate.shut();
      await vi.waitFor(async () => {
        const { status, body } = await app.get('/ready');
        expect(status).toBe(503);
        expect(body.checks.database).not.toBe('ok');
      }, SOON);
      // Whoever watches /ready has taken the traffic away by now; a question that comes all the same fails, after it.
      expect((await app.get('/health')).status).toBe(200);
      const scraping = performance.now();
      const { status, body } = await app.get('/metrics');
      expect(status).toBe(200);
      expect(performance.now() - scraping).toBeLessThan(2_500);
      expect(body).toMatch(/^tertulia_database_pool\{state="total"\} /m);
      expect(body).not.toMatch(/^tertulia_queue_depth\{queue="embedding"\}/m);
      expect((await app.ask('Meanwhile')).status).toBe(503);

      gate.open();
      await vi.waitFor(async () => expect((await app.get('/ready')).status).toBe(200), SOON);
      expect((await app.ask('After')).status).toBe(200);
      await app.stop();
      await gate.close();
      await database.drop();
    });
  },
);
