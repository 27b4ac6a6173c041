import type { RateLimits } from './rate-limits.ts';
import {
  type Account,
  findAccount,
  findRepository,
  type Issue,
  type Permission,
  permissionOf,
  type Repository,
  type State,
  type Token,
} from './state.ts';

/** A request that fits the description, with what an operation needs to act on it. */
export interface Call {
  state: State;
  /** Path parameters, decoded. */
  path: Record<string, string>;
  /** Query parameters, numbers as numbers. */
  query: Record<string, unknown>;
  body: Record<string, unknown>;
  accept: string;
  /** Undefined without a token. */
  viewer: Account | undefined;
  token: Token | undefined;
  /** What the token's requests are counted under. */
  key: string;
  limits: RateLimits;
  /** What comes before `/repos` in the API's own addresses, as the client came to it. */
  api: string;
  /** Where pages for people would be. */
  web: string;
  documentationUrl: string;
  /** Makes a short-lived address, on another origin, from which a file is downloaded without a token. */
  downloadFrom(content: Buffer, type: string): string;
  /** The address of this same request for another page. */
  pageUrl(page: number): string;
}

/** What an operation answers. `body` is sent as JSON, `raw` as it is. */
export interface Answer {
  status: number;
  body?: unknown;
  raw?: { content: string | Buffer; type: string };
  headers?: Record<string, string>;
}

type Handler = (call: Call) => Answer;

/** Handlers by operationId. */
export type Handlers = Record<string, Handler>;

/** One thing that is wrong with a request, as GitHub's 422 lists them. */
export interface FieldError {
  resource: string;
  code: 'missing' | 'missing_field' | 'invalid' | 'already_exists' | 'unprocessable' | 'custom' | 'too_large';
  field?: string;
  message?: string;
  value?: string | null;
}

/** An answer other than success, thrown by an operation. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: FieldError[] | undefined;

  constructor(status: number, message: string, errors?: FieldError[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/** What GitHub says of what is not there, and of what may not be seen. */
export function notFound(): Refusal {
  return new Refusal(404, 'Not Found');
}

/** A body that has the right form and cannot be followed all the same. */
export function invalid(...errors: FieldError[]): Refusal {
  return new Refusal(422, 'Validation Failed', errors);
}

/** 200 with a body. */
export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** 201 with what was made, and its address if it has one. */
export function created(body: unknown, url: unknown): Answer {
  return { status: 201, body, headers: typeof url === 'string' ? { location: url } : {} };
}

/** 204. */
export function nothing(): Answer {
  return { status: 204 };
}

/** A field of a body or query that the description says is text, if it was given. */
export function text(fields: Record<string, unknown>, name: string): string | undefined {
  const value = fields[name];
  return value === undefined || value === null ? undefined : String(value);
}

/** One page of a list, with the header that leads to the others. `wrap` puts the items into an object. */
export function page<Item>(
  call: Call,
  items: Item[],
  wrap: (page: Item[]) => unknown = (list) => list,
): Answer {
  const size = Math.max(1, Math.min(Number(call.query.per_page ?? 30), 100));
  const number = Math.max(1, Number(call.query.page ?? 1));
  const last = Math.max(1, Math.ceil(items.length / size));
  const links: Record<string, number> = {};
  if (number > 1) Object.assign(links, { prev: Math.min(number - 1, last), first: 1 });
  if (number < last) Object.assign(links, { next: number + 1, last });
  const body = wrap(items.slice((number - 1) * size, number * size));
  const link = Object.entries(links).map(([rel, at]) => `<${call.pageUrl(at)}>; rel="${rel}"`);
  return { status: 200, body, headers: link.length > 0 ? { link: link.join(', ') } : {} };
}

const RANK: Permission[] = ['pull', 'triage', 'push', 'maintain', 'admin'];

/** Whether the viewer may do in a repository what needs a permission. */
export function mayIn(call: Call, repository: Repository, needed: Permission): boolean {
  const { token, viewer } = call;
  const { installation, scopes } = token ?? {};
  if (installation) {
    const { repositories } = installation;
    const there =
      repositories?.includes(repository.id) ?? repository.owner.login === accountOf(call, installation.id);
    return there || (needed === 'pull' && !repository.private);
  }
  // Classic tokens reach what their scopes name; the others have their rights by the repository.
  const wanted = repository.private ? ['repo'] : needed === 'pull' ? [] : ['repo', 'public_repo'];
  const classic = token && scopes !== undefined;
  if (wanted.length > 0 && (!token || (classic && !wanted.some((name) => scopes.includes(name)))))
    return false;
  const has = permissionOf(repository, viewer);
  return has !== undefined && RANK.indexOf(has) >= RANK.indexOf(needed);
}

function accountOf({ state }: Call, installation: number): string | undefined {
  return state.installations.get(installation)?.account.login;
}

/** The repository of the path. Throws 404 for one that the viewer may not know of, 403 for too little permission. */
export function repositoryOf(call: Call, needed: Permission = 'pull'): Repository {
  const repository = findRepository(call.state, call.path.owner ?? '', call.path.repo ?? '');
  if (!repository || !mayIn(call, repository, 'pull')) throw notFound();
  if (needed === 'pull' || mayIn(call, repository, needed)) return repository;
  viewerOf(call);
  if (needed === 'admin') throw new Refusal(403, 'Must have admin rights to Repository.');
  // A write by somebody who may only read is answered as if there were nothing to write to.
  if (needed === 'push' && !fineGrained(call)) throw notFound();
  throw new Refusal(403, 'Resource not accessible by personal access token');
}

/** The same for a change, which an archived repository does not take. */
export function writableRepository(call: Call, needed: Permission = 'push'): Repository {
  const repository = repositoryOf(call, needed);
  if (repository.archived) throw new Refusal(403, 'Repository was archived so is read-only.');
  return repository;
}

/** The issue or pull request of the path. */
export function issueOf({ path }: Call, repository: Repository): Issue {
  const number = Number(path.issue_number ?? path.pull_number);
  const issue = repository.issues.find((one) => one.number === number);
  if (!issue) throw notFound();
  return issue;
}

function fineGrained({ token }: Call): boolean {
  return token !== undefined && token.scopes === undefined;
}

/** Refuses a title or a text that is longer than GitHub keeps. */
export function requireLengths(resource: string, { title, body }: Record<string, unknown>): void {
  const errors = Object.entries({ title, body }).flatMap(([field, value]): FieldError[] => {
    const most = field === 'title' ? 256 : 65_536;
    if (typeof value !== 'string' || [...value].length <= most) return [];
    const message = `${field} is too long (maximum is ${most} characters)`;
    return [{ resource, code: 'custom', field, message }];
  });
  if (errors.length > 0) throw invalid(...errors);
}

/** Whoever asks; throws 401 for nobody. */
export function viewerOf({ viewer }: Call): Account {
  if (!viewer) throw new Refusal(401, 'Requires authentication');
  return viewer;
}

/** The account of that login; throws 404 for none. */
export function accountNamed({ state }: Call, login: string | undefined): Account {
  const account = findAccount(state, login ?? '');
  if (!account) throw notFound();
  return account;
}
