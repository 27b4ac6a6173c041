import { crc32, inflateRawSync } from 'node:zlib';
import { type Entry, fromBufferPromise, getFileNameLowLevel, type ZipFile } from 'yauzl';
import { hasCode } from '../../workspace/sandbox/file-errors.ts';
import { DocumentFault } from '../document.ts';

const MIB = 1024 * 1024;
const STORED = 0;
const DEFLATED = 8;

/** How much a document that is a zip archive may hold, in bytes as they are inflated. */
export interface ZipLimits {
  total: number;
  entry: number;
  entries: number;
}

const LIMITS: ZipLimits = { total: 200 * MIB, entry: 100 * MIB, entries: 10_000 };

/** The files in a document that is a zip archive, all of which were inflated once and found small enough. */
export interface ZipParts {
  names: readonly string[];
  has(name: string): boolean;
  /**
   * Inflates one of them.
   *
   * @throws DocumentFault `broken` when there is none of this name, or it was changed.
   */
  read(name: string): Buffer;
}

interface Place {
  start: number;
  compressedSize: number;
  method: number;
  crc: number;
}

/**
 * Inflates every entry of an archive and counts what comes out, because declared sizes can lie and entries can share bytes. No parser
 * sees an archive before.
 *
 * @throws DocumentFault `expands_too_much`, `encrypted`, `broken`.
 */
export async function openGuardedZip(bytes: Uint8Array, limits: ZipLimits = LIMITS): Promise<ZipParts> {
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const zip = await orDamaged(
    fromBufferPromise(archive, { decodeStrings: false, validateEntrySizes: false }),
  );
  if (zip.entryCount > limits.entries) throw tooManyEntries(limits);
  const places = new Map<string, Place>();
  let left = limits.total;
  for await (const entry of listedEntries(zip)) {
    if (entry.isEncrypted()) {
      throw new DocumentFault('encrypted', 'It is protected with a password. Save it without one.');
    }
    const place = await placeOf(zip, entry);
    left -= inflate(archive, place, Math.min(limits.entry, left)).length;
    const name = getFileNameLowLevel(
      entry.generalPurposeBitFlag,
      entry.fileNameRaw,
      entry.extraFields,
      false,
    );
    places.set(name, place);
  }
  return {
    names: [...places.keys()],
    has: (name) => places.has(name),
    read(name) {
      const place = places.get(name);
      if (place === undefined) throw new DocumentFault('broken', 'A part of it is missing.');
      const content = inflate(archive, place, limits.entry);
      if (crc32(content) !== place.crc) throw damaged(undefined);
      return content;
    },
  };
}

async function* listedEntries(zip: ZipFile): AsyncGenerator<Entry> {
  try {
    yield* zip.eachEntry();
  } catch (error) {
    throw damaged(error);
  }
}

async function placeOf(zip: ZipFile, entry: Entry): Promise<Place> {
  const { fileDataStart } = await orDamaged(zip.readLocalFileHeaderPromise(entry, { minimal: true }));
  const { compressedSize, compressionMethod: method, crc32: crc } = entry;
  return { start: fileDataStart, compressedSize, method, crc };
}

function inflate(archive: Buffer, { start, compressedSize, method }: Place, most: number): Buffer {
  const packed = archive.subarray(start, start + compressedSize);
  const content = method === DEFLATED ? inflateAtMost(packed, most) : packed;
  if (method !== STORED && method !== DEFLATED) {
    throw new DocumentFault('broken', 'It is compressed in a way that cannot be read.');
  }
  if (content.length > most) throw tooLarge();
  return content;
}

function inflateAtMost(packed: Buffer, most: number): Buffer {
  try {
    // Zero would stand for no limit at all.
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, most) });
  } catch (error) {
    throw hasCode(error, 'ERR_BUFFER_TOO_LARGE') ? tooLarge() : damaged(error);
  }
}

async function orDamaged<Value>(reading: Promise<Value>): Promise<Value> {
  try {
    return await reading;
  } catch (error) {
    throw damaged(error);
  }
}

function damaged(cause: unknown): DocumentFault {
  return new DocumentFault('broken', 'It is damaged: a part of it is missing or was changed.', { cause });
}

function tooLarge(): DocumentFault {
  return new DocumentFault('expands_too_much', 'Unpacked it is much larger than a document may be.');
}

function tooManyEntries({ entries }: ZipLimits): DocumentFault {
  return new DocumentFault('expands_too_much', `It is packed from more than ${entries} parts.`);
}
