import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ProblemError } from '../errors.ts';
import { planSchema } from '../projects/plans/plan.ts';
import type { ProjectRequest, Projects } from '../projects/projects.ts';
import type { Proposal } from '../projects/proposal.ts';
import type { Workspaces } from '../workspace/workspace.ts';
import { stateOf } from './file-guard.ts';
import { describeProposal, sayCheck, sayProposed, sayTemplates, sayWritten } from './project-texts.ts';
import { type AgentTool, type CallScope, defineTool, type ToolContext } from './tool.ts';

/** How often a plan with files that do not parse is given back in one run, before it is written with what is wrong told. */
const CORRECTIONS = 2;
const FAULTY_PLANS = 'plans with faults';

const request = z.object({
  name: z.string().max(200).optional().describe('The name of the project; left out where nobody gave one'),
  folder: z
    .string()
    .max(1_000)
    .optional()
    .describe('The folder to put it into; left out: the workspace itself'),
  template: z.string().optional().describe('The id of a template, from list_templates'),
  brief: z.string().optional().describe('Words by which a template is to be chosen, instead of its id'),
  plan: planSchema.optional().describe('All files of the project, where no template gives what is wanted'),
  variables: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .optional()
    .describe('Values for the variables of the template'),
});
const writing = request.extend({
  merge: z
    .boolean()
    .optional()
    .describe('Add the missing files to a folder that has something in it (needs approval)'),
});
type Writing = z.infer<typeof writing>;

interface ProjectToolsNeeds {
  projects: Projects;
  workspaces: Workspaces;
}

/** The tools that show and make projects. */
export function projectTools({ projects, workspaces }: ProjectToolsNeeds): AgentTool[] {
  const listTemplates = defineTool({
    name: 'list_templates',
    description: 'List the templates that projects can be made of, with their variables.',
    schema: z.object({}),
    effect: 'read',
    run: async (_input, { userId }) => sayTemplates(await projects.list(userId)),
  });

  const proposeProject = defineTool({
    name: 'propose_project',
    description: 'Show what a project would be, as create_project takes it, without writing anything.',
    schema: request,
    effect: 'read',
    run: async (input, context) => sayProposed(await projects.propose(toRequest(input, context))),
  });

  return [listTemplates, proposeProject, createProject({ projects, workspaces })];
}

function createProject({ projects, workspaces }: ProjectToolsNeeds): AgentTool {
  const sketch = (input: Writing, scope: CallScope) =>
    projects.propose(toRequest(input, scope), { verifies: false });

  return defineTool({
    name: 'create_project',
    description:
      'Create a whole project in a new folder, in one step: from a template, by its id or by words, or from a plan with all files. Answers with the tree, the checks and how to start.',
    schema: writing,
    effect: 'write',
    effectOf: async (input, scope) => {
      if (input.merge !== true) return 'write';
      const { existing } = await sketch(input, scope);
      return existing === null || existing.isEmpty ? 'write' : 'destroy';
    },
    run: async (input, context) => {
      const proposal = await projects.propose(toRequest(input, context));
      if (input.plan !== undefined) giveBack(proposal, context);
      const { userId, agent, runId, callId, signal, effect } = context;
      const written = await projects.write(proposal, {
        userId,
        author: { agent, runId, callId },
        // What was cleared as a new folder must be one still.
        merge: input.merge === true && effect === 'destroy',
        signal,
      });
      return sayWritten(proposal, written);
    },
    describe: async (input, scope) => describeProposal(await sketch(input, scope), input.merge === true),
    state: async (input, scope) => {
      const { path, tree } = await sketch(input, scope);
      const shown = createHash('sha256');
      for (const file of tree.files)
        shown.update(`${file.path}\0${file.content.length}\0`).update(file.content);
      return `${await stateOf(workspaces.for(scope.userId), path)}, to become ${shown.digest('hex')}`;
    },
    tookEffect: (callId, userId) => workspaces.for(userId).changes.tookEffect(callId),
  });
}

function toRequest(input: z.infer<typeof request>, { userId, signal }: CallScope): ProjectRequest {
  const { name, folder, template, plan, variables } = input;
  // "A project from the template acme": the words beside the template's id choose nothing.
  const brief = template === undefined ? input.brief : undefined;
  return { userId, signal, name, folder, template, brief, plan, variables };
}

/**
 * Has a model mend a plan whose files are not right, a few times in a run.
 * @throws ProblemError `invalid_plan`.
 */
function giveBack({ checks }: Proposal, { seen, note }: ToolContext): void {
  const failed = checks.filter(({ state }) => state === 'failed');
  const before = Number(seen(FAULTY_PLANS) ?? 0);
  if (failed.length === 0 || before >= CORRECTIONS) return;
  note(FAULTY_PLANS, String(before + 1));
  throw new ProblemError(
    'invalid_plan',
    `Nothing was written, because files of the plan are not right. Mend them, and hand in the whole plan again.\n${failed.map(sayCheck).join('\n')}`,
  );
}
