import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { ProblemError } from '../../errors.ts';
import { checkedPath } from './file-paths.ts';

const MOST_FILES = 1_000;
const MOST_BYTES = 50 * 1024 * 1024;

/** A file as it shall be after the commit. */
export interface FileContent {
  path: string;
  content: string | Uint8Array;
  /** As it was unless given; a new file is not. */
  executable?: boolean | undefined;
}

/** A file of a commit in the making. */
export interface PreparedFile {
  path: string;
  bytes: Buffer;
  /** The name that git gives to these bytes. */
  sha: string;
  executable: boolean | undefined;
}

/** What a commit shall change. */
export interface PreparedChanges {
  files: PreparedFile[];
  deletions: string[];
}

/**
 * Checks the files of a commit and gives them their names in git.
 * @throws ProblemError `invalid_request` for none, too many or the same path twice, `invalid_path`, `file_too_large`.
 */
export function prepareChanges(files: FileContent[], deletions: string[]): PreparedChanges {
  const paths = [...files.map(({ path }) => path), ...deletions].map(checkedPath);
  if (paths.length === 0) throw new ProblemError('invalid_request', 'A commit needs a file.');
  if (paths.length > MOST_FILES) {
    throw new ProblemError('invalid_request', `A commit takes at most ${MOST_FILES} files at once.`);
  }
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) throw new ProblemError('invalid_request', `"${twice}" is in the commit twice.`);
  const prepared = files.map(({ path, content, executable }) => {
    const bytes = typeof content === 'string' ? Buffer.from(content) : Buffer.from(content);
    return { path, bytes, sha: blobSha(bytes), executable };
  });
  const size = prepared.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  if (size > MOST_BYTES) {
    throw new ProblemError('file_too_large', `The files of a commit may have ${MOST_BYTES} bytes together.`);
  }
  return { files: prepared, deletions };
}

/** Whether GitHub takes the bytes as text without changing them. */
export function isPlainText(bytes: Buffer): boolean {
  return isUtf8(bytes) && !bytes.includes(0);
}

/** https://git-scm.com/book/en/v2/Git-Internals-Git-Objects */
function blobSha(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex');
}
