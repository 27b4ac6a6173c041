import type { FileHandle } from 'node:fs/promises';
import { fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { ProblemError } from '../../errors.ts';
import { printable, quoted } from '../sandbox/names.ts';

/** An archive to unpack. Who opened it closes it. */
export interface ZipArchive {
  readonly handle: FileHandle;
  readonly size: number;
  /** As the sentence of a refusal names it. */
  readonly path: string;
}

/** A refusal of the archive; `what` ends its sentence and begins with what is wrong. */
export function archiveRefusal(archive: ZipArchive, what: string, cause?: unknown): ProblemError {
  return new ProblemError('archive_refused', `Nothing was unpacked from ${quoted(archive.path)}: ${what}`, {
    cause,
  });
}

/**
 * A failure to read the archive, as a refusal when the archive is to blame, and else as it is. yauzl and zlib throw plain
 * errors for bad input; a failed system call has its name, and a fault of ours is a TypeError or the like.
 */
export function damage(archive: ZipArchive, where: string, error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'Error' || 'syscall' in error) return error;
  return archiveRefusal(archive, `${where} is damaged (${printable(error.message)}).`, error);
}

/** Reads the end of the archive, where its list of entries is announced. It never closes the caller's file. */
export async function openZip(archive: ZipArchive): Promise<ZipFile> {
  try {
    return await fromRandomAccessReaderPromise(new HandleReader(archive), archive.size, {
      autoClose: false,
      // Names stay bytes, and sizes are compared here, so that a refusal can name the entry.
      decodeStrings: false,
      validateEntrySizes: false,
    });
  } catch (error) {
    throw damage(archive, 'it is no zip archive, or', error);
  }
}

/** Reads `length` bytes of the archive from `position`; fewer when it ends before. */
export async function readArchive(
  { handle, size }: ZipArchive,
  position: number,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  // A position from a hostile archive can be larger than any that the system takes.
  while (filled < length && position + filled < size) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

class HandleReader extends RandomAccessReader {
  readonly #archive: ZipArchive;

  constructor(archive: ZipArchive) {
    super();
    this.#archive = archive;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    readArchive(this.#archive, position, length).then(
      (bytes) => callback(null, bytes.copy(buffer, offset)),
      callback,
    );
  }
}
