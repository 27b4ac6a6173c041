import { DocumentFault, type Format } from '../document.ts';
import { openGuardedZip, type ZipParts } from './zip-guard.ts';

const OPEN_DOCUMENT = 'application/vnd.oasis.opendocument.';
const LONGEST_TYPE = 100;

/**
 * Tells what document a zip archive is by what it holds.
 *
 * @throws DocumentFault `not_supported` when it is none; what an archive is refused for.
 */
export async function detectZip(bytes: Uint8Array): Promise<Format> {
  const parts = await openGuardedZip(bytes);
  const type = parts.has('mimetype') ? parts.read('mimetype').toString('latin1', 0, LONGEST_TYPE).trim() : '';
  if (type === 'application/epub+zip' || parts.has('META-INF/container.xml')) {
    if (!type.startsWith(OPEN_DOCUMENT)) return 'epub';
  }
  if (type.startsWith(OPEN_DOCUMENT)) {
    throw notSupported('It is an OpenDocument file. Save it as .docx, .xlsx or .pptx.');
  }
  if (parts.has('xl/workbook.bin')) throw notSupported('It is a binary Excel workbook. Save it as .xlsx.');
  return officeFormat(parts);
}

function officeFormat({ names, has }: ZipParts): Format {
  const holds = (folder: string) => names.some((name) => name.startsWith(folder));
  if (has('[Content_Types].xml')) {
    if (holds('word/')) return 'docx';
    if (holds('xl/')) return 'xlsx';
    if (holds('ppt/')) return 'pptx';
  }
  throw notSupported('It is an archive. Unpack it, and add the documents in it.');
}

function notSupported(sentence: string): DocumentFault {
  return new DocumentFault('not_supported', sentence);
}
