import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import { z } from 'zod';
import { isSafeAddress, type OidcSettings } from '../config/identity-settings.ts';
import { ROLES, type Role } from '../db/identity-schema.ts';
import { ProblemError } from '../errors.ts';
import { isUserId } from './user-id.ts';

/** Asymmetric ones only: with the others, whoever can check a token can make one. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** How far the clocks of the provider and this server may be apart. */
const CLOCK_TOLERANCE_SECONDS = 30;
const FETCH_LIMIT_MS = 5_000;
/** Keys are not fetched again sooner for an id that is unknown, and a provider that failed is not asked again sooner. */
const COOLDOWN_MS = 10_000;
const KEYS_KEPT_MS = 600_000;

const description = z.object({ issuer: z.string(), jwks_uri: z.url() });

interface TokenHolder {
  id: string;
  role: Role;
}

type TokensNeeds = OidcSettings & { cooldownMs?: number; fetchLimitMs?: number };

/** Finds out whose a token of the identity provider is (JWT, RFC 7519), by the keys that the provider publishes. */
export function createTokenVerifier({
  cooldownMs = COOLDOWN_MS,
  fetchLimitMs = FETCH_LIMIT_MS,
  ...settings
}: TokensNeeds) {
  const { issuer, audience, userClaim, roleClaim } = settings;
  const options: JWTVerifyOptions = {
    ...{ issuer, audience, algorithms: ALGORITHMS, requiredClaims: ['exp'] },
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  };
  const fetchOnce = fetchSeldom({ cooldownMs, limitMs: fetchLimitMs });
  let keySet: Promise<JWTVerifyGetKey> | undefined;

  /** The holder of a token. @throws ProblemError `unauthorized`, or `identity_unavailable` when the provider's keys cannot be had. */
  async function verify(token: string): Promise<TokenHolder> {
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, keyOf, options));
    } catch (error) {
      throw error instanceof ProblemError ? error : refusal(error);
    }
    const id = payload[userClaim];
    if (typeof id !== 'string' || !isUserId(id)) {
      throw new ProblemError('unauthorized', `The token’s claim "${userClaim}" is no user id.`);
    }
    return { id, role: roleClaim === undefined ? 'user' : roleOf(payload[roleClaim]) };
  }

  const keyOf: JWTVerifyGetKey = async (header, token) => {
    try {
      keySet ??= openKeySet();
      return await (await keySet)(header, token);
    } catch (error) {
      throw isTokensFault(error) ? error : unavailable(error);
    }
  };

  async function openKeySet(): Promise<JWTVerifyGetKey> {
    try {
      const url = settings.jwksUrl ?? (await discover(issuer, fetchOnce));
      return createRemoteJWKSet(new URL(url), {
        cooldownDuration: cooldownMs,
        cacheMaxAge: KEYS_KEPT_MS,
        [customFetch]: fetchOnce,
      });
    } catch (error) {
      keySet = undefined;
      throw error;
    }
  }

  return { verify };
}

export type TokenVerifier = ReturnType<typeof createTokenVerifier>;

type Fetch = (url: string, options?: RequestInit) => Promise<Response>;

/** Fetches what is there, within a limit; after a failure everything fails for a while, without asking. */
function fetchSeldom({ cooldownMs, limitMs }: { cooldownMs: number; limitMs: number }): Fetch {
  let failedAt = Number.NEGATIVE_INFINITY;
  return async (url, options = {}) => {
    if (performance.now() - failedAt < cooldownMs) throw new Error('the provider failed a moment ago');
    try {
      const signal = AbortSignal.timeout(limitMs);
      const response = await fetch(url, { ...options, redirect: 'error', signal });
      if (!response.ok) throw new Error(`the provider answered ${response.status}`);
      return response;
    } catch (error) {
      failedAt = performance.now();
      throw error;
    }
  };
}

/** Where the provider says that its keys are (OpenID Connect Discovery 1.0, section 4). */
async function discover(issuer: string, fetchOnce: Fetch): Promise<string> {
  const response = await fetchOnce(`${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`);
  const found = description.parse(await response.json());
  if (found.issuer !== issuer) throw new Error('the description is one of another issuer');
  if (!isSafeAddress(found.jwks_uri)) throw new Error('the address of the keys is not safe');
  return found.jwks_uri;
}

/** Whether the token is to blame, not the way to its key. */
function isTokensFault(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

function refusal(error: unknown): unknown {
  if (!(error instanceof errors.JOSEError)) return error;
  const reason =
    error instanceof errors.JWTExpired
      ? 'The token has expired.'
      : error instanceof errors.JWTClaimValidationFailed
        ? `The token’s claim "${error.claim}" does not fit.`
        : 'The token is none that this server takes.';
  return new ProblemError('unauthorized', reason, { cause: error });
}

function unavailable(cause?: unknown): ProblemError {
  return new ProblemError(
    'identity_unavailable',
    'The identity provider’s keys cannot be had now, so no token can be checked; API keys work.',
    { cause, retryAfterSeconds: COOLDOWN_MS / 1_000 },
  );
}

/** The highest role among the claim's value or values. */
function roleOf(claim: unknown): Role {
  const values: unknown[] = Array.isArray(claim) ? claim : [claim];
  return ROLES.findLast((role) => values.includes(role)) ?? 'user';
}
