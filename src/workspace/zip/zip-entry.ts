import { isUtf8 } from 'node:buffer';
import { type Entry, getFileNameLowLevel, type LocalFileHeader, parseExtraFields } from 'yauzl';
import { ProblemError } from '../../errors.ts';
import { quoted } from '../sandbox/names.ts';
import { parsePath, type WorkspacePath } from '../sandbox/paths.ts';
import { archiveRefusal, type ZipArchive } from './zip-archive.ts';

/** File types in the Unix mode, which is the upper half of the external attributes (APPNOTE 4.4.15, Info-ZIP). */
const TYPE_BITS = 0o170000;
const FOLDER_BITS = 0o040000;
const FILE_BITS = 0o100000;
const OWNER_MAY_EXECUTE = 0o100;
/** The folder bit of MS-DOS, in the lower half. */
const DOS_FOLDER = 0x10;

/** Bits of the general purpose flags (APPNOTE 4.4.4). */
const ENCRYPTED = 0x1 | 0x40 | 0x2000;
const SIZES_FOLLOW = 0x8;
const UTF8_NAME = 0x800;
/** Unix and macOS, as the systems that an entry was made on (APPNOTE 4.4.2.2). */
const UNIX_SYSTEMS = [3, 19];
const STORED = 0;
const DEFLATED = 8;

/**
 * The most that deflate can compress: a match of 258 bytes takes at least 2 bits, so 1,032 to 1 (zlib's Technical
 * Details, "Maximum Compression Factor"). A larger ratio is a lie.
 */
const DEFLATE_RATIO = 1032;
/** Marks a size in a header that stands in the Zip64 field instead. */
const IN_ZIP64_FIELD = 0xffffffff;
const ZIP64_FIELD = 0x0001;

/** Before it a time was not set: the format's own time begins with 1980. */
const FIRST_TIME = Date.UTC(1980, 0, 1);
const DAY_MS = 86_400_000;

/** One entry of an archive, found harmless as far as it alone can tell. */
export interface ZipEntry {
  readonly path: WorkspacePath;
  readonly type: 'file' | 'folder';
  readonly size: number;
  readonly compressedSize: number;
  readonly crc32: number;
  readonly deflated: boolean;
  readonly executable: boolean;
  readonly modifiedAt: Date | undefined;
  /** Where its local header begins, and where its content does. */
  readonly start: number;
  readonly contentStart: number;
}

/** Where in a list of entries: the entry, its own header beside its content, and the archive to name in a refusal. */
interface Found {
  entry: Entry;
  header: LocalFileHeader;
  archive: ZipArchive;
}

/**
 * The name of an entry as its archive gives it: UTF-8 where that is said, CP437 otherwise. Info-ZIP on Linux and macOS often
 * writes UTF-8 without saying so, and its unzip takes names made on Unix as they are.
 */
export function nameOfEntry(entry: Entry): string {
  const isUnixName = UNIX_SYSTEMS.includes(entry.versionMadeBy >>> 8) && isUtf8(entry.fileNameRaw);
  const flags = entry.generalPurposeBitFlag | (isUnixName ? UTF8_NAME : 0);
  return getFileNameLowLevel(flags, entry.fileNameRaw, entry.extraFields, true);
}

/**
 * Checks one entry by itself: its name, its type, how it is compressed, and that both of its headers say the same.
 *
 * @throws ProblemError `archive_refused`.
 */
export function checkEntry({ entry, header, archive }: Found): ZipEntry {
  const name = nameOfEntry(entry);
  const path = pathOfEntry(name, archive);
  const type = path.wantsFolder ? 'folder' : 'file';
  const fault =
    typeFault(entry, type) ??
    contentFault(entry, type) ??
    (disagreement(entry, header) && 'has two headers that contradict each other');
  if (fault !== undefined) throw archiveRefusal(archive, `its entry ${quoted(name)} ${fault}.`);
  const time = entry.getLastModDate();
  const isSane = time.getTime() >= FIRST_TIME && time.getTime() <= Date.now() + DAY_MS;
  return {
    path,
    type,
    size: entry.uncompressedSize,
    compressedSize: entry.compressedSize,
    crc32: entry.crc32,
    deflated: entry.compressionMethod === DEFLATED,
    executable: (modeOf(entry) & OWNER_MAY_EXECUTE) !== 0,
    modifiedAt: isSane ? time : undefined,
    start: entry.relativeOffsetOfLocalHeader,
    contentStart: header.fileDataStart,
  };
}

function pathOfEntry(name: string, archive: ZipArchive): WorkspacePath {
  const shown = `its entry ${quoted(name)}`;
  if (name === '') throw archiveRefusal(archive, 'it has an entry without a name.');
  if (name.includes('\\')) {
    throw archiveRefusal(
      archive,
      `the name of ${shown} holds a backslash, which some programs on Windows write between folders and the zip format forbids. Pack it with another program.`,
    );
  }
  try {
    // macOS writes letters and their accents apart. Two entries that become one by this are found to collide.
    return parsePath(name.normalize('NFC'));
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    throw archiveRefusal(archive, `the name of ${shown} is refused. ${error.message}`, error);
  }
}

function modeOf(entry: Entry): number {
  return entry.externalFileAttributes >>> 16;
}

/** Why an entry cannot be what its name says. Programs that leave the type out of the mode go by the name alone. */
function typeFault(entry: Entry, type: 'file' | 'folder'): string | undefined {
  const bits = modeOf(entry) & TYPE_BITS;
  if (bits === 0o120000) return 'is a link';
  if (bits !== 0 && bits !== FILE_BITS && bits !== FOLDER_BITS) return 'is a device, FIFO or socket';
  const isFolder = bits === FOLDER_BITS || (entry.externalFileAttributes & DOS_FOLDER) !== 0;
  if (type === 'file' && isFolder) return 'is marked as a folder, but its name does not end in a slash';
  return undefined;
}

/** Why the content of an entry cannot be read. */
function contentFault(entry: Entry, type: 'file' | 'folder'): string | undefined {
  const { compressionMethod, compressedSize, uncompressedSize } = entry;
  if ((entry.generalPurposeBitFlag & ENCRYPTED) !== 0) return 'is encrypted';
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED) {
    return `is compressed by method ${compressionMethod}; only 0 (stored) and 8 (deflated) can be read`;
  }
  if (type === 'folder' && uncompressedSize !== 0) return 'is a folder, but has a content';
  if (compressionMethod === STORED && compressedSize !== uncompressedSize) {
    return 'is stored as it is, but has two different sizes';
  }
  if (uncompressedSize > compressedSize * DEFLATE_RATIO) {
    return `claims to be compressed by more than ${DEFLATE_RATIO} to 1, which is not possible`;
  }
  return undefined;
}

/** Whether the list of entries and the header beside the content tell different stories, as two programs would then. */
function disagreement(entry: Entry, header: LocalFileHeader): true | undefined {
  const isSame =
    header.fileName.equals(entry.fileNameRaw) &&
    header.compressionMethod === entry.compressionMethod &&
    (header.generalPurposeBitFlag & ENCRYPTED) === 0 &&
    sizesAgree(entry, header);
  return isSame ? undefined : true;
}

function sizesAgree(entry: Entry, header: LocalFileHeader): boolean {
  const { crc32, size, compressedSize } = localSizes(header);
  // Written in one go, without knowing them before: zeros here, the truth behind the content and in the list.
  const mayBeZero = (header.generalPurposeBitFlag & SIZES_FOLLOW) !== 0;
  const agrees = (local: number, listed: number) => local === listed || (mayBeZero && local === 0);
  return (
    agrees(crc32, entry.crc32) &&
    agrees(size, entry.uncompressedSize) &&
    agrees(compressedSize, entry.compressedSize)
  );
}

function localSizes(header: LocalFileHeader): { crc32: number; size: number; compressedSize: number } {
  const { crc32, uncompressedSize, compressedSize } = header;
  const data = zip64Field(header);
  // In this header the field holds both sizes, in this order (APPNOTE 4.5.3).
  const at = (position: number, given: number) =>
    given === IN_ZIP64_FIELD && data.length >= position + 8 ? Number(data.readBigUInt64LE(position)) : given;
  return { crc32, size: at(0, uncompressedSize), compressedSize: at(8, compressedSize) };
}

function zip64Field(header: LocalFileHeader): Buffer {
  return parseExtraFields(header.extraField).find(({ id }) => id === ZIP64_FIELD)?.data ?? Buffer.alloc(0);
}
