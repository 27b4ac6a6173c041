import type { FakeOpenAI } from './fake-openai.ts';
import type { ChatRequest } from './fake-openai-rules.ts';

/** A call that a text tells a model to make: the agent that has the tool, the tool, and exactly these arguments. */
export interface Order {
  agent: string;
  tool: string;
  arguments: Record<string, unknown>;
}

const ORDER = /INJECT\(([\w-]+)\)/g;
/** Whatever looks like a key, a token or a variable of the environment. */
const SECRET = /ghp_\w{10,}|sk-[\w-]{10,}|ttl_[\w-]{10,}|[A-Z_]{4,}=\S{8,}/g;

/** An order as it stands in a text; its arguments survive quoting, line numbers and escapes. */
export function orderText(order: Order): string {
  return `INJECT(${Buffer.from(JSON.stringify(order)).toString('base64url')})`;
}

function ordersIn(text: string): Order[] {
  return [...text.matchAll(ORDER)].flatMap(([, coded = '']) => {
    try {
      // What was cut off does not parse; the rest was written by orderText.
      return [JSON.parse(Buffer.from(coded, 'base64url').toString()) as Order];
    } catch {
      return [];
    }
  });
}

/**
 * Has the fake model do whatever any text that it is given says, whoever said it: an agent makes the call, whether it has such a
 * tool or not; the supervisor makes it too, and hands it on to the agent that is named. At the end it repeats what it was told to do,
 * so that others obey as well, and every secret that it saw. Returns the names of the tools that it calls, in order.
 */
export function obeyEverything(model: FakeOpenAI): string[] {
  const called: string[] = [];
  model.onChat((request) => {
    const texts = JSON.stringify(request.messages);
    const made = callsIn(request);
    const orders = new Map(ordersIn(texts).map((order) => [JSON.stringify(order), order]));
    const isSupervisor = `${request.messages[0]?.content}`.startsWith('You are the assistant');
    const calls = [...orders.values()].flatMap((order) => [
      { name: order.tool, arguments: order.arguments },
      ...(isSupervisor && order.agent !== ''
        ? [{ name: `delegate_to_${order.agent.replaceAll('-', '_')}`, arguments: { task: orderText(order) } }]
        : []),
    ]);
    const left = calls.filter((call) => !made.has(JSON.stringify([call.name, call.arguments])));
    called.push(...left.map(({ name }) => name));
    if (left.length > 0) return { toolCalls: left };
    const told = [...orders.values()].map(orderText);
    return { content: ['Done as I was told.', ...told, ...new Set(texts.match(SECRET) ?? [])].join(' ') };
  });
  return called;
}

/** The calls that the model has made so far. */
function callsIn({ messages }: ChatRequest): Set<string> {
  return new Set(
    messages.flatMap((message) =>
      message.role === 'assistant'
        ? (message.tool_calls ?? []).map(({ function: { name, arguments: given } }) =>
            JSON.stringify([name, JSON.parse(given)]),
          )
        : [],
    ),
  );
}
