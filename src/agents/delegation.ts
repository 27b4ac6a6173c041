import type { BaseMessage } from '@langchain/core/messages';
import { z } from 'zod';
import type { Call } from './judge.ts';
import { expected, type Runtime } from './turn-context.ts';

/** How many agents may delegate one to the other in a row. */
const DEEPEST = 4;

const schema = z.object({
  task: z
    .string()
    .trim()
    .min(1)
    .describe('What the agent is to do, complete in itself: it sees nothing of the conversation.'),
});

/** An agent as those who delegate know it. */
interface TeamMember {
  name: string;
  description: string;
}

/** A task for an agent: what to do, the tool call that its report answers, and how many agents delegated before. */
export interface DelegatedTask {
  task: string | undefined;
  callId: string | undefined;
  depth: number;
}

/** Has a task done by the agent of that name; its report is the one message that comes back. */
export type Delegate = (agent: string, task: DelegatedTask, runtime: Runtime) => Promise<BaseMessage[]>;

/** The tools by which an agent hands tasks to its team. */
export function describeDelegation(team: TeamMember[]) {
  const agents = new Map(team.map((agent) => [toolName(agent), agent.name]));

  return {
    tools: team.map((agent) => ({
      name: toolName(agent),
      description: `Delegate a task to the agent ${agent.name}: ${agent.description}`,
      schema,
    })),
    names: (tool: string) => agents.has(tool),
    /** Why a delegation cannot be made, for the model to mend it; undefined where it can. */
    refuse: ({ name, args }: Call, depth: number): string | undefined => {
      if (depth >= DEEPEST) return 'Error: the task was handed on too often; do it yourself, or say why not.';
      const parsed = schema.safeParse(args);
      return parsed.success
        ? undefined
        : `Error: the arguments do not fit ${name}:\n${z.prettifyError(parsed.error)}`;
    },
    taskOf: ({ id, name, args }: Call, depth: number) => ({
      agent: expected(agents.get(name)),
      task: schema.parse(args).task,
      callId: id,
      depth: depth + 1,
    }),
  };
}

export type Delegation = ReturnType<typeof describeDelegation>;

function toolName({ name }: TeamMember): string {
  return `delegate_to_${name.replaceAll('-', '_')}`;
}
