import { expect } from 'vitest';
import type { createClient } from './client.ts';
import { collectEvents } from './event-stream.ts';

type Client = Pick<ReturnType<typeof createClient>, 'get'>;

interface HistoryMessage {
  id: string;
  run_id: string;
  session_id: string;
  role: 'user' | 'assistant';
  content: string;
}

interface Expectation {
  /** Every question that was accepted, by its text. */
  questions: string[];
  /** How long a run may still be `running`: its lease and the sweep after it. */
  settledWithinMs: number;
  /** What says who asks, where that is not everyone's user. */
  headers?: Record<string, string>;
}

/**
 * Asserts what must hold whatever happened: each accepted question is in the history once, no run stays at work, each stream can
 * be followed to its end, and an answer stands right behind what it answers. Returns the history, oldest first.
 */
export async function expectNothingLost(
  { get }: Client,
  url: string,
  { questions, settledWithinMs, headers = {} }: Expectation,
): Promise<HistoryMessage[]> {
  const history = async (): Promise<HistoryMessage[]> =>
    (await get('/assistant/history?order=asc&limit=200')).body;
  const asked = (await history()).filter(({ role }) => role === 'user');
  for (const question of questions) {
    expect(asked.filter(({ content }) => content === question).length, question).toBe(1);
  }
  for (const runId of new Set(asked.map(({ run_id }) => run_id))) {
    await expect
      .poll(async () => (await get(`/runs/${runId}`)).body.status, { timeout: settledWithinMs })
      .toMatch(/completed|failed|cancelled|awaiting_approval/);
    const events = await collectEvents(`${url}/runs/${runId}/events`, { headers });
    expect(events.at(-1)?.event).toMatch(/^(done|error)$/);
    expect(events.map(({ id }) => Number(id))).toEqual(events.map((_, place) => place + 1));
  }
  const whole = await history();
  for (const [place, message] of whole.entries()) {
    if (message.role === 'user') continue;
    expect(whole[place - 1], message.content).toMatchObject({ role: 'user', run_id: message.run_id });
  }
  return whole;
}
