import { describe, expect, it } from 'vitest';
import type { Executor } from '../../src/db/database.ts';
import type { RecallQuestion } from '../../src/memory/recall-question.ts';
import { createRecallStatements } from '../../src/memory/recall-statements.ts';

const QUESTION: RecallQuestion = {
  userId: 'ana',
  sessionId: null,
  beforeId: null,
  words: [],
  vector: null,
  legs: ['text'],
  ranges: [],
  event: null,
  recentLimit: 5,
  limit: 20,
  tokenBudget: 3_000,
  explain: false,
};

/** Notes the names under which statements are planned; says that the table of messages has a size. */
function preparing() {
  const table = { bytes: 0 };
  const names: (string | undefined)[] = [];
  const prepare = (_statement: unknown, name?: string) => {
    names.push(name);
    return () => Promise.resolve({ rows: [{ storedBytes: table.bytes }] });
  };
  // Of the executor nothing else is used, and of its rows only the size.
  const statements = createRecallStatements({ prepare } as unknown as Executor);
  return { ...statements, table, names };
}

describe('the recall statement', () => {
  it('is planned once for all users and texts', async () => {
    const { run, names } = preparing();
    await run(QUESTION);
    await run({
      ...QUESTION,
      userId: 'luis',
      words: [{ word: 'dog', axes: [], values: [], ofEvent: false }],
    });
    expect(names).toEqual([expect.stringMatching(/^recall_[0-9a-f]{32}$/)]);
  });

  it('has a plan of its own for each shape of question', async () => {
    const { run, names } = preparing();
    await run(QUESTION);
    await run({ ...QUESTION, limit: 5 });
    await run({ ...QUESTION, beforeId: '01900000-0000-7000-8000-000000000000' });
    expect(new Set(names).size).toBe(3);
  });

  it('is planned anew when the table has doubled, and not before', async () => {
    const { run, names, table } = preparing();
    for (const kilobytes of [8, 64, 127, 128, 200, 255, 256, 4_096, 5_000]) {
      table.bytes = kilobytes * 1_024;
      await run(QUESTION);
    }
    await run(QUESTION);
    expect(names).toHaveLength(4);
    expect(new Set(names).size).toBe(4);
  });

  it('is planned each time where it names a time, or is to be explained', async () => {
    const { run, names } = preparing();
    await run({ ...QUESTION, ranges: [{ text: 'since then', from: new Date(0), to: null }] });
    await run({ ...QUESTION, event: { relation: 'before' } });
    await run({ ...QUESTION, explain: true });
    expect(names).toEqual([undefined, undefined, undefined]);
  });
});
