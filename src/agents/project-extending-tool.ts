import { z } from 'zod';
import type { ExtensionProposal, ExtensionRequest } from '../projects/extend-project.ts';
import { EXTENSIONS, LICENSE_IDS } from '../projects/extending/extensions.ts';
import type { Projects } from '../projects/projects.ts';
import type { Workspaces } from '../workspace/workspace.ts';
import { stateOf } from './file-guard.ts';
import { sayCheck } from './project-texts.ts';
import { type AgentTool, type CallScope, defineTool } from './tool.ts';

const schema = z.object({
  path: z.string().min(1).max(1_000).describe('The folder of the project'),
  add: z.array(z.enum(EXTENSIONS)).min(1).max(EXTENSIONS.length).describe('What to add'),
  license: z.enum(LICENSE_IDS).optional().describe('Which licence; left out: MIT'),
  holder: z.string().max(200).optional().describe('Who holds the rights, for the licence'),
});

/** The tool that adds to an existing project. It makes files and fits new parts into those that are there, and replaces none. */
export function extendingTool({
  projects: { extensions },
  workspaces,
}: {
  projects: Pick<Projects, 'extensions'>;
  workspaces: Workspaces;
}): AgentTool {
  return defineTool({
    name: 'extend_project',
    description:
      'Add a Dockerfile, tests, CI, a licence, a readme, a .gitignore or an .editorconfig to an existing project, in its own style. What it has already stays as it is.',
    schema,
    effect: 'write',
    run: async (input, context) => {
      const { userId, agent, runId, callId, signal } = context;
      const proposal = await extensions.propose(toRequest(input, context));
      const { changes } = await extensions.write(proposal, {
        userId,
        author: { agent, runId, callId },
        signal,
      });
      const lines = changes.map(({ path, operation }) => `- ${path}: ${operation}`);
      return [`${nameOf(proposal)}/: extended.`, ...lines, ...detailsOf(proposal)].join('\n');
    },
    describe: async (input, scope) => {
      const proposal = await extensions.propose(toRequest(input, scope));
      return {
        summary: `add ${input.add.join(', ')} to ${nameOf(proposal)}/`,
        preview: proposal.files.map(({ diff }) => diff).join('\n'),
      };
    },
    state: ({ path }, { userId }) => stateOf(workspaces.for(userId), path),
    tookEffect: (callId, userId) => workspaces.for(userId).changes.tookEffect(callId),
  });
}

function toRequest(
  { path, add, license, holder }: z.infer<typeof schema>,
  { userId, signal }: CallScope,
): ExtensionRequest {
  return { userId, path, add, license, holder, signal };
}

function nameOf({ path }: ExtensionProposal): string {
  return path === '' ? '.' : path;
}

function detailsOf({ kept, checks, run, assumptions }: ExtensionProposal): string[] {
  return [
    ...(kept.length === 0 ? [] : [`There already, and left as they are: ${kept.join(', ')}.`]),
    ...(checks.length === 0 ? [] : ['Checks:', ...checks.map((check) => `- ${sayCheck(check)}`)]),
    ...(run.length === 0 ? [] : ['To try it:', ...run.map((command) => `  ${command}`)]),
    ...(assumptions.length === 0 ? [] : ['Assumed:', ...assumptions.map((assumption) => `- ${assumption}`)]),
  ];
}
