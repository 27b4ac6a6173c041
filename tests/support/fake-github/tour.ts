import type { FakeGitHub } from './scene.ts';

/** One request; answers of every form come back, and each was checked against the description. */
type Send = (
  method: string,
  path: string,
  body?: unknown,
  token?: string,
) => Promise<{ status: number; body: never }>;

interface Stop {
  request: string;
  status: number;
}

/**
 * Asks for every operation that the fake plays, once at least, in an order in which each of them works. Returns the
 * status of each request. `ghp_test` must be ana's token and `ghp_bob` bob's.
 */
export async function tour(github: FakeGitHub, send: Send): Promise<Stop[]> {
  const stops: Stop[] = [];
  const go: Go = async (request, body, token) => {
    const [method = '', path = ''] = request.split(' ');
    const answer = await send(method, path, body, token);
    stops.push({ request, status: answer.status });
    // Whatever comes back here is an object of the description; the tour reads a few fields of it.
    return (answer.body ?? {}) as Record<string, string>;
  };
  await visitAccounts(github, go);
  await visitIssues(go);
  const head = await visitGit(go);
  await visitPulls(go, head);
  await visitFiles(go);
  await visitRuns(github, go);
  await visitSearch(go);
  await leave(go);
  return stops;
}

type Go = (request: string, body?: unknown, token?: string) => Promise<Record<string, string>>;

const SHOP = '/repos/ana/shop';

async function visitAccounts({ seed, state }: FakeGitHub, go: Go): Promise<void> {
  seed.organization('acme', { ana: 'admin', bob: 'member' });
  state.installations.set(77, { account: seed.user('ana') });
  await go('GET /user');
  await go('GET /users/bob');
  await go('GET /user/orgs');
  await go('GET /orgs/acme');
  await go('GET /orgs/acme/members');
  await go('GET /rate_limit');
  await go('POST /user/repos', { name: 'shop', description: 'A shop', auto_init: true });
  await go('POST /orgs/acme/repos', { name: 'api', visibility: 'private' });
  await go('GET /user/repos?visibility=private&sort=updated');
  await go('GET /users/ana/repos');
  await go('GET /orgs/acme/repos?type=private');
  await go(`GET ${SHOP}`);
  await go(`PATCH ${SHOP}`, { description: 'The shop', allow_rebase_merge: true, has_wiki: false });
  await go(`PUT ${SHOP}/topics`, { names: ['shop', 'web'] });
  await go(`GET ${SHOP}/topics`);
  await go(`PUT ${SHOP}/collaborators/bob`, { permission: 'push' });
  state.repositories[0]?.collaborators.set('bob', 'push');
  await go(`GET ${SHOP}/collaborators`);
  await go(`GET ${SHOP}/collaborators/bob`);
  await go(`GET ${SHOP}/collaborators/bob/permission`);
  const path = '/app/installations/77/access_tokens';
  const { token } = await go(`POST ${path}`, { repositories: ['shop'] }, 'head.claims.signature');
  await go('GET /installation/repositories', undefined, token);
}

async function visitIssues(go: Go): Promise<void> {
  const issues = `${SHOP}/issues`;
  await go(`POST ${issues}`, { title: 'The door jams', body: 'Always', labels: ['bug'], assignees: ['ana'] });
  await go(`GET ${issues}?state=all&labels=bug&sort=updated`);
  await go('GET /issues?filter=all');
  await go('GET /user/issues');
  await go(`GET ${issues}/1`);
  await go(`PATCH ${issues}/1`, { state: 'closed', state_reason: 'not_planned' });
  await go(`PATCH ${issues}/1`, { state: 'open' });
  const { id } = await go(`POST ${issues}/1/comments`, { body: 'I see' });
  await go(`GET ${issues}/1/comments`);
  await go(`GET ${issues}/comments/${id}`);
  await go(`PATCH ${issues}/comments/${id}`, { body: 'I saw' });
  await go(`DELETE ${issues}/comments/${id}`);
  await go(`POST ${SHOP}/labels`, { name: 'urgent', color: 'ff0000' });
  await go(`GET ${SHOP}/labels/urgent`);
  await go(`GET ${SHOP}/labels`);
  await go(`POST ${issues}/1/labels`, { labels: ['urgent'] });
  await go(`GET ${issues}/1/labels`);
  await go(`DELETE ${issues}/1/labels/bug`);
  await go(`PUT ${issues}/1/labels`, { labels: ['question'] });
  await go(`DELETE ${issues}/1/labels`);
  await go(`DELETE ${SHOP}/labels/urgent`);
  await go(`GET ${SHOP}/assignees`);
  await go(`POST ${issues}/1/assignees`, { assignees: ['bob'] });
  await go(`DELETE ${issues}/1/assignees`, { assignees: ['bob'] });
}

/** Makes the branch `feature` through the git data API; resolves to its commit. */
async function visitGit(go: Go): Promise<string> {
  const git = `${SHOP}/git`;
  const { object } = await go(`GET ${git}/ref/heads/main`);
  const { sha: base } = object as unknown as { sha: string };
  const { tree } = await go(`GET ${git}/commits/${base}`);
  const { sha: baseTree } = tree as unknown as { sha: string };
  const { sha: blob } = await go(`POST ${git}/blobs`, { content: 'ZG9vcg==', encoding: 'base64' });
  await go(`GET ${git}/blobs/${blob}`);
  const entries = [{ path: 'src/door.ts', mode: '100644', type: 'blob', sha: blob }];
  const { sha: newTree } = await go(`POST ${git}/trees`, { base_tree: baseTree, tree: entries });
  await go(`GET ${git}/trees/${newTree}?recursive=1`);
  const { sha = '' } = await go(`POST ${git}/commits`, {
    message: 'Add a door',
    tree: newTree,
    parents: [base],
  });
  await go(`POST ${git}/refs`, { ref: 'refs/heads/feature', sha });
  await go(`GET ${git}/matching-refs/heads/`);
  await go(`PATCH ${git}/refs/heads/feature`, { sha, force: false });
  const tag = { tag: 'v0', message: 'The first', object: sha, type: 'commit' };
  const { sha: tagSha } = await go(`POST ${git}/tags`, tag);
  await go(`GET ${git}/tags/${tagSha}`);
  await go(`POST ${git}/refs`, { ref: 'refs/tags/v0', sha: tagSha });
  await go(`GET ${SHOP}/tags`);
  await go(`DELETE ${git}/refs/tags/v0`);
  return sha;
}

async function visitPulls(go: Go, head: string): Promise<void> {
  const pull = `${SHOP}/pulls/2`;
  await go(`POST ${SHOP}/pulls`, { title: 'A door', head: 'feature', base: 'main', body: 'Fixes #1' });
  await go(`GET ${SHOP}/pulls?head=ana:feature&state=all`);
  await go(`GET ${pull}`);
  await go(`PATCH ${pull}`, { title: 'A better door' });
  await go(`GET ${pull}/files`);
  await go(`GET ${pull}/commits`);
  await go(`POST ${pull}/requested_reviewers`, { reviewers: ['bob'] });
  const comments = [{ path: 'src/door.ts', body: 'Nice', line: 1 }];
  const { id } = await go(`POST ${pull}/reviews`, { body: 'Hm', comments }, 'ghp_bob');
  await go(`GET ${pull}/reviews/${id}`, undefined, 'ghp_bob');
  await go(`POST ${pull}/reviews/${id}/events`, { event: 'REQUEST_CHANGES' }, 'ghp_bob');
  await go(`GET ${pull}/reviews`);
  await go(`GET ${pull}/comments`);
  await go(`GET ${SHOP}/commits/${head}/pulls`);
  await go(`GET ${SHOP}/commits/${head}/status`);
  await go(`GET ${SHOP}/commits/${head}/check-runs`);
  const content = Buffer.from('Sell things\n').toString('base64');
  await go(`PUT ${SHOP}/contents/docs/aim.md`, { message: 'Write down the aim', content });
  await go(`PUT ${pull}/update-branch`, {});
  await go(`PUT ${pull}/merge`, { merge_method: 'squash' });
  await go(`GET ${pull}/merge`);
}

async function visitFiles(go: Go): Promise<void> {
  await go(`GET ${SHOP}/readme`);
  await go(`GET ${SHOP}/contents/docs`);
  const { sha } = await go(`GET ${SHOP}/contents/docs/aim.md?ref=main`);
  await go(`DELETE ${SHOP}/contents/docs/aim.md`, { message: 'No aim', sha });
  await go(`GET ${SHOP}/branches`);
  await go(`GET ${SHOP}/branches/feature`);
  await go(`GET ${SHOP}/commits?path=docs&author=ana`);
  await go(`GET ${SHOP}/commits/main`);
  await go(`GET ${SHOP}/compare/main...feature`);
  await go(`DELETE ${SHOP}/git/refs/heads/feature`);
  const { id } = await go(`POST ${SHOP}/releases`, { tag_name: 'v1', name: 'One', body: 'New' });
  await go(`GET ${SHOP}/releases`);
  await go(`GET ${SHOP}/releases/${id}`);
  await go(`GET ${SHOP}/releases/latest`);
  await go(`GET ${SHOP}/releases/tags/v1`);
  await go(`PATCH ${SHOP}/releases/${id}`, { name: 'The one' });
  await go(`DELETE ${SHOP}/releases/${id}`);
}

async function visitRuns({ state, seed }: FakeGitHub, go: Go): Promise<void> {
  const [repository] = state.repositories;
  if (!repository) throw new Error('The shop is gone.');
  const sha = repository.git.refs.get('refs/heads/main') ?? '';
  seed.check(repository, { sha, name: 'tests', conclusion: 'failure', summary: 'Two fail' });
  const status = { id: state.nextId(), sha, context: 'ci', description: null, createdAt: state.now() };
  repository.statuses.push({ ...status, state: 'success' });
  await go(`GET ${SHOP}/commits/main/status`);
  await go(`GET ${SHOP}/commits/main/check-runs`);
  const run = seed.run(repository, {
    name: 'CI',
    conclusion: 'failure',
    jobs: [{ name: 'test', log: 'not ok 1\n' }],
  });
  await go(`GET ${SHOP}/actions/runs?status=failure&branch=main`);
  await go(`GET ${SHOP}/actions/runs/${run.id}`);
  await go(`GET ${SHOP}/actions/runs/${run.id}/jobs`);
  await go(`GET ${SHOP}/actions/runs/${run.id}/logs`);
  await go(`GET ${SHOP}/actions/jobs/${run.jobs[0]?.id}/logs`);
  await go(`POST ${SHOP}/actions/runs/${run.id}/rerun-failed-jobs`);
  Object.assign(run, { status: 'completed', conclusion: 'success' });
  await go(`POST ${SHOP}/actions/runs/${run.id}/rerun`);
}

async function visitSearch(go: Go): Promise<void> {
  await go('GET /search/issues?q=door+repo:ana/shop+is:pr+in:title');
  await go('GET /search/code?q=shop+repo:ana/shop+extension:md');
  await go('GET /search/repositories?q=shop+user:ana');
}

async function leave(go: Go): Promise<void> {
  await go(`DELETE ${SHOP}/collaborators/bob`);
  await go(`PATCH ${SHOP}`, { name: 'store', archived: true });
  await go('DELETE /repos/ana/store');
}
