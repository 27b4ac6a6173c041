import { ProblemError } from '../../errors.ts';
import { addCi } from './add-ci.ts';
import { addDockerfile } from './add-dockerfile.ts';
import { addEditorconfig } from './add-editorconfig.ts';
import { addGitignore } from './add-gitignore.ts';
import { addLicense } from './add-license.ts';
import { addReadme } from './add-readme.ts';
import { addTests } from './add-tests.ts';
import { detectProject } from './detect-project.ts';
import { type Draft, startDraft } from './draft.ts';
import { OFFERED_LICENSES } from './license-text.ts';
import type { ProjectView } from './project-view.ts';

/** The licences that are offered, by their SPDX identifiers. */
export const LICENSE_IDS = OFFERED_LICENSES;

export type LicenseId = (typeof LICENSE_IDS)[number];

/** What can be added to an existing project. */
export const EXTENSIONS = [
  'dockerfile',
  'tests',
  'ci',
  'license',
  'readme',
  'gitignore',
  'editorconfig',
] as const;

export type Extension = (typeof EXTENSIONS)[number];

/** What has to be known besides the project itself. */
export interface ExtensionOptions {
  license?: LicenseId;
  holder?: string;
  year: number;
}

/** A file to make, or (with `previous`, the exact text that was read) to change. */
interface PlannedFile {
  path: string;
  content: string;
  previous: string | null;
}

/** What extending a project would do. Nothing is written by it. */
export interface Extended {
  files: PlannedFile[];
  /** What is there already and was left alone, e.g. "Dockerfile". */
  kept: string[];
  /** Sentences: what was assumed, e.g. "npm, because there is a package-lock.json." */
  assumptions: string[];
  /** Commands with which to try it. */
  run: string[];
}

/** Later ones use what earlier ones plan: the workflow runs the new test, the README names the licence. */
const ORDER: readonly Extension[] = [
  'license',
  'tests',
  'gitignore',
  'editorconfig',
  'dockerfile',
  'ci',
  'readme',
];
const NEEDS_KIND: readonly Extension[] = ['dockerfile', 'tests', 'ci', 'gitignore'];

/**
 * Plans what an existing project lacks, in its own style; files that are there are never overwritten.
 *
 * @throws ProblemError `project_unclear` where it would have to be known what kind of project it is and nothing
 *   tells it; `invalid_request` where a file that has to be read is broken.
 */
export async function extendProject(
  view: ProjectView,
  add: readonly Extension[],
  options: ExtensionOptions,
): Promise<Extended> {
  const project = await detectProject(view);
  const wanted = ORDER.filter((extension) => add.includes(extension));
  const unclear = wanted.filter((extension) => NEEDS_KIND.includes(extension));
  if (project.stack === null && unclear.length > 0) {
    throw new ProblemError(
      'project_unclear',
      `It is not clear what kind of project this is, and ${unclear.join(', ')} cannot be added without that: ` +
        'there is no package.json, pyproject.toml, requirements.txt, go.mod, Cargo.toml or index.html.',
    );
  }
  const draft = startDraft(project);
  for (const extension of wanted) await addOne(extension, draft, options);
  const { kept, run, assumptions } = draft;
  const usesKind = wanted.some((extension) => NEEDS_KIND.includes(extension) || extension === 'readme');
  return {
    files: draft.files(),
    kept: [...new Set(kept)],
    assumptions: [...new Set([...(usesKind ? project.assumptions : []), ...assumptions])],
    run: [...new Set(run)],
  };
}

async function addOne(extension: Extension, draft: Draft, options: ExtensionOptions): Promise<void> {
  const { stack } = draft.project;
  if (extension === 'license') return await addLicense(draft, options);
  if (extension === 'editorconfig') return addEditorconfig(draft);
  if (extension === 'readme') return await addReadme(draft);
  if (stack === null) return;
  if (extension === 'dockerfile') return await addDockerfile(draft, stack);
  if (extension === 'tests') return await addTests(draft, stack);
  if (extension === 'ci') return await addCi(draft, stack);
  addGitignore(draft, stack);
}
