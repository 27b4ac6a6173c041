import { v7 as uuidv7 } from 'uuid';
import { ProblemError } from '../errors.ts';
import { quoted } from '../workspace/sandbox/names.ts';
import type { Author } from '../workspace/sandbox/space.ts';
import { unifiedDiff } from '../workspace/text/compare.ts';
import type { Workspaces } from '../workspace/workspace.ts';
import { applyChanges, type FileToWrite, type WrittenFile } from './apply-changes.ts';
import { openProject } from './existing-project.ts';
import type { Extended, Extension, LicenseId } from './extending/extensions.ts';
import type { Check } from './verify/check.ts';
import { verifyDataFiles } from './verify/verify.ts';

/** What is to be added to a project of the workspace. */
export interface ExtensionRequest {
  userId: string;
  path: string;
  add: readonly Extension[];
  license?: LicenseId | undefined;
  /** Who holds the rights, for the licence. */
  holder?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** What would be added: whole files, and changes of files that are there, as differences. */
export interface ExtensionProposal extends Pick<Extended, 'kept' | 'assumptions' | 'run'> {
  path: string;
  files: (FileToWrite & { diff: string })[];
  checks: Check[];
}

/** What was added; `runId` undoes all of it. */
export interface WrittenExtension {
  runId: string;
  changes: WrittenFile[];
}

/** Adds to projects that are there, in their own style. */
export function openExtensions({ workspaces }: { workspaces: Workspaces }) {
  /**
   * Works out what would be added, without writing anything.
   * @throws ProblemError `project_unclear` when the folder does not show which kind of project it is, `file_not_found`, `is_file`.
   */
  async function propose(request: ExtensionRequest): Promise<ExtensionProposal> {
    const { userId, add, license, holder, signal } = request;
    const { path, view, etags } = await openProject(workspaces.for(userId), request.path, signal);
    const year = new Date().getUTCFullYear();
    // Reading YAML, TOML and JSONC takes packages that a start need not wait for.
    const { extendProject } = await import('./extending/extensions.ts');
    const { files, ...told } = await extendProject(view, add, {
      year,
      ...(license === undefined ? {} : { license }),
      ...(holder === undefined ? {} : { holder }),
    });
    const planned = files.map((file) => {
      const name = path === '' ? file.path : `${path}/${file.path}`;
      return {
        path: name,
        content: file.content,
        previous: previousOf(file, etags),
        diff: diffOf(name, file),
      };
    });
    const checks = await verifyDataFiles(
      planned.map((file) => ({ path: file.path, content: Buffer.from(file.content), executable: false })),
    );
    return { path, files: planned, checks, ...told };
  }

  /**
   * Writes what was proposed, all of it or nothing.
   * @throws ProblemError `already_exists` when there is nothing left to add; `precondition_failed` when a file has changed since.
   */
  async function write(
    { path, files, kept }: ExtensionProposal,
    {
      userId,
      author,
      signal,
    }: { userId: string; author?: Author | undefined; signal?: AbortSignal | undefined },
  ): Promise<WrittenExtension> {
    if (files.length === 0) {
      throw new ProblemError(
        'already_exists',
        `There is nothing to add to ${quoted(path)}: ${kept.length === 0 ? 'it has all of it' : `it has ${kept.join(', ')}`} already.`,
      );
    }
    const runId = author?.runId ?? uuidv7();
    const batch = author ?? { agent: null, runId, callId: null };
    return { runId, changes: await applyChanges(workspaces.for(userId, batch), files, signal) };
  }

  return { propose, write };
}

export type Extensions = ReturnType<typeof openExtensions>;

type PlannedFile = Extended['files'][number];

function previousOf(
  { path, previous }: PlannedFile,
  etags: ReadonlyMap<string, string>,
): FileToWrite['previous'] {
  if (previous === null) return null;
  const etag = etags.get(path);
  if (etag === undefined) throw new Error(`${path} is to be changed and was not read`);
  return { text: previous, etag };
}

function diffOf(name: string, { content, previous }: PlannedFile): string {
  return unifiedDiff(
    { name: previous === null ? '/dev/null' : name, text: previous ?? '' },
    { name, text: content },
  ).diff;
}
