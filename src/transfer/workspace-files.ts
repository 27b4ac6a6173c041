import { constants } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, readlink, rm, symlink, utimes } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { TransferError } from './transfer-error.ts';

/** How much of a file is read at once. */
const PIECE = 384 * 1024;
const OWNER_WRITES = 0o300;
const PERMISSIONS = 0o777;

/** Something in a workspace. Paths have slashes and start below the root, modes are permission bits, times milliseconds. */
export type Entry =
  | { kind: 'folder'; path: string; mode: number }
  | { kind: 'file'; path: string; mode: number; modified: number; pieces: () => AsyncGenerator<Buffer> }
  | { kind: 'link'; path: string; target: string }
  | { kind: 'other'; path: string };

/** Walks through all of a folder, hidden entries included, without following links. What vanishes meanwhile is passed over. */
export async function* walk(root: string, excluded: string[], below = ''): AsyncGenerator<Entry> {
  const names = await readdir(join(root, below)).catch(unlessMissing);
  for (const name of names?.toSorted() ?? []) {
    const path = below ? `${below}/${name}` : name;
    const place = join(root, path);
    if (excluded.some((one) => relative(one, place) === '')) continue;
    if (name.includes('\uFFFD')) {
      throw new TransferError(`The name of ${place} is not UTF-8, so it could not be restored; rename it.`);
    }
    const stats = await lstat(place).catch(unlessMissing);
    if (!stats) continue;
    const mode = stats.mode & PERMISSIONS;
    if (stats.isDirectory()) {
      yield { kind: 'folder', path, mode };
      yield* walk(root, excluded, path);
    } else if (stats.isFile()) {
      const modified = Math.floor(stats.mtimeMs);
      yield { kind: 'file', path, mode, modified, pieces: () => readPieces(place) };
    } else if (stats.isSymbolicLink()) {
      yield { kind: 'link', path, target: await readlink(place) };
    } else {
      yield { kind: 'other', path };
    }
  }
}

async function* readPieces(place: string): AsyncGenerator<Buffer> {
  const handle = await open(place, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)).catch(unlessMissing);
  if (!handle) return;
  await using file = handle;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(PIECE), 0, PIECE);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}

/** Whether a path from a file that others wrote stays below the root whatever it says. */
export function isInside(path: string): boolean {
  return (
    path !== '' &&
    !isAbsolute(path) &&
    !/[\0\\]/.test(path) &&
    path.split('/').every((step) => step !== '' && step !== '.' && step !== '..')
  );
}

/** Whether nothing is in a folder, or it does not exist. */
export async function isEmptyFolder(root: string): Promise<boolean> {
  const names = await readdir(root).catch(unlessMissing);
  return !names || names.length === 0;
}

/** Writes what was in a workspace into an empty folder. Links and the modes of folders come last, so that they stand in no file's way. */
export function startPlacing(root: string) {
  const later: (() => Promise<void>)[] = [];

  async function folder(path: string, mode: number): Promise<void> {
    const place = join(root, path);
    await mkdir(place, { recursive: true });
    if ((mode & OWNER_WRITES) === OWNER_WRITES) await chmod(place, mode);
    else later.push(() => chmod(place, mode));
  }

  /** `pieces` are taken until they end. */
  async function file(
    { path, mode, modified }: { path: string; mode: number; modified: number },
    pieces: AsyncIterable<Buffer>,
  ): Promise<void> {
    const place = join(root, path);
    await using handle = await open(place, 'wx', mode);
    for await (const piece of pieces) await handle.writeFile(piece);
    await handle.chmod(mode);
    await utimes(place, new Date(modified), new Date(modified));
  }

  function link(path: string, target: string): void {
    later.unshift(() => symlink(target, join(root, path)));
  }

  async function finish(): Promise<void> {
    for (const step of later) await step();
  }

  /** Takes away all that was written, and leaves the folder empty, as it was. */
  async function takeBack(): Promise<void> {
    const names = (await readdir(root).catch(unlessMissing)) ?? [];
    for (const name of names) await rm(join(root, name), { recursive: true, force: true });
  }
  return { folder, file, link, finish, takeBack };
}
