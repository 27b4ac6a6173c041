import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { settleCall } from '../../src/agents/tool-runner.ts';
import type { FakeGitHub } from '../support/fake-github/scene.ts';
import { type GitHubDesk, startGitHubDesk, type ToolCall } from '../support/github-desk.ts';

let desk: GitHubDesk;
let hub: FakeGitHub;

beforeAll(async () => {
  desk = await startGitHubDesk();
});
afterAll(async () => {
  await desk.stop();
});
beforeEach(async () => {
  hub = await desk.reset();
  const shop = hub.seed.repository('ana/shop', { files: { 'cart.ts': 'one\n' } });
  hub.seed.issue(shop, { title: 'Crash', author: 'bob', commentBodies: ['Thanks'] });
  hub.seed.commit(shop, { branch: 'fix', files: { 'cart.ts': 'two\n' } });
  hub.seed.pull(shop, { title: 'Fix the cart', head: 'fix', author: 'bob' });
  hub.seed.commit(shop, { branch: 'later', files: { 'later.md': 'later\n' } });
});

const call = (name: string, given: Record<string, unknown> = {}): ToolCall => [
  name,
  { repository: 'ana/shop', ...given },
];
const branch = (action: string, name: string) =>
  call('change_branch_or_tag', { kind: 'branch', action, name });

/** What becomes of a call whose process has died, as far as GitHub tells. */
async function settled([name, given]: ToolCall, id: string) {
  const tool = desk.agent.tools.find((one) => one.name === name);
  const known = {
    agent: 'github-admin',
    effect: 'publish',
    before: null,
    outcome: 'called',
    result: '',
  } as const;
  return (await settleCall({ id, tool: name, arguments: given, ...known }, tool, 'user')).outcome;
}

describe('A call whose process died', () => {
  it.each<[string, ToolCall]>([
    ['create_repository', ['create_repository', { name: 'blog' }]],
    ['delete_repository', call('delete_repository')],
    [
      'push_files',
      call('push_files', { branch: 'more', message: 'More', files: [{ path: 'a', content: 'a' }] }),
    ],
    ['a new branch', branch('create', 'next')],
    ['a deleted branch', branch('delete', 'later')],
    ['a new tag', call('change_branch_or_tag', { kind: 'tag', action: 'create', name: 'v0' })],
    ['create_release', call('create_release', { tag: 'v1' })],
    ['open_issue', call('open_issue', { title: 'Slow' })],
    ['comment', call('comment', { number: 1, body: 'Thanks' })],
    ['open_pull_request', call('open_pull_request', { title: 'Later', head: 'later' })],
    ['merge_pull_request', call('merge_pull_request', { number: 2 })],
  ])('is looked for at GitHub: %s', async (_, made) => {
    const id = uuidv7();
    expect(await settled(made, id)).toBe('failed');
    await desk.approve(await desk.ask([made]));
    expect(await settled(made, id)).toBe('returned');
    expect(hub.violations).toEqual([]);
  });

  it('is not known of where GitHub does not tell', async () => {
    expect(await settled(call('update_issue', { number: 1, state: 'closed' }), uuidv7())).toBe('unknown');
    hub.faults.add({ on: 'GET /**', times: 20, before: 'cut' });
    expect(await settled(call('open_issue', { title: 'Slow' }), uuidv7())).toBe('unknown');
  });
});
