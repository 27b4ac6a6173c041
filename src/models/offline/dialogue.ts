import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages';
import { parsePassages, type QuotedPassage } from '../passages.ts';
import { parseRemembered } from '../remembered.ts';
import type { Memory } from './statements.ts';
import { isOwnSmallTalk } from './wording.ts';

/** What this model sees of a dialogue: what is asked now, what was said before, and what came of its own calls so far. */
export interface Dialogue {
  question: string;
  /** Oldest first, each message once. */
  memories: Memory[];
  /** Of the person's files, recalled for the question. */
  passages: QuotedPassage[];
  /** The calls since the question, in the order made, with their results. */
  rounds: Round[];
}

export type Round = CallResult[];

export interface CallResult {
  tool: string;
  arguments: Record<string, unknown>;
  /** Undefined when nothing answered the call. */
  result: string | undefined;
  failed: boolean;
}

/** Reads the messages that a supervisor's or an agent's model is called with. */
export function readDialogue(messages: readonly BaseMessage[]): Dialogue {
  const asked = messages.findLastIndex((message) => HumanMessage.isInstance(message));
  return {
    question: asked < 0 ? '' : (messages[asked]?.text ?? ''),
    memories: readMemories(messages.slice(0, Math.max(asked, 0))),
    passages: messages
      .filter((message) => SystemMessage.isInstance(message))
      .flatMap(({ text }) => parsePassages(text)),
    rounds: readRounds(messages.slice(asked + 1)),
  };
}

function readMemories(messages: readonly BaseMessage[]): Memory[] {
  const remembered = messages
    .filter((message) => SystemMessage.isInstance(message))
    .flatMap(({ text }) => parseRemembered(text))
    .map(({ role, name, content, createdAt }): Memory => ({ role, name, text: content, createdAt }));
  const conversation = messages.flatMap((message): Memory[] => {
    if (HumanMessage.isInstance(message)) return [{ role: 'user', text: message.text }];
    return AIMessage.isInstance(message) ? [{ role: 'assistant', text: message.text }] : [];
  });
  const dates = new Map(remembered.map((memory) => [keyOf(memory), memory.createdAt]));
  const running = new Set(conversation.map(keyOf));
  return [
    ...remembered.filter((memory) => !running.has(keyOf(memory))),
    ...conversation.map((memory) => {
      const createdAt = dates.get(keyOf(memory));
      return createdAt ? { ...memory, createdAt } : memory;
    }),
  ].filter(({ role, text }) => text.trim() !== '' && !(role === 'assistant' && isOwnSmallTalk(text)));
}

function keyOf({ role, text }: Memory): string {
  return `${role} ${text.trim()}`;
}

function readRounds(messages: readonly BaseMessage[]): Round[] {
  const results = new Map(
    messages
      .filter((message) => ToolMessage.isInstance(message))
      .map((message) => [message.tool_call_id, message]),
  );
  return messages
    .filter((message) => AIMessage.isInstance(message))
    .map(({ tool_calls: calls }) => calls ?? [])
    .filter((calls) => calls.length > 0)
    .map((calls) =>
      calls.map(({ id, name, args }): CallResult => {
        const message = results.get(id ?? '');
        return { tool: name, arguments: args, result: message?.text, failed: message?.status === 'error' };
      }),
    );
}
