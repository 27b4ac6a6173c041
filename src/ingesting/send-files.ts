import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { ServerError } from '../command-line/connection.ts';
import type { LibraryCalls } from './library-calls.ts';

const AT_A_TIME = 4;
/** No server takes a larger file. */
const LARGEST_BYTES = 64 * 1024 * 1024;
/** Answers that concern the one file: others can still be sent. */
const ABOUT_THE_FILE = [400, 409, 413, 415, 422];

/** A file on this machine, and where in the workspace it goes. */
export interface FileToSend {
  from: string;
  to: string;
}

/** A file that could not be read in, with the reason as a sentence. */
export interface FailedFile {
  path: string;
  reason: string;
}

/** What became of the files so far. */
export interface Sending {
  sent: number;
  bytes: number;
  unchanged: number;
  failed: FailedFile[];
}

interface SendOptions {
  /** Whether the folder is new, so that nothing can be there yet. */
  isNew: boolean;
  stop: AbortSignal;
  onProgress: (sending: Sending) => void;
}

/**
 * Sends files to the workspace, some at a time, but those that are there with the same content. Ends early when it is stopped.
 *
 * @throws ServerError when the server is gone, or refuses more than the one file.
 */
export async function sendFiles(
  files: readonly FileToSend[],
  calls: Pick<LibraryCalls, 'has' | 'write'>,
  { isNew, stop, onProgress }: SendOptions,
): Promise<Sending> {
  const sending: Sending = { sent: 0, bytes: 0, unchanged: 0, failed: [] };
  const waiting = files.values();
  let failure: unknown;

  async function work(): Promise<void> {
    for (const file of waiting) {
      if (stop.aborted || failure !== undefined) return;
      await sendOne(file).catch((error: unknown) => {
        failure ??= error;
      });
      onProgress(sending);
    }
  }

  async function sendOne({ from, to }: FileToSend): Promise<void> {
    try {
      const bytes = await readBytes(from);
      const etag = `"${createHash('sha256').update(bytes).digest('hex')}"`;
      if (!isNew && (await calls.has(to, etag))) {
        sending.unchanged += 1;
        return;
      }
      await calls.write(to, bytes);
      sending.sent += 1;
      sending.bytes += bytes.length;
    } catch (error) {
      sending.failed.push({ path: to, reason: reasonOf(error) });
    }
  }

  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  if (failure !== undefined) throw failure;
  return sending;
}

async function readBytes(path: string): Promise<Buffer<ArrayBuffer>> {
  const { size } = await stat(path);
  if (size > LARGEST_BYTES) throw new UnreadableFileError('It is larger than 64 MiB.');
  return await readFile(path);
}

/** A file on this machine cannot be sent; the message says why, as a sentence. */
class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError';
}

/** Why this one file was not sent. @throws the error when it is about more than that. */
function reasonOf(error: unknown): string {
  if (error instanceof UnreadableFileError) return error.message;
  if (error instanceof ServerError) {
    if (error.status === undefined || !ABOUT_THE_FILE.includes(error.status)) throw error;
    return error.detail ?? `${error.message}.`;
  }
  if (error instanceof Error && 'code' in error)
    return `It could not be read on this machine (${String(error.code)}).`;
  throw error;
}
