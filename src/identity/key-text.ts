import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { parse, stringify } from 'uuid';

/** The id and the secret may hold "_" themselves, so their lengths tell them apart. */
const KEY = /^ttl_([\w-]{22})_([\w-]{43})$/;
const SECRET_BYTES = 32;

/** An API key as it was sent. */
export interface KeyParts {
  id: string;
  secret: string;
}

/** The text of a new key with this id, and what is stored of it. */
export function makeKeyText(id: string): { key: string; hash: string } {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { key: `ttl_${Buffer.from(parse(id)).toString('base64url')}_${secret}`, hash: hashSecret(secret) };
}

/** Undefined for what no key looks like. */
export function parseKey(text: string): KeyParts | undefined {
  const [, id, secret] = KEY.exec(text) ?? [];
  if (!id || !secret) return undefined;
  try {
    return { id: stringify(Buffer.from(id, 'base64url')), secret };
  } catch {
    // 16 bytes that are no UUID.
    return undefined;
  }
}

function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Stands for the stored hash of a key that does not exist, and fits no secret. */
const NO_HASH = Buffer.alloc(32);

/**
 * Whether a secret is the one with this stored hash. It takes as long for any secret, and for no hash, so that nothing can be
 * learnt from the time.
 */
export function fitsHash(secret: string, hash: string | undefined): boolean {
  const given = createHash('sha256').update(secret).digest();
  const isSame = timingSafeEqual(given, hash === undefined ? NO_HASH : Buffer.from(hash, 'hex'));
  return isSame && hash !== undefined;
}
