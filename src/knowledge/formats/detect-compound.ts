import { DocumentFault } from '../document.ts';

/** What the streams in a compound file are called, and what it then is ([MS-CFB], [MS-OFFCRYPTO], [MS-DOC], [MS-XLS], [MS-PPT]). */
const STREAMS: readonly (readonly [string, DocumentFault['code'], string])[] = [
  ['EncryptedPackage', 'encrypted', 'It is protected with a password. Save it without one.'],
  ['WordDocument', 'not_supported', 'It is a Word document in the format of 1997 to 2003. Save it as .docx.'],
  [
    'PowerPoint Document',
    'not_supported',
    'It is a presentation in the format of 1997 to 2003. Save it as .pptx.',
  ],
  ['Workbook', 'not_supported', 'It is a spreadsheet in the format of 1997 to 2003. Save it as .xlsx.'],
  ['Book', 'not_supported', 'It is a spreadsheet in the format before 1997. Save it as .xlsx.'],
  ['__nameid_version1.0', 'not_supported', 'It is an Outlook message. Save it as .eml.'],
];

/** Says why a compound file, as the older Office programs wrote them, cannot be read: by the names in its folder, which are UTF-16. */
export function detectCompound(bytes: Uint8Array): DocumentFault {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [name, code, sentence] of STREAMS) {
    if (file.includes(Buffer.from(`${name}\0`, 'utf16le'))) return new DocumentFault(code, sentence);
  }
  return new DocumentFault(
    'not_supported',
    'It is a file of an older Office program. Save it as .docx, .xlsx or .pptx.',
  );
}
