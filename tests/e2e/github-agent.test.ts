import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { refMoved } from '../support/fake-github/pull-state.ts';
import type { FakeGitHub } from '../support/fake-github/scene.ts';
import type { Repository } from '../support/fake-github/state.ts';
import { type GitHubDesk, startGitHubDesk, type ToolCall } from '../support/github-desk.ts';

let desk: GitHubDesk;
let hub: FakeGitHub;
/** ana/shop: an issue (#1), an open pull request (#2) of bob's, a branch without one, and a run of CI that failed. */
let shop: Repository;
let run = 0;

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
  hub.seed.commit(shop, { branch: 'later', files: { 'later.md': 'later\n' } });
  run = hub.seed.run(shop, { name: 'CI', branch: 'fix', conclusion: 'failure', jobs: [{ log: 'no' }] }).id;
});

const writes = () => hub.requests.filter(({ method }) => method !== 'GET');
const repository = 'ana/shop';
const call = (name: string, given: Record<string, unknown> = {}): ToolCall => [
  name,
  { repository, ...given },
];
const pull = () => shop.issues.find(({ number }) => number === 2);
/** What somebody else does in the meantime. */
function push(branch: string): void {
  hub.seed.commit(shop, { branch, files: { other: '1' } });
  refMoved(hub.state, shop, `refs/heads/${branch}`);
}
const head = (branch: string) => shop.git.refs.get(`refs/heads/${branch}`);

/** Each call that changes something: its effect, what the person must be shown of it, and what it comes to. */
const CHANGES: [string, () => ToolCall, 'publish' | 'destroy', string[], () => unknown, unknown][] = [
  [
    'create_repository',
    () => ['create_repository', { name: 'blog', visibility: 'public', description: 'Notes' }],
    'publish',
    ['ana/blog', 'public: everybody sees it', 'Notes', 'a README'],
    () => hub.state.repositories.find(({ name }) => name === 'blog')?.private,
    false,
  ],
  [
    'update_repository',
    () => call('update_repository', { description: 'Sells', topics: ['shop'] }),
    'publish',
    ['empty → Sells', 'none → shop'],
    () => [shop.description, shop.topics],
    ['Sells', ['shop']],
  ],
  [
    'update_repository, its visibility',
    () => call('update_repository', { visibility: 'private' }),
    'destroy',
    ['public → private', '0 stars'],
    () => shop.private,
    true,
  ],
  [
    'update_repository, archived',
    () => call('update_repository', { archived: true, description: 'Over' }),
    'destroy',
    ['false → true'],
    () => [shop.archived, shop.description],
    [true, 'Over'],
  ],
  [
    'delete_repository',
    () => call('delete_repository'),
    'destroy',
    ['ana/shop', 'nothing of it can be brought back'],
    () => hub.state.repositories.includes(shop),
    false,
  ],
  [
    'push_files to a new branch',
    () =>
      call('push_files', {
        branch: 'more',
        message: 'Add more',
        files: [
          { path: 'cart.ts', content: 'three\n' },
          { path: 'docs/a.md', content: 'alpha\n' },
        ],
        delete: ['README.md'],
      }),
    'publish',
    ['new docs/a.md (6 bytes)', 'changed cart.ts (6 bytes)', 'deleted README.md', '-one\n+three', '+alpha'],
    () => [head('more') === undefined, head('main') === head('more')],
    [false, false],
  ],
  [
    'change_branch_or_tag, create',
    () => call('change_branch_or_tag', { kind: 'branch', action: 'create', name: 'next' }),
    'publish',
    ['branch: next'],
    () => head('next') === head('main'),
    true,
  ],
  [
    'change_branch_or_tag, move by force',
    () =>
      call('change_branch_or_tag', {
        kind: 'branch',
        action: 'move',
        name: 'fix',
        target: 'main',
        force: true,
      }),
    'destroy',
    ['1 that', 'Fix the cart'],
    () => head('fix') === head('main'),
    true,
  ],
  [
    'change_branch_or_tag, delete',
    () => call('change_branch_or_tag', { kind: 'branch', action: 'delete', name: 'fix' }),
    'destroy',
    ['1 that main has not', 'Fix the cart'],
    () => head('fix'),
    undefined,
  ],
  [
    'create_release',
    () => call('create_release', { tag: 'v1', title: 'First', body: 'All new.' }),
    'publish',
    ['tag: v1', 'title: First', 'All new.'],
    () => shop.releases.map(({ tag, draft }) => [tag, draft]),
    [['v1', false]],
  ],
  [
    'rerun_workflow',
    () => call('rerun_workflow', { run, failed_only: true }),
    'publish',
    ['CI', 'those that failed'],
    () => shop.runs[0]?.attempt,
    2,
  ],
  [
    'open_issue',
    () => call('open_issue', { title: 'Slow', body: 'Very\nslow.', labels: ['bug'], assignees: ['bob'] }),
    'publish',
    ['ana/shop (public)', 'title: Slow', 'Very\nslow.', 'labels: bug', 'assigned to: bob'],
    () => shop.issues.filter(({ title }) => title === 'Slow').length,
    1,
  ],
  [
    'comment',
    () => call('comment', { number: 1, body: 'Thanks,\nI look.' }),
    'publish',
    ['#1 "Crash", open', 'Thanks,\nI look.'],
    () => shop.issues[0]?.comments.length,
    1,
  ],
  [
    'update_issue',
    () =>
      call('update_issue', {
        number: 1,
        state: 'not_planned',
        add_labels: ['wontfix'],
        remove_labels: ['bug'],
        assign: ['ana'],
      }),
    'publish',
    ['open → not planned', 'labels now: bug', 'put on: wontfix', 'take off: bug', 'assign to: ana'],
    () => [shop.issues[0]?.stateReason, shop.issues[0]?.labels.map(({ name }) => name)],
    ['not_planned', ['wontfix']],
  ],
  [
    'open_pull_request',
    () => call('open_pull_request', { title: 'Back', head: 'later', body: 'Once more.' }),
    'publish',
    ['later into main', 'later.md: added', 'Once more.'],
    () => shop.issues.filter(({ title }) => title === 'Back').length,
    1,
  ],
  [
    'review_pull_request',
    () =>
      call('review_pull_request', {
        number: 2,
        verdict: 'request_changes',
        body: 'Not yet.',
        remarks: [{ path: 'cart.ts', line: 1, body: 'Why two?' }],
      }),
    'publish',
    ['request changes', 'Not yet.', 'cart.ts:1: Why two?'],
    () => pull()?.pull?.reviews.map(({ state, comments }) => [state, comments.length]),
    [['CHANGES_REQUESTED', 1]],
  ],
  [
    'merge_pull_request',
    () => call('merge_pull_request', { number: 2, title: 'Mend the cart' }),
    'destroy',
    ['fix into main', 'checks: passing', 'title of the commit: Mend the cart', '> -one', '> +two'],
    () => pull()?.pull?.merged !== undefined,
    true,
  ],
];

describe.each(CHANGES)('%s', (name, make, effect, shown, result, wanted) => {
  it('waits for approval, shows all that will be sent, and is done once then', async () => {
    const paused = await desk.ask([make()]);
    expect([paused.status, ...desk.told()]).toEqual(['awaiting_approval']);
    expect(paused.approvals[0]).toMatchObject({ agent: 'github-admin', tool: name.split(/[ ,]/)[0], effect });
    for (const text of shown) expect(paused.approvals[0].preview).toContain(text);
    expect(writes()).toEqual([]);
    expect(await desk.approve(paused)).toMatchObject({ status: 'completed' });
    expect(desk.told()).toEqual([expect.not.stringMatching(/^(Error|Not done)/)]);
    expect(result()).toEqual(wanted);
    expect([hub.violations, desk.model.refusals]).toEqual([[], []]);
  });

  it('never happens when it is rejected', async () => {
    await desk.reject(await desk.ask([make()]));
    expect(writes()).toEqual([]);
  });
});

describe('An approval', () => {
  it.each<[string, () => ToolCall, () => unknown]>([
    ['a merge after a push', () => call('merge_pull_request', { number: 2 }), () => push('fix')],
    [
      'a merge after a check failed',
      () => call('merge_pull_request', { number: 2 }),
      () => hub.seed.check(shop, { sha: head('fix') ?? '', name: 'test', conclusion: 'failure' }),
    ],
    [
      'a merge into another branch',
      () => call('merge_pull_request', { number: 2 }),
      () => Object.assign(pull()?.pull ?? {}, { base: 'later' }),
    ],
    [
      'a review after a push',
      () => call('review_pull_request', { number: 2, verdict: 'approve' }),
      () => push('fix'),
    ],
    [
      'deleting a branch after a push',
      () => call('change_branch_or_tag', { kind: 'branch', action: 'delete', name: 'fix' }),
      () => push('fix'),
    ],
    [
      'pushing onto a branch that moved',
      () => call('push_files', { branch: 'main', message: 'm', files: [{ path: 'a', content: 'a' }] }),
      () => push('main'),
    ],
    [
      'an issue in a repository of another visibility',
      () => call('open_issue', { title: 'Secret' }),
      () => Object.assign(shop, { private: true }),
    ],
    [
      'closing an issue with another title',
      () => call('update_issue', { number: 1, state: 'closed' }),
      () => Object.assign(shop.issues[0] ?? {}, { title: 'Other' }),
    ],
    [
      'deleting a repository after a push',
      () => call('delete_repository'),
      () => Object.assign(shop, { pushedAt: '2030-01-01T00:00:00Z' }),
    ],
  ])('does not hold for %s', async (_, make, meanwhile) => {
    const paused = await desk.ask([make()]);
    expect(paused.status).toBe('awaiting_approval');
    meanwhile();
    expect(await desk.approve(paused)).toMatchObject({ status: 'completed' });
    expect(desk.told()).toEqual([expect.stringMatching(/^(Not done|Error)/)]);
    expect(writes()).toEqual([]);
  });

  it('is asked for with nothing but what will be sent', async () => {
    const body = '| a | table |\n\n<script>\u202e';
    const given = { title: 'Slow', body, labels: ['bug', 'new'], assignees: ['bob'] };
    const paused = await desk.ask([call('open_issue', given)]);
    expect(paused.approvals[0]).toMatchObject({
      summary: 'open the issue "Slow" in ana/shop',
      preview: `repository: ana/shop (public)\ntitle: Slow\nlabels: bug, new\nassigned to: bob\ntext (24 characters):\n${body}`,
    });
    await desk.approve(paused);
    const sent = writes().map(({ operationId, body: values }) => [operationId, values]);
    const mark = `\n\n<!-- tertulia:${paused.approvals[0].id} -->`;
    expect(sent).toEqual([['issues/create', { ...given, body: body + mark }]]);
  });

  it('does not hold for a folder that was changed after it was shown', async () => {
    await desk.put('site/index.html', '<p>shown</p>\n');
    const paused = await desk.ask([call('push_files', { branch: 'site', message: 'Site', folder: 'site' })]);
    expect(paused.approvals[0].preview).toContain('+<p>shown</p>');
    await desk.put('site/index.html', '<p>other</p>\n');
    await desk.approve(paused);
    expect(desk.told()).toEqual([expect.stringMatching(/^Not done/)]);
    expect(head('site')).toBeUndefined();
  });

  it('is asked of nobody for what cannot be done', async () => {
    hub.seed.pull(shop, { title: 'Draft', head: 'fix', base: 'main', draft: true });
    const impossible: ToolCall[] = [
      ['create_repository', { name: 'shop' }],
      call('merge_pull_request', { number: 3 }),
      call('merge_pull_request', { number: 99 }),
      call('open_pull_request', { title: 'Again', head: 'fix' }),
      call('open_pull_request', { title: 'Nothing', head: 'main', base: 'main' }),
      call('change_branch_or_tag', { kind: 'branch', action: 'create', name: 'fix' }),
      call('change_branch_or_tag', { kind: 'tag', action: 'delete', name: 'v9' }),
      call('push_files', { branch: 'x', message: 'm', files: [{ path: 'cart.ts', content: 'one\n' }] }),
      call('push_files', { branch: 'x', message: 'm' }),
      call('update_issue', { number: 1 }),
      ['delete_repository', { repository: 'ana/none' }],
    ];
    const done = await desk.ask(impossible);
    expect(done).toMatchObject({ status: 'completed' });
    const codes = desk.told().map((text) => /^Error (\w+)/.exec(text)?.[1]);
    const conflict = 'github_conflict';
    expect(codes).toEqual([
      ...[conflict, conflict, 'github_not_found', conflict, conflict, conflict, 'github_not_found', conflict],
      ...['invalid_request', 'invalid_request', 'github_not_found'],
    ]);
    expect(writes()).toEqual([]);
  });
});

describe('A write whose answer is lost', () => {
  it.each<[string, string, ToolCall, () => number]>([
    [
      'an issue',
      'issues/create',
      call('open_issue', { title: 'Slow' }),
      () => shop.issues.filter(({ title }) => title === 'Slow').length,
    ],
    [
      'a comment',
      'issues/create-comment',
      call('comment', { number: 1, body: 'Thanks' }),
      () => shop.issues[0]?.comments.length ?? 0,
    ],
    [
      'a merge',
      'pulls/merge',
      call('merge_pull_request', { number: 2 }),
      () => [...shop.git.commits.values()].filter(({ parents }) => parents.length > 1).length,
    ],
  ])('is found by its mark, and done once: %s', async (_, operation, made, count) => {
    hub.faults.add({ on: operation, after: 'cut' });
    await desk.approve(await desk.ask([made]));
    expect(desk.told()).toEqual([expect.stringContaining('it was done once')]);
    expect(count()).toBe(1);
  });
});
