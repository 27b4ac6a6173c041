import type { Bilingual, Language } from './language.ts';
import type { Captured } from './phrase.ts';

/** Arguments of one tool call. */
export type Arguments = Record<string, unknown>;

/** Why a command that was recognised is not carried out as it stands. */
export interface Doubt {
  reason:
    | 'confirm'
    | 'quote'
    | 'compose'
    | 'which_text'
    | 'too_many'
    | 'malformed'
    | 'where'
    | 'which_name'
    | 'which_repository'
    | 'incomplete'
    | 'only_zip';
  /** What it was about, for example the path of the file. */
  subject: string;
  /** What to say instead, where the example of the skill does not show it; `{path}` stands for the subject. */
  suggestion?: Bilingual;
}

/**
 * One thing that an agent can be told to do: the agent and tool that do it, the phrases that ask for it, and how what they
 * captured becomes arguments. Phrases are written as `compilePhrase` describes and tried in their order.
 */
export interface Skill {
  agent: string;
  tool: string;
  /** Which calls of the tool are its, where several skills share the tool; left out: all. */
  of?: (given: Arguments) => boolean;
  /** What it does is lost or seen by others; in doubt it is not done. */
  destructive: boolean;
  /** Whether it is done only when a message says nothing else. */
  alone?: boolean;
  /** Whether its phrases are commands only behind "I want": a noun alone is none. */
  wish?: boolean;
  phrases: Bilingual<readonly string[]>;
  /** One set of arguments for each call of the tool. */
  toCalls: (captured: Captured) => Arguments[] | Doubt;
  /** How to say it; `{path}` stands for a path. */
  example: Bilingual;
  /** How to say it with the mark `recursive`. */
  thorough?: Bilingual;
  /** What stands before a result; `{path}` stands for the argument of that name. */
  done: Bilingual;
  failed: Bilingual;
  /** What to say next, by the code of the error that the tool answered with; with places for arguments too. */
  remedies?: Readonly<Record<string, Bilingual>>;
}

/** One thing that a person told us to do. */
export interface Command {
  skill: Skill;
  language: Language;
  calls: Arguments[];
  /** The command in the person's own words. */
  text: string;
  /** The same for who hears nothing else, where it refers to a command before it. */
  task?: string | undefined;
  /** Its arguments but for what is known only when the commands before it are done. */
  awaits?: Arguments | undefined;
}

/** What the tools are called with which a supervisor delegates; the name of the agent stands behind. */
export const DELEGATION = 'delegate_to_';

export function delegationTool({ agent }: Skill): string {
  return DELEGATION + agent.replaceAll('-', '_');
}
