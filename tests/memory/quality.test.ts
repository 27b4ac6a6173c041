import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DataSet, misspell, readConversations, readXquad } from '../../bench/recall/data-sets.ts';
import { type Figures, measure, type Search } from '../../bench/recall/measure.ts';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';

const CONVERSATIONS = join(import.meta.dirname, '../../bench/recall/conversations');
const XQUAD = '../shared/data/xquad';
const WAIT_FOR_VECTORS_MS = 60_000;
/** Thousands of searches. */
const LIMIT_MS = 240_000;

let app: TestApp;
beforeAll(async () => {
  // The figures are about what is found, not about how soon: nothing is to be left out because the machine is busy.
  app = await startTestApp({ env: { RECALL_DEADLINE_MS: '60000' } });
});
afterAll(() => app.stop());

/** Brings a data set into a memory of its own, and finds there over HTTP. */
async function bring(set: DataSet): Promise<Search> {
  const headers = { [TEST_USER_HEADER]: set.name };
  const brought = await fetch(`${app.url}/memory/import`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/x-ndjson' },
    body: set.lines.map((line) => JSON.stringify(line)).join('\n'),
  });
  expect(await brought.json()).toMatchObject({ imported: set.lines.length, failed: 0 });
  await expect
    .poll(() => app.runSql('select count(*)::int as waiting from embedding_queue'), {
      timeout: WAIT_FOR_VECTORS_MS,
    })
    .toEqual([{ waiting: 0 }]);
  const positions = new Map(
    set.lines.map(({ content, created_at: time }, position) => [keyOf(time, content), position]),
  );
  return async ({ text, memory }) => {
    const answer = await fetch(`${app.url}/memory/search`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ query: text, memory, limit: 20 }),
    });
    const hits = (await answer.json()) as { message: { content: string; created_at: string } }[];
    const found = hits.map(
      ({ message: { content, created_at: time } }) => positions.get(keyOf(time, content)) ?? -1,
    );
    return { found, milliseconds: 0 };
  };
}

/** Without a byte order mark, which PGlite's reader of text columns drops where it is the first character. */
function keyOf(time: string, content: string): string {
  return `${time} ${content.replace(/^\uFEFF/, '')}`;
}

async function figures(set: DataSet, search: Search, memory: 'similar' | 'hybrid'): Promise<Figures> {
  const all = (await measure(set, search, memory)).get('');
  if (!all) throw new Error('nothing was asked');
  return all;
}

/** The same questions with a letter changed in each content word. */
function misspelt(set: DataSet): DataSet {
  return {
    ...set,
    questions: set.questions.map((question) => ({ ...question, text: misspell(question.text) })),
  };
}

/** As many questions as a test has time for, from all over the set. */
function some(set: DataSet, every: number): DataSet {
  return { ...set, questions: set.questions.filter((_, number) => number % every === 0) };
}

describe('on long conversations in two languages', () => {
  it('finds the evidence as well as bench/recall says, and misspelt questions lose less than a third', {
    timeout: LIMIT_MS,
  }, async () => {
    const set = await readConversations(CONVERSATIONS);
    const search = await bring(set);
    const right = await figures(set, search, 'hybrid');
    const wrong = await figures(misspelt(set), search, 'hybrid');
    expect(right['R@5']).toBeGreaterThan(27);
    expect(right['R@20']).toBeGreaterThan(52);
    expect(wrong['R@5']).toBeGreaterThan((right['R@5'] * 2) / 3);
  });
});

describe.each([
  ['es', 92, 87],
  ['en', 93, 89],
] as const)('on XQuAD in %s', (language, hybrid, similar) => {
  it('finds the paragraph first, and misspelt questions lose less than a third', {
    timeout: LIMIT_MS,
  }, async ({ skip }) => {
    if (!existsSync(XQUAD)) skip(`there is no folder ${XQUAD} beside this checkout`);
    const set = await readXquad(XQUAD, language);
    const search = await bring(set);
    const right = await figures(set, search, 'hybrid');
    expect(right['R@1']).toBeGreaterThanOrEqual(hybrid);
    expect(right.MRR).toBeGreaterThanOrEqual(95);
    expect((await figures(some(set, 4), search, 'similar'))['R@1']).toBeGreaterThanOrEqual(similar);
    const wrong = await figures(some(misspelt(set), 8), search, 'hybrid');
    expect(wrong['R@5']).toBeGreaterThan((right['R@5'] * 2) / 3);
  });
});
