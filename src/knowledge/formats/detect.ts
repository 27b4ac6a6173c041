import { fileTypeFromBuffer } from 'file-type';
import { ProblemError } from '../../errors.ts';
import { decodeText, type FileText } from '../../workspace/text/file-text.ts';
import { DocumentFault, type DocumentSource, type Format } from '../document.ts';
import { decodeDeclared } from './declared-encoding.ts';
import { detectCompound } from './detect-compound.ts';
import { detectText } from './detect-text.ts';
import { detectZip } from './detect-zip.ts';

/** How far into a file the header of a PDF may stand (ISO 32000-1, annex H.3.4.1). */
const PDF_BEGINNING = 1024;
/** Of an archive with entries and of one without (APPNOTE 4.3.7 and 4.3.16). */
const ZIP_MARKS = ['PK\u0003\u0004', 'PK\u0005\u0006'];
/** [MS-CFB] 2.2. */
const COMPOUND_MARK = '\u00d0\u00cf\u0011\u00e0\u00a1\u00b1\u001a\u00e1';
/** How much of a file is looked at for what it is. */
const BEGINNING = 64 * 1024;

/** Formats that are written in plain characters, but are not for reading. */
const CODED_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/^\{\\rtf/, 'It is a document in rich text (RTF). Save it as .docx.'],
  [/^%!PS/, 'It is a PostScript file. Save it as a PDF.'],
  [/^-----BEGIN PGP MESSAGE-----/, 'It is an encrypted message.'],
];

/** Kinds of files by the first part of their media type. */
const KINDS: Readonly<Record<string, string>> = {
  image: 'It is a picture; only text can be read.',
  audio: 'It is a sound recording; only text can be read.',
  video: 'It is a video; only text can be read.',
  font: 'It is a font.',
  model: 'It is a 3D model.',
};

const EXECUTABLES = ['exe', 'elf', 'macho', 'wasm', 'class', 'swf', 'lnk', 'deb', 'rpm', 'crx'];
const ARCHIVES = [
  'tar',
  'gz',
  'tar.gz',
  'bz2',
  'xz',
  '7z',
  'rar',
  'zst',
  'lz4',
  'lz',
  'Z',
  'cab',
  'ar',
  'arj',
  'cpio',
  'ace',
  'lzh',
  'dmg',
];

/**
 * Tells what a document is, by its content first: a PDF named .txt is a PDF, and a text named .pdf is a text.
 *
 * @throws DocumentFault `not_supported`, `no_text` when it is empty, `encrypted`; what a zip archive is refused for.
 */
export async function detectFormat(source: DocumentSource): Promise<Format> {
  const { bytes, path } = source;
  if (bytes.length === 0) throw new DocumentFault('no_text', 'It is empty.');
  const beginning = latin1(bytes.subarray(0, PDF_BEGINNING));
  if (/^(\u00ef\u00bb\u00bf)?\s*%PDF-/.test(beginning)) return 'pdf';
  if (ZIP_MARKS.some((mark) => beginning.startsWith(mark))) return detectZip(bytes);
  if (beginning.startsWith(COMPOUND_MARK)) throw detectCompound(bytes);
  const text = textOf(source);
  if (text !== undefined && text.encoding !== 'windows-1252') {
    refuseCodedText(text.text);
    return detectText(path, text.text);
  }
  if (beginning.includes('%PDF-')) return 'pdf';
  // Nearly all bytes are Windows-1252, so a file that has another mark is what the mark says.
  await refuseBinary(bytes);
  const declared = text?.text ?? decodeDeclared(bytes);
  if (declared === undefined)
    throw new DocumentFault('not_supported', 'It is a binary file of an unknown kind.');
  refuseCodedText(declared);
  return detectText(path, declared);
}

function textOf({ bytes, path }: DocumentSource): FileText | undefined {
  try {
    return decodeText(bytes, path);
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'not_text') return undefined;
    throw error;
  }
}

function refuseCodedText(text: string): void {
  const found = CODED_TEXTS.find(([pattern]) => pattern.test(text));
  if (found !== undefined) throw new DocumentFault('not_supported', found[1]);
}

async function refuseBinary(bytes: Uint8Array): Promise<void> {
  const type = await fileTypeFromBuffer(bytes.subarray(0, BEGINNING));
  if (type === undefined || type.ext === 'xml') return;
  const kind = KINDS[type.mime.split('/')[0] ?? ''];
  if (kind !== undefined) throw new DocumentFault('not_supported', kind);
  if (EXECUTABLES.includes(type.ext)) throw new DocumentFault('not_supported', 'It is a program.');
  if (ARCHIVES.includes(type.ext)) {
    throw new DocumentFault('not_supported', 'It is an archive. Unpack it, and add the documents in it.');
  }
  throw new DocumentFault('not_supported', `It is a file of the kind .${type.ext}, which cannot be read.`);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
