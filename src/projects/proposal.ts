import { z } from 'zod';
import { ProblemError } from '../errors.ts';
import { quoted } from '../workspace/sandbox/names.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { ProjectTree } from './blueprint/blueprint.ts';
import { folderNameOf, type ProjectNames, projectNames } from './blueprint/project-names.ts';
import { renderBlueprint } from './blueprint/render.ts';
import { invalidPlan, type Source } from './design-source.ts';
import type { Plan } from './plans/plan.ts';
import type { Check } from './verify/check.ts';
import { verifyFiles } from './verify/verify.ts';

/** What is at the place where a project is to be. */
interface Place {
  path: string;
  /** Of the project's files, those that would be added, and those that are there and would stay as they are; null where nothing is. */
  existing: { adds: string[]; keeps: string[]; isEmpty: boolean } | null;
}

/** A project as it would be written: found harmless and verified. */
export interface Proposal extends Place {
  name: string;
  template: string | null;
  /** What to hand in to have exactly this written; null for a template. */
  plan: Plan | null;
  title: string;
  tree: ProjectTree;
  checks: Check[];
  assumptions: string[];
}

interface Wanted {
  source: Source;
  name: string | undefined;
  /** The folder to put it into. */
  folder: string | undefined;
  /** Whether its files are checked; false where only the tree is asked for. */
  verifies: boolean;
  signal: AbortSignal | undefined;
}

const MOST_NUMBERED = 100;

/**
 * Works out what a project would be, without writing anything.
 * @throws ProblemError `invalid_request` for a name or variables, `invalid_plan`, `invalid_template`, and those of the workspace.
 */
export async function proposeProject(workspace: Workspace, wanted: Wanted): Promise<Proposal> {
  const { source, signal } = wanted;
  const { names, base, assumed } = await nameProject(workspace, wanted);
  const rendered = renderBlueprint(source.blueprint, { names, given: source.variables });
  if ('faults' in rendered) throw refusalOf(source, rendered);
  const { tree } = rendered;
  refuseOwnDependency(tree, names);
  const path = base === '' ? folderNameOf(names) : `${base}/${folderNameOf(names)}`;
  const existing = await lookAt(workspace, path, tree);
  const checks = wanted.verifies ? await verifyFiles(tree.files, signal) : [];
  return {
    ...{ name: names.name, path, existing, tree, checks },
    ...{ template: source.template, plan: source.plan, title: source.title },
    assumptions: [...source.assumptions, ...assumed],
  };
}

/**
 * Refuses a package that depends on one of its own name, which npm installs nothing of.
 * @throws ProblemError `invalid_request`.
 */
function refuseOwnDependency({ files }: ProjectTree, { slug }: ProjectNames): void {
  const manifest = files.find(({ path }) => path === 'package.json');
  const parsed = packageManifest.safeParse(
    manifest === undefined ? {} : parseJson(manifest.content.toString()),
  );
  if (!parsed.success || parsed.data.name === undefined) return;
  const { name, dependencies, devDependencies } = parsed.data;
  if (!Object.hasOwn({ ...dependencies, ...devDependencies }, name)) return;
  throw new ProblemError(
    'invalid_request',
    `name: a package called ${quoted(name)} cannot use the package of that name, as this one does; ${quoted(`${slug}-project`)} can.`,
  );
}

const packageManifest = z.object({
  name: z.string().optional(),
  dependencies: z.record(z.string(), z.unknown()).optional(),
  devDependencies: z.record(z.string(), z.unknown()).optional(),
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Told by the checks of the files.
    return undefined;
  }
}

/** What is wrong with a design, each fault as a sentence, for who made it to mend. */
export function faultsOf(source: Source, name: string): string[] {
  const rendered = renderBlueprint(source.blueprint, {
    names: projectNames(name, thisYear()),
    given: source.variables,
  });
  return 'faults' in rendered ? rendered.faults : [];
}

function refusalOf(
  source: Source,
  { faults, of }: { faults: string[]; of: 'variables' | 'files' },
): ProblemError {
  if (source.template === null) return invalidPlan(faults);
  if (of === 'variables') return new ProblemError('invalid_request', `${faults.join('; ')}.`);
  return new ProblemError(
    'invalid_template',
    `The template ${quoted(source.template)} cannot be used: ${faults.join('; ')}.`,
  );
}

/** The project's name, and the folder to put it into. A name that nobody gave is the template's, and is free. */
async function nameProject(
  workspace: Workspace,
  { name: given, folder = '', source }: Wanted,
): Promise<{ names: ProjectNames; base: string; assumed: string[] }> {
  const parts = [...folder.split('/'), ...(given ?? '').split('/')]
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== '.');
  const name = given === undefined || given.trim() === '' ? undefined : parts.pop();
  // An absolute path is refused as one wherever it is looked at, and not taken for another one.
  const start = [folder, given].some((text) => text?.trim().startsWith('/')) ? '/' : '';
  const base = start + parts.join('/');
  if (name !== undefined) {
    const names = projectNames(name, thisYear());
    const shown = folderNameOf(names);
    return { names, base, assumed: shown === names.name ? [] : [`The folder is called ${shown}.`] };
  }
  const free = await freeName(workspace, base, source.template ?? 'new-project');
  return {
    names: projectNames(free, thisYear()),
    base,
    assumed: [`No name was given, so it is called ${free}.`],
  };
}

async function freeName(workspace: Workspace, base: string, name: string): Promise<string> {
  for (let number = 1; number <= MOST_NUMBERED; number += 1) {
    const numbered = number === 1 ? name : `${name}-${number}`;
    if ((await typeAt(workspace, base === '' ? numbered : `${base}/${numbered}`)) === undefined)
      return numbered;
  }
  throw new ProblemError(
    'invalid_request',
    `name: must be given, because there is a ${quoted(name)} already.`,
  );
}

async function lookAt(workspace: Workspace, path: string, tree: ProjectTree): Promise<Place['existing']> {
  const type = await typeAt(workspace, path);
  if (type === undefined) return null;
  if (type === 'file')
    throw new ProblemError('already_exists', `There is a file at ${quoted(path)}. Nothing was written.`);
  const { entries } = await workspace.list(path, { all: true, limit: 1 });
  const adds: string[] = [];
  const keeps: string[] = [];
  for (const { path: below } of tree.files)
    ((await typeAt(workspace, `${path}/${below}`)) === undefined ? adds : keeps).push(below);
  return { adds, keeps, isEmpty: entries.length === 0 };
}

/** What is at a path; undefined where nothing is. */
async function typeAt(workspace: Workspace, path: string): Promise<'file' | 'folder' | undefined> {
  try {
    return (await workspace.glance(path)).type;
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'file_not_found') return undefined;
    throw error;
  }
}

function thisYear(): number {
  return new Date().getUTCFullYear();
}
