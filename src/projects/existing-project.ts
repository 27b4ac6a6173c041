import { ProblemError } from '../errors.ts';
import { quoted } from '../workspace/sandbox/names.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { ProjectView } from './extending/project-view.ts';

const MOST_FILES = 2_000;
const LONGEST_TEXT = 512 * 1024;
/** What programs make; a project without a .gitignore has them, too. */
const MADE = /(?:^|\/)(?:node_modules|\.venv|venv|__pycache__|\.git|dist|build|target|vendor)(?:\/|$)/;

/** A project of the workspace as it is looked at, and the version of each file that was read. */
export interface ExistingProject {
  path: string;
  view: ProjectView;
  etags: ReadonlyMap<string, string>;
}

/**
 * Opens a project of the workspace.
 * @throws ProblemError `file_not_found`, `is_file`.
 */
export async function openProject(
  workspace: Workspace,
  given: string,
  signal?: AbortSignal,
): Promise<ExistingProject> {
  const path = given.replace(/\/+$/, '');
  const found = await workspace.glance(path === '.' ? '' : path);
  if (found.type === 'file')
    throw new ProblemError('is_file', `${quoted(path)} is a file; name the folder of a project.`);
  const root = found.path;
  const below = root === '' ? '' : `${root}/`;
  const { entries } = await workspace.list(root, { recursive: true, limit: MOST_FILES, signal });
  const paths = entries
    .filter((entry) => entry.type === 'file')
    .map((entry) => entry.path.slice(below.length))
    .filter((one) => !MADE.test(one));
  const etags = new Map<string, string>();
  async function read(file: string): Promise<string | null> {
    try {
      const { text, etag } = await workspace.readText(`${below}${file}`, { maximum: LONGEST_TEXT, signal });
      etags.set(file, etag);
      return text;
    } catch (error) {
      if (error instanceof ProblemError) return null;
      throw error;
    }
  }
  const name = root.split('/').at(-1) || 'workspace';
  return { path: root, view: { name, paths, read }, etags };
}
