import type { z } from 'zod';
import { StartupError } from '../errors.ts';
import { isLoopback } from './loopback.ts';
import { httpUrl, text } from './values.ts';

const SAFE_URL = 'an https URL (http only for this machine) without a user or password';

/** Whoever can change what such an address answers can be anybody, so it must not travel in the clear. */
export function isSafeAddress(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || isLoopback(hostname.replace(/^\[|\]$/g, ''));
}

const safeUrl = httpUrl.refine(isSafeAddress, SAFE_URL);

/** What is set of who may come in. */
export const identityFields = {
  OIDC_ISSUER: safeUrl.optional(),
  OIDC_AUDIENCE: text.optional(),
  OIDC_JWKS_URL: safeUrl.optional(),
  OIDC_USER_CLAIM: text.default('sub'),
  OIDC_ROLE_CLAIM: text.optional(),
};

/** Where tokens of an OpenID Connect provider come from, and what is read from them. */
export interface OidcSettings {
  issuer: string;
  audience: string;
  /** Undefined: as the provider's own description says. */
  jwksUrl: string | undefined;
  userClaim: string;
  /** Undefined: everyone with a token is a plain user. */
  roleClaim: string | undefined;
}

/** Undefined without a provider. @throws StartupError for a provider without an audience, or the other way round. */
export function oidcSettings(env: z.infer<z.ZodObject<typeof identityFields>>): OidcSettings | undefined {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience } = env;
  if (issuer === undefined) {
    const lonely = (['OIDC_AUDIENCE', 'OIDC_JWKS_URL', 'OIDC_ROLE_CLAIM'] as const).find((name) => env[name]);
    if (!lonely) return undefined;
    throw new StartupError(`OIDC_ISSUER is not set; it takes ${SAFE_URL}, because ${lonely} is set.`);
  }
  if (audience === undefined) {
    throw new StartupError(
      'OIDC_AUDIENCE is not set; it takes the audience that tokens for this server have, because OIDC_ISSUER is set and a token for another program must not be good here.',
    );
  }
  return {
    issuer,
    audience,
    jwksUrl: env.OIDC_JWKS_URL,
    userClaim: env.OIDC_USER_CLAIM,
    roleClaim: env.OIDC_ROLE_CLAIM,
  };
}
