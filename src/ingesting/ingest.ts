import { basename, join } from 'node:path';
import { CommandError } from '../command-line/arguments.ts';
import { connectTo, type Server, ServerError } from '../command-line/connection.ts';
import { showProgress } from '../command-line/progress.ts';
import { awaitReading, howFar, isRead } from './await-reading.ts';
import { type LibraryCalls, type LibraryEntry, libraryCalls } from './library-calls.ts';
import { type FoundFiles, findFiles } from './local-files.ts';
import { type FailedFile, type FileToSend, type Sending, sendFiles } from './send-files.ts';
import { findSource, type Source } from './source.ts';
import { MOST_NAMED, summarize } from './summary.ts';

/** What to read in, and how. */
export interface IngestOptions {
  path: string;
  server: Server;
  /** The server's own folders, where it is this machine's. */
  folders: { workspace: string; data: string } | undefined;
  /** The folder of the workspace to send to. */
  to: string | undefined;
  /** Only the files that match this glob. */
  pattern: string | undefined;
  isAwaited: boolean;
  print: (line: string) => void;
}

/** What is under way: where, what, and since when. */
interface Work extends IngestOptions {
  source: Source;
  found: FoundFiles;
  calls: LibraryCalls;
  started: number;
}

const NONE: FoundFiles = { paths: [], unreadable: 0, odd: 0 };

/**
 * Has a file or a folder read in by a server, sends it there where need be, and says what became of it; whether all of it was read.
 *
 * @throws CommandError, ServerError: one line for the person.
 */
export async function ingest(options: IngestOptions): Promise<boolean> {
  const { path, server, folders, to, pattern, print } = options;
  const started = performance.now();
  // With API keys each user has a folder of the workspace, and a key does not say whose it is.
  const workspace = server.apiKey ? undefined : folders?.workspace;
  const source = await findSource(path, { workspace, to, pattern });
  const never = folders ? [folders.workspace, folders.data] : [];
  const isSentFolder = source.isSent && source.type === 'folder';
  const found = isSentFolder ? await findFiles(source.from, { pattern, never, stop: server.stop }) : NONE;
  if (!found) {
    print('Interrupted: nothing was sent.');
    return false;
  }
  if (isSentFolder && found.paths.length === 0) throw nothingToRead(path, found.unreadable, pattern);
  const calls = libraryCalls(connectTo(server));
  const { before, isNew, entry } = await prepare(calls, source).catch(unbegun);
  const work: Work = { ...options, source, found, calls, started };
  try {
    const sending = source.isSent ? await send(work, source, isNew) : undefined;
    if (sending && server.stop.aborted) {
      const there = sending.sent + sending.unchanged;
      print(`Interrupted: ${there.toLocaleString('en')} of ${listOf(source, found).length} files are there.`);
      print('Run the command again to go on; what is there is skipped.');
      return false;
    }
    if (source.type === 'file' && sending?.failed.length) return reportUnsent(work, sending.failed);
    // Looks at the folder before it answers, so that nothing that was sent is missed below.
    return await read(work, { before, sending, entry: entry ?? (await calls.follow(source.path)) });
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    const sentence = `It stopped: ${error.message}. Running it again is safe; what is there is skipped.`;
    throw new ServerError(sentence, { cause: error });
  }
}

interface Prepared {
  before: LibraryEntry | undefined;
  /** Whether the folder to send to was made just now. */
  isNew: boolean;
  /** What is to be read, where nothing has to be sent before. */
  entry: LibraryEntry | undefined;
}

/** A folder is followed before anything is sent, so that the first files are read while others are on their way. */
async function prepare(calls: LibraryCalls, { path, type, isSent }: Source): Promise<Prepared> {
  const before = await calls.at(path === '.' ? '' : path, type);
  if (!isSent) return { before, isNew: false, entry: await calls.follow(path) };
  const isNew = type === 'folder' && (await calls.makeFolder(path));
  if (type === 'folder') await calls.follow(path);
  return { before, isNew, entry: undefined };
}

function unbegun(error: unknown): never {
  if (!(error instanceof ServerError)) throw error;
  throw new ServerError(`Nothing was read in: ${error.message}.`, { cause: error });
}

function nothingToRead(path: string, unreadable: number, pattern?: string): CommandError {
  const [count, kind] = unreadable === 1 ? ['1 file is', 'a kind'] : [`${unreadable} files are`, 'kinds'];
  const are = unreadable === 1 ? 'is' : 'are';
  const why = unreadable > 0 ? ` (${count} of ${kind} that ${are} not read, such as images)` : '';
  return new CommandError(
    pattern === undefined
      ? `There is nothing to read in ${path}${why}.`
      : `Nothing that can be read in ${path} matches ${pattern}${why}.`,
  );
}

function counted(files: number): string {
  return `${files.toLocaleString('en')} ${files === 1 ? 'file' : 'files'}`;
}

function listOf(source: Source, { paths }: FoundFiles): FileToSend[] {
  if (!source.isSent) return [];
  if (source.type === 'file') return [{ from: source.from, to: source.path }];
  return paths.map((path) => ({
    from: join(source.from, path),
    to: `${source.path}/${path}`,
  }));
}

/** Brings the files into the workspace. */
async function send({ calls, found, server, print }: Work, source: Source, isNew: boolean): Promise<Sending> {
  const files = listOf(source, found);
  const what = source.type === 'file' ? basename(source.path) : counted(files.length);
  print(`Sending ${what} to ${source.path} in the workspace of ${server.url}`);
  const progress = showProgress(print);
  try {
    return await sendFiles(files, calls, {
      ...{ isNew, stop: server.stop },
      onProgress: ({ sent, unchanged, failed }) => {
        const done = sent + unchanged + failed.length;
        progress.show(
          done / files.length,
          `${done.toLocaleString('en')} of ${files.length.toLocaleString('en')} files sent`,
        );
      },
    });
  } finally {
    progress.end();
  }
}

function reportUnsent({ print, source }: Work, failed: readonly FailedFile[]): boolean {
  print(`${source.path} was not sent: ${failed[0]?.reason}`);
  return false;
}

interface Reading {
  before: LibraryEntry | undefined;
  sending: Sending | undefined;
  entry: LibraryEntry;
}

/** Waits until all is read, and tells the person. */
async function read(work: Work, { before, sending, entry }: Reading): Promise<boolean> {
  const { calls, server, print, path, found, started } = work;
  const where = `GET /file-consultant/documents/${entry.id} tells how far it is`;
  if (!work.isAwaited) {
    for (const { path: failed, reason } of sending?.failed ?? []) print(`${failed} was not sent: ${reason}`);
    print(`${entry.path || 'The workspace'} is being read in; ${where}.`);
    return !sending?.failed.length;
  }
  if (!work.source.isSent) print(`Reading ${entry.path || 'the workspace'} in at ${server.url}`);
  const progress = showProgress(print, 'reading');
  const end = await awaitReading(entry, calls, { stop: server.stop, onProgress: progress.show }).finally(
    progress.end,
  );
  if (!isRead(end)) {
    print(`The server goes on (${howFar(end)}); ${where}.`);
    return false;
  }
  if (end.type === 'folder' && end.files.total === 0 && !end.fault && !sending?.failed.length)
    throw nothingToRead(path, end.skipped);
  const unread = await calls.failures(end.path, MOST_NAMED);
  const failed = [...(sending?.failed ?? []), ...unread.map(failureOf)];
  const failures = (sending?.failed.length ?? 0) + (end.type === 'folder' ? end.files.failed : unread.length);
  const isUnchanged = !sending?.sent && isSame(before, entry) && isSame(before, end);
  const unreadable = end.type === 'folder' ? Math.max(end.skipped, found.unreadable) : 0;
  const milliseconds = performance.now() - started;
  for (const line of summarize({
    ...{ entry: end, isUnchanged, sending, failed, failures, unreadable, odd: found.odd, milliseconds },
  }))
    print(line);
  return failures === 0 && !end.fault;
}

function failureOf({ path, fault }: { path: string; fault: LibraryEntry['fault'] }): FailedFile {
  return { path, reason: fault?.detail ?? 'It could not be read.' };
}

/** Whether nothing new has come to it; documents that failed before are tried again each time. */
function isSame(before: LibraryEntry | undefined, now: LibraryEntry): boolean {
  if (!before || !isRead(before) || before.chunks !== now.chunks) return false;
  if (before.type === 'file' || now.type === 'file') return isRead(now) || before.state === 'failed';
  const { total, failed } = before.files;
  return total === now.files.total && now.files.pending <= failed && now.files.failed <= failed;
}
