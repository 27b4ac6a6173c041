import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { TransferError } from './transfer-error.ts';

/** Secrets are in it, so it is for its owner only. */
const PRIVATE = 0o600;
/** No line of ours is longer: a value of PostgreSQL has at most a gigabyte, and a string of Node half of that. */
const LONGEST_LINE = 512 * 1024 * 1024;

/** A file that grows line by line. */
export interface LineWriter {
  write: (value: unknown) => Promise<void>;
  /** Adds the last line, with the checksum of all others, and gives the file its name. */
  finish: () => Promise<void>;
  /** Removes what was written. */
  abandon: () => Promise<void>;
  /** Where it is written until it is finished. */
  partial: string;
}

/**
 * Begins a compressed file of JSON lines, which gets its name when it is whole and on the disk.
 *
 * @throws TransferError when the file is there already or cannot be made.
 */
export async function writeLines(path: string): Promise<LineWriter> {
  const partial = `${path}.partial`;
  for (const taken of [path, partial]) {
    const found = await open(taken).catch(() => undefined);
    await found?.close();
    if (found) throw new TransferError(`${taken} is there already; name another file, or remove it.`);
  }
  const handle = await open(partial, 'wx', PRIVATE).catch((cause: unknown) => {
    throw new TransferError(`${path} cannot be written: ${reasonOf(cause)}.`, { cause });
  });
  const zip = createGzip();
  const file = zip.pipe(createWriteStream(partial, { fd: handle.fd, autoClose: false }));
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  for (const stream of [zip, file]) stream.on('error', failure.reject);
  const hash = createHash('sha256');

  async function write(value: unknown): Promise<void> {
    await put(`${JSON.stringify(value)}\n`);
  }
  async function put(line: string): Promise<void> {
    hash.update(line);
    if (!zip.write(line)) await Promise.race([once(zip, 'drain'), failure.promise]);
  }
  async function finish(): Promise<void> {
    zip.end(`${JSON.stringify({ end: true, sha256: hash.digest('hex') })}\n`);
    await Promise.race([finished(file), failure.promise]);
    await handle.sync();
    await handle.close();
    await rename(partial, path);
    const folder = await open(dirname(path));
    await folder.sync().catch(() => undefined); // Not every file system can.
    await folder.close();
  }
  async function abandon(): Promise<void> {
    zip.destroy();
    file.destroy();
    await handle.close().catch(() => undefined);
    await rm(partial, { force: true });
  }
  return { write, finish, abandon, partial };
}

/**
 * Reads the lines of such a file again, the last one excluded, and looks at the end whether they are as they were written.
 *
 * @throws TransferError when the file is cut off, was changed, or is something else.
 */
export async function* readLines(path: string): AsyncGenerator<unknown> {
  const hash = createHash('sha256');
  let sum: unknown;
  for await (const line of splitLines(path)) {
    if (sum !== undefined) throw damaged(path, 'it goes on after its end');
    const value = parse(path, line);
    if (isEnd(value)) {
      sum = value.sha256;
      continue;
    }
    hash.update(line).update('\n');
    yield value;
  }
  if (sum === undefined) throw damaged(path, 'its end is missing');
  if (sum !== hash.digest('hex')) throw damaged(path, 'its checksum does not fit');
}

async function* splitLines(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let length = 0;
  const file = createReadStream(path);
  const unzipped = file.pipe(createGunzip());
  file.on('error', (error) => unzipped.destroy(error));
  try {
    for await (const chunk of unzipped as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
        yield Buffer.concat([...rest, chunk.subarray(start, end)]);
        rest = [];
        length = 0;
        start = end + 1;
      }
      rest.push(chunk.subarray(start));
      length += chunk.length - start;
      if (length > LONGEST_LINE) throw new Error('a line is too long');
    }
  } catch (cause) {
    throw cause instanceof TransferError ? cause : damaged(path, reasonOf(cause), cause);
  } finally {
    file.destroy();
    unzipped.destroy();
  }
  if (length > 0) throw damaged(path, 'its last line is cut off');
}

function parse(path: string, line: Buffer): unknown {
  try {
    return JSON.parse(line.toString());
  } catch (cause) {
    throw damaged(path, 'a line is no JSON', cause);
  }
}

function isEnd(value: unknown): value is { sha256: unknown } {
  return typeof value === 'object' && value !== null && 'end' in value && 'sha256' in value;
}

function damaged(path: string, reason: string, cause?: unknown): TransferError {
  return new TransferError(`${path} is not a whole backup: ${reason}.`, { cause });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
