import { isUtf8 } from 'node:buffer';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type UnzipFileInfo, unzipSync } from 'fflate';
import { HistoryFileError } from './history.ts';

/** A file, or one in a folder or zip file. Sizes are bytes. */
export interface Part {
  name: string;
  size: number;
  read: () => Promise<Buffer>;
}

/** What a path leads to: its parts are the files that may hold text, without those of subfolders of a folder. */
export interface Container {
  kind: 'file' | 'folder' | 'zip';
  path: string;
  name: string;
  parts: Part[];
}

const HEAD_BYTES = 64 * 1024;
const ZIP_START = 'PK\u0003\u0004';
const TEXT_FILE = /\.(txt|json)$/i;
/** macOS puts its own data into zip files beside each file. */
const FOREIGN = /(^|\/)(__MACOSX\/|\._)/;

/** @throws HistoryFileError when there is nothing at the path, or it cannot be read. */
export async function openContainer(given: string): Promise<Container> {
  const path = resolve(given);
  try {
    const name = basename(path).normalize('NFC');
    const found = await stat(path);
    if (found.isDirectory()) return { kind: 'folder', path, name, parts: await folderParts(path) };
    if ((await readHead(path)).startsWith(ZIP_START))
      return { kind: 'zip', path, name, parts: await zipParts(path) };
    const read = () => readFile(path);
    return { kind: 'file', path, name, parts: [{ name, size: found.size, read }] };
  } catch (error) {
    throw readFailure(path, error);
  }
}

/** The beginning of a file as text, to tell its format by. */
export async function readHead(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function folderParts(path: string): Promise<Part[]> {
  const names = (await readdir(path)).filter((name) => TEXT_FILE.test(name) && !FOREIGN.test(name)).sort();
  return await Promise.all(
    names.map(async (name) => ({
      name: name.normalize('NFC'),
      size: (await stat(join(path, name))).size,
      read: () => readFile(join(path, name)),
    })),
  );
}

/** The whole file is in memory: a zip's list of contents is at its end, and what it holds may be stored anywhere. */
async function zipParts(path: string): Promise<Part[]> {
  const zip = await readFile(path);
  const entries: UnzipFileInfo[] = [];
  unzipSync(zip, {
    filter: (entry) => {
      if (TEXT_FILE.test(entry.name) && !FOREIGN.test(entry.name)) entries.push(entry);
      return false;
    },
  });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, originalSize }) => ({
      name: basename(readableName(name)).normalize('NFC'),
      size: originalSize,
      read: async () => {
        const bytes = unzipSync(zip, { filter: (entry) => entry.name === name })[name];
        if (!bytes) throw new HistoryFileError(`${path} does not hold ${name} any more.`);
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      },
    }));
}

/** Some programs write names in UTF-8 into a zip without saying so, and fflate then takes each byte for a letter. */
function readableName(name: string): string {
  const bytes = Buffer.from(name, 'latin1');
  return bytes.toString('latin1') === name && isUtf8(bytes) ? bytes.toString('utf8') : name;
}

function readFailure(path: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return new HistoryFileError(`There is no file ${path}.`, { cause: error });
  if (code === 'ERR_FS_FILE_TOO_LARGE')
    return new HistoryFileError(`${path} is larger than 2 GB; unpack it and give the folder.`, {
      cause: error,
    });
  return new HistoryFileError(`${path} cannot be read: ${error.message}.`, { cause: error });
}
