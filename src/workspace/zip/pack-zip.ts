import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { ProblemError } from '../../errors.ts';
import { readPieces } from '../sandbox/held-file.ts';
import { quoted } from '../sandbox/names.ts';
import { shownBytes, shownCount, TREE_LIMITS, type TreeLimits } from '../tree-limits.ts';

/** With the type of the file, as Unix programs write them. */
const PLAIN_FILE = 0o100644;
const EXECUTABLE_FILE = 0o100755;
const FOLDER = 0o040755;
/** The format has no earlier time. */
const FIRST_TIME = new Date(Date.UTC(1980, 0, 1));

/** Something to pack. It is packed before the next one is asked for. */
export interface PackEntry {
  /** Names joined by "/". */
  path: string;
  type: 'file' | 'folder';
  /** Opens a file's content, which is read from its beginning and then closed; without it a file is empty. */
  open?: (() => Promise<FileHandle>) | undefined;
  modifiedAt: Date;
  executable: boolean;
}

/** What was packed. */
export interface Packed {
  files: number;
  folders: number;
  /** Of the files' contents. */
  bytes: number;
  /** Of the archive. */
  size: number;
}

interface Job {
  readonly zip: ZipFile;
  readonly limits: TreeLimits;
  readonly packed: Packed;
  readonly signal: AbortSignal;
}

/**
 * Writes a zip archive to an open file, from where that is; no content is held whole. The same entries give the same bytes,
 * on one computer: the format's own times are local. When this fails, the output holds a part of an archive.
 *
 * @throws ProblemError `file_too_large`, or `changed_since` when a file changes while it is read.
 */
export async function packZip(
  entries: AsyncIterable<PackEntry>,
  output: FileHandle,
  { limits, signal }: { limits?: Partial<TreeLimits> | undefined; signal?: AbortSignal | undefined } = {},
): Promise<Packed> {
  signal?.throwIfAborted();
  const stop = new AbortController();
  const zip = new ZipFile();
  const job: Job = {
    zip,
    limits: { ...TREE_LIMITS, ...limits },
    packed: { files: 0, folders: 0, bytes: 0, size: 0 },
    signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
  };
  const archive = streamOf(zip);
  // The pipeline tells of it; what yazl pipes into it would throw it once more, at nobody.
  archive.on('error', () => undefined);
  const written = pipeline(archive, (pieces: AsyncIterable<Buffer>) =>
    output.writeFile(counted(pieces, job)),
  );
  const added = addEntries(entries, job).catch((error: unknown) => {
    archive.destroy(new Error('packing failed'));
    return stopAll(stop, error);
  });
  // Both are waited for, so that nothing uses the caller's files afterwards.
  await Promise.allSettled([added, written.catch((error: unknown) => stopAll(stop, error))]);
  signal?.throwIfAborted();
  stop.signal.throwIfAborted();
  return job.packed;
}

/** Keeps the first failure as the reason why the other side ends too, which would wait for ever. */
function stopAll(stop: AbortController, error: unknown): never {
  stop.abort(error);
  throw error;
}

/** yazl's stream is a PassThrough, declared without its way to end early. */
function streamOf({ outputStream }: ZipFile): Readable {
  if (outputStream instanceof Readable) return outputStream;
  throw new TypeError('The archive is not written to a stream of Node.');
}

async function* counted(pieces: AsyncIterable<Buffer>, { packed }: Job): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    packed.size += piece.length;
    yield piece;
  }
}

async function addEntries(entries: AsyncIterable<PackEntry>, job: Job): Promise<void> {
  const { zip, packed, limits, signal } = job;
  for await (const entry of entries) {
    signal.throwIfAborted();
    packed[entry.type === 'file' ? 'files' : 'folders'] += 1;
    if (packed.files + packed.folders > limits.entries) {
      throw tooLarge(`${shownCount(limits.entries)} files and folders`);
    }
    const mtime = entry.modifiedAt < FIRST_TIME ? FIRST_TIME : entry.modifiedAt;
    if (entry.type === 'folder') zip.addEmptyDirectory(entry.path, { mtime, mode: FOLDER });
    else await addFile(entry, mtime, job);
  }
  zip.end();
}

async function addFile(entry: PackEntry, mtime: Date, job: Job): Promise<void> {
  const mode = entry.executable ? EXECUTABLE_FILE : PLAIN_FILE;
  await using handle = await entry.open?.();
  const pieces = handle === undefined ? [] : contentOf(handle, entry, job);
  const source = Readable.from(pieces, { objectMode: false });
  const read = finished(source, { signal: job.signal });
  job.zip.addReadStream(source, entry.path, { mtime, mode });
  try {
    await read;
  } finally {
    source.destroy();
  }
}

async function* contentOf(handle: FileHandle, entry: PackEntry, job: Job): AsyncGenerator<Buffer> {
  const before = await handle.stat({ bigint: true });
  let size = 0n;
  for await (const piece of readPieces(handle, { signal: job.signal })) {
    size += BigInt(piece.length);
    job.packed.bytes += piece.length;
    if (job.packed.bytes > job.limits.bytes) throw tooLarge(shownBytes(job.limits.bytes));
    yield piece;
  }
  const after = await handle.stat({ bigint: true });
  if (size !== before.size || after.size !== before.size || after.mtimeNs !== before.mtimeNs) {
    throw new ProblemError(
      'changed_since',
      `${quoted(entry.path)} was changed while it was packed, so it would be torn. Ask again.`,
    );
  }
}

function tooLarge(most: string): ProblemError {
  return new ProblemError(
    'file_too_large',
    `An archive takes at most ${most}. Ask for a smaller part of the workspace.`,
  );
}
