import { ProblemError } from '../errors.ts';
import { quoted } from './names.ts';

const BYTE_ORDER_MARK = '\uFEFF';

/** The text of a file, and whether a byte order mark came before it. */
export interface FileText {
  text: string;
  bom: boolean;
}

/**
 * Decodes the content of a text file.
 *
 * @throws ProblemError `not_text` when it holds a NUL or is not UTF-8.
 */
export function decodeText(bytes: Uint8Array, path: string): FileText {
  if (bytes.includes(0)) throw notText(path);
  let decoded: string;
  try {
    decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw notText(path, error);
  }
  const bom = decoded.startsWith(BYTE_ORDER_MARK);
  return { text: bom ? decoded.slice(1) : decoded, bom };
}

/** The bytes of a text file. */
export function encodeText({ text, bom }: FileText): Buffer {
  return Buffer.from(bom ? BYTE_ORDER_MARK + text : text);
}

function notText(path: string, cause?: unknown): ProblemError {
  return new ProblemError('not_text', `${quoted(path)} is not text in UTF-8; it can only be read as bytes.`, {
    cause,
  });
}
