import { type AIMessage, HumanMessage } from '@langchain/core/messages';
import { z } from 'zod';
import { OfflineChatModel } from '../../../src/models/offline/chat.ts';
import { DOCUMENT_TOOLS } from './consultant-model.ts';
import { DELEGATIONS, FILE_TOOLS } from './offline-model.ts';

const text = z.string();
const request = z.object({
  brief: text.optional(),
  name: text.optional(),
  template: text.optional(),
  folder: text.optional(),
});

/** The tools of project-creator, as LangChain is given them. */
export const PROJECT_TOOLS = [
  { name: 'create_project', description: 'Creates.', schema: request },
  { name: 'propose_project', description: 'Proposes.', schema: request },
  { name: 'list_templates', description: 'Lists.', schema: z.object({}) },
  {
    name: 'extend_project',
    description: 'Extends.',
    schema: z.object({
      path: text,
      add: z.array(text),
      license: text.optional(),
      holder: text.optional(),
    }),
  },
];

export const projectCreator = new OfflineChatModel().bindTools(PROJECT_TOOLS);
/** The supervisor of a team that can do anything but publish. */
export const projectSupervisor = new OfflineChatModel().bindTools([
  ...DELEGATIONS,
  { name: 'delegate_to_file_consultant', description: 'Delegates.', schema: z.object({ task: text }) },
]);
const everyTool = new OfflineChatModel().bindTools([...FILE_TOOLS, ...DOCUMENT_TOOLS, ...PROJECT_TOOLS]);

type Pair = [tool: string, args: Record<string, unknown>];

export function callsOf(reply: AIMessage): Pair[] {
  return (reply.tool_calls ?? []).map(({ name, args }) => [name, args]);
}

/** What an agent that could do anything calls for a message. */
export async function anyProjectCalls(message: string): Promise<Pair[]> {
  return callsOf(await everyTool.invoke([new HumanMessage(message)]));
}
