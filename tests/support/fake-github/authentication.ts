import { createHash } from 'node:crypto';
import { type Account, findAccount, type State, type Token } from './state.ts';

/** Who a request is from, as far as its header says. */
export interface Identity {
  account: Account | undefined;
  token: Token | undefined;
  /** What its requests are counted under; empty for those without a token. */
  key: string;
  /** Whether it has credentials that are nobody's. */
  refused: boolean;
  /** What the answer says of the token. */
  headers: Record<string, string>;
}

const NOBODY: Identity = { account: undefined, token: undefined, key: '', refused: false, headers: {} };

/** Reads `Authorization`. An app's own JWT names no account; only the app's own operations take it. */
export function authenticate(header: string | undefined, state: State): Identity {
  if (header === undefined) return NOBODY;
  const secret = /^(?:token|bearer) (\S+)$/i.exec(header)?.[1] ?? '';
  const key = createHash('sha256').update(secret).digest('hex').slice(0, 16);
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(secret)) return { ...NOBODY, key };
  const token = state.tokens.get(secret);
  const expired = token?.expires !== undefined && Date.parse(token.expires) <= Date.now();
  const account = token && findAccount(state, token.login);
  if (!token || !account || expired) return { ...NOBODY, key, refused: true };
  const headers: Record<string, string> = !token.scopes
    ? {}
    : { 'x-oauth-scopes': token.scopes.join(', '), 'x-accepted-oauth-scopes': 'repo' };
  if (token.expires !== undefined) {
    // GitHub's own form of the date here: 2026-11-21 19:18:36 UTC.
    const [day, time] = new Date(token.expires).toISOString().split(/[T.]/);
    headers['github-authentication-token-expiration'] = `${day} ${time} UTC`;
  }
  return { account, token, key, refused: false, headers };
}
