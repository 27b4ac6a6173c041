import { randomBytes } from 'node:crypto';
import {
  accountNamed,
  type Call,
  created,
  type Handlers,
  invalid,
  notFound,
  ok,
  page,
  Refusal,
  viewerOf,
} from './exchange.ts';
import { showAccount, showOrganization, showRepository } from './present.ts';
import { addAccount } from './seed.ts';
import { type Account, findRepository } from './state.ts';

function organizationNamed(call: Call): Account {
  const account = accountNamed(call, call.path.org);
  if (account.type !== 'Organization') throw notFound();
  return account;
}

function repositoriesOf({ state }: Call, account: Account, privately: boolean): number {
  return state.repositories.filter(
    ({ owner, private: hidden }) => owner.login === account.login && hidden === privately,
  ).length;
}

const HOUR = 3_600_000;

/** People, organisations, limits, and the tokens of app installations. */
export const accountHandlers: Handlers = {
  'users/get-authenticated': (call) => {
    const viewer = viewerOf(call);
    if (call.token?.installation) throw new Refusal(403, 'Resource not accessible by integration');
    const counts = {
      public_repos: repositoriesOf(call, viewer, false),
      owned_private_repos: repositoriesOf(call, viewer, true),
      total_private_repos: repositoriesOf(call, viewer, true),
      collaborators: 0,
    };
    return ok(showAccount(call, viewer, 'private-user', counts));
  },
  'users/get-by-username': (call) => {
    const account = accountNamed(call, call.path.username);
    return ok(
      showAccount(call, account, 'public-user', { public_repos: repositoriesOf(call, account, false) }),
    );
  },
  'orgs/list-for-authenticated-user': (call) => {
    const { login } = viewerOf(call);
    const mine = call.state.accounts.filter(({ members }) => members.has(login));
    return page(call, mine, (list) => list.map((one) => showOrganization(call, one, 'organization-simple')));
  },
  'orgs/get': (call) => {
    const organization = organizationNamed(call);
    const counts = { public_repos: repositoriesOf(call, organization, false) };
    return ok(showOrganization(call, organization, 'organization-full', counts));
  },
  'orgs/list-members': (call) => {
    const { members } = organizationNamed(call);
    const role = String(call.query.role ?? 'all');
    const wanted = [...members].filter(([, has]) => role === 'all' || role === has);
    return page(call, wanted, (list) => list.map(([login]) => showAccount(call, accountNamed(call, login))));
  },
  'rate-limit/get': (call) => {
    const shown = (resource: 'core' | 'search') => {
      const { limit, used, reset } = call.limits.allowance(call.key, resource);
      return { limit, used, remaining: Math.max(0, limit - used), reset };
    };
    return ok({ resources: { core: shown('core'), search: shown('search') }, rate: shown('core') });
  },
  'apps/list-repos-accessible-to-installation': (call) => {
    const installed = call.token?.installation;
    if (!installed) throw new Refusal(403, 'You must authenticate with an installation access token.');
    const login = call.state.installations.get(installed.id)?.account.login;
    const open = call.state.repositories.filter(
      ({ id, owner }) => installed.repositories?.includes(id) ?? owner.login === login,
    );
    return page(call, open, (list) => ({
      total_count: open.length,
      repository_selection: installed.repositories ? 'selected' : 'all',
      repositories: list.map((one) => showRepository(call, one, 'repository')),
    }));
  },
  'apps/create-installation-access-token': (call) => {
    const { state, body } = call;
    // An app speaks for itself with a JWT, which names no account here, and with nothing else.
    if (call.token || call.key === '') throw new Refusal(401, 'A JSON web token could not be decoded');
    const id = Number(call.path.installation_id);
    const installation = state.installations.get(id);
    if (!installation) throw notFound();
    const named = body.repositories as string[] | undefined;
    const chosen = named?.map((name) => {
      const repository = findRepository(state, installation.account.login, name);
      if (!repository) throw invalid({ resource: 'Installation', code: 'invalid', field: 'repositories' });
      return repository;
    });
    const login = `app-${id}[bot]`;
    addAccount(state, login, { type: 'Bot' });
    const token = `ghs_${randomBytes(18).toString('hex')}`;
    const expires = new Date(Date.now() + HOUR).toISOString().replace(/\.\d+Z$/, 'Z');
    const repositories = chosen?.map((repository) => repository.id);
    state.tokens.set(token, { login, expires, installation: { id, repositories } });
    const permissions = (body.permissions as Record<string, string> | undefined) ?? { contents: 'write' };
    return created(
      {
        token,
        expires_at: expires,
        permissions,
        repository_selection: chosen ? 'selected' : 'all',
        ...(chosen && { repositories: chosen.map((one) => showRepository(call, one, 'repository')) }),
      },
      undefined,
    );
  },
};
