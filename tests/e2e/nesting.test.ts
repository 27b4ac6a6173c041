import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FakeOpenAI } from '../support/fake-openai.ts';
import { type Place, startPlace } from '../support/servers.ts';

const PROGRAM = 'tests/support/nested-server.ts';
const FILES = ['a.md', 'b.md'];

let place: Place;
let deletions: string[];

beforeEach(async () => {
  place = await startPlace();
  deletions = [];
  for (const file of FILES) await writeFile(join(place.workspace, file), file);
  place.fake.onChat(crew);
});
afterEach(() => place.remove());

/** The supervisor hands two tasks to foreman, who hands each on to file-admin, who deletes the file that the task names. */
function crew({ messages, tools = [] }: Parameters<Parameters<FakeOpenAI['onChat']>[0]>[0]) {
  const names = tools.map((tool) => tool.function.name);
  const last = messages.at(-1);
  if (last?.role === 'tool') {
    if (names.includes('delete_file')) deletions.push(String(last.content));
    return { content: names.includes('delegate_to_foreman') ? 'All is done.' : 'Done.' };
  }
  const task = String(last?.content);
  if (names.includes('delegate_to_foreman'))
    return { toolCalls: FILES.map((file) => handOver('foreman', `delete ${file}`)) };
  if (names.includes('delegate_to_file_admin')) return { toolCalls: [handOver('file_admin', task)] };
  return { toolCalls: [{ name: 'delete_file', arguments: { path: task.replace('delete ', '') } }] };
}

const handOver = (agent: string, task: string) => ({ name: `delegate_to_${agent}`, arguments: { task } });
const isThere = (file: string) =>
  access(join(place.workspace, file)).then(
    () => true,
    () => false,
  );

describe('two approvals at the same time, three graphs deep', () => {
  it.each([
    [0, 1],
    [1, 0],
  ])(
    'are decided after a restart, one by one (%i first), and each call is made once',
    async (first, second) => {
      const before = await place.start({ program: PROGRAM });
      const { body: paused } = await before.ask('Clear up');
      expect(paused).toMatchObject({ status: 'awaiting_approval', agents: ['foreman', 'file-admin'] });
      const summaries = paused.approvals.map(({ summary }: { summary: string }) => summary);
      expect(summaries.toSorted()).toEqual(['delete a.md', 'delete b.md']);
      await before.kill('SIGKILL');

      const after = await place.start({ program: PROGRAM });
      const decide = (position: number) =>
        after.post(`/runs/${paused.run_id}/approvals/${paused.approvals[position].id}`, {
          decision: 'approve',
        });
      const fileOf = (position: number) => summaries[position].replace('delete ', '');
      const half = await decide(first);
      expect(half.body).toMatchObject({
        status: 'awaiting_approval',
        approvals: [{ id: paused.approvals[second].id, code: paused.approvals[second].code }],
      });
      expect([await isThere(fileOf(first)), await isThere(fileOf(second))]).toEqual([false, true]);
      const whole = await decide(second);
      expect(whole.body).toMatchObject({ status: 'completed', response: 'All is done.' });
      expect(await isThere(fileOf(second))).toBe(false);
      expect(deletions.filter((result) => result.includes('deleted'))).toHaveLength(2);
      const { body: run } = await after.get(`/runs/${paused.run_id}`);
      expect(run.tool_calls.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
        'returned',
        'returned',
      ]);
      expect(place.fake.refusals).toEqual([]);
    },
  );
});
