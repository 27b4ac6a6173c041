import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages';
import { z } from 'zod';
import { OfflineChatModel } from '../../../src/models/offline/chat.ts';
import { type RememberedMessage, renderRemembered } from '../../../src/models/remembered.ts';

const path = z.string();

const ends = z.object({ from: path, to: path, overwrite: z.boolean().optional() });

/** The tools of file-admin, as LangChain is given them. */
export const FILE_TOOLS = [
  {
    name: 'list_files',
    description: 'Lists.',
    schema: z.object({
      path: path.optional(),
      recursive: z.boolean().optional(),
      pattern: path.optional(),
    }),
  },
  {
    name: 'read_file',
    description: 'Reads.',
    schema: z.object({ path, start_line: z.number().optional(), end_line: z.number().optional() }),
  },
  {
    name: 'search_text',
    description: 'Searches.',
    schema: z.object({ query: path, path: path.optional(), pattern: path.optional() }),
  },
  { name: 'compare_files', description: 'Compares.', schema: z.object({ from: path, to: path }) },
  { name: 'write_file', description: 'Writes.', schema: z.object({ path, content: z.string() }) },
  {
    name: 'edit_file',
    description: 'Edits.',
    schema: z.object({
      path,
      edits: z.array(z.object({ find: z.string(), replace: z.string(), all: z.boolean().optional() })),
    }),
  },
  {
    name: 'delete_file',
    description: 'Deletes.',
    schema: z.object({ path, recursive: z.boolean().optional() }),
  },
  { name: 'move_file', description: 'Moves.', schema: ends },
  { name: 'copy_file', description: 'Copies.', schema: ends },
  { name: 'make_folder', description: 'Makes.', schema: z.object({ path }) },
  { name: 'zip_files', description: 'Packs.', schema: z.object({ paths: z.array(path), to: path }) },
  { name: 'unzip_file', description: 'Unpacks.', schema: z.object({ path, to: path.optional() }) },
  { name: 'list_changes', description: 'Tells.', schema: z.object({ path: path.optional() }) },
  { name: 'undo_changes', description: 'Undoes.', schema: z.object({ change_id: path.optional() }) },
];

/** The tools of the supervisor. */
export const DELEGATIONS = ['file_admin', 'project_creator'].map((agent) => ({
  name: `delegate_to_${agent}`,
  description: 'Delegates.',
  schema: z.object({ task: z.string() }),
}));

export const fileAdmin = new OfflineChatModel().bindTools(FILE_TOOLS);
export const supervisor = new OfflineChatModel().bindTools(DELEGATIONS);

/** What file-admin's model calls for a message: pairs of a tool and its arguments. */
export async function callsFor(message: string): Promise<[tool: string, args: Record<string, unknown>][]> {
  const reply = await fileAdmin.invoke([new SystemMessage('You are file-admin.'), new HumanMessage(message)]);
  return (reply.tool_calls ?? []).map(({ name, args }) => [name, args]);
}

/** The answer to a question, with messages remembered; `user` and `assistant` are said a day apart, from 2026-11-01 on. */
export async function answerFrom(
  remembered: (string | { assistant: string })[],
  question: string,
): Promise<string> {
  const messages = remembered.map(
    (said, day): RememberedMessage => ({
      role: typeof said === 'string' ? 'user' : 'assistant',
      content: typeof said === 'string' ? said : said.assistant,
      createdAt: new Date(Date.UTC(2026, 10, day + 1, 9)),
    }),
  );
  const system = new SystemMessage(`You are the assistant.\n\n${renderRemembered(messages)}`);
  return (await supervisor.invoke([system, new HumanMessage(question)])).text;
}

/** The dialogue after a reply's calls have returned these results; an `Error` is a failed one. */
export function withResults(
  before: BaseMessage[],
  reply: AIMessage,
  results: (string | Error)[],
): BaseMessage[] {
  const calls = reply.tool_calls ?? [];
  return [
    ...before,
    new AIMessage({ content: reply.text, tool_calls: calls }),
    ...calls.map(({ id = '', name }, position) => {
      const result = results[position];
      return result instanceof Error
        ? new ToolMessage({ tool_call_id: id, name, content: result.message, status: 'error' })
        : new ToolMessage({ tool_call_id: id, name, content: result ?? '' });
    }),
  ];
}
