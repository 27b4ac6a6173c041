import type { Entry, ZipFile } from 'yauzl';
import { emptyEntryFolder } from '../entry-tree.ts';
import { quoted } from '../sandbox/names.ts';
import { shownBytes, shownCount, type TreeLimits } from '../tree-limits.ts';
import { archiveRefusal, damage, openZip, readArchive, type ZipArchive } from './zip-archive.ts';
import { checkEntry, nameOfEntry, type ZipEntry } from './zip-entry.ts';
import { addToTree, type ZipFolder } from './zip-tree.ts';

/** Signatures and fixed sizes of the records at the end of an archive (APPNOTE 4.3.14 to 4.3.16). */
const END_SIZE = 22;
const ZIP64_END_SIGNATURE = 0x06064b50;
const ZIP64_END_HEAD = 12;
const ZIP64_LOCATOR_SIZE = 20;

/** How much may be unpacked, and how deep. */
export interface UnpackLimits extends TreeLimits {
  /** The most names that a path may have. */
  readonly depth: number;
}

/** What an archive holds, found harmless. Sizes are as it declares them. */
export interface ZipPlan {
  readonly root: ZipFolder;
  readonly files: number;
  readonly folders: number;
  readonly bytes: number;
}

/**
 * Reads the whole list of an archive's entries, and each entry's header beside its content, and checks all of it; nothing is
 * written, and no content is read.
 *
 * @throws ProblemError `archive_refused`.
 */
export async function checkZip(
  archive: ZipArchive,
  limits: UnpackLimits,
  signal: AbortSignal | undefined,
): Promise<ZipPlan> {
  const zip = await openZip(archive);
  // @types/yauzl calls it a boolean; it is the position of the next entry in the list.
  const listStart = Number(zip.readEntryCursor);
  if (zip.entryCount > limits.entries) throw tooMany(archive, limits);
  const entries: ZipEntry[] = [];
  const root: ZipFolder = emptyEntryFolder();
  let count = 0;
  let bytes = 0;
  for await (const entry of listedEntries(zip, archive)) {
    signal?.throwIfAborted();
    const found = await readEntry(zip, entry, archive);
    if (found.path.names.length > limits.depth) {
      throw archiveRefusal(
        archive,
        `its entry ${quoted(found.path.text)} is deeper than ${limits.depth} folders.`,
      );
    }
    count += addToTree(root, found, archive);
    if (count > limits.entries) throw tooMany(archive, limits);
    bytes += found.size;
    if (bytes > limits.bytes) {
      throw archiveRefusal(
        archive,
        `unpacked it is larger than ${shownBytes(limits.bytes)}, which is the most.`,
      );
    }
    entries.push(found);
  }
  refuseOverlaps(archive, entries, listStart);
  await checkEnd(zip, archive, { start: listStart, end: Number(zip.readEntryCursor) });
  const files = entries.filter(({ type }) => type === 'file').length;
  return { root, files, folders: count - files, bytes };
}

function tooMany(archive: ZipArchive, { entries }: UnpackLimits) {
  return archiveRefusal(
    archive,
    `it holds more than ${shownCount(entries)} files and folders, which is the most.`,
  );
}

async function* listedEntries(zip: ZipFile, archive: ZipArchive): AsyncGenerator<Entry> {
  try {
    yield* zip.eachEntry();
  } catch (error) {
    throw damage(archive, 'its list of entries', error);
  }
}

async function readEntry(zip: ZipFile, entry: Entry, archive: ZipArchive): Promise<ZipEntry> {
  try {
    return checkEntry({ entry, header: await zip.readLocalFileHeaderPromise(entry), archive });
  } catch (error) {
    throw damage(archive, `its entry ${quoted(nameOfEntry(entry))}`, error);
  }
}

/**
 * Entries that share bytes are how a small archive unpacks to a huge one (D. Fifield, "A better zip bomb", WOOT 2019), and
 * bytes before the first one are how one file is two archives; honest programs write neither.
 */
function refuseOverlaps(archive: ZipArchive, entries: readonly ZipEntry[], listStart: number): void {
  let end = 0;
  for (const entry of entries.toSorted((one, other) => one.start - other.start)) {
    const shown = `its entry ${quoted(entry.path.text)}`;
    if (entry.start < end) throw archiveRefusal(archive, `${shown} overlaps another one.`);
    if (end === 0 && entry.start > 0) throw strayBytes(archive);
    end = entry.contentStart + entry.compressedSize;
    if (end > listStart) throw archiveRefusal(archive, `${shown} overlaps the list of entries.`);
  }
  if (entries.length === 0 && listStart > 0) throw strayBytes(archive);
}

function strayBytes(archive: ZipArchive) {
  return archiveRefusal(archive, 'it begins with bytes that belong to none of its entries.');
}

/** The records at the end must agree with each other and with the list, or two programs would see two archives. */
async function checkEnd(
  zip: ZipFile,
  archive: ZipArchive,
  list: { start: number; end: number },
): Promise<void> {
  const endStart = archive.size - END_SIZE - zip.comment.length;
  const end = await readArchive(archive, endStart, END_SIZE);
  // A field that is full stands in the Zip64 record instead, which is what yauzl went by.
  const agrees = (position: number, width: 2 | 4, value: number) => {
    const given = end.readUIntLE(position, width);
    return given === value || given === 2 ** (8 * width) - 1;
  };
  const isWhole =
    agrees(8, 2, zip.entryCount) &&
    agrees(10, 2, zip.entryCount) &&
    agrees(12, 4, list.end - list.start) &&
    agrees(16, 4, list.start) &&
    list.end === (await zip64Start(archive, list.end, endStart));
  if (!isWhole) throw archiveRefusal(archive, 'the record at its end contradicts its list of entries.');
}

/** Where the list must end: at the Zip64 record when there is one, which must reach to the last record. */
async function zip64Start(archive: ZipArchive, listEnd: number, endStart: number): Promise<number> {
  if (listEnd === endStart) return endStart;
  const head = await readArchive(archive, listEnd, ZIP64_END_HEAD);
  if (head.length < ZIP64_END_HEAD || head.readUInt32LE(0) !== ZIP64_END_SIGNATURE) return endStart;
  return endStart - ZIP64_LOCATOR_SIZE - Number(head.readBigUInt64LE(4)) - ZIP64_END_HEAD;
}
