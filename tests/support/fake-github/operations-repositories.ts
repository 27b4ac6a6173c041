import {
  type Answer,
  accountNamed,
  type Call,
  created,
  type Handlers,
  invalid,
  mayIn,
  notFound,
  nothing,
  ok,
  page,
  Refusal,
  repositoryOf,
  text,
  viewerOf,
} from './exchange.ts';
import { nodeId, permissionFlags, repositoryUrl, showAccount, showRepository } from './present.ts';
import { commitFiles, newRepository } from './seed.ts';
import { type Account, findRepository, type Permission, permissionOf, type Repository } from './state.ts';

const ROLES: Record<Permission, 'read' | 'triage' | 'write' | 'maintain' | 'admin'> = {
  pull: 'read',
  triage: 'triage',
  push: 'write',
  maintain: 'maintain',
  admin: 'admin',
};

function create(call: Call, owner: Account): Answer {
  const { state, body } = call;
  // GitHub turns whatever does not fit into a name into dashes.
  const name = String(body.name)
    .trim()
    .replaceAll(/[^\w.-]+/g, '-');
  requireFreeName(call, owner, name);
  const hidden = body.private === true || body.visibility === 'private';
  const scopes = call.token?.scopes;
  if (scopes && !scopes.includes('repo') && (hidden || !scopes.includes('public_repo'))) {
    throw new Refusal(403, 'Resource not accessible by personal access token');
  }
  const repository = newRepository(state, {
    owner,
    name,
    description: text(body, 'description') ?? null,
    homepage: text(body, 'homepage') ?? null,
    private: hidden,
  });
  applySettings(repository, body);
  if (body.auto_init === true) {
    const about = repository.description === null ? '' : `\n${repository.description}\n`;
    const author = viewerOf(call);
    const files = { 'README.md': `# ${name}${about}` };
    commitFiles(state, repository, { files, message: 'Initial commit', author });
  }
  return created(showRepository(call, repository, 'full-repository'), repositoryUrl(call, repository));
}

function requireFreeName({ state }: Call, owner: Account, name: string): void {
  if (name === '' || name === '.' || name === '..') {
    throw invalid({ resource: 'Repository', code: 'missing_field', field: 'name' });
  }
  if (findRepository(state, owner.login, name)) {
    const message = 'name already exists on this account';
    throw new Refusal(422, 'Repository creation failed.', [
      { resource: 'Repository', code: 'custom', field: 'name', message },
    ]);
  }
}

function applySettings({ settings }: Repository, body: Record<string, unknown>): void {
  for (const name of Object.keys(settings)) {
    if (typeof body[name] === 'boolean') Object.assign(settings, { [name]: body[name] });
  }
}

function update(call: Call): Answer {
  const { body, state } = call;
  const repository = repositoryOf(call, 'admin');
  if (repository.archived && body.archived !== false) {
    throw new Refusal(403, 'Repository was archived so is read-only.');
  }
  const name = text(body, 'name');
  if (name !== undefined && name !== repository.name) {
    if (name.toLowerCase() !== repository.name.toLowerCase()) requireFreeName(call, repository.owner, name);
    repository.formerNames.push(`${repository.owner.login}/${repository.name}`);
    repository.name = name;
  }
  const branch = text(body, 'default_branch');
  if (branch !== undefined) {
    if (!repository.git.refs.has(`refs/heads/${branch}`)) {
      const message = `The branch ${branch} was not found. Please push that ref first or create it via the Git Data API.`;
      throw new Refusal(422, 'Validation Failed', [
        { resource: 'Repository', code: 'invalid', field: 'default_branch', message },
      ]);
    }
    repository.defaultBranch = branch;
  }
  if ('description' in body) repository.description = text(body, 'description') ?? null;
  if ('homepage' in body) repository.homepage = text(body, 'homepage') ?? null;
  if (typeof body.archived === 'boolean') repository.archived = body.archived;
  if (typeof body.private === 'boolean') repository.private = body.private;
  if (body.visibility !== undefined) repository.private = body.visibility === 'private';
  applySettings(repository, body);
  repository.updatedAt = state.now();
  return ok(showRepository(call, repository, 'full-repository'));
}

/** Sorted as asked, from those that the viewer may see. */
function listed(call: Call, repositories: Repository[], fallback: string): Repository[] {
  const visible = repositories.filter((repository) => mayIn(call, repository, 'pull'));
  const sort = String(call.query.sort ?? fallback);
  const keys: Record<string, (repository: Repository) => string> = {
    created: ({ createdAt }) => createdAt,
    updated: ({ updatedAt }) => updatedAt,
    pushed: ({ pushedAt }) => pushedAt,
    full_name: ({ owner, name }) => `${owner.login}/${name}`.toLowerCase(),
  };
  const key = keys[sort] ?? (({ id }: Repository) => String(id));
  const ascending = String(call.query.direction ?? (sort === 'full_name' ? 'asc' : 'desc')) === 'asc';
  const sorted = visible.toSorted((one, other) =>
    key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : one.id - other.id,
  );
  return ascending ? sorted : sorted.reverse();
}

function listMine(call: Call): Answer {
  const { login } = viewerOf(call);
  const { visibility = 'all', affiliation, type } = call.query;
  if (type !== undefined && (affiliation !== undefined || call.query.visibility !== undefined)) {
    throw new Refusal(422, 'If you specify visibility or affiliation, you cannot specify type.');
  }
  const wanted = String(affiliation ?? 'owner,collaborator,organization_member').split(',');
  const mine = call.state.repositories.filter((repository) => {
    const { owner, collaborators } = repository;
    const is = {
      owner: owner.login === login,
      collaborator: collaborators.has(login),
      organization_member: owner.members.has(login),
    };
    const types: Record<string, boolean> = {
      owner: is.owner,
      member: !is.owner,
      public: !repository.private,
      private: repository.private,
    };
    const related = Object.entries(is).some(([name, holds]) => holds && wanted.includes(name));
    const visible = visibility === 'all' || (visibility === 'private') === repository.private;
    return related && visible && (types[String(type ?? 'all')] ?? true);
  });
  return page(call, listed(call, mine, 'full_name'), (list) =>
    list.map((one) => showRepository(call, one, 'repository')),
  );
}

function listOf(call: Call, owner: Account, fallback: string): Answer {
  const type = String(call.query.type ?? 'all');
  const theirs = call.state.repositories.filter((repository) => {
    if (type === 'public' || type === 'private') {
      if ((type === 'private') !== repository.private) return false;
    }
    return repository.owner.login === owner.login;
  });
  return page(call, listed(call, theirs, fallback), (list) =>
    list.map((one) => showRepository(call, one, 'minimal-repository')),
  );
}

function addCollaborator(call: Call): Answer {
  const repository = repositoryOf(call, 'admin');
  const { state, body } = call;
  const invitee = accountNamed(call, call.path.username);
  if (invitee.login === repository.owner.login) {
    throw invalid({
      resource: 'Repository',
      code: 'custom',
      message: 'Repository owner cannot be a collaborator',
    });
  }
  // The body's permission is one of these; the description names it only in prose.
  const permission = (text(body, 'permission') ?? 'push') as Permission;
  if (repository.collaborators.has(invitee.login)) {
    repository.collaborators.set(invitee.login, permission);
    return nothing();
  }
  const waiting = repository.invitations.find(({ login }) => login === invitee.login);
  const invitation = waiting ?? { id: state.nextId(), login: invitee.login, permission };
  invitation.permission = permission;
  if (!waiting) repository.invitations.push(invitation);
  const url = `${repositoryUrl(call, repository)}/invitations/${invitation.id}`;
  const shown = {
    id: invitation.id,
    node_id: nodeId('RepositoryInvitation', invitation.id),
    repository: showRepository(call, repository, 'minimal-repository'),
    invitee: showAccount(call, invitee),
    inviter: showAccount(call, viewerOf(call)),
    permissions: ROLES[permission],
    created_at: state.now(),
    expired: false,
    url,
    html_url: `${call.web}/${repository.owner.login}/${repository.name}/invitations`,
  };
  return created(shown, undefined);
}

/** Repositories, their topics and who works on them. */
export const repositoryHandlers: Handlers = {
  'repos/list-for-authenticated-user': listMine,
  'repos/list-for-user': (call) => listOf(call, accountNamed(call, call.path.username), 'full_name'),
  'repos/list-for-org': (call) => listOf(call, accountNamed(call, call.path.org), 'created'),
  'repos/create-for-authenticated-user': (call) => create(call, viewerOf(call)),
  'repos/create-in-org': (call) => {
    const organization = accountNamed(call, call.path.org);
    if (!organization.members.has(viewerOf(call).login)) {
      throw new Refusal(403, 'You need admin access to the organization before adding a repository to it.');
    }
    return create(call, organization);
  },
  'repos/get': (call) => ok(showRepository(call, repositoryOf(call), 'full-repository')),
  'repos/update': update,
  'repos/delete': (call) => {
    const repository = repositoryOf(call, 'admin');
    if (call.token?.scopes && !call.token.scopes.includes('delete_repo')) {
      throw new Refusal(403, 'Must have admin rights to Repository.');
    }
    call.state.repositories.splice(call.state.repositories.indexOf(repository), 1);
    return nothing();
  },
  'repos/get-all-topics': (call) => ok({ names: repositoryOf(call).topics }),
  'repos/replace-all-topics': (call) => {
    const repository = repositoryOf(call, 'admin');
    // The body has been found to fit: an array of strings.
    const names = call.body.names as string[];
    if (names.length > 20 || names.some((name) => !/^[a-z0-9][a-z0-9-]{0,49}$/.test(name))) {
      throw new Refusal(
        422,
        'Topics must start with a lowercase letter or number, consist of 50 characters or less, and can include hyphens.',
      );
    }
    repository.topics = [...new Set(names)];
    return ok({ names: repository.topics });
  },
  'repos/list-collaborators': (call) => {
    const repository = repositoryOf(call);
    if (!mayIn(call, repository, 'push')) {
      throw new Refusal(403, 'Must have push access to view repository collaborators.');
    }
    const { owner, collaborators } = repository;
    const logins = [
      owner.type === 'User' ? owner.login : [],
      ...owner.members.keys(),
      ...collaborators.keys(),
    ];
    const people = [...new Set(logins.flat())].map((login) => accountNamed(call, login));
    return page(call, people, (list) =>
      list.map((account) => {
        const permission = permissionOf(repository, account) ?? 'pull';
        return showAccount(call, account, 'collaborator', {
          permissions: permissionFlags(permission),
          role_name: ROLES[permission],
        });
      }),
    );
  },
  'repos/check-collaborator': (call) => {
    const { owner, collaborators } = repositoryOf(call, 'push');
    const { login } = accountNamed(call, call.path.username);
    if (owner.login !== login && !owner.members.has(login) && !collaborators.has(login)) throw notFound();
    return nothing();
  },
  'repos/get-collaborator-permission-level': (call) => {
    const repository = repositoryOf(call);
    const account = accountNamed(call, call.path.username);
    const permission = permissionOf(repository, account);
    const legacy = { pull: 'read', triage: 'read', push: 'write', maintain: 'write', admin: 'admin' };
    return ok({
      permission: permission ? legacy[permission] : 'none',
      role_name: permission ? ROLES[permission] : '',
      user: showAccount(call, account, 'nullable-collaborator', {
        permissions: permissionFlags(permission),
        role_name: permission ? ROLES[permission] : '',
      }),
    });
  },
  'repos/add-collaborator': addCollaborator,
  'repos/remove-collaborator': (call) => {
    const repository = repositoryOf(call, 'admin');
    repository.collaborators.delete(accountNamed(call, call.path.username).login);
    return nothing();
  },
};
