import { describe, expect, it } from 'vitest';
import type { GitHubAccount } from '../../src/github/github.ts';
import { type Opened, openOnFake } from './opened-github.ts';

/** A write, and how often what it does is to be found at GitHub. */
interface WriteCase {
  name: string;
  /** GitHub's operationId of the request whose answer is lost. */
  loses: string;
  /** Puts there what the write needs, and gives what it has to know. */
  prepare?: (opened: Opened) => number;
  write(account: GitHubAccount, known: number, mark: string): Promise<{ repeated: boolean }>;
  /** What is there once, and would be there twice if the write were just sent again. */
  things(opened: Opened, known: number): unknown[];
  /** Such a write is not looked for: it may be sent again without harm. */
  repeatable?: true;
  /** What is lost is an object of git's that nothing points to yet, so that nobody is told. */
  unseen?: true;
}

const NEW_FILE = { branch: 'new', message: 'Add a file', files: [{ path: 'a.txt', content: 'A\n' }] };

function addBranch({ fake, shop }: Opened): string {
  return fake.seed.commit(shop, { branch: 'topic', files: { 'topic.txt': 'Topic\n' }, message: 'Add topic' });
}

function addPull(opened: Opened): number {
  addBranch(opened);
  return opened.fake.seed.pull(opened.shop, { title: 'Topic', head: 'topic', author: 'bob' }).number;
}

function addIssue({ fake, shop }: Opened): number {
  return fake.seed.issue(shop, { title: 'Cart' }).number;
}

function issueOf({ shop }: Opened, number: number) {
  const issue = shop.issues.find((candidate) => candidate.number === number);
  if (!issue) throw new Error(`There is no issue ${number}.`);
  return issue;
}

function refsOf({ shop }: Opened, name: string): string[] {
  return [...shop.git.refs.keys()].filter((ref) => ref.endsWith(`/${name}`));
}

const WRITES: WriteCase[] = [
  {
    name: 'making a repository',
    loses: 'repos/create-for-authenticated-user',
    write: (account, _known, mark) =>
      account.repositories.create({ name: 'api', description: 'API' }, { mark }),
    things: ({ fake }) => fake.state.repositories.filter(({ name }) => name === 'api'),
  },
  {
    name: 'making a repository of an organisation',
    loses: 'repos/create-in-org',
    prepare: ({ fake }) => fake.seed.organization('acme', { ana: 'admin' }).id,
    write: (account) => account.repositories.create({ name: 'api', organisation: 'acme' }),
    things: ({ fake }) => fake.state.repositories.filter(({ name }) => name === 'api'),
  },
  {
    name: 'changing settings',
    loses: 'repos/update',
    write: (account) => account.repositories.update('ana/shop', { description: 'New' }),
    things: ({ shop }) => [shop].filter(({ description }) => description === 'New'),
    repeatable: true,
  },
  {
    name: 'changing the visibility',
    loses: 'repos/update',
    write: (account) => account.repositories.setVisibility('ana/shop', 'private'),
    things: ({ shop }) => [shop].filter((repository) => repository.private),
    repeatable: true,
  },
  {
    name: 'archiving',
    loses: 'repos/update',
    write: (account) => account.repositories.setArchived('ana/shop', true),
    things: ({ shop }) => [shop].filter(({ archived }) => archived),
  },
  {
    name: 'setting topics',
    loses: 'repos/replace-all-topics',
    write: (account) => account.repositories.setTopics('ana/shop', ['web']),
    things: ({ shop }) => shop.topics,
    repeatable: true,
  },
  {
    name: 'deleting a repository',
    loses: 'repos/delete',
    prepare: ({ fake }) => fake.seed.repository('ana/api').id,
    write: (account) => account.repositories.remove('ana/api'),
    things: ({ fake }) => fake.state.repositories,
  },
  {
    name: 'opening an issue',
    loses: 'issues/create',
    write: (account, _known, mark) =>
      account.issues.create('ana/shop', { title: 'Cart', body: 'Empty' }, { mark }),
    things: ({ shop }) => shop.issues,
  },
  {
    name: 'changing an issue',
    loses: 'issues/update',
    prepare: addIssue,
    write: (account, number) => account.issues.update('ana/shop', number, { title: 'Basket' }),
    things: ({ shop }) => shop.issues.filter(({ title }) => title === 'Basket'),
    repeatable: true,
  },
  {
    name: 'closing an issue',
    loses: 'issues/update',
    prepare: addIssue,
    write: (account, number) => account.issues.close('ana/shop', number),
    things: ({ shop }) => shop.issues.filter(({ state }) => state === 'closed'),
    repeatable: true,
  },
  {
    name: 'opening an issue again',
    loses: 'issues/update',
    prepare: ({ fake, shop }) => fake.seed.issue(shop, { title: 'Cart', state: 'closed' }).number,
    write: (account, number) => account.issues.reopen('ana/shop', number),
    things: ({ shop }) => shop.issues.filter(({ state }) => state === 'open'),
    repeatable: true,
  },
  {
    name: 'commenting',
    loses: 'issues/create-comment',
    prepare: addIssue,
    write: (account, number, mark) => account.issues.comment('ana/shop', number, 'I see it too.', { mark }),
    things: (opened, number) => issueOf(opened, number).comments,
  },
  {
    name: 'putting a label on',
    loses: 'issues/add-labels',
    prepare: addIssue,
    write: (account, number) => account.labels.add('ana/shop', number, ['bug']),
    things: (opened, number) => issueOf(opened, number).labels,
    repeatable: true,
  },
  {
    name: 'setting labels',
    loses: 'issues/set-labels',
    prepare: addIssue,
    write: (account, number) => account.labels.set('ana/shop', number, ['bug']),
    things: (opened, number) => issueOf(opened, number).labels,
    repeatable: true,
  },
  {
    name: 'taking a label off',
    loses: 'issues/remove-label',
    prepare: ({ fake, shop }) =>
      fake.seed.issue(shop, { title: 'Cart', labelNames: ['bug', 'question'] }).number,
    write: (account, number) => account.labels.remove('ana/shop', number, 'bug'),
    things: (opened, number) => issueOf(opened, number).labels,
    repeatable: true,
  },
  {
    name: 'assigning',
    loses: 'issues/add-assignees',
    prepare: addIssue,
    write: (account, number) => account.labels.assign('ana/shop', number, ['ana']),
    things: (opened, number) => issueOf(opened, number).assignees,
    repeatable: true,
  },
  {
    name: 'unassigning',
    loses: 'issues/remove-assignees',
    prepare: ({ fake, shop }) => {
      const assignees = [fake.seed.user('ana'), fake.seed.user('bob')];
      shop.collaborators.set('bob', 'push');
      return fake.seed.issue(shop, { title: 'Cart', assignees }).number;
    },
    write: (account, number) => account.labels.unassign('ana/shop', number, ['bob']),
    things: (opened, number) => issueOf(opened, number).assignees,
    repeatable: true,
  },
  {
    name: 'opening a pull request',
    loses: 'pulls/create',
    prepare: (opened) => addBranch(opened).length,
    write: (account, _known, mark) =>
      account.pulls.create('ana/shop', { title: 'Topic', head: 'topic', base: 'main' }, { mark }),
    things: ({ shop }) => shop.issues,
  },
  {
    name: 'changing a pull request',
    loses: 'pulls/update',
    prepare: addPull,
    write: (account, number) => account.pulls.update('ana/shop', number, { title: 'Theme' }),
    things: ({ shop }) => shop.issues.filter(({ title }) => title === 'Theme'),
    repeatable: true,
  },
  {
    name: 'reviewing',
    loses: 'pulls/create-review',
    prepare: addPull,
    write: (account, number, mark) =>
      account.pulls.review('ana/shop', number, { verdict: 'approve' }, { mark }),
    things: (opened, number) => issueOf(opened, number).pull?.reviews ?? [],
  },
  {
    name: 'merging',
    loses: 'pulls/merge',
    prepare: addPull,
    write: (account, number) => account.pulls.merge('ana/shop', number),
    things: (opened, number) =>
      [issueOf(opened, number).pull?.merged].filter((merged) => merged !== undefined),
  },
  {
    name: 'updating the branch of a pull request',
    loses: 'pulls/update-branch',
    prepare: (opened) => {
      addBranch(opened);
      opened.fake.seed.commit(opened.shop, { files: { 'NEWS.md': 'News\n' } });
      return opened.fake.seed.pull(opened.shop, { title: 'Topic', head: 'topic' }).number;
    },
    write: (account, number) => account.pulls.updateBranch('ana/shop', number),
    things: ({ shop }) => [...shop.git.commits.values()].filter(({ parents }) => parents.length === 2),
  },
  {
    name: 'making a branch',
    loses: 'git/create-ref',
    write: (account) => account.branches.create('ana/shop', { name: 'new' }),
    things: (opened) => refsOf(opened, 'new'),
  },
  {
    name: 'moving a branch',
    loses: 'git/update-ref',
    prepare: (opened) => addBranch(opened).length,
    write: (account) => account.branches.move('ana/shop', { name: 'topic', to: 'main', force: true }),
    things: (opened) => refsOf(opened, 'topic'),
  },
  {
    name: 'deleting a branch',
    loses: 'git/delete-ref',
    prepare: (opened) => addBranch(opened).length,
    write: (account) => account.branches.remove('ana/shop', 'topic'),
    things: ({ shop }) => [...shop.git.refs.keys()],
  },
  {
    name: 'making a tag',
    loses: 'git/create-ref',
    write: (account) => account.tags.create('ana/shop', { name: 'v1', message: 'One' }),
    things: (opened) => refsOf(opened, 'v1'),
  },
  {
    name: 'writing the object of a tag',
    loses: 'git/create-tag',
    write: (account) => account.tags.create('ana/shop', { name: 'v1', message: 'One' }),
    things: (opened) => refsOf(opened, 'v1'),
    repeatable: true,
    unseen: true,
  },
  ...['git/create-blob', 'git/create-tree', 'git/create-commit', 'git/create-ref'].map(
    (loses): WriteCase => ({
      name: `committing files, at ${loses}`,
      loses,
      write: (account) => {
        const picture = { path: 'a.png', content: Buffer.from([0, 255]) };
        return account.commits.commitFiles('ana/shop', { ...NEW_FILE, files: [...NEW_FILE.files, picture] });
      },
      // Objects that nothing points to are seen by nobody: what counts is the branch's history.
      things: ({ shop }) => {
        const parents = shop.git.commits.get(shop.git.refs.get('refs/heads/new') ?? '')?.parents ?? [];
        return parents.filter((parent) => parent === shop.git.refs.get('refs/heads/main'));
      },
      ...(loses === 'git/create-ref' ? {} : { repeatable: true, unseen: true }),
    }),
  ),
  {
    name: 'committing onto a branch',
    loses: 'git/update-ref',
    write: async (account) => {
      const { sha } = await account.branches.read('ana/shop', 'main');
      return account.commits.commitFiles('ana/shop', { ...NEW_FILE, branch: 'main', expectedHead: sha });
    },
    things: ({ shop }) => shop.git.commits.get(shop.git.refs.get('refs/heads/main') ?? '')?.parents ?? [],
  },
  {
    name: 'the first commit of a repository',
    loses: 'repos/create-or-update-file-contents',
    prepare: ({ fake }) => fake.seed.repository('ana/empty').id,
    write: (account) => account.commits.commitFiles('ana/empty', { ...NEW_FILE, branch: 'main' }),
    things: ({ fake }) => [...(fake.state.repositories.at(-1)?.git.commits.values() ?? [])],
  },
  {
    name: 'making a release',
    loses: 'repos/create-release',
    write: (account, _known, mark) =>
      account.releases.create('ana/shop', { tag: 'v1', draft: true }, { mark }),
    things: ({ shop }) => shop.releases,
  },
  {
    name: 'deleting a release',
    loses: 'repos/delete-release',
    prepare: ({ fake, shop }) => {
      const release = {
        author: shop.owner,
        target: 'main',
        name: null,
        body: null,
        draft: false,
        prerelease: false,
      };
      const times = { createdAt: '2026-01-01T00:00:00Z', publishedAt: '2026-01-01T00:00:00Z' };
      for (const tag of ['v1', 'v2']) {
        shop.git.refs.set(`refs/tags/${tag}`, shop.git.refs.get('refs/heads/main') ?? '');
        shop.releases.push({ id: fake.state.nextId(), tag, ...release, ...times });
      }
      return shop.releases[0]?.id ?? 0;
    },
    write: (account, id) => account.releases.remove('ana/shop', id),
    things: ({ shop }) => shop.releases,
  },
  ...[false, true].map(
    (failedOnly): WriteCase => ({
      name: failedOnly ? 'running the failed jobs again' : 'running a workflow again',
      loses: failedOnly ? 'actions/re-run-workflow-failed-jobs' : 'actions/re-run-workflow',
      prepare: ({ fake, shop }) => fake.seed.run(shop, { name: 'CI', conclusion: 'failure' }).id,
      write: (account, id) => account.workflows.rerun('ana/shop', id, { failedOnly }),
      things: ({ shop }) => Array.from({ length: (shop.runs[0]?.attempt ?? 0) - 1 }),
    }),
  ),
];

async function doWrite(written: WriteCase, fault?: { after?: 'hang'; before?: 'cut' }) {
  const opened = await openOnFake({ timeoutMs: fault?.after ? 2_500 : 20_000 });
  const known = written.prepare?.(opened) ?? 0;
  if (fault) opened.fake.faults.add({ on: written.loses, ...fault });
  const { repeated } = await written.write(opened.account, known, 'call-1');
  const requests = opened.count(written.loses);
  const count = written.things(opened, known).length;
  await opened.close();
  return { repeated, requests, count };
}

describe('A write is done once', () => {
  it.concurrent.each(WRITES)('when GitHub has acted and the connection hangs: $name', async (written) => {
    // Without a fault first: the fake makes its checks then, which takes long, and no limit of time is near.
    expect(await doWrite(written)).toEqual({ repeated: false, requests: 1, count: 1 });
    expect(await doWrite(written, { after: 'hang' })).toEqual({
      repeated: !written.unseen,
      requests: written.repeatable ? 2 : 1,
      count: 1,
    });
  });

  it.concurrent.each(WRITES)('when the connection is cut before GitHub has acted: $name', async (written) => {
    expect(await doWrite(written, { before: 'cut' })).toEqual({
      repeated: !written.unseen,
      requests: 2,
      count: 1,
    });
  });
});
