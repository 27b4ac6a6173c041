import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MemoryMode } from '../../src/db/schema.ts';
import { TEST_USER_HEADER } from '../support/app.ts';
import type { Sent } from '../support/request-statements.ts';
import { explain, type PlanNode, pagesRead, rowsRead, scansOf } from './plan.ts';
import { type Scene, startScene } from './scene.ts';
import { storeRemarks, topic } from './store-remarks.ts';

/**
 * What one recall may read: so much for each message that the user has, and so much more whatever they have. Rows count each time
 * that they are taken up, and pages (of 8 kB) each time that they are looked at; a vector of 1536 half-precision numbers is three
 * kilobytes, so two of them fit on one.
 */
const READS: Record<MemoryMode, Record<What, Bound>> = {
  recent: {
    messages: { each: 0, more: 16 },
    message_vectors: { each: 0, more: 0 },
    pages: { each: 0, more: 42 },
  },
  similar: {
    messages: { each: 1.12, more: 15 },
    message_vectors: { each: 1, more: 0 },
    pages: { each: 0.7, more: 60 },
  },
  // Those beside the best hundred are looked up one by one, each at the end of its session's index.
  hybrid: {
    messages: { each: 2.1, more: 500 },
    message_vectors: { each: 1, more: 0 },
    pages: { each: 3.5, more: 700 },
  },
};
type What = 'messages' | 'message_vectors' | 'pages';
interface Bound {
  each: number;
  more: number;
}

const MODES = ['recent', 'similar', 'hybrid'] as const satisfies MemoryMode[];
const TABLES = ['messages', 'message_vectors'] as const;
/** One message in twenty is the first user's, four are the second one's, the others' lie between them. */
const ALL = 4_000;
const USER_OF = `case when number % 20 = 0 then 'small' when number % 5 = 1 then 'large' else 'other ' || number % 50 end`;

const USERS = ['small', 'large'] as const;

/** What a recall read, and what was there to be read. */
interface Reading {
  statement: Sent;
  plan: PlanNode;
  held: number;
}

let scene: Scene;
const readings = new Map<string, Reading>();

/** The statement by which a turn recalls, as the server sent it, and what the database did for it. */
async function read(user: string, memory: MemoryMode): Promise<Reading> {
  const { app, turn } = scene;
  const [session] = await app.runSql(
    `select id from chat_sessions where user_id = '${user}' order by id limit 1`,
  );
  const [held] = await app.runSql(`select count(*)::int as count from messages where user_id = '${user}'`);
  const asked = { memory, session_id: session?.id };
  const { sent, kinds, outcome } = await turn(`Which one was about ${topic(7)}?`, asked, {
    [TEST_USER_HEADER]: user,
  });
  expect(outcome.recalled.length).toBeGreaterThanOrEqual(5);
  const statement = sent[kinds.indexOf('recall')];
  if (!statement) throw new Error(`no recall among ${kinds.join(', ')}`);
  return { statement, plan: await planOf(statement), held: Number(held?.count) };
}

/** As it is when it was run before, so that no page is looked at for the first time since it was written. */
async function planOf(statement: Sent): Promise<PlanNode> {
  const { executor } = scene.app.services.database;
  await explain(executor, statement);
  return await explain(executor, statement);
}

function readingOf(user: string, memory: MemoryMode): Reading {
  const reading = readings.get(`${user} ${memory}`);
  if (!reading) throw new Error('it was not read');
  return reading;
}

function amounts(plan: PlanNode): Record<What, number> {
  return {
    messages: rowsRead(plan, 'messages'),
    message_vectors: rowsRead(plan, 'message_vectors'),
    pages: pagesRead(plan),
  };
}

beforeAll(async () => {
  // The messages that are stored here have their vectors already.
  scene = await startScene({ env: { EMBEDDING_SWEEP_INTERVAL_MS: '86400000' } });
  await storeRemarks(scene.app, { from: 1, to: ALL, userOf: USER_OF });
  for (const user of USERS)
    for (const memory of MODES) readings.set(`${user} ${memory}`, await read(user, memory));
});
afterAll(() => scene.stop());

describe.each(MODES)('a recall by "%s"', (memory) => {
  it.each(Object.entries(READS[memory]))(
    'reads so many %s for each of the user’s messages, and few more',
    (what, { each, more }) => {
      const [small, large] = USERS.map((user) => readingOf(user, memory));
      if (!small || !large) throw new Error('there are two users');
      // The names in READS are those of the amounts.
      const [few, many] = [amounts(small.plan)[what as What], amounts(large.plan)[what as What]];
      expect(large.held).toBeGreaterThan(3.5 * small.held);
      expect(few, `of ${small.held}`).toBeLessThanOrEqual(each * small.held + more);
      expect(many, `of ${large.held}`).toBeLessThanOrEqual(each * large.held + more);
      expect((many - few) / (large.held - small.held), 'for each message more').toBeLessThanOrEqual(each);
    },
  );

  it('finds the user’s rows by an index, so that nobody else’s are taken up and put aside', () => {
    for (const user of USERS) {
      const scans = TABLES.flatMap((table) => scansOf(readingOf(user, memory).plan, table));
      expect(scans.length).toBeGreaterThan(0);
      for (const scan of scans) {
        const condition = scan['Index Cond'] ?? scan['Recheck Cond'] ?? `nothing: ${scan['Node Type']}`;
        expect(condition).toContain(`(user_id = '${user}'::text)`);
      }
    }
  });
});

it('reads of a user’s rows what it read before, when the others have twice as many', async () => {
  const statements = MODES.map((memory) => readingOf('small', memory).statement);
  const before: PlanNode[] = [];
  for (const statement of statements) before.push(await planOf(statement));
  await storeRemarks(scene.app, { from: ALL + 1, to: 2 * ALL, userOf: `'other ' || number % 50` });
  for (const [place, statement] of statements.entries()) {
    const { pages, ...rows } = amounts(await planOf(statement));
    const { pages: pagesBefore, ...rowsBefore } = amounts(before[place] as PlanNode);
    expect(rows, MODES[place]).toEqual(rowsBefore);
    // The trees of the indexes grow in depth.
    expect(pages, MODES[place]).toBeLessThanOrEqual(1.2 * pagesBefore);
  }
});
