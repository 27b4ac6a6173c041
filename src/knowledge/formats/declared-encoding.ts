import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import { decodeText } from '../../workspace/text/file-text.ts';

/** How far into a file an encoding is looked for; HTML asks for it in the first 1,024 bytes (WHATWG HTML, 4.2.5.4). */
const BEGINNING = 2048;

/**
 * Decodes HTML or XML: in UTF-8 or UTF-16 when it is that, else in the encoding that it declares, else in Windows-1252.
 *
 * @throws ProblemError `not_text` when it is binary.
 */
export function decodeMarkup(bytes: Uint8Array, path: string): string {
  const declared = isUtf8(bytes) ? undefined : decodeDeclared(bytes);
  return declared ?? decodeText(bytes, path).text;
}

/** Decodes HTML or XML in the encoding that it declares; undefined when there is none that is known. */
export function decodeDeclared(bytes: Uint8Array): string | undefined {
  const beginning = Buffer.from(bytes.subarray(0, BEGINNING)).toString('latin1');
  const declared =
    /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})/i.exec(beginning) ??
    /<meta\s[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})/i.exec(beginning);
  const label = declared?.[1];
  if (label === undefined || !iconv.encodingExists(label)) return undefined;
  // A file that says in ASCII that it is UTF-16 is not.
  if (/^(utf|ucs|base64|hex)/i.test(label)) return undefined;
  return iconv.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), label);
}
