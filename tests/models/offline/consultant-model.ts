import { type AIMessage, HumanMessage, SystemMessage } from '@langchain/core/messages';
import { z } from 'zod';
import { OfflineChatModel } from '../../../src/models/offline/chat.ts';
import { type QuotedPassage, renderPassages } from '../../../src/models/passages.ts';
import { DELEGATIONS, FILE_TOOLS, withResults } from './offline-model.ts';

const path = z.string();

/** The tools of file-consultant, as LangChain is given them. */
export const DOCUMENT_TOOLS = [
  {
    name: 'search_documents',
    description: 'Searches.',
    schema: z.object({ query: z.string(), path: path.optional() }),
  },
  {
    name: 'open_document',
    description: 'Opens.',
    schema: z.object({ path, line: z.number().optional(), page: z.number().optional() }),
  },
  { name: 'list_documents', description: 'Lists.', schema: z.object({ path: path.optional() }) },
  { name: 'add_documents', description: 'Adds.', schema: z.object({ path }) },
  { name: 'remove_documents', description: 'Forgets.', schema: z.object({ path }) },
];

const DELEGATION = {
  name: 'delegate_to_file_consultant',
  description: 'Delegates.',
  schema: z.object({ task: z.string() }),
};

export const fileConsultant = new OfflineChatModel().bindTools(DOCUMENT_TOOLS);
/** The supervisor of a team with a file-consultant, and an agent that could do anything. */
export const consultingSupervisor = new OfflineChatModel().bindTools([...DELEGATIONS, DELEGATION]);
const everyTool = new OfflineChatModel().bindTools([...FILE_TOOLS, ...DOCUMENT_TOOLS]);

type Pair = [tool: string, args: Record<string, unknown>];

export function pairsOf(reply: AIMessage): Pair[] {
  return (reply.tool_calls ?? []).map(({ name, args }) => [name, args]);
}

/** What an agent that could do anything calls for a message. */
export async function anyCallsFor(message: string): Promise<Pair[]> {
  return pairsOf(await everyTool.invoke([new HumanMessage(message)]));
}

/** What file-consultant's model calls for a message. */
export async function consultantCalls(message: string): Promise<Pair[]> {
  const system = new SystemMessage('You are file-consultant. You answer from documents.');
  return pairsOf(await fileConsultant.invoke([system, new HumanMessage(message)]));
}

/** A passage whose lines are known, from its first one on. */
export function passage(where: string, text: string, trail: string[] = []): QuotedPassage {
  const [file = '', line = '1'] = where.split(':');
  const startLine = Number(line);
  return { path: file, startLine, endLine: startLine + text.split('\n').length - 1, page: null, trail, text };
}

/** What file-consultant answers to a message when its one call found these passages, or returned this text. */
export async function consultantAnswer(message: string, found: QuotedPassage[] | string): Promise<string> {
  const asked = [
    new SystemMessage('You are file-consultant. You answer from documents.'),
    new HumanMessage(message),
  ];
  const called = await fileConsultant.invoke(asked);
  if (called.tool_calls?.length !== 1) throw new Error(`"${message}" made no call: ${called.text}`);
  const result = typeof found === 'string' ? found : `Found.\n${renderPassages(found)}\nMore can be found.`;
  const reply = await fileConsultant.invoke(withResults(asked, called, [result]));
  if (reply.tool_calls?.length) throw new Error(`"${message}" was answered with a call.`);
  return reply.text;
}
