/** Who has to act for the failure to go away. */
type Culprit = 'caller' | 'model' | 'upstream' | 'us';

/**
 * Every failure that a caller can meet: its HTTP status, the title of its problem document (RFC 9457), and
 * who has to act. The codes are part of the HTTP contract and are explained in docs/errors.md.
 */
export const ERRORS = {
  invalid_request: { status: 400, title: 'The request does not fit', culprit: 'caller' },
  invalid_path: { status: 400, title: 'The path cannot be used', culprit: 'caller' },
  path_outside_workspace: { status: 400, title: 'The path leaves the workspace', culprit: 'caller' },
  path_is_link: { status: 400, title: 'Links are not followed', culprit: 'caller' },
  unauthorized: { status: 401, title: 'Nobody is known by these credentials', culprit: 'caller' },
  admin_only: { status: 403, title: 'This is for admins only', culprit: 'caller' },
  metrics_not_allowed: { status: 403, title: 'The metrics are not for this client', culprit: 'caller' },
  user_header_not_allowed: {
    status: 403,
    title: 'This caller may not act for another user',
    culprit: 'caller',
  },
  host_not_allowed: { status: 403, title: 'This host name is not served', culprit: 'caller' },
  origin_not_allowed: { status: 403, title: 'Pages of this origin are not served', culprit: 'caller' },
  not_found: { status: 404, title: 'There is nothing at this address', culprit: 'caller' },
  session_not_found: { status: 404, title: 'No such session', culprit: 'caller' },
  run_not_found: { status: 404, title: 'No such run', culprit: 'caller' },
  message_not_found: { status: 404, title: 'No such message', culprit: 'caller' },
  file_not_found: { status: 404, title: 'No such file', culprit: 'caller' },
  key_not_found: { status: 404, title: 'No such API key', culprit: 'caller' },
  template_not_found: { status: 404, title: 'No such template', culprit: 'caller' },
  change_not_found: { status: 404, title: 'No such change', culprit: 'caller' },
  too_many_documents: { status: 409, title: 'There is no room for more documents', culprit: 'caller' },
  document_not_found: { status: 404, title: 'No such document', culprit: 'caller' },
  approval_not_found: { status: 404, title: 'No such approval', culprit: 'caller' },
  session_busy: { status: 409, title: 'The session is answering another question', culprit: 'caller' },
  run_not_retryable: { status: 409, title: 'The run cannot be run again', culprit: 'caller' },
  run_not_waiting: { status: 409, title: 'The run does not wait for an approval', culprit: 'caller' },
  run_ended: { status: 409, title: 'The run has ended', culprit: 'caller' },
  key_not_usable: { status: 409, title: 'The API key cannot be used any more', culprit: 'caller' },
  last_admin_key: { status: 409, title: 'Nobody could manage the server any more', culprit: 'caller' },
  already_decided: { status: 409, title: 'The approval was decided before', culprit: 'caller' },
  approval_expired: { status: 409, title: 'The approval came too late', culprit: 'caller' },
  edit_does_not_apply: { status: 409, title: 'The edit does not apply', culprit: 'caller' },
  is_folder: { status: 409, title: 'The path is a folder', culprit: 'caller' },
  is_file: { status: 409, title: 'The path is a file', culprit: 'caller' },
  not_regular_file: { status: 409, title: 'The path is not a regular file', culprit: 'caller' },
  folder_not_empty: { status: 409, title: 'The folder is not empty', culprit: 'caller' },
  already_exists: { status: 409, title: 'Something is there already', culprit: 'caller' },
  name_collision: { status: 409, title: 'The name stands for another one', culprit: 'caller' },
  changed_since: { status: 409, title: 'The file has moved on', culprit: 'caller' },
  already_undone: { status: 409, title: 'The change was undone before', culprit: 'caller' },
  content_gone: { status: 410, title: 'The content is not kept any more', culprit: 'caller' },
  run_erased: { status: 410, title: 'The content of the run was erased', culprit: 'caller' },
  memory_erased: { status: 409, title: 'The memory was erased meanwhile', culprit: 'caller' },
  events_removed: { status: 410, title: 'The events were removed', culprit: 'caller' },
  precondition_failed: {
    status: 412,
    title: 'The file is not in the state that was asked for',
    culprit: 'caller',
  },
  file_too_large: { status: 413, title: 'The file is too large', culprit: 'caller' },
  body_too_large: { status: 413, title: 'The body is too large', culprit: 'caller' },
  range_not_satisfiable: { status: 416, title: 'The range lies outside the file', culprit: 'caller' },
  unsupported_media_type: { status: 415, title: 'The content type is not taken here', culprit: 'caller' },
  not_text: { status: 415, title: 'The file is not text', culprit: 'caller' },
  idempotency_mismatch: {
    status: 422,
    title: 'The idempotency key belongs to another request',
    culprit: 'caller',
  },
  archive_refused: { status: 422, title: 'The archive cannot be unpacked', culprit: 'caller' },
  invalid_template: { status: 422, title: 'The template cannot be used', culprit: 'caller' },
  invalid_plan: { status: 422, title: 'The plan of the project cannot be used', culprit: 'caller' },
  project_unclear: {
    status: 422,
    title: 'It is not clear which kind of project is meant',
    culprit: 'caller',
  },
  no_template_fits: { status: 422, title: 'No template fits', culprit: 'caller' },
  internal: { status: 500, title: 'The server failed', culprit: 'us' },
  workspace_failed: { status: 500, title: 'The workspace could not be read or written', culprit: 'us' },
  workspace_busy: { status: 503, title: 'The workspace is busy with other changes', culprit: 'us' },
  database_failed: { status: 503, title: 'The database did not answer', culprit: 'us' },
  interrupted: { status: 503, title: 'The turn was interrupted', culprit: 'us' },
  queue_timeout: { status: 503, title: 'The session was busy for too long', culprit: 'us' },
  shutting_down: { status: 503, title: 'The server is stopping', culprit: 'us' },
  identity_unavailable: {
    status: 503,
    title: 'The identity provider cannot be reached',
    culprit: 'upstream',
  },
  /** Only a proxy says it, in front of replicas: deploy/nginx.conf. */
  replica_gone: { status: 502, title: 'No replica answered', culprit: 'us' },
  plan_failed: { status: 502, title: 'The model made no plan that can be used', culprit: 'model' },
  model_failed: { status: 502, title: 'The model failed', culprit: 'upstream' },
  model_timeout: { status: 504, title: 'The model did not answer in time', culprit: 'upstream' },
  request_timeout: { status: 408, title: 'The request took too long to arrive', culprit: 'caller' },
  headers_too_large: { status: 431, title: 'The headers are too large', culprit: 'caller' },
  rate_limited: { status: 429, title: 'Too many requests', culprit: 'caller' },
  too_many_turns: { status: 429, title: 'Too many questions at once', culprit: 'caller' },
  token_budget_used: { status: 429, title: 'The tokens of the day are used up', culprit: 'caller' },
  model_busy: { status: 503, title: 'The model has too many calls', culprit: 'upstream' },
  // Not 'us': what is shed by the thousand is not logged one by one.
  overloaded: { status: 503, title: 'The server is overloaded', culprit: 'upstream' },
  webhook_refused: { status: 401, title: 'The signature does not fit', culprit: 'caller' },
  github_not_configured: { status: 409, title: 'There is no GitHub token', culprit: 'caller' },
  // Not 401: the caller is known to this server; it is the token that they gave for GitHub that must be renewed.
  github_unauthorized: { status: 409, title: 'GitHub does not take the token', culprit: 'caller' },
  github_forbidden: { status: 403, title: 'GitHub does not allow this', culprit: 'caller' },
  github_not_found: { status: 404, title: 'GitHub has no such thing', culprit: 'caller' },
  github_conflict: { status: 409, title: 'Things at GitHub are not as the call needs', culprit: 'caller' },
  ambiguous_repository: { status: 409, title: 'Several repositories fit', culprit: 'caller' },
  github_refused: { status: 422, title: 'GitHub refused the input', culprit: 'caller' },
  github_rate_limited: { status: 429, title: 'The limit at GitHub is used up', culprit: 'caller' },
  github_failed: { status: 502, title: 'GitHub failed', culprit: 'upstream' },
  github_timeout: { status: 504, title: 'GitHub did not answer in time', culprit: 'upstream' },
} as const satisfies Record<string, { status: number; title: string; culprit: Culprit }>;

/** The stable code of a failure. */
export type ErrorCode = keyof typeof ERRORS;

interface ProblemOptions {
  cause?: unknown;
  /** Members added to the problem document, in snake_case: `run_id`, `session_id`. */
  extensions?: Record<string, string>;
  /** Seconds after which the same request may work; sent as `Retry-After`. */
  retryAfterSeconds?: number;
}

/** Names a kind of problem for good, wherever the server runs; docs/errors.md explains each. */
const TYPE_PREFIX = 'urn:tertulia:problem:';

/** A problem document (RFC 9457). */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  [extension: string]: unknown;
}

/** A failure with a stable code and a sentence for the caller; `detail` never names a host path, SQL or a secret. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: ErrorCode;
  readonly extensions: Record<string, string>;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.extensions = options.extensions ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** The failure as it was told before, in the document that a stream ended with. */
  static fromDocument({
    code,
    detail,
    type: _,
    title: _title,
    status: _status,
    ...extensions
  }: ProblemDocument): ProblemError {
    const told = Object.entries(extensions).map(([name, value]) => [name, String(value)]);
    return new ProblemError(code, detail, { extensions: Object.fromEntries(told) });
  }

  toDocument(): ProblemDocument {
    const { status, title } = ERRORS[this.code];
    const { code, message: detail } = this;
    return { type: `${TYPE_PREFIX}${code}`, title, status, detail, code, ...this.extensions };
  }

  /** The same failure with more members for the problem document. */
  with(extensions: Record<string, string>): ProblemError {
    const { cause, retryAfterSeconds } = this;
    return new ProblemError(this.code, this.message, {
      cause,
      extensions: { ...this.extensions, ...extensions },
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  }
}

/** A fault in the set-up that stops the start; the message is the one line that the operator reads. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
