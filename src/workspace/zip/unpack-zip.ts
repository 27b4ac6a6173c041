import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { type EntryFile, fillFolder, makeFile } from '../entry-tree.ts';
import { asProblem, hasCode } from '../sandbox/file-errors.ts';
import type { Folder } from '../sandbox/folder.ts';
import { readPieces } from '../sandbox/held-file.ts';
import { quoted } from '../sandbox/names.ts';
import { TREE_LIMITS } from '../tree-limits.ts';
import { checkZip, type UnpackLimits } from './check-zip.ts';
import { archiveRefusal, damage, type ZipArchive } from './zip-archive.ts';
import type { ZipEntry } from './zip-entry.ts';

const LIMITS: UnpackLimits = { ...TREE_LIMITS, depth: 50 };
/** How much is unpacked at a time, in bytes. */
const INFLATE_STEP = 64 * 1024;

/** What was unpacked; folders that are not listed in the archive but on the way to its entries count too. */
export interface Unpacked {
  files: number;
  folders: number;
  /** Of the files' contents. */
  bytes: number;
}

interface Job {
  readonly archive: ZipArchive;
  readonly signal: AbortSignal | undefined;
}

/**
 * Unpacks a zip archive into an empty, private folder. All that the archive says about itself is checked before anything is
 * written, and its contents while they are; when this fails, the staging folder holds a part, and the caller removes it.
 * Files keep the time of their last change, and whether they are executable; links and the like are refused.
 *
 * @throws ProblemError `archive_refused`.
 */
export async function unpackZip(
  archive: ZipArchive,
  staging: Folder,
  { limits, signal }: { limits?: Partial<UnpackLimits> | undefined; signal?: AbortSignal | undefined } = {},
): Promise<Unpacked> {
  signal?.throwIfAborted();
  const { root, files, folders, bytes } = await checkZip(archive, { ...LIMITS, ...limits }, signal);
  const job = { archive, signal };
  await fillFolder(staging, root, {
    signal,
    write: (folder, file) => writeFile(folder, file, job),
    asRefusal: (error, name) => refusalOf(error, name, job),
  });
  return { files, folders, bytes };
}

async function writeFile(
  folder: Folder,
  { name, content: entry }: EntryFile<ZipEntry>,
  job: Job,
): Promise<void> {
  await using handle = await makeFile(folder, name, entry.executable).catch((error: unknown) => {
    throw refusalOf(error, entry.path.text, job);
  });
  try {
    await writeContent(handle, entry, job);
    if (entry.modifiedAt !== undefined) await handle.utimes(entry.modifiedAt, entry.modifiedAt);
    await handle.sync();
  } catch (error) {
    job.signal?.throwIfAborted();
    const shown = `its entry ${quoted(entry.path.text)}`;
    throw damage(job.archive, shown, asProblem(error, entry.path.text));
  }
}

/** The staging folder was empty, so a name that is taken is one that this disk takes for another one. */
function refusalOf(error: unknown, path: string, { archive }: Job): unknown {
  if (!hasCode(error, 'EEXIST')) return asProblem(error, path);
  return archiveRefusal(archive, `the disk takes its entry ${quoted(path)} for another one.`, error);
}

async function writeContent(handle: FileHandle, entry: ZipEntry, { archive, signal }: Job): Promise<void> {
  const source = Readable.from(
    readPieces(archive.handle, { start: entry.contentStart, length: entry.compressedSize, signal }),
    { objectMode: false },
  );
  const write = (pieces: AsyncIterable<Buffer>) => handle.writeFile(checked(pieces, entry, archive));
  if (!entry.deflated) return await pipeline(source, write, { signal });
  const inflate = createInflateRaw({ chunkSize: INFLATE_STEP });
  await pipeline(source, inflate, write, { signal });
  if (inflate.bytesWritten !== entry.compressedSize)
    throw contentRefusal(entry, archive, 'is followed by bytes that are not its own');
}

/** Passes a content on while it is what the archive said: a lying size ends it at the first byte too many. */
async function* checked(
  pieces: AsyncIterable<Buffer>,
  entry: ZipEntry,
  archive: ZipArchive,
): AsyncGenerator<Buffer> {
  let size = 0;
  let sum = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > entry.size) throw contentRefusal(entry, archive, 'is larger than the archive says');
    sum = crc32(piece, sum);
    yield piece;
  }
  if (size < entry.size) throw contentRefusal(entry, archive, 'is smaller than the archive says');
  if (sum !== entry.crc32)
    throw contentRefusal(entry, archive, 'is damaged: its CRC-32 is another one than the archive says');
}

function contentRefusal(entry: ZipEntry, archive: ZipArchive, fault: string) {
  return archiveRefusal(archive, `its entry ${quoted(entry.path.text)} ${fault}.`);
}
