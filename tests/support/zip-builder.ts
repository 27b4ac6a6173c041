import { crc32, deflateRawSync } from 'node:zlib';

/** What a header says of an entry; both headers of an entry say the same unless one is told otherwise. */
interface HeaderFields {
  name: Buffer;
  flags: number;
  method: number;
  crc: number;
  compressedSize: number;
  size: number;
  extra: Buffer;
}

/** One entry, honest in all that is left out. */
export interface Part {
  name: string | Buffer;
  content?: Buffer | string;
  /** Its bytes in the archive; made from `content` when left out. */
  data?: Buffer;
  method?: number;
  flags?: number;
  /** The Unix mode, or the whole external attributes. */
  mode?: number;
  attributes?: number;
  /** What both headers say, whatever is true. */
  claims?: Partial<HeaderFields>;
  /** What only the header beside the content says. */
  local?: Partial<HeaderFields>;
  /** What only the list says. */
  listed?: Partial<HeaderFields>;
  /** Where the list says that the entry begins. */
  offset?: number;
  /** Whether it is only in the list, pointing to `offset`. */
  listedOnly?: boolean;
  comment?: Buffer;
  /** MS-DOS date and time, date first. */
  time?: readonly [number, number];
}

/** What the end of an archive says, and what is around it. */
export interface Ending {
  comment?: Buffer;
  prefix?: Buffer;
  suffix?: Buffer;
  count?: number;
  listOffset?: number;
  listSize?: number;
  disk?: number;
  /** Writes the Zip64 records, with these instead of the true values. */
  zip64?: Zip64;
}

interface Zip64 {
  count?: bigint;
  listSize?: bigint;
  listOffset?: bigint;
  recordOffset?: bigint;
}

const UTF8 = 0x800;
const FULL_16 = 0xffff;
const FULL_32 = 0xffffffff;

/** Little-endian integers of the widths that come before them: `integers([4, 1], [2, 7])`. */
export function integers(...fields: readonly (readonly [1 | 2 | 4, number])[]): Buffer {
  return Buffer.concat(fields.map(([width, value]) => long(BigInt(value)).subarray(0, width)));
}

/** Little-endian integers of 8 bytes each. */
export function long(...values: readonly bigint[]): Buffer {
  return Buffer.from(BigUint64Array.from(values).buffer);
}

/** One extra field of a header. */
export function extraField(id: number, data: Buffer): Buffer {
  return Buffer.concat([integers([2, id], [2, data.length]), data]);
}

/** Builds an archive byte by byte, so that it can lie anywhere. */
export function buildZip(parts: readonly Part[], ending: Ending = {}): Buffer {
  const pieces: Buffer[] = [ending.prefix ?? Buffer.alloc(0)];
  const list: Buffer[] = [];
  let position = pieces[0]?.length ?? 0;
  for (const part of parts) {
    const { data, fields } = trueFields(part);
    list.push(listedHeader(part, fields, part.offset ?? position));
    if (part.listedOnly) continue;
    const beside = Buffer.concat([localHeader(part, { ...fields, ...part.claims, ...part.local }), data]);
    pieces.push(beside);
    position += beside.length;
  }
  const listed = Buffer.concat(list);
  const end = endRecords(parts.length, ending, { position, size: listed.length });
  return Buffer.concat([...pieces, listed, end]);
}

function trueFields(part: Part): { data: Buffer; fields: HeaderFields } {
  const content = Buffer.from(part.content ?? '');
  const method = part.method ?? 0;
  const data = part.data ?? (method === 8 ? deflateRawSync(content) : content);
  const sizes = { crc: crc32(content), compressedSize: data.length, size: content.length };
  const common = { name: Buffer.from(part.name), flags: part.flags ?? UTF8, method, extra: Buffer.alloc(0) };
  return { data, fields: { ...common, ...sizes } };
}

function timeOf({ time = [0x5a21, 0x6000] }: Part): Buffer {
  return integers([2, time[1]], [2, time[0]]);
}

function sizesOf({ crc, compressedSize, size, name, extra }: HeaderFields): Buffer {
  return integers([4, crc], [4, compressedSize], [4, size], [2, name.length], [2, extra.length]);
}

function localHeader(part: Part, fields: HeaderFields): Buffer {
  const { flags, method, name, extra } = fields;
  const head = integers([4, 0x04034b50], [2, 20], [2, flags], [2, method]);
  return Buffer.concat([head, timeOf(part), sizesOf(fields), name, extra]);
}

function listedHeader(part: Part, truth: HeaderFields, offset: number): Buffer {
  const fields = { ...truth, ...part.claims, ...part.listed };
  const { comment = Buffer.alloc(0), mode = 0o100644 } = part;
  const { flags, method, name, extra } = fields;
  const attributes = part.attributes ?? (mode << 16) >>> 0;
  const head = integers([4, 0x02014b50], [2, 0x33f], [2, 20], [2, flags], [2, method]);
  const tail = integers([2, comment.length], [2, 0], [2, 0], [4, attributes], [4, offset]);
  return Buffer.concat([head, timeOf(part), sizesOf(fields), tail, name, extra, comment]);
}

function endRecords(parts: number, ending: Ending, list: { position: number; size: number }): Buffer {
  const { comment = Buffer.alloc(0), suffix = Buffer.alloc(0), zip64, disk = 0 } = ending;
  const count = ending.count ?? (zip64 ? FULL_16 : parts);
  const size = ending.listSize ?? (zip64 ? FULL_32 : list.size);
  const offset = ending.listOffset ?? (zip64 ? FULL_32 : list.position);
  const end = integers([4, 0x06054b50], [2, disk], [2, disk], [2, count], [2, count], [4, size], [4, offset]);
  const records = zip64 ? zip64Records(parts, zip64, list) : Buffer.alloc(0);
  return Buffer.concat([records, end, integers([2, comment.length]), comment, suffix]);
}

function zip64Records(parts: number, zip64: Zip64, list: { position: number; size: number }): Buffer {
  const { count = BigInt(parts), listSize = BigInt(list.size), listOffset = BigInt(list.position) } = zip64;
  const recordOffset = zip64.recordOffset ?? BigInt(list.position + list.size);
  const head = [integers([4, 0x06064b50]), long(44n), integers([2, 45], [2, 45], [4, 0], [4, 0])];
  const locator = [integers([4, 0x07064b50], [4, 0]), long(recordOffset), integers([4, 1])];
  return Buffer.concat([...head, long(count, count, listSize, listOffset), ...locator]);
}
