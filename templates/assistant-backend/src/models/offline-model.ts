import type { Model, ModelMessage, ModelReply } from "./model.ts";

interface Rule {
  agent: string;
  tool: string;
  pattern: RegExp;
  input: (match: RegExpMatchArray) => object;
}

// The first rule that fits a request wins. The orchestrator offers agents, an agent offers tools.
const RULES: Rule[] = [
  {
    agent: "notes",
    tool: "add_note",
    pattern: /^(?:note|remember|apunta|anota|recuerda)(?: that| que)?:?\s+(.+)/is,
    input: ([, text]) => ({ text }),
  },
  { agent: "notes", tool: "list_notes", pattern: /\b(?:notes|notas)\b/i, input: () => ({}) },
  {
    agent: "clock",
    tool: "current_time",
    pattern: /\b(?:time|date|day|hora|fecha|día)\b/i,
    input: () => ({}),
  },
];

const NOTHING_FITS =
  'I am the offline model and know three things: "Remember that …", "What are my notes?" and ' +
  '"What time is it?". Set OPENAI_API_KEY or OPENAI_BASE_URL to talk to a language model.';

/** A few rules in the place of a model, so that everything runs without an account. */
export function offlineModel(): Model {
  return {
    name: "offline",
    async reply({ messages, tools }) {
      const last = messages.at(-1);
      if (last?.role === "tool") return say(last.content);
      return followRules(last, (name) => tools.some((tool) => tool.name === name));
    },
  };
}

function followRules(message: ModelMessage | undefined, offers: (name: string) => boolean) {
  const request = message?.content.trim() ?? "";
  for (const { agent, tool, pattern, input } of RULES) {
    const match = request.match(pattern);
    if (match && offers(agent)) return call(agent, { task: request });
    if (match && offers(tool)) return call(tool, input(match));
  }
  return say(NOTHING_FITS);
}

function say(content: string): ModelReply {
  return { content, toolCalls: [] };
}

function call(name: string, input: object): ModelReply {
  return { content: "", toolCalls: [{ id: "call-1", name, input: JSON.stringify(input) }] };
}
