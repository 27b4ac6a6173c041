/** The kinds of lines of an export that are not messages: an import passes over them. */
export const OTHER_LINES = [
  'export',
  'session',
  'run',
  'event',
  'approval',
  'checkpoint',
  'idempotency_key',
  'followed',
  'document',
  'chunk',
  'file_change',
  'github_follow',
  'github_token',
  'api_key',
  'token_usage',
  'end',
] as const;
