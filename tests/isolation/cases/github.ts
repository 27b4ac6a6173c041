import type { IsolationCase, Shape } from '../isolation-case.ts';
import { makeRepository } from '../things.ts';
import type { World } from '../world.ts';

/** What is asked of a private repository, by its route below it. */
const REPOSITORY: Record<string, Omit<Shape, 'path'> & { path?: string }> = {
  'GET ': {},
  'PATCH ': { body: { description: 'Taken' } },
  'DELETE ': {},
  'GET /issues': {},
  'POST /issues': { body: { title: 'Mine' }, headers: { 'idempotency-key': 'anas-issue' } },
  'GET /issues/{number}': { path: '/issues/1' },
  'PATCH /issues/{number}': { path: '/issues/1', body: { title: 'Mine' } },
  'POST /issues/{number}/comments': { path: '/issues/1/comments', body: { body: 'Mine' } },
  'GET /pulls': {},
  'POST /pulls': { body: { title: 'Mine', head: 'spare', base: 'main' } },
  'GET /pulls/{number}': { path: '/pulls/2' },
  'PATCH /pulls/{number}': { path: '/pulls/2', body: { title: 'Mine' } },
  'POST /pulls/{number}/reviews': { path: '/pulls/2/reviews', body: { verdict: 'comment', body: 'Mine' } },
  'PUT /pulls/{number}/merge': { path: '/pulls/2/merge' },
  'POST /pulls/{number}/update-branch': { path: '/pulls/2/update-branch' },
  'GET /branches': {},
  'POST /branches': { body: { name: 'mine' } },
  'DELETE /branches/{*}': { path: '/branches/spare' },
  'GET /tags': {},
  'POST /tags': { body: { name: 'v1' } },
  'GET /commits': {},
  'POST /commits': { body: { branch: 'mine', message: 'Mine', files: [{ path: 'a', content: 'a' }] } },
  'GET /compare': { path: '/compare?base=main&head=topic' },
  'GET /contents/{*}': { path: '/contents/README.md' },
  'GET /releases': {},
  'POST /releases': { body: { tag: 'v1', title: 'Mine' } },
  'GET /runs': {},
  'GET /runs/{id}': { path: '/runs/RUN' },
  'GET /runs/{id}/log': { path: '/runs/RUN/log' },
  'POST /runs/{id}/rerun': { path: '/runs/RUN/rerun' },
  'GET /collaborators': {},
  'PUT /follow': {},
  'DELETE /follow': {},
};

const repositories = Object.entries(REPOSITORY).map(([key, shape]): IsolationCase => {
  const [method = '', below = ''] = key.split(' ');
  return {
    route: `${method} /github-admin/repos/{owner}/{repo}${below}`,
    make: async (world) => {
      const things = await makeRepository(world);
      if (key === 'DELETE /follow')
        await world.clients.ana.call('PUT', `/github-admin/repos/${things.repository}/follow`);
      return things;
    },
    request: ({ repository, run = '' }) => ({
      ...shape,
      path: `/github-admin/repos/${repository}${(shape.path ?? below).replace('RUN', run)}`,
    }),
    others: 'unknown',
  };
});

async function giveTokens({ giveToken }: World, users: ('ana' | 'bob' | 'root')[]): Promise<void> {
  for (const user of users) await giveToken(user);
}

const account: IsolationCase[] = [
  { route: 'GET /github-admin/token', request: () => ({ path: '/github-admin/token' }), others: 'own' },
  {
    route: 'PUT /github-admin/token',
    request: (_things, { tokens }) => ({ path: '/github-admin/token', body: { token: tokens.bob } }),
    others: 'own',
    restore: giveTokens,
  },
  {
    route: 'DELETE /github-admin/token',
    request: () => ({ path: '/github-admin/token' }),
    others: 'own',
    restore: giveTokens,
  },
  {
    route: 'GET /github-admin/repos',
    make: makeRepository,
    request: () => ({ path: '/github-admin/repos' }),
    others: 'own',
  },
  {
    route: 'POST /github-admin/repos',
    make: async ({ newName }) => ({ name: newName() }),
    request: ({ name }) => ({ path: '/github-admin/repos', body: { name } }),
    others: 'own',
  },
  {
    route: 'GET /github-admin/search',
    make: makeRepository,
    request: () => ({ path: '/github-admin/search?type=issues&query=rhododendron' }),
    others: 'own',
  },
  {
    route: 'GET /github-admin/organisations',
    make: async ({ hub, newName }) => {
      hub.seed.organization(newName(), { ana: 'admin' });
      return {};
    },
    request: () => ({ path: '/github-admin/organisations' }),
    others: 'own',
  },
  {
    route: 'GET /github-admin/followed',
    make: async (world) => {
      const { repository = '' } = await makeRepository(world);
      await world.clients.ana.call('PUT', `/github-admin/repos/${repository}/follow`);
      return {};
    },
    request: () => ({ path: '/github-admin/followed' }),
    others: 'own',
  },
];

/** GitHub: Ana's private repositories, reached with her own token. */
export const GITHUB: IsolationCase[] = [...repositories, ...account];
