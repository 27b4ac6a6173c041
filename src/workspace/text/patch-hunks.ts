import { parsePatch, type StructuredPatch, type StructuredPatchHunk } from 'diff';
import { ProblemError } from '../../errors.ts';
import { quoted } from '../sandbox/names.ts';
import { withBreaks } from './line-breaks.ts';

/** The largest patch, in bytes of UTF-8. */
const PATCH_LIMIT = 5 * 1024 * 1024;
const HUNKS_LIMIT = 1000;
const HUNK_HEADER = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/v;
const FORM =
  'A patch is a unified diff of one file: each hunk begins with a line such as "@@ -3,2 +3,4 @@" with the counts of its old and new lines, and each of its lines with a space, "-" or "+".';

/** One hunk of a patch. */
export interface Hunk {
  /** The line, counted from 0, where it says that its old lines begin. */
  readonly start: number;
  /** The lines that have to be there, kept ones and removed ones. */
  readonly old: readonly string[];
  /** What to replace, by positions in `old` and in their order. */
  readonly changes: readonly HunkChange[];
  /** How many of the last old lines are kept. */
  readonly keptAtEnd: number;
  /** Whether it says that the file ends with it, without a line break, as it was and as it will be. */
  readonly bareEnd: { readonly old: boolean; readonly new: boolean };
}

interface HunkChange {
  readonly at: number;
  removed: number;
  readonly added: string[];
}

/**
 * The hunks of a patch for one file, in which every line has been understood: `parsePatch` passes over what it does not
 * know, and a line passed over is a change lost.
 *
 * @throws ProblemError `edit_does_not_apply` when it is anything else.
 */
export function readHunks(patch: string, { isNewFile }: { isNewFile: boolean }): Hunk[] {
  if (Buffer.byteLength(patch) > PATCH_LIMIT) throw refusal(`it is larger than ${PATCH_LIMIT} bytes.`);
  const plain = withBreaks(patch, '\n');
  const [file, ...others] = parse(plain);
  if (file === undefined || (file.hunks.length === 0 && others.length === 0)) {
    const isBinary = /^(?:GIT binary patch|Binary files )/mv.test(plain);
    throw refusal(isBinary ? 'it is for a binary file.' : `it has no hunks. ${FORM}`);
  }
  if (others.length > 0) throw refusal('it is for several files. Send one patch for each of them.');
  refuseOtherChanges(file, isNewFile);
  if (file.hunks.length > HUNKS_LIMIT) {
    throw refusal(`it has ${file.hunks.length} hunks, and at most ${HUNKS_LIMIT} are taken at once.`);
  }
  refuseUnread(plain.split('\n'), file.hunks);
  return file.hunks.map((hunk, index) => hunkOf(hunk, { index, count: file.hunks.length }));
}

/** The refusal of a patch; `why` ends the sentence. */
export function refusal(why: string): ProblemError {
  return new ProblemError('edit_does_not_apply', `The patch cannot be applied: ${why} Nothing was changed.`);
}

function parse(plain: string): StructuredPatch[] {
  try {
    return parsePatch(plain);
  } catch (error) {
    const fault = error instanceof Error ? quoted(error.message) : 'it cannot be read';
    const refused = refusal(`${fault}. ${FORM}`);
    refused.cause = error;
    throw refused;
  }
}

function refuseOtherChanges(file: StructuredPatch, isNewFile: boolean): void {
  if (file.isRename === true || file.isCopy === true) {
    throw refusal(
      'it renames or copies the file. Move or copy the file, and send the change of its text alone.',
    );
  }
  if (file.isDelete === true || file.newFileName === '/dev/null') {
    throw refusal('it deletes the file. Delete the file instead.');
  }
  if (!isNewFile && (file.isCreate === true || file.oldFileName === '/dev/null')) {
    throw refusal(
      'it makes a new file, and there is one already. Read it and make the patch from what it holds.',
    );
  }
}

/** Refuses a patch in which a line belongs to no hunk, or a hunk has other counts than it says. */
function refuseUnread(lines: readonly string[], hunks: readonly StructuredPatchHunk[]): void {
  let next = lines.findIndex((line) => line.startsWith('@@'));
  const stray = () =>
    refusal(
      `its line ${next + 1}, ${quoted(lines[next] ?? '')}, belongs to no hunk; the counts before it may be wrong. ${FORM}`,
    );
  for (const [index, hunk] of hunks.entries()) {
    while (lines[next] === '') next += 1;
    const header = HUNK_HEADER.exec(lines[next] ?? '');
    if (header === null) throw stray();
    const [, older = '1', newer = '1'] = header;
    if (
      Number(older) !== hunk.oldLines ||
      Number(newer) !== hunk.newLines ||
      !Number.isSafeInteger(hunk.oldStart)
    ) {
      throw refusal(
        `the header of hunk ${index + 1}, at line ${next + 1}, does not say what it has. ${FORM}`,
      );
    }
    next += 1 + hunk.lines.length;
  }
  while (lines[next] === '') next += 1;
  if (next < lines.length) throw stray();
}

function hunkOf(
  { oldStart, lines }: StructuredPatchHunk,
  { index, count }: { index: number; count: number },
): Hunk {
  const old: string[] = [];
  const changes: HunkChange[] = [];
  const bareEnd = { old: false, new: false };
  let keptAtEnd = 0;
  let sign = '';
  for (const line of lines) {
    const previous = sign;
    sign = line[0] ?? ' ';
    if (sign === '\\') {
      bareEnd.old ||= previous !== '+';
      bareEnd.new ||= previous !== '-';
      continue;
    }
    if ((bareEnd.old && sign !== '+') || (bareEnd.new && sign !== '-')) {
      throw refusal(`hunk ${index + 1} goes on after the end of the file.`);
    }
    keptAtEnd = sign === ' ' ? keptAtEnd + 1 : 0;
    if (sign !== ' ') {
      if (previous === '' || previous === ' ') changes.push({ at: old.length, removed: 0, added: [] });
      const change = changes.at(-1);
      if (sign === '+') change?.added.push(line.slice(1));
      else if (change !== undefined) change.removed += 1;
    }
    if (sign !== '+') old.push(line.slice(1));
  }
  if ((bareEnd.old || bareEnd.new) && index + 1 < count) {
    throw refusal(`hunk ${index + 1} of ${count} is at the end of the file, but is not the last one.`);
  }
  return { start: oldStart - 1, old, changes, keptAtEnd, bareEnd };
}
