import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Effect } from '../config.ts';
import { timeOf } from '../db/uuid-time.ts';
import { ProblemError } from '../errors.ts';
import type { WriteOptions } from '../github/calls.ts';
import type { Traces } from './github-done.ts';
import { type GitHubScene, openScene, type RepositoryAccess } from './github-scene.ts';
import { type AgentTool, type CallDescription, type CallScope, defineTool } from './tool.ts';

/** Of so many calls the facts are kept between the look at what is there and the write. */
const MOST_KEPT = 200;
/** How long is looked for what a call has done whose process has died. */
const LOOK_MS = 20_000;
/** GitHub's clock and ours may differ by this much. */
const CLOCK_DIFFERENCE_MS = 60_000;

interface Reading<Schema extends z.ZodObject> {
  name: string;
  description: string;
  schema: Schema;
  read: (input: z.infer<Schema>, scene: GitHubScene) => Promise<string>;
}

/** A tool that only looks at GitHub. */
export function readingTool<Schema extends z.ZodObject>(
  repositories: RepositoryAccess,
  { name, description, schema, read }: Reading<Schema>,
): AgentTool {
  return defineTool({
    name,
    description,
    schema,
    effect: 'read',
    run: async (input, context) => read(input, await openScene(repositories, context)),
  });
}

/** What a write is done with: `options` bear its mark. */
export interface WriteScene extends GitHubScene {
  options: WriteOptions;
}

interface Writing<Schema extends z.ZodObject, Facts extends object> {
  name: string;
  description: string;
  schema: Schema;
  effect: Effect;
  effectOf?: (input: z.infer<Schema>) => Effect;
  /** Looks at what the call would change. It throws where the call cannot be done, so that nobody is asked about it. */
  look: (input: z.infer<Schema>, scene: GitHubScene) => Promise<Facts>;
  /** The part of the facts that must stay as it was shown; all of them unless told. */
  versionOf?: (facts: Facts) => unknown;
  describe: (
    input: z.infer<Schema>,
    facts: Facts,
    scene: GitHubScene,
  ) => CallDescription | Promise<CallDescription>;
  write: (input: z.infer<Schema>, facts: Facts, scene: WriteScene) => Promise<string>;
  /** Whether a call took effect whose process has died; left out, or null, where that cannot be told. */
  isDone?: (input: z.infer<Schema>, traces: Traces) => Promise<boolean | null>;
}

/**
 * A tool that changes something at GitHub. It writes only where what it looked at last is what was shown for approval, and every
 * write bears the call's id, by which it is found again.
 */
export function writingTool<Schema extends z.ZodObject, Facts extends object>(
  repositories: RepositoryAccess,
  definition: Writing<Schema, Facts>,
): AgentTool {
  const { name, description, schema, effect, effectOf, look, describe, write, isDone } = definition;
  const kept = new Map<string, Facts>();

  async function lookAfresh(input: z.infer<Schema>, scope: CallScope): Promise<Facts> {
    const facts = await look(input, await openScene(repositories, scope));
    kept.delete(scope.callId);
    kept.set(scope.callId, facts);
    for (const oldest of kept.keys()) {
      if (kept.size <= MOST_KEPT) break;
      kept.delete(oldest);
    }
    return facts;
  }

  function versionOf(facts: Facts): string {
    const version = definition.versionOf?.(facts) ?? facts;
    return createHash('sha256').update(JSON.stringify(version)).digest('hex');
  }

  return defineTool({
    name,
    description,
    schema,
    effect,
    effectOf: async (input) => effectOf?.(input) ?? effect,
    // The judge and the runner ask for the state right before they describe and run the call.
    state: async (input, scope) => versionOf(await lookAfresh(input, scope)),
    describe: async (input, scope) => {
      const facts = kept.get(scope.callId) ?? (await lookAfresh(input, scope));
      return await describe(input, facts, await openScene(repositories, scope));
    },
    run: async (input, context) => {
      const facts = kept.get(context.callId) ?? (await lookAfresh(input, context));
      kept.delete(context.callId);
      if (context.before !== null && versionOf(facts) !== context.before) {
        throw new ProblemError('changed_since', 'It has changed at GitHub meanwhile. Look, then ask again.');
      }
      const { signal, callId: mark } = context;
      const scene = await openScene(repositories, context);
      return await write(input, facts, { ...scene, options: { signal, mark } });
    },
    // What cannot be told is thrown; whoever asks takes it for not known.
    tookEffect: async (callId: string, userId: string, input?: z.infer<Schema>) => {
      const scene = await openScene(repositories, { userId, signal: AbortSignal.timeout(LOOK_MS) });
      const since = new Date(timeOf(callId).getTime() - CLOCK_DIFFERENCE_MS);
      const done = input === undefined ? null : await isDone?.(input, { ...scene, since });
      if (typeof done !== 'boolean') throw new Error(`whether ${name} took effect cannot be told`);
      return done;
    },
  });
}

/** Does one thing after the other; where one fails, the problem says what was done before it. */
export async function inOrder(
  steps: readonly { done: string; take: () => Promise<unknown> }[],
): Promise<string[]> {
  const done: string[] = [];
  for (const step of steps) {
    try {
      await step.take();
      done.push(step.done);
    } catch (error) {
      if (!(error instanceof ProblemError) || done.length === 0) throw error;
      throw new ProblemError(error.code, `Done: ${done.join(', ')}. Then: ${error.message}`, {
        cause: error,
      });
    }
  }
  return done;
}
