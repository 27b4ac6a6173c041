import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
/** The lengths that GCM is made for: NIST SP 800-38D, sections 8.2 and 5.2.1.2. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION_CHARACTERS = 12;

/** Whose token it is, and the server's key of 32 bytes. */
interface Seal {
  userId: string;
  key: Buffer;
}

/** Encrypts a token so that it can only be opened for the same user, with the same key. */
export function sealToken(token: string, { userId, key }: Seal): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(userId));
  const sealed = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url');
}

/** The token; undefined if it was sealed for another user or with another key, or was changed since. */
export function openToken(sealed: string, { userId, key }: Seal): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(userId));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const content = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
  try {
    return Buffer.concat([decipher.update(content), decipher.final()]).toString('utf8');
  } catch {
    // The only thing that `final` throws is that the tag does not fit.
    return undefined;
  }
}

/** Stands for a key where it must not be seen, so that a token of another key is known as such. */
export function versionOf(key: Buffer): string {
  return createHmac('sha256', key).update('version').digest('hex').slice(0, VERSION_CHARACTERS);
}
