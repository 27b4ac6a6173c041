import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

/** How much of a file is hashed at a time, in bytes: short enough not to hold up the process. */
const HASH_STEP = 256 * 1024;

/** The strong ETag (RFC 9110, 8.8.3) of a content: its SHA-256 in hexadecimal, in quotes. */
export function etagOf(bytes: Uint8Array): string {
  return `"${createHash('sha256').update(bytes).digest('hex')}"`;
}

/** The ETag of a whole open file, read in steps, whatever its size. */
export async function etagOfFile(handle: FileHandle, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(HASH_STEP);
  let position = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, HASH_STEP, position);
    if (bytesRead === 0) return `"${hash.digest('hex')}"`;
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}
