import { HumanMessage } from '@langchain/core/messages';
import { z } from 'zod';
import { OfflineChatModel } from '../../../src/models/offline/chat.ts';
import { DOCUMENT_TOOLS } from './consultant-model.ts';
import { DELEGATIONS, FILE_TOOLS } from './offline-model.ts';
import { callsOf, PROJECT_TOOLS } from './project-model.ts';

const text = z.string();
const repository = text;
const number = z.number().int();
const state = z.enum(['open', 'closed', 'all']).optional();
const inRepository = { repository };
const numbered = { repository, number };

/** The arguments of the tools of github-admin. */
export const GITHUB_SCHEMAS = {
  list_repositories: z.strictObject({ query: text.optional() }),
  read_repository: z.strictObject(inRepository),
  list_issues: z.strictObject({ repository, state, query: text.optional() }),
  read_issue: z.strictObject(numbered),
  list_pull_requests: z.strictObject({ repository, state }),
  read_pull_request: z.strictObject(numbered),
  list_commits: z.strictObject({ repository, branch: text.optional() }),
  list_in_repository: z.strictObject({
    repository,
    what: z.enum(['branches', 'tags', 'releases', 'workflow_runs', 'collaborators']),
  }),
  search_github: z.strictObject({ type: z.enum(['issues', 'code']), query: text }),
  create_repository: z.strictObject({
    name: text,
    private: z.boolean().optional(),
    description: text.optional(),
  }),
  delete_repository: z.strictObject(inRepository),
  open_issue: z.strictObject({ repository, title: text, body: text.optional() }),
  comment: z.strictObject({ ...numbered, body: text }),
  update_issue: z.strictObject({
    ...numbered,
    state: z.enum(['open', 'closed']).optional(),
    add_labels: z.array(text).optional(),
    assignees: z.array(text).optional(),
  }),
  push_files: z.strictObject({
    repository,
    path: text,
    branch: text.optional(),
    message: text.optional(),
  }),
  open_pull_request: z.strictObject({
    repository,
    title: text.optional(),
    head: text,
    base: text.optional(),
  }),
  merge_pull_request: z.strictObject({
    ...numbered,
    method: z.enum(['merge', 'squash', 'rebase']).optional(),
  }),
  create_branch: z.strictObject({ repository, branch: text, from: text.optional() }),
  delete_branch: z.strictObject({ repository, branch: text }),
  publish_project: z.strictObject({ path: text, name: text.optional(), private: z.boolean().optional() }),
};

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
