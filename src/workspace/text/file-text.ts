import iconv from 'iconv-lite';
import { ProblemError } from '../../errors.ts';
import { quoted } from '../sandbox/names.ts';

/** How the text of a file is written; UTF-16 always comes with its byte order mark. */
export type TextEncoding = 'utf-8' | 'utf-8-bom' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** The text of a file without its byte order mark, and the encoding that gives the same bytes again. */
export interface FileText {
  text: string;
  encoding: TextEncoding;
}

/** Decodes the next bytes of a text; `undefined` when they are none in this encoding. `more` says that others follow. */
export type TextDecoding = (bytes: Uint8Array, more: boolean) => string | undefined;

const BYTE_ORDER_MARKS = {
  'utf-8-bom': Buffer.of(0xef, 0xbb, 0xbf),
  'utf-16le': Buffer.of(0xff, 0xfe),
  'utf-16be': Buffer.of(0xfe, 0xff),
} as const;

/**
 * Which bytes occur in texts in Windows-1252: not the five that it leaves undefined, and of the control characters only
 * backspace to carriage return (tab and line breaks among them) and escape. In compressed data every eighth byte is
 * one of the others.
 */
const PLAUSIBLE = Uint8Array.from({ length: 256 }, (_, byte) => {
  if ([0x7f, 0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(byte)) return 0;
  return byte >= 0x20 || byte === 0x1b || (byte >= 0x08 && byte <= 0x0d) ? 1 : 0;
});

/**
 * Decodes the content of a text file: UTF-16 when its byte order mark says so, else UTF-8, else Windows-1252.
 *
 * @throws ProblemError `not_text` when it is binary.
 */
export function decodeText(bytes: Uint8Array, path: string): FileText {
  const decoded = decode(bytes);
  if (decoded === undefined) throw notText(path, bytes.length);
  return decoded;
}

/**
 * The bytes of a text file, in its encoding.
 *
 * @throws ProblemError `edit_does_not_apply` when the encoding has no place for one of the characters.
 */
export function encodeText({ text, encoding }: FileText, path: string): Buffer {
  const misfit = firstMisfit(text, encoding);
  if (misfit !== -1) throw noPlaceFor(text.codePointAt(misfit) ?? 0, encoding, path);
  if (encoding === 'utf-8') return Buffer.from(text);
  if (encoding === 'utf-8-bom') return Buffer.concat([BYTE_ORDER_MARKS[encoding], Buffer.from(text)]);
  const bytes = iconv.encode(text, encoding);
  if (encoding !== 'windows-1252') return Buffer.concat([BYTE_ORDER_MARKS[encoding], bytes]);
  if (decode(bytes)?.text !== text) throw readsDifferently(path);
  return bytes;
}

/** Whether a file that begins with `bytes` is binary; they may end inside a character. */
export function isBinary(bytes: Uint8Array): boolean {
  return possibleEncodings(bytes).every((encoding) => createDecoding(encoding)(bytes, true) === undefined);
}

/** The encodings that a file with this beginning can have, the likeliest first. */
export function possibleEncodings(beginning: Uint8Array): readonly TextEncoding[] {
  const startsWith = (mark: Uint8Array) => mark.every((byte, index) => beginning[index] === byte);
  if (startsWith(BYTE_ORDER_MARKS['utf-16le'])) return ['utf-16le'];
  if (startsWith(BYTE_ORDER_MARKS['utf-16be'])) return ['utf-16be'];
  return [startsWith(BYTE_ORDER_MARKS['utf-8-bom']) ? 'utf-8-bom' : 'utf-8', 'windows-1252'];
}

/** Makes a decoding of one text, to be called with its bytes from first to last; it leaves out a byte order mark. */
export function createDecoding(encoding: TextEncoding): TextDecoding {
  if (encoding === 'windows-1252') {
    return (bytes) => {
      for (const byte of bytes) if (PLAUSIBLE[byte] === 0) return undefined;
      // TextDecoder takes Windows-1252 for Latin-1 in some versions of Node: github.com/nodejs/node/issues/56542
      return iconv.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), encoding);
    };
  }
  const decoder = new TextDecoder(encoding === 'utf-8-bom' ? 'utf-8' : encoding, { fatal: true });
  return (bytes, more) => {
    try {
      const text = decoder.decode(bytes, { stream: more });
      return text.includes('\0') ? undefined : text;
    } catch {
      return undefined;
    }
  };
}

/** The refusal of a binary file of `size` bytes. */
export function notText(path: string, size: number): ProblemError {
  return new ProblemError(
    'not_text',
    `${quoted(path)} is binary, not text, and has ${size} bytes; it can be read as bytes over HTTP.`,
  );
}

function decode(bytes: Uint8Array): FileText | undefined {
  for (const encoding of possibleEncodings(bytes)) {
    const text = createDecoding(encoding)(bytes, false);
    if (text !== undefined) return { text, encoding };
  }
  return undefined;
}

/** Where the first character is that cannot be written, or -1. */
function firstMisfit(text: string, encoding: TextEncoding): number {
  if (encoding !== 'windows-1252') return text.search(/[\0\p{Surrogate}]/v);
  const bytes = iconv.encode(text, encoding);
  const back = iconv.decode(bytes, encoding);
  for (let index = 0; index < text.length; index += 1) {
    if (back[index] !== text[index] || PLAUSIBLE[bytes[index] ?? 0] === 0) return index;
  }
  return -1;
}

function noPlaceFor(character: number, encoding: TextEncoding, path: string): ProblemError {
  const name = `U+${character.toString(16).toUpperCase().padStart(4, '0')}`;
  const fault =
    character === 0 || (character >= 0xd800 && character <= 0xdfff)
      ? `The text for ${quoted(path)} holds ${name}, which has no place in a text file. Leave it out.`
      : `${quoted(path)} is written in ${encoding}, which has no place for ${quoted(String.fromCodePoint(character))} (${name}). Use another character, or write the whole file anew, which makes it UTF-8.`;
  return new ProblemError('edit_does_not_apply', `${fault} Nothing was changed.`);
}

function readsDifferently(path: string): ProblemError {
  return new ProblemError(
    'edit_does_not_apply',
    `${quoted(path)} is written in windows-1252, and with this change its bytes would read as text in another encoding. Use other characters, or write the whole file anew, which makes it UTF-8. Nothing was changed.`,
  );
}
