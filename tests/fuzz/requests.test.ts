import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openGitHub } from '../../src/github/github.ts';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';
import { startFakeGitHub } from '../support/fake-github/fake-github.ts';
import type { FakeGitHub } from '../support/fake-github/scene.ts';
import { fuzz } from '../support/fuzz/fuzz.ts';
import { operationsOf } from '../support/fuzz/operations.ts';
import type { Request } from '../support/fuzz/requests.ts';
import { expectNothingLost } from '../support/invariants.ts';

const REQUESTS = Number(process.env.FUZZ_REQUESTS || 1_500);
/** The same requests each time, so that a failure is about a change; other seeds find more, and are tried by hand. */
const SEED = Number(process.env.FUZZ_SEED || 20_261_122);
/** A request takes some ten milliseconds on a machine that does nothing else. */
const LIMIT_MS = 60_000 + REQUESTS * 100;
const TOKEN = 'ghp_q7Zr2LkV9xTb4NcW8yHd3JmS6fPa1GuE5oXi';
const WEBHOOK_SECRET = 'a secret of the webhook for fuzzing';
const AT_ONCE = { secondMs: 10, writeGapMs: 0, notificationGapMs: 0, searchGapMs: 0 };
/** Most requests are of one user, so that things come together; `local` has the GitHub token of the environment. */
const LOCAL = { [TEST_USER_HEADER]: 'local' };
const USERS = [
  ...[LOCAL, LOCAL, LOCAL, { [TEST_USER_HEADER]: "o'brien" }],
  { [TEST_USER_HEADER]: 'eve', 'x-test-role': 'admin' },
];
/** Nobody's business: she asks now and then, and must find everything as she left it. */
const MARIA = { [TEST_USER_HEADER]: 'maria' };
const MOST_QUESTIONS = 60;

let app: TestApp;
let hub: FakeGitHub;
beforeAll(async () => {
  const scopes = ['repo', 'delete_repo', 'read:org', 'workflow'];
  hub = await startFakeGitHub({ tokens: { [TOKEN]: { login: 'ana', scopes } } });
  seedShop();
  app = await startTestApp({
    env: {
      GITHUB_TOKEN: TOKEN,
      GITHUB_WEBHOOK_SECRET: WEBHOOK_SECRET,
      TOKEN_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    },
    github: openGitHub({ apiUrl: hub.baseUrl, timeoutMs: 5_000, pace: AT_ONCE }),
  });
  await seedFiles();
});
afterAll(async () => {
  await app.stop();
  await hub.close();
});

/** What the requests name; it comes back when one of them has deleted it. */
function seedShop(): void {
  if (hub.state.repositories.some(({ name }) => name === 'shop')) return;
  const shop = hub.seed.repository('ana/shop', { files: { 'README.md': '# Shop\n', 'a.txt': 'milk\n' } });
  hub.seed.commit(shop, { branch: 'feature', files: { 'b.json': '{}\n' } });
  hub.seed.issue(shop, { title: 'Fix it', commentBodies: ['Soon'] });
  hub.seed.pull(shop, { title: 'Add b.json', head: 'feature' });
  hub.seed.run(shop, { name: 'CI' });
}

/** The files that the requests name, which come back, too. */
async function seedFiles(): Promise<void> {
  for (const path of ['notes/a.md', 'a.txt', 'b.json']) {
    await app.call('PUT', `/file-admin/files/${path}`, { body: Buffer.from('milk\noats\n'), headers: LOCAL });
  }
}

/** Half of the deliveries are signed as GitHub signs them. */
function signed(request: Request): Request {
  if (request.operation.path !== '/github-admin/webhook' || (request.body?.length ?? 0) % 2 === 1)
    return request;
  const body = request.body ?? Buffer.alloc(0);
  const signature = createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex');
  return { ...request, headers: { ...request.headers, 'x-hub-signature-256': `sha256=${signature}` } };
}

it(
  'answers whatever is asked, in time, as it says of itself, and tells nothing of its inside',
  async () => {
    const maria = createClient(app.url, MARIA);
    const questions: string[] = [];
    const every = Math.max(1, Math.ceil(REQUESTS / 8 / MOST_QUESTIONS));
    const { body: document } = await app.get('/openapi.json');
    const report = await fuzz({
      ...{ url: app.url, document, count: REQUESTS, seed: SEED, users: USERS, finish: signed },
      secrets: [app.workspace, app.database.env.DATA_DIR, process.cwd(), TOKEN, WEBHOOK_SECRET, 'Rosinante'],
      beside: async (round) => {
        seedShop();
        if (round % 20 === 0) await seedFiles();
        if (round % 250 === 0)
          console.log(`${8 * round} requests after ${Math.round(performance.now() / 1000)} s`);
        if (round % every !== 0 || questions.length >= MOST_QUESTIONS) return;
        const question = `My horse Rosinante is ${questions.length} years old`;
        expect((await maria.ask(question)).status).toBe(200);
        questions.push(question);
      },
    });
    const statuses = [...report.statuses].toSorted(([one], [other]) => one - other);
    const operations = operationsOf(document).length;
    console.log(
      `${report.sent} requests (${statuses.map(([status, times]) => `${times} x ${status}`).join(', ')}); ` +
        `${report.succeeded.size} of ${operations} operations succeeded at least once`,
    );
    expect(report.sent).toBeGreaterThan(REQUESTS * 0.9);
    // Otherwise most requests would have come no further than the first check.
    expect(report.succeeded.size).toBeGreaterThan(operations * (REQUESTS < 5_000 ? 0.3 : 0.6));

    await expectNothingLost(maria, app.url, { questions, settledWithinMs: 20_000, headers: MARIA });
    const { body: asked } = await maria.ask('How old is my horse Rosinante?');
    expect(asked).toMatchObject({ status: 'completed', response: expect.stringContaining('Rosinante') });
    await expect
      .poll(
        async () => (await app.runSql("select 1 from runs where status in ('queued', 'running')")).length,
        { timeout: 20_000 },
      )
      .toBe(0);
    expect((await app.get('/ready')).status).toBe(200);
  },
  LIMIT_MS,
);
