import { z } from "zod";
import type { MessageStore } from "../db/messages.ts";
import type { Model } from "../models/model.ts";
import { type Agent, defineTool, runAgent } from "./agent.ts";

/** How many messages of the conversation the model sees. */
const REMEMBERED = 20;

const INSTRUCTIONS = `You are a helpful assistant who answers in the language of the person.
When one of your tools, each of them an agent, is made for what the person wants, give it the work.
An agent sees nothing of the conversation: tell it everything that it needs.
Never claim that something was done unless an agent said so.`;

export interface Question {
  session: string;
  query: string;
  signal: AbortSignal;
}

export interface Answer {
  answer: string;
  /** The agents that had a part in it, in the order of their first work. */
  agents: string[];
}

export interface Orchestrator {
  /** Answers a question in its session. Throws a ModelError; the question is kept all the same. */
  ask(question: Question): Promise<Answer>;
}

export interface OrchestratorParts {
  model: Model;
  messages: MessageStore;
  agents: Agent[];
}

/** The one that talks to the person: an agent too, whose tools are the other agents. */
export function createOrchestrator({ model, messages, agents }: OrchestratorParts): Orchestrator {
  return {
    async ask({ session, query, signal }) {
      messages.add({ session, role: "user", content: query });

      const consulted = new Set<string>();
      const tools = agents.map((agent) =>
        defineTool({
          name: agent.name,
          description: agent.description,
          input: z.object({ task: z.string().min(1) }),
          run: ({ task }) => {
            consulted.add(agent.name);
            return runAgent(agent, { model, signal, messages: [{ role: "user", content: task }] });
          },
        }),
      );
      const answer = await runAgent(
        { name: "orchestrator", description: "", instructions: INSTRUCTIONS, tools },
        {
          model,
          signal,
          messages: messages.latest(session, REMEMBERED).map(({ role, content }) => {
            return { role, content };
          }),
        },
      );

      messages.add({ session, role: "assistant", content: answer });
      return { answer, agents: [...consulted] };
    },
  };
}
