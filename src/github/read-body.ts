/** The body of an answer was longer than this process will hold. */
export class AnswerTooLongError extends Error {
  override readonly name = 'AnswerTooLongError';
}

/**
 * Reads a body to its end, so that a cut connection is an error here and never half a text.
 * @throws AnswerTooLongError for more than `limit` bytes.
 */
export async function readBody(response: Response, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw new AnswerTooLongError(`More than ${limit} bytes came.`);
    chunks.push(chunk);
  }
  return joined(chunks, size);
}

/** Reads a body to its end and keeps the last `limit` bytes and up to one chunk more; for logs, which may be huge. */
export async function readEndOfBody(response: Response, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.byteLength;
    for (let first = chunks[0]; first && size - first.byteLength >= limit; first = chunks[0]) {
      size -= first.byteLength;
      chunks.shift();
    }
  }
  return joined(chunks, size);
}

function joined(chunks: Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
