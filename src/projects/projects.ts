import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { v7 as uuidv7 } from 'uuid';
import { ProblemError } from '../errors.ts';
import type { Observe } from '../observing/observe.ts';
import { quoted } from '../workspace/sandbox/names.ts';
import type { Author } from '../workspace/sandbox/space.ts';
import type { Workspace, Workspaces } from '../workspace/workspace.ts';
import { applyChanges, type WrittenFile } from './apply-changes.ts';
import { fromPlan, fromTemplate, fromWords, type Source, sourceOfPlan } from './design-source.ts';
import { openExtensions } from './extend-project.ts';
import { type Design, designProject } from './plans/planner.ts';
import { faultsOf, type Proposal, proposeProject } from './proposal.ts';
import { openTemplates } from './templates/templates.ts';
import type { FoundTemplate } from './templates/workspace-templates.ts';

/** Which project is wanted: by a template, by words, or by a plan, one of them. */
export interface ProjectRequest {
  userId: string;
  name?: string | undefined;
  /** The folder to put it into; the workspace itself when left out. */
  folder?: string | undefined;
  template?: string | undefined;
  /** Words by which a template is chosen, or, with a language model, a project is designed. */
  brief?: string | undefined;
  plan?: unknown;
  variables?: Readonly<Record<string, unknown>> | undefined;
  signal?: AbortSignal | undefined;
}

/** Who writes a project, and whether it may come into a folder that has something in it. */
export interface WriteOptions {
  userId: string;
  /** The person when left out. */
  author?: Author | undefined;
  merge?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** What was written: the one change that made the folder, or the changes of files in one that was there. */
export interface WrittenProject {
  /** The change to undo; null where there are several, which `runId` undoes together. */
  changeId: string | null;
  runId: string | null;
  files: number;
  bytes: number;
  changes: WrittenFile[];
}

interface ProjectsNeeds {
  workspaces: Workspaces;
  /** What designs projects; null where there is no language model, so that words choose a template. */
  designer: BaseChatModel | null;
  modelName: string;
  observe: Pick<Observe, 'modelCall'>;
  /** How long designing may take, in milliseconds. */
  timeoutMs: number;
}

/** Makes projects of templates and plans. */
export async function createProjects({ workspaces, designer, timeoutMs, ...needs }: ProjectsNeeds) {
  const templates = await openTemplates();

  async function sourceOf(request: ProjectRequest, designs: boolean): Promise<Source> {
    const { template, brief, plan, variables = {} } = request;
    const workspace = workspaces.for(request.userId);
    const given = [template, brief, plan].filter((one) => one !== undefined);
    if (given.length !== 1)
      throw new ProblemError('invalid_request', 'Give one of template, brief and plan.');
    if (plan !== undefined) {
      if (Object.keys(variables).length > 0)
        throw new ProblemError(
          'invalid_request',
          'variables: a plan has its own; give them in plan.variables.',
        );
      return fromPlan(plan);
    }
    if (template !== undefined) return await fromTemplate(templates, workspace, { id: template, variables });
    if (designs && designer !== null) return await design(workspace, designer, request);
    return await fromWords(templates, workspace, { brief: brief ?? '', variables });
  }

  /** Has the model design the project, and tells it what is wrong until it can be written. */
  async function design(
    workspace: Workspace,
    model: BaseChatModel,
    request: ProjectRequest,
  ): Promise<Source> {
    const { brief = '', name = 'new-project', variables = {}, signal } = request;
    const limit = AbortSignal.timeout(timeoutMs);
    const usable = await list(request.userId);
    const toSource = async (made: Design): Promise<Source> =>
      made.kind === 'plan'
        ? sourceOfPlan(made.plan)
        : await fromTemplate(templates, workspace, {
            id: made.template,
            variables: { ...made.variables, ...variables },
          });
    const made = await designProject(model, {
      ...{ userId: request.userId, brief, name, modelName: needs.modelName, observe: needs.observe },
      templates: usable.flatMap((found) => ('template' in found ? [found.template] : [])),
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      judge: (candidate) => judge(candidate, toSource, name),
    }).catch((error: unknown) => {
      if (!limit.aborted || signal?.aborted) throw error;
      throw new ProblemError(
        'model_timeout',
        'The model did not finish its plan in time; nothing was written.',
      );
    });
    return await toSource(made);
  }

  function list(userId: string): Promise<FoundTemplate[]> {
    return templates.list(workspaces.for(userId));
  }

  /**
   * Works out what would be written. With `designs`, a language model may be asked to design what `brief` says; with
   * `verifies: false` the files are not checked.
   * @throws ProblemError.
   */
  async function propose(
    request: ProjectRequest,
    { designs = false, verifies = true } = {},
  ): Promise<Proposal> {
    const source = await sourceOf(request, designs);
    const { name, folder, signal } = request;
    return await proposeProject(workspaces.for(request.userId), { source, name, folder, verifies, signal });
  }

  /**
   * Writes what was proposed: a new folder in one step, or, with `merge`, the files that are missing in one that is there.
   * @throws ProblemError `already_exists` for a folder with something in it, unless `merge`.
   */
  async function write(
    proposal: Proposal,
    { userId, author, merge = false, signal }: WriteOptions,
  ): Promise<WrittenProject> {
    const { path, tree, existing } = proposal;
    if (existing === null) {
      const made = await workspaces.for(userId, author).placeFiles(path, { ...tree, signal });
      const change = { id: made.id, path: made.path, operation: made.operation };
      return {
        changeId: made.id,
        runId: author?.runId ?? null,
        files: made.files,
        bytes: made.bytes,
        changes: [change],
      };
    }
    if (!existing.isEmpty && !merge) throw alreadyThere(proposal);
    const batch = author ?? { agent: null, runId: uuidv7(), callId: null };
    const added = new Set(existing.adds);
    const files = tree.files.filter((file) => added.has(file.path));
    const changes = await applyChanges(
      workspaces.for(userId, batch),
      files.map((file) => ({ path: `${path}/${file.path}`, content: file.content, previous: null })),
      signal,
    );
    const bytes = files.reduce((total, { content }) => total + content.length, 0);
    return { changeId: null, runId: batch.runId, files: files.length, bytes, changes };
  }

  return { list, propose, write, extensions: openExtensions({ workspaces }) };
}

export type Projects = Awaited<ReturnType<typeof createProjects>>;

/** What is wrong with a design; a template that is not there is the model's fault, too. */
async function judge(
  candidate: Design,
  toSource: (made: Design) => Promise<Source>,
  name: string,
): Promise<string[]> {
  try {
    return faultsOf(await toSource(candidate), name);
  } catch (error) {
    if (error instanceof ProblemError) return [error.message];
    throw error;
  }
}

function alreadyThere({ path, existing }: Proposal): ProblemError {
  const { adds = [], keeps = [] } = existing ?? {};
  return new ProblemError(
    'already_exists',
    `There is a folder ${quoted(path)} with something in it, and nothing was written. With merge, ${adds.length} files would be added, and ${keeps.length} that are there would stay as they are. Or choose another name.`,
  );
}
