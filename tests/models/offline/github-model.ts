import { HumanMessage } from '@langchain/core/messages';
import { z } from 'zod';
import { createGitHubAdmin } from '../../../src/agents/github-admin.ts';
import { OfflineChatModel } from '../../../src/models/offline/chat.ts';
import { DOCUMENT_TOOLS } from './consultant-model.ts';
import { DELEGATIONS, FILE_TOOLS } from './offline-model.ts';
import { callsOf, PROJECT_TOOLS } from './project-model.ts';

const text = z.string();
/** Nothing of the agent is run here: only the schemas of its tools are looked at. */
const unused = {
  account: () => Promise.reject(new Error('GitHub is not asked')),
  pushFolder: () => Promise.reject(new Error('nothing is pushed')),
};
const agent = createGitHubAdmin({
  repositories: unused,
  workspaces: {
    for: () => {
      throw new Error('no workspace is opened');
    },
  },
});

/** The arguments of the tools of github-admin, of which none that is not known is taken. */
export const GITHUB_SCHEMAS = Object.fromEntries(
  agent.tools.map(({ name, schema }) => [name, schema.strict()]),
);

/** The tools of github-admin, as LangChain is given them. */
export const GITHUB_TOOLS = Object.entries(GITHUB_SCHEMAS).map(([name, schema]) => ({
  name,
  description: 'Works at GitHub.',
  schema,
}));

export const githubAdmin = new OfflineChatModel().bindTools(GITHUB_TOOLS);
/** The supervisor of a team that can do everything. */
export const wholeSupervisor = new OfflineChatModel().bindTools([
  ...DELEGATIONS,
  ...['file_consultant', 'github_admin'].map((agent) => ({
    name: `delegate_to_${agent}`,
    description: 'Delegates.',
    schema: z.object({ task: text }),
  })),
]);
const everyTool = new OfflineChatModel().bindTools([
  ...FILE_TOOLS,
  ...DOCUMENT_TOOLS,
  ...PROJECT_TOOLS,
  ...GITHUB_TOOLS,
]);

/** What an agent that could do anything calls for a message, all at once or as the first step. */
export async function anyCalls(message: string) {
  return callsOf(await everyTool.invoke([new HumanMessage(message)]));
}
