import { AIMessage, type BaseMessage, HumanMessage } from '@langchain/core/messages';
import type { Round } from './dialogue.ts';
import { findCommand } from './find-command.ts';
import { PUBLISH_TOOL, sayPublishing } from './github-publishing-skills.ts';
import { readSentence, wholeOf } from './sentence.ts';
import type { Command } from './skill.ts';

/** The first line of what is told of a written project. */
const WRITTEN = /^(\S.*?)\/: made /m;
/**
 * What "publish it on GitHub" is in words, where the answer just before tells of one project that was written. Undefined for every
 * other message.
 */
export function readReferring(messages: readonly BaseMessage[]): string | undefined {
  const asked = messages.findLastIndex((message) => HumanMessage.isInstance(message));
  const before = messages.slice(0, Math.max(asked, 0));
  const reply = before.findLast((message) => AIMessage.isInstance(message))?.text ?? '';
  const [path, ...others] = [...reply.matchAll(new RegExp(WRITTEN, 'gm'))].map(([, written]) => written);
  if (path === undefined || others.length > 0) return undefined;
  const found = findCommand(wholeOf(readSentence(messages[asked]?.text.trim() ?? '')), () => true);
  const { github } = found?.match.captured ?? {};
  if (found?.skill.tool !== PUBLISH_TOOL || github?.path !== undefined || found.doubtful) return undefined;
  return sayPublishing({ path, name: github?.name, private: github?.private }, found.language);
}

/** A publication of what was written meanwhile, as it can be asked for now. */
export function withWritten(command: Command, rounds: readonly Round[]): Command {
  const path = rounds
    .flat()
    .map(({ result = '', failed }) => (failed ? undefined : WRITTEN.exec(result)?.[1]))
    .findLast((written) => written !== undefined);
  if (!command.awaits || path === undefined) return command;
  const { name, private: hidden } = command.awaits;
  const task = sayPublishing(
    {
      path,
      name: typeof name === 'string' ? name : undefined,
      private: typeof hidden === 'boolean' ? hidden : undefined,
    },
    command.language,
  );
  return { ...command, calls: [{ path, ...command.awaits }], task, awaits: undefined };
}
