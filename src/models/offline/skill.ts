import type { Bilingual } from './language.ts';
import type { Captured } from './phrase.ts';

/** Arguments of one tool call. */
export type Arguments = Record<string, unknown>;

/** Why a command that was recognised is not carried out as it stands. */
export interface Doubt {
  reason: 'confirm' | 'quote' | 'compose' | 'which_text' | 'too_many' | 'malformed';
  /** What it was about, for example the path of the file. */
  subject: string;
}

/**
 * One thing that an agent can be told to do: the agent and tool that do it, the phrases that ask for it, and how what they
 * captured becomes arguments. Phrases are written as `compilePhrase` describes and tried in their order.
 */
export interface Skill {
  agent: string;
  tool: string;
  /** What it does is lost or seen by others; in doubt it is not done. */
  destructive: boolean;
  phrases: Bilingual<readonly string[]>;
  /** One set of arguments for each call of the tool. */
  toCalls: (captured: Captured) => Arguments[] | Doubt;
  /** How to say it; `{path}` stands for a path. */
  example: Bilingual;
  /** What stands before a result; `{path}` stands for the argument of that name. */
  done: Bilingual;
  failed: Bilingual;
}

/** What the tools are called with which a supervisor delegates; the name of the agent stands behind. */
export const DELEGATION = 'delegate_to_';

export function delegationTool({ agent }: Skill): string {
  return DELEGATION + agent.replaceAll('-', '_');
}
