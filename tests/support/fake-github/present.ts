import { type Call, mayIn } from './exchange.ts';
import { filled } from './schema-fill.ts';
import { type Account, type Label, type Permission, permissionOf, type Repository } from './state.ts';

/** An object as the API shows it. */
export type Shown = Record<string, unknown>;

/** The GraphQL name of an object: opaque, one for each kind and number. */
export function nodeId(kind: string, id: number | string): string {
  return Buffer.from(`${kind}:${id}`).toString('base64url');
}

/** The address of a repository in the API. */
export function repositoryUrl(call: Call, { owner, name }: Repository): string {
  return `${call.api}/repos/${owner.login}/${name}`;
}

/** The address of a repository's page for people. */
export function repositoryPage(call: Call, { owner, name }: Repository): string {
  return `${call.web}/${owner.login}/${name}`;
}

/** A person or an organisation as a part of other things; other schemas of accounts by their name. */
export function showAccount(call: Call, account: Account, schema = 'simple-user', more: Shown = {}): Shown {
  const { id, login, type, name, email, createdAt } = account;
  return filled(schema, {
    login,
    id,
    node_id: nodeId(type, id),
    url: `${call.api}/users/${login}`,
    html_url: `${call.web}/${login}`,
    avatar_url: `${call.web}/avatars/${id}`,
    gravatar_id: '',
    type,
    // Short forms of an account leave its name and address out.
    ...(schema !== 'simple-user' && { name, email, created_at: createdAt, updated_at: createdAt }),
    ...more,
  });
}

/** An organisation in one of its own forms. */
export function showOrganization(call: Call, account: Account, schema: string, more: Shown = {}): Shown {
  const { id, login, description, createdAt, name } = account;
  return filled(schema, {
    login,
    id,
    node_id: nodeId('Organization', id),
    url: `${call.api}/orgs/${login}`,
    html_url: `${call.web}/${login}`,
    avatar_url: `${call.web}/avatars/${id}`,
    description,
    name: name ?? login,
    type: 'Organization',
    created_at: createdAt,
    updated_at: createdAt,
    ...more,
  });
}

/** What a person may do, as the API spells it out. */
export function permissionFlags(permission: Permission | undefined): Record<string, boolean> {
  const order: Permission[] = ['pull', 'triage', 'push', 'maintain', 'admin'];
  const rank = permission === undefined ? -1 : order.indexOf(permission);
  return Object.fromEntries(order.map((name, at) => [name, at <= rank]));
}

/** A repository in one of its forms: `full-repository`, `repository`, `minimal-repository` and others. */
export function showRepository(
  call: Call,
  repository: Repository,
  schema: 'full-repository' | 'repository' | 'minimal-repository' | 'repo-search-result-item',
  more: Shown = {},
): Shown {
  const { id, owner, name, settings, issues } = repository;
  const page = repositoryPage(call, repository);
  const open = issues.filter(({ state }) => state === 'open').length;
  const writable = mayIn(call, repository, 'push');
  return filled(schema, {
    id,
    node_id: nodeId('Repository', id),
    name,
    full_name: `${owner.login}/${name}`,
    owner: showAccount(call, owner),
    private: repository.private,
    visibility: repository.private ? 'private' : 'public',
    html_url: page,
    description: repository.description,
    homepage: repository.homepage,
    fork: false,
    url: repositoryUrl(call, repository),
    clone_url: `${page}.git`,
    ssh_url: `git@${new URL(call.web).hostname}:${owner.login}/${name}.git`,
    git_url: `git://${new URL(call.web).host}/${owner.login}/${name}.git`,
    default_branch: repository.defaultBranch,
    archived: repository.archived,
    disabled: false,
    topics: repository.topics,
    language: null,
    license: schema === 'minimal-repository' ? undefined : null,
    open_issues_count: open,
    open_issues: open,
    created_at: repository.createdAt,
    updated_at: repository.updatedAt,
    pushed_at: repository.pushedAt,
    permissions: call.viewer && permissionFlags(ownPermission(call, repository)),
    ...pickSettings(settings, writable),
    ...(schema === 'full-repository' &&
      owner.type === 'Organization' && { organization: showAccount(call, owner) }),
    ...more,
  });
}

/** What the viewer may do; an app, whatever it was let into. */
function ownPermission(call: Call, repository: Repository): Permission | undefined {
  if (!call.token?.installation) return permissionOf(repository, call.viewer);
  return mayIn(call, repository, 'push') ? 'push' : 'pull';
}

/** How merging is set up is shown only to those who may push. */
function pickSettings(settings: Repository['settings'], writable: boolean): Shown {
  const entries = Object.entries(settings);
  return Object.fromEntries(writable ? entries : entries.filter(([name]) => name.startsWith('has_')));
}

/** A label of a repository. */
export function showLabel(
  call: Call,
  repository: Repository,
  { id, name, color, description }: Label,
): Shown {
  return {
    id,
    node_id: nodeId('Label', id),
    url: `${repositoryUrl(call, repository)}/labels/${encodeURIComponent(name)}`,
    name,
    color,
    default: color !== 'ededed',
    description,
  };
}

/** How somebody stands to a repository. */
export function association(repository: Repository, author: Account): string {
  const { owner, collaborators } = repository;
  if (author.login === owner.login) return 'OWNER';
  if (owner.members.has(author.login)) return 'MEMBER';
  return collaborators.has(author.login) ? 'COLLABORATOR' : 'NONE';
}
