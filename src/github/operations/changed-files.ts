import { cutText } from '../clean-text.ts';
import type { RawAnswer, Rest } from '../raw-answer.ts';

/** Of one file, and of all of them together; a change that is longer is read at GitHub. */
const PATCH_CHARACTERS = 12_000;
const ALL_PATCHES_CHARACTERS = 60_000;

export interface ChangedFile {
  path: string;
  previousPath: string | null;
  status: string;
  additions: number;
  deletions: number;
  /** In the unified form; null for binary files and once the files before it have used up the room. */
  patch: string | null;
}

type RawFile = NonNullable<RawAnswer<Rest['repos']['getCommit']>['files']>[number];

/** The files of a commit, comparison or pull request, with as much of their patches as fits. */
export function toChangedFiles(files: RawFile[]): ChangedFile[] {
  let left = ALL_PATCHES_CHARACTERS;
  return files.map(({ filename, previous_filename, status, additions, deletions, patch }) => {
    const shown = patch === undefined || left <= 0 ? null : cutText(patch, Math.min(left, PATCH_CHARACTERS));
    left -= shown?.length ?? 0;
    return {
      path: filename,
      previousPath: previous_filename ?? null,
      status,
      additions,
      deletions,
      patch: shown,
    };
  });
}
