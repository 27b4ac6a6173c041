import { ProblemError } from '../errors.ts';
import { failureName } from '../logging/error-record.ts';
import { currentScope, inScope } from '../logging/scope.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Attributes, Span, Tracer } from '../tracing/tracer.ts';

/** What LangGraph throws through an agent whose run waits for a person: a pause, no failure. */
const PAUSE = 'GraphInterrupt';

interface RunNames {
  userId: string;
  runId: string;
  sessionId: string;
  entry: string;
  attempt: number;
}

interface ModelCallNames {
  kind: 'chat' | 'embedding';
  model: string;
  agent?: string;
  /** Aborted when nobody waits for the answer any more. */
  signal?: AbortSignal | undefined;
}

interface ToolCallNames {
  agent: string;
  tool: string;
  effect: string | null;
}

interface TokenCounts {
  input_tokens: number;
  output_tokens: number;
}

interface ObserveNeeds {
  metrics: Metrics;
  tracer: Tracer;
}

/**
 * What the work of the server tells about itself, for metrics, traces and log lines at once. Each of these runs the work that it
 * is given, and passes on what it returns or throws; none is told content.
 */
export function createObserve({ metrics, tracer }: ObserveNeeds) {
  /** The part of a turn that this process carries out. */
  async function turn<Answer extends { status: string }>(
    run: RunNames,
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    const { userId, runId, sessionId, entry, attempt } = run;
    const began = performance.now();
    const attributes = { ...runAttributes(runId, sessionId), 'tertulia.entry': entry, attempt };
    const span = tracer.begin('turn', { attributes });
    const count = (status: string) => {
      metrics.turns.inc({ status, entry });
      metrics.turnSeconds.observe(secondsSince(began));
      span.set({ 'tertulia.status': status });
    };
    return await inScope({ ...currentScope(), run_id: runId, user_id: userId }, () =>
      within(span, work, {
        onEnd: (answer) => count(answer.status),
        // What another process ends is counted there.
        onFailure: (error) => count(error instanceof ProblemError ? 'failed' : 'lost'),
      }),
    );
  }

  /** A part of a turn, or its embedding afterwards. */
  async function phase<Result>(
    name: 'accept' | 'queue' | 'recall' | 'orchestrate' | 'finish' | 'embed',
    work: () => Promise<Result>,
    attributes: Attributes = {},
  ): Promise<Result> {
    const began = performance.now();
    const observe = () => metrics.phaseSeconds.observe({ phase: name }, secondsSince(began));
    return await within(tracer.begin(name, { attributes }), work, { onEnd: observe, onFailure: observe });
  }

  /** An agent at work on a task of another one's. */
  async function agent<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': name };
    return await within(tracer.begin(`invoke_agent ${name}`, { attributes }), work);
  }

  /** A call to a model, which throws ProblemErrors; `work` tells the tokens that it took, where they are known. */
  async function modelCall<Result>(
    { kind, model, agent: caller, signal }: ModelCallNames,
    work: (tell: (tokens: TokenCounts) => void) => Promise<Result>,
  ): Promise<Result> {
    const operation = kind === 'chat' ? 'chat' : 'embeddings';
    const attributes = {
      'gen_ai.operation.name': operation,
      'gen_ai.request.model': model,
      'gen_ai.agent.name': caller,
    };
    const span = tracer.begin(`${operation} ${model}`, { kind: 'client', attributes });
    const began = performance.now();
    const count = (outcome: string) => {
      metrics.modelCalls.inc({ kind, outcome });
      metrics.modelCallSeconds.observe({ kind }, secondsSince(began));
    };
    const tell = ({ input_tokens, output_tokens }: TokenCounts) => {
      metrics.modelTokens.inc({ direction: 'input' }, input_tokens);
      metrics.modelTokens.inc({ direction: 'output' }, output_tokens);
      span.set({ 'gen_ai.usage.input_tokens': input_tokens, 'gen_ai.usage.output_tokens': output_tokens });
    };
    return await within(span, () => work(tell), {
      onEnd: () => count(signal?.aborted ? 'cancelled' : 'ok'),
      onFailure: (error) => count(signal?.aborted ? 'cancelled' : modelOutcome(error)),
    });
  }

  /** A call of an agent's to a tool that exists. */
  async function toolCall<Result extends { outcome: string }>(
    { agent: caller, tool, effect }: ToolCallNames,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const attributes = {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': tool,
      'gen_ai.agent.name': caller,
      'tertulia.effect': effect ?? undefined,
    };
    const span = tracer.begin(`execute_tool ${tool}`, { attributes });
    const count = (outcome: string) => {
      metrics.toolCalls.inc({ tool, effect: effect ?? 'none', outcome });
      span.set({ 'tertulia.outcome': outcome });
    };
    return await within(span, work, {
      onEnd: ({ outcome }) => count(outcome),
      onFailure: () => count('failed'),
    });
  }

  return {
    turn,
    phase,
    agent,
    modelCall,
    toolCall,
    /** A call that was not made; `tool` only where there is such a tool, because a model can name anything. */
    toolRefused: (tool: string | undefined, effect: string | null): void =>
      metrics.toolCalls.inc({ tool: tool ?? 'unknown', effect: effect ?? 'none', outcome: 'refused' }),
    /** A recall that brought less than it could. */
    degraded: (legs: readonly string[]): void => {
      for (const leg of legs) metrics.recallDegraded.inc({ leg });
    },
    ...edgeOf({ metrics, tracer }),
  };
}

export type Observe = ReturnType<typeof createObserve>;

/** What is observed of HTTP. */
function edgeOf({ metrics, tracer }: ObserveNeeds) {
  return {
    /** A request; `enter` runs what belongs to it. */
    request: (method: string, traceparent: string | undefined) => {
      const began = performance.now();
      const attributes = { 'http.request.method': method };
      const span = tracer.begin(method, { kind: 'server', attributes, traceparent });
      return {
        enter: span.enter,
        end: ({ route, status, requestId, runId }: RequestEnd): void => {
          metrics.requests.inc({ method, route, status: String(status) });
          metrics.requestSeconds.observe({ method, route }, secondsSince(began));
          span.name(`${method} ${route}`);
          span.set({ 'http.route': route, 'http.response.status_code': status });
          span.set({ 'tertulia.request_id': requestId, ...(runId ? { 'tertulia.run_id': runId } : {}) });
          span.end(status >= 500 ? String(status) : undefined);
        },
      };
    },
    /** A request that a limit refused. */
    refused: (limit: string): void => metrics.refusals.inc({ limit }),
  };
}

interface RequestEnd {
  /** The route's pattern. */
  route: string;
  status: number;
  requestId: string;
  runId: string | undefined;
}

interface Endings<Result> {
  onEnd?: (result: Result) => void;
  onFailure?: (error: unknown) => void;
}

async function within<Result>(
  span: Span,
  work: () => Promise<Result>,
  { onEnd, onFailure }: Endings<Result> = {},
): Promise<Result> {
  try {
    const result = await span.enter(work);
    onEnd?.(result);
    span.end();
    return result;
  } catch (error) {
    onFailure?.(error);
    const name = failureName(error);
    span.end(name === PAUSE ? undefined : name);
    throw error;
  }
}

const MODEL_OUTCOMES: Record<string, string> = { model_timeout: 'timeout', model_busy: 'refused' };

function modelOutcome(error: unknown): string {
  return MODEL_OUTCOMES[failureName(error)] ?? 'failed';
}

function runAttributes(runId: string, sessionId: string) {
  return { 'tertulia.run_id': runId, 'tertulia.session_id': sessionId };
}

function secondsSince(began: number): number {
  return (performance.now() - began) / 1000;
}
