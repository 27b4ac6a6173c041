import type { Workspaces } from '../workspace/workspace.ts';
import type { AccountOf } from './accounts.ts';
import { collectFiles, type SkippedFile } from './collect-files.ts';

/** What of the workspace goes where. */
interface Push {
  /** "owner/name". */
  repository: string;
  /** A folder of the workspace, whose files come to the root of the repository. */
  path: string;
  /** A new branch, or with `expectedHead` one that is there. In an empty repository its default branch. */
  branch: string;
  /** Where the branch begins; at the default branch unless given. */
  base?: string | undefined;
  /** The commit that the branch must be at. */
  expectedHead?: string | undefined;
  message: string;
  mark?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** What came of it. */
interface Pushed {
  /** The repository's present name. */
  repository: string;
  /** The SHA of the commit; that of the branch's beginning if nothing was to be changed. */
  commit: string;
  branch: string;
  url: string;
  /** Files that were new or different; if there are none, no commit was made. */
  files: string[];
  /** Links and the like, the first hundred of them. */
  skipped: SkippedFile[];
  /** How many files were in the repository as they are here. */
  unchanged: number;
  repeated: boolean;
}

interface PushFolderNeeds {
  workspaces: Pick<Workspaces, 'for'>;
  account: AccountOf;
}

/** Brings folders of the workspace to GitHub. */
export function createPushFolder({ workspaces, account }: PushFolderNeeds) {
  /**
   * Commits the files of a folder, all at once, without what `.gitignore` leaves out. What only the repository has stays there.
   * @throws ProblemError `file_too_large` or `invalid_request` for a folder that is too large or empty, and what GitHub refuses.
   */
  return async function pushFolder(userId: string, push: Push): Promise<Pushed> {
    const { repository, path, branch, base, expectedHead, message, mark, signal } = push;
    const to = await account(userId);
    const { files, skipped } = await collectFiles(workspaces.for(userId), path, signal);
    const done = await to.commits.commitFiles(
      repository,
      { branch, message, files, from: base, expectedHead },
      { mark, signal },
    );
    return {
      repository: done.repository,
      commit: done.sha,
      branch: done.branch,
      url: done.url,
      files: done.changedFiles,
      skipped,
      unchanged: files.length - done.changedFiles.length,
      repeated: done.repeated,
    };
  };
}
