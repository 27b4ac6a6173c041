import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from 'pino';
import type { OidcSettings } from '../config/identity-settings.ts';
import { isLocalOrigin, isLoopback, namesLoopback } from '../config/loopback.ts';
import type { Executor } from '../db/database.ts';
import type { Role } from '../db/identity-schema.ts';
import { ProblemError, StartupError } from '../errors.ts';
import { createKeys } from './keys.ts';
import { createOpenness } from './openness.ts';
import type { TokenVerifier } from './tokens.ts';
import { isUserId, USER_ID_RULE } from './user-id.ts';
import { createKeyVerifier } from './verify-key.ts';

/** Who asks, and what they may do. */
export interface Caller {
  /** The user: whose memory and files it is about. */
  id: string;
  role: Role;
  /** The API key that proved it. */
  keyId?: string;
}

/** What a request says of its caller. */
interface Credentials {
  method: string;
  headers: IncomingHttpHeaders;
}

interface IdentityNeeds {
  executor: Executor;
  /** No other process uses the database. */
  isAlone: boolean;
  /** Where the server listens. */
  host: string;
  oidc: OidcSettings | undefined;
  /** Where there is an identity provider. */
  tokens: TokenVerifier | undefined;
  /** Whose pages may send requests while there is no key, beside those of this machine. */
  origins: readonly string[];
  log: Pick<Logger, 'warn'>;
}

const LOCAL: Caller = { id: 'local', role: 'admin' };
/** "Bearer" in any case, then blanks and the credential (RFC 9110, 11.4). */
const BEARER = /^bearer +([\w\-.~+/]+=*) *$/i;

/** Knows who may come in: by API keys, by tokens of an identity provider, or, as long as there are neither, from this machine. */
export function createIdentity({ executor, isAlone, host, oidc, tokens, origins, log }: IdentityNeeds) {
  const isReachable = !isLoopback(host);
  const openness = createOpenness({
    executor,
    isAlone,
    isAlwaysClosed: isReachable || oidc !== undefined,
  });
  const keys = createKeys({ executor, openness, hasOtherAdmins: oidc?.roleClaim !== undefined });
  const keyVerifier = createKeyVerifier({ executor, log });

  /**
   * Who a request is from.
   * @throws ProblemError `unauthorized`, `identity_unavailable`, `host_not_allowed`, `origin_not_allowed`, `user_header_not_allowed`, or
   *   `invalid_request` for an `X-User-Id` that is none.
   */
  async function identify({ method, headers }: Credentials): Promise<Caller> {
    const userHeader = headers['x-user-id'];
    if (headers.authorization === undefined && (await openness.isOpen())) {
      return identifyLocal({ method, headers }, origins);
    }
    const caller = await authenticate(headers.authorization);
    return userHeader === undefined ? caller : actFor(caller, String(userHeader));
  }

  async function authenticate(authorization: string | undefined): Promise<Caller> {
    const takes = `Authorization takes "Bearer <API key>"${oidc ? ', or a token of the identity provider in its place' : ''}.`;
    if (authorization === undefined) {
      throw new ProblemError('unauthorized', `The request does not say who it is from: ${takes}`);
    }
    const credential = BEARER.exec(authorization)?.[1];
    if (credential === undefined) throw new ProblemError('unauthorized', takes);
    const isToken = tokens !== undefined && credential.split('.').length === 3;
    return isToken ? await tokens.verify(credential) : await keyVerifier.verify(credential);
  }

  /** Refuses to serve others than this machine as long as nobody could prove who they are. @throws StartupError */
  async function refuseUnprotected(): Promise<void> {
    if (!isReachable || oidc !== undefined || (await openness.hasKey())) return;
    throw new StartupError(
      `HOST got "${host}", which others can reach, and there is no API key; it takes 127.0.0.1, ::1 or localhost until you make one: npm run keys -- create --user <name> --role admin`,
    );
  }

  /** Waits for what is being stored. */
  async function close(): Promise<void> {
    openness.stop();
    await keyVerifier.settled();
  }

  return {
    keys,
    identify,
    isOpen: openness.isOpen,
    wasOpen: openness.wasOpen,
    refuseUnprotected,
    start: openness.start,
    close,
  };
}

export type Identity = ReturnType<typeof createIdentity>;

/**
 * Everyone is the user `local`, and only this machine can reach the server. A browser on this machine can be lured into asking
 * for any page's sake (DNS rebinding), so the host that it names must be a loopback one as well. So must be the page that sends
 * more than a question: a form with a file, say, goes out without a preflight, and does its work although nobody reads the answer.
 */
function identifyLocal({ method, headers }: Credentials, origins: readonly string[]): Caller {
  if (!namesLoopback(headers.host)) {
    throw new ProblemError(
      'host_not_allowed',
      'This server is for its own machine only; address it as 127.0.0.1 or localhost.',
    );
  }
  if (method !== 'GET' && method !== 'HEAD' && isOfForeignPage(headers, origins)) {
    throw new ProblemError(
      'origin_not_allowed',
      'A page of another server sent this, and without API keys only pages of this machine and of CORS_ORIGINS may.',
    );
  }
  if (headers['x-user-id'] !== undefined) {
    throw new ProblemError(
      'user_header_not_allowed',
      'X-User-Id takes an API key with the role "service", and this server has no API keys: everyone is the user "local".',
    );
  }
  return { ...LOCAL };
}

/** By what browsers say of themselves, and pages cannot change: https://fetch.spec.whatwg.org/#origin-header */
function isOfForeignPage({ origin, ...headers }: IncomingHttpHeaders, origins: readonly string[]): boolean {
  if (origin === undefined || origins.includes(origin) || isLocalOrigin(origin)) return false;
  // An origin can be kept back ("null"), also for the reference's own page.
  return !['same-origin', 'none'].includes(String(headers['sec-fetch-site']));
}

/** A service's end user. */
function actFor(caller: Caller, header: string): Caller {
  if (caller.role !== 'service') {
    throw new ProblemError(
      'user_header_not_allowed',
      `X-User-Id takes the role "service", and yours is "${caller.role}".`,
    );
  }
  const id = decodeHeader(header);
  if (id === undefined || !isUserId(id)) {
    throw new ProblemError('invalid_request', `headers.x-user-id: ${USER_ID_RULE}, in UTF-8.`);
  }
  return { ...caller, id };
}

/** Node reads the bytes of a header as Latin-1; undefined when they are no UTF-8. */
function decodeHeader(value: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(value, 'latin1'));
  } catch {
    return undefined;
  }
}
