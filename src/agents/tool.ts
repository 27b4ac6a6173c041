import { z } from 'zod';
import type { Effect } from '../config.ts';
import type { PassageRecord } from '../db/schema.ts';
import { ERRORS, ProblemError } from '../errors.ts';

/** Whom a call is made for, and what its agent knows. The user is never taken from a tool's arguments. */
export interface CallScope {
  userId: string;
  runId: string;
  agent: string;
  /** A UUIDv7 that names the call for good. */
  callId: string;
  signal: AbortSignal;
  /** The version of a thing, such as a file, that this agent has seen in this run. */
  seen: (name: string) => string | undefined;
}

/** What a tool is run with. */
export interface ToolContext extends CallScope {
  /** The effect that the gate let through. */
  effect: Effect;
  /** Whether a person approved this very call. */
  approved: boolean;
  /** What the tool's `state` said right before; a person who approved the call was shown the same. */
  before: string | null;
  /** Notes that the agent has seen a version of a thing. */
  note: (name: string, version: string) => void;
  /** Notes which passages of documents the agent is given: an answer may cite them, and no others. */
  retrieve: (passages: PassageRecord[]) => void;
}

/** An ability of an agent as the model sees it and the loop runs it. */
export interface AgentTool {
  name: string;
  description: string;
  schema: z.ZodObject;
  /** The tool's effect as it is listed; a single call can be judged more harmful by `effectOf`. */
  effect: Effect;
  /** @throws ToolInputError when the arguments do not fit the schema. */
  effectOf: (input: unknown, scope: CallScope) => Promise<Effect>;
  /** @throws ToolInputError, or whatever the ability itself throws. */
  run: (input: unknown, context: ToolContext) => Promise<string>;
  /** What a person who is to approve the call is shown: what it would do in a sentence, and what that is about. */
  describe: (input: unknown, scope: CallScope) => Promise<CallDescription>;
  /**
   * The present state of what the call would change, as a text to compare; null where the tool cannot tell. An approval holds
   * while it is the one that was shown.
   */
  state: (input: unknown, scope: CallScope) => Promise<string | null>;
  /** Whether a call whose process ended took effect; null where the tool cannot tell. */
  tookEffect: (callId: string, userId: string, input: unknown) => Promise<boolean | null>;
}

/** A call in words. */
export interface CallDescription {
  summary: string;
  preview: string;
}

interface ToolDefinition<Schema extends z.ZodObject> {
  name: string;
  description: string;
  schema: Schema;
  effect: Effect;
  effectOf?: (input: z.infer<Schema>, scope: CallScope) => Promise<Effect>;
  run: (input: z.infer<Schema>, context: ToolContext) => Promise<string>;
  describe?: (input: z.infer<Schema>, scope: CallScope) => Promise<CallDescription>;
  state?: (input: z.infer<Schema>, scope: CallScope) => Promise<string>;
  tookEffect?: (callId: string, userId: string, input: z.infer<Schema>) => Promise<boolean>;
}

/** The model's arguments do not fit; the message says where, for the model to mend them. */
class ToolInputError extends Error {
  override readonly name = 'ToolInputError';
}

/** Makes a tool whose arguments, being a model's output, are checked against its schema before anything else happens. */
export function defineTool<Schema extends z.ZodObject>(definition: ToolDefinition<Schema>): AgentTool {
  const { name, description, schema, effect, effectOf, run, describe, state, tookEffect } = definition;
  const parse = (input: unknown): z.infer<Schema> => {
    const parsed = schema.safeParse(input);
    if (parsed.success) return parsed.data;
    throw new ToolInputError(`The arguments do not fit ${name}:\n${z.prettifyError(parsed.error)}`);
  };
  return {
    name,
    description,
    schema,
    effect,
    effectOf: async (input, scope) => {
      const parsed = parse(input);
      return effectOf ? await effectOf(parsed, scope) : effect;
    },
    run: async (input, context) => await run(parse(input), context),
    describe: async (input, scope) => {
      const parsed = parse(input);
      return describe
        ? await describe(parsed, scope)
        : { summary: name, preview: JSON.stringify(parsed, null, 2) };
    },
    state: async (input, scope) => (state ? await state(parse(input), scope) : null),
    tookEffect: async (callId, userId, input) =>
      tookEffect ? await tookEffect(callId, userId, parse(input)) : null,
  };
}

/** Whether a tool failed for a reason that whoever called it can mend, so that it is no matter for the log. */
export function isCallersFault(error: unknown): boolean {
  return (
    error instanceof ToolInputError ||
    (error instanceof ProblemError && ERRORS[error.code].culprit === 'caller')
  );
}

/** A tool's failure in words for the model: what went wrong where that is known, and no inner detail where it is not. */
export function failureText(error: unknown): string {
  if (error instanceof ProblemError) return `Error ${error.code}: ${error.message}`;
  if (error instanceof ToolInputError) return `Error: ${error.message}`;
  return 'Error: the tool failed for a reason that is not the caller’s; the server’s log has it.';
}
