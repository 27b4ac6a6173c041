import { createHash } from 'node:crypto';

/** What a PDF is made of besides its pages. */
interface PdfOptions {
  title?: string;
  /** Titles of its outline, one for each page. */
  outline?: readonly string[];
  /** Encrypts it with RC4 and this password. */
  password?: string;
}

/** The padding of passwords (ISO 32000-1, 7.6.3.3, algorithm 2). */
const PADDING = Buffer.from('28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a', 'hex');
const IDENTITY = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
const PERMISSIONS = -4;

/** A PDF of pages whose paragraphs are lists of lines, written by hand with its table of objects. */
export function pdfOf(pages: readonly (readonly (readonly string[])[])[], options: PdfOptions = {}): Buffer {
  const { title, outline = [], password } = options;
  const encryption = password === undefined ? undefined : encryptionOf(password);
  const pageAt = (index: number) => 4 + index * 2;
  const outlineAt = 4 + pages.length * 2;
  const kids = pages.map((_, index) => `${pageAt(index)} 0 R`).join(' ');
  const objects: Buffer[] = [
    latin1(`<< /Type /Catalog /Pages 2 0 R ${outline.length > 0 ? `/Outlines ${outlineAt} 0 R` : ''} >>`),
    latin1(`<< /Type /Pages /Count ${pages.length} /Kids [${kids}] >>`),
    latin1('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>'),
  ];
  for (const [index, paragraphs] of pages.entries()) {
    objects.push(
      latin1(
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${pageAt(index) + 1} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`,
      ),
    );
    const plain = latin1(textOperators(paragraphs));
    const content = encryption?.encrypt(plain, pageAt(index) + 1) ?? plain;
    objects.push(
      Buffer.concat([latin1(`<< /Length ${content.length} >>\nstream\n`), content, latin1('\nendstream')]),
    );
  }
  if (outline.length > 0) objects.push(...outlineObjects(outline, outlineAt, pageAt));
  let trailer = '';
  if (title !== undefined) {
    objects.push(latin1(`<< /Title (${title}) >>`));
    trailer += ` /Info ${objects.length} 0 R`;
  }
  if (encryption !== undefined) {
    objects.push(latin1(encryption.dictionary));
    const identity = `<${IDENTITY.toString('hex')}>`;
    trailer += ` /Encrypt ${objects.length} 0 R /ID [${identity} ${identity}]`;
  }
  return assembled(objects, trailer);
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function textOperators(paragraphs: readonly (readonly string[])[]): string {
  const shown = paragraphs.map((lines) =>
    lines.map((line) => `(${line.replaceAll(/([()\\])/g, '\\$1')}) Tj 0 -14 Td`).join('\n'),
  );
  return `BT /F1 12 Tf 72 720 Td\n${shown.join('\n0 -14 Td\n')}\nET`;
}

function outlineObjects(titles: readonly string[], at: number, pageAt: (index: number) => number): Buffer[] {
  const root = `<< /Type /Outlines /First ${at + 1} 0 R /Last ${at + titles.length} 0 R /Count ${titles.length} >>`;
  const entries = titles.map((title, index) => {
    const next = index < titles.length - 1 ? `/Next ${at + index + 2} 0 R` : '';
    const previous = index > 0 ? `/Prev ${at + index} 0 R` : '';
    return `<< /Title (${title}) /Parent ${at} 0 R /Dest [${pageAt(index)} 0 R /Fit] ${previous} ${next} >>`;
  });
  return [root, ...entries].map(latin1);
}

function assembled(objects: readonly Buffer[], trailer: string): Buffer {
  const pieces = [latin1('%PDF-1.4\n')];
  const offsets: number[] = [];
  let position = pieces[0]!.length;
  for (const [index, object] of objects.entries()) {
    const piece = Buffer.concat([latin1(`${index + 1} 0 obj\n`), object, latin1('\nendobj\n')]);
    offsets.push(position);
    pieces.push(piece);
    position += piece.length;
  }
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  pieces.push(
    latin1(
      `xref\n0 ${size}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${size} /Root 1 0 R${trailer} >>\nstartxref\n${position}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(pieces);
}

/** The standard security handler, version 1 and revision 2: RC4 with 40 bits (ISO 32000-1, 7.6.3). */
function encryptionOf(password: string) {
  const user = Buffer.concat([latin1(password), PADDING]).subarray(0, 32);
  const owner = rc4(md5(user).subarray(0, 5), user);
  const permissions = Buffer.alloc(4);
  permissions.writeInt32LE(PERMISSIONS);
  const key = md5(Buffer.concat([user, owner, permissions, IDENTITY])).subarray(0, 5);
  const check = rc4(key, PADDING);
  const hex = (bytes: Buffer) => `<${bytes.toString('hex')}>`;
  return {
    dictionary: `<< /Filter /Standard /V 1 /R 2 /O ${hex(owner)} /U ${hex(check)} /P ${PERMISSIONS} >>`,
    encrypt(content: Buffer, object: number) {
      const suffix = Buffer.from([object & 0xff, (object >> 8) & 0xff, object >> 16, 0, 0]);
      return rc4(md5(Buffer.concat([key, suffix])).subarray(0, 10), content);
    },
  };
}

function md5(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes).digest();
}

function rc4(key: Buffer, content: Buffer): Buffer {
  const state = Array.from({ length: 256 }, (_, index) => index);
  const swap = (one: number, other: number) => {
    [state[one], state[other]] = [state[other]!, state[one]!];
  };
  for (let index = 0, other = 0; index < 256; index += 1) {
    other = (other + state[index]! + key[index % key.length]!) & 0xff;
    swap(index, other);
  }
  let one = 0;
  let other = 0;
  return content.map((byte) => {
    one = (one + 1) & 0xff;
    other = (other + state[one]!) & 0xff;
    swap(one, other);
    return byte ^ state[(state[one]! + state[other]!) & 0xff]!;
  }) as Buffer; // a Buffer's `map` gives a Buffer, which its type does not say
}
