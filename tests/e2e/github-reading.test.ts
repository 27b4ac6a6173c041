import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FakeGitHub } from '../support/fake-github/scene.ts';
import type { Repository } from '../support/fake-github/state.ts';
import { type GitHubDesk, startGitHubDesk, type ToolCall } from '../support/github-desk.ts';

let desk: GitHubDesk;
let hub: FakeGitHub;
/** ana/shop: an issue (#1), an open pull request (#2) of bob's, and a run of CI that failed. */
let shop: Repository;

beforeAll(async () => {
  desk = await startGitHubDesk();
});
afterAll(async () => {
  await desk.stop();
});
beforeEach(async () => {
  hub = await desk.reset();
  shop = hub.seed.repository('ana/shop', { files: { 'README.md': '# Shop\n', 'cart.ts': 'one\n' } });
  hub.seed.issue(shop, { title: 'Crash', author: 'bob', labelNames: ['bug'], body: 'It crashes.' });
  shop.collaborators.set('bob', 'push');
  const sha = hub.seed.commit(shop, {
    branch: 'fix',
    files: { 'cart.ts': 'two\n' },
    message: 'Fix the cart',
  });
  hub.seed.pull(shop, { title: 'Fix the cart', head: 'fix', author: 'bob', body: 'Fixes #1' });
  hub.seed.check(shop, { sha, name: 'build' });
  hub.seed.run(shop, { name: 'CI', branch: 'fix', conclusion: 'failure', jobs: [{ log: 'no' }] });
});

const call = (name: string, given: Record<string, unknown> = {}): ToolCall => [
  name,
  { repository: 'ana/shop', ...given },
];

describe('What the agent reads', () => {
  it('comes in short, with numbers, states and addresses', async () => {
    await desk.ask([
      ['list_repositories', {}],
      call('read_repository'),
      call('read_repository', { all: true, ref: 'fix' }),
      call('list_issues'),
      call('list_issues', { kind: 'pull_requests' }),
      call('read_issue', { number: 1 }),
      call('read_pull_request', { number: 2 }),
      call('list_commits', { ref: 'fix', base: 'main' }),
      call('list_in_repository', { kind: 'branches' }),
      call('list_in_repository', { kind: 'workflow_runs' }),
      call('list_in_repository', { kind: 'collaborators' }),
      call('read_workflow_run', { branch: 'fix' }),
      ['search_github', { kind: 'issues', query: 'crash', repository: 'shop' }],
      ['search_github', { kind: 'code', query: 'one', repository: 'shop' }],
    ]);
    const expected = [
      /The account is ana[\s\S]*ana\/shop \(public\)/,
      /README\.md \(7 bytes\)[\s\S]*> # Shop/,
      /cart\.ts \(4 bytes\)/,
      /#1 "Crash" open, by bob, labels bug/,
      /#2 "Fix the cart" open, by bob, fix into main/,
      /> It crashes\./,
      /checks passing[\s\S]*check build: passing[\s\S]*cart\.ts: modified[\s\S]*> \+two/,
      /1 ahead, 0 behind[\s\S]*Fix the cart[\s\S]*> \+two/,
      /fix at \w{40}/,
      /run \d+, CI/,
      /bob, write/,
      /failure[\s\S]*> no/,
      /#1 "Crash"/,
      /ana\/shop cart\.ts/,
    ];
    expect(desk.told()).toEqual(expected.map((one) => expect.stringMatching(one)));
    expect(Math.max(...desk.told().map(({ length }) => length))).toBeLessThan(3_000);
    expect([hub.violations, desk.model.refusals]).toEqual([[], []]);
  });

  it('is cut where it is too long, and says so', async () => {
    const long = Array.from({ length: 4_000 }, (_, index) => `line ${index}`).join('\n');
    hub.seed.commit(shop, { files: { 'long.txt': long } });
    await desk.ask([call('read_repository', { path: 'long.txt' })]);
    expect(desk.told()[0]).toMatch(/more (lines|characters)/);
    expect(desk.told()[0]?.length).toBeLessThan(30_000);
  });

  it('holds no token that stands in a file or a log', async () => {
    const token = `ghp_${'aB3'.repeat(12)}`;
    hub.seed.commit(shop, { files: { '.env': `TOKEN=${token}\n` } });
    await desk.ask([call('read_repository', { path: '.env' })]);
    expect(desk.told()).toEqual([expect.stringContaining('> TOKEN=[token]')]);
  });
});
