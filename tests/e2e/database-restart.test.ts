import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, createClient } from '../support/client.ts';
import { expectNothingLost } from '../support/invariants.ts';
import { startProxy } from '../support/proxy.ts';
import { type Place, startPlace } from '../support/servers.ts';

// Restarts the whole server, so it must have it to itself: `.ci/run` runs this file alone.
const folder = process.env.TEST_POSTGRES_FOLDER;
const LEASE_MS = 2_000;
const ASKERS = 8;
const QUESTIONS_EACH = 15;
const PATIENCE_MS = 60_000;

let place: Place;
beforeEach(async () => {
  if (folder) place = await startPlace();
});
afterEach(() => place?.remove());

const postgres = (command: string, ...more: string[]) =>
  promisify(execFile)('bash', ['scripts/postgres.sh', command, String(folder), ...more]);

/** When the PostgreSQL server was started. */
async function startTime(): Promise<string> {
  const client = new pg.Client({ connectionString: process.env.TEST_DATABASE_URL });
  await client.connect();
  const { rows } = await client.query('select pg_postmaster_start_time()::text as time');
  await client.end();
  return rows[0].time;
}

describe.skipIf(!folder)(
  `a PostgreSQL server that is restarted under load${folder ? '' : ': TEST_POSTGRES_FOLDER names none that may be'}`,
  () => {
    it('costs no question, no answer and no second one', async () => {
      const env = { RUN_LEASE_MS: String(LEASE_MS), DATABASE_TIMEOUT_MS: '5000' };
      const [one, other] = await Promise.all([place.start({ env }), place.start({ env })]);
      const proxy = await startProxy([one.url, other.url]);
      const client = createClient(proxy.url);
      place.fake.onChat(({ messages }) => ({ content: `On ${messages.at(-1)?.content}`, delayMs: 50 }));

      /** Asks as a careful client does: with a key, again while the server says so, and by retrying a run that was interrupted. */
      async function askUntilAnswered(query: string, sessionId: string): Promise<Answer> {
        const giveUpAt = performance.now() + PATIENCE_MS;
        while (performance.now() < giveUpAt) {
          const key = { 'idempotency-key': query.replaceAll(' ', '-') };
          const answer = await client.ask(query, { session_id: sessionId }, key).catch(() => undefined);
          if (answer?.status === 200) return answer;
          if (answer?.body.run_id) {
            const retried = await client
              .post(`/runs/${answer.body.run_id}/retry`, undefined)
              .catch(() => undefined);
            if (retried?.status === 200) return retried;
          }
          await sleep(100);
        }
        throw new Error(`"${query}" was not answered within ${PATIENCE_MS} ms`);
      }

      const sessions = await Promise.all(
        Array.from(
          { length: ASKERS },
          async () => (await client.post('/sessions', undefined)).body.id as string,
        ),
      );
      const restarting = Promise.withResolvers<void>();
      let answered = 0;
      // However fast the answers come, there is a question on its way when the database goes.
      let isBack = false;
      const asked = sessions.map(() => 0);
      const asking = sessions.map(async (sessionId, asker) => {
        for (let number = 0; number < QUESTIONS_EACH || !isBack; number += 1) {
          asked[asker] = number + 1;
          const query = `Question ${number} of asker ${asker}`;
          const { body } = await askUntilAnswered(query, sessionId);
          expect(body).toMatchObject({ status: 'completed', response: `On ${query}` });
          answered += 1;
          if (answered === ASKERS * 2) restarting.resolve();
        }
      });
      await restarting.promise;
      const before = await startTime();
      await postgres('stop');
      await postgres('start', '--fast');
      isBack = true;
      await Promise.all(asking);
      // Each asker had a question on its way meanwhile, refused or held up: it asks on until the server is back.
      expect(await startTime()).not.toBe(before);

      for (const [asker, sessionId] of sessions.entries()) {
        const inSession = {
          get: (path: string) =>
            client.get(path.includes('/history') ? `${path}&session_id=${sessionId}` : path),
        };
        const questions = Array.from(
          { length: asked[asker] ?? 0 },
          (_, number) => `Question ${number} of asker ${asker}`,
        );
        const history = await expectNothingLost(inSession, proxy.url, {
          questions,
          settledWithinMs: 4 * LEASE_MS,
        });
        expect(history.map(({ content }) => content)).toEqual(
          questions.flatMap((query) => [query, `On ${query}`]),
        );
      }
      await proxy.close();
    }, 180_000);
  },
);
