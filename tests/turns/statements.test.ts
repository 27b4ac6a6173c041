import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';

const MOST_STATEMENTS = 8;
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

it.each(['recent', 'similar', 'hybrid'])(
  'takes at most 8 SQL statements for a turn without delegation (%s)',
  async (memory) => {
    await app.ask('My dog is called Luna');
    await app.services.embedder.settled();
    const query = vi.spyOn(pg.Client.prototype, 'query');
    await app.ask('What is my dog called?', { memory });
    await app.services.embedder.settled();
    const statements = query.mock.calls.map(([given]) => statementText(given));
    query.mockRestore();
    expect(statements.some((text) => text.includes('insert into messages'))).toBe(true);
    expect(statements.length, statements.join('\n---\n')).toBeLessThanOrEqual(MOST_STATEMENTS);
  },
);

function statementText(given: unknown): string {
  if (typeof given === 'object' && given !== null && 'text' in given) return String(given.text);
  return String(given);
}
