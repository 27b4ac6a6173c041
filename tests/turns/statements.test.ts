import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';

/** Accept, recall, finish, embed. */
const STATEMENTS = 4;
/** How often the events of a turn that nobody follows are written. */
const UNFOLLOWED_INTERVAL_MS = 200;
let app: TestApp;
beforeAll(async () => {
  // What is done in the background is no part of a turn.
  app = await startTestApp({
    env: { KNOWLEDGE_SCAN_INTERVAL_MS: '86400000' },
  });
});
afterAll(() => app.stop());

it.each(['recent', 'similar', 'hybrid'])(
  'takes four SQL statements for a turn without delegation (%s)',
  async (memory) => {
    await app.ask('My dog is called Luna');
    await app.services.embedder.settled();
    const query = vi.spyOn(pg.Client.prototype, 'query');
    const started = performance.now();
    await app.ask('What is my dog called?', { memory });
    await app.services.embedder.settled();
    const statements = query.mock.calls.map(([given]) => statementText(given));
    query.mockRestore();
    expect(statements.some((text) => text.includes('insert into messages'))).toBe(true);
    // On a busy machine a turn can last so long that its first events are written before its end.
    const isEarlyWrite = (text: string) => text.includes('from ours');
    const elapsed = performance.now() - started;
    expect(statements.filter(isEarlyWrite).length).toBeLessThanOrEqual(elapsed / UNFOLLOWED_INTERVAL_MS);
    const others = statements.filter((text) => !isEarlyWrite(text) && !isLook(text));
    expect(others.length, others.join('\n---\n')).toBe(STATEMENTS);
  },
);

/** Processes look now and then which embedding model serves, and whether there is an API key by now, whatever turns there are. */
function isLook(text: string): boolean {
  return /embedding_wishes|update jobs|select role, name|from api_keys/.test(text);
}

function statementText(given: unknown): string {
  if (typeof given === 'object' && given !== null && 'text' in given) return String(given.text);
  return String(given);
}
