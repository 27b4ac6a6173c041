import type { BaseMessage } from '@langchain/core/messages';
import { understand } from './commands.ts';
import { consult } from './consult.ts';
import { type Dialogue, readDialogue } from './dialogue.ts';
import { skillsThatStartLike } from './find-command.ts';
import { readReferring, withWritten } from './github-following.ts';
import { detectLanguage, type Language } from './language.ts';
import { readAnswered } from './project-answers.ts';
import { PROJECT_AGENT } from './project-words.ts';
import { isQuestion, sentencesOf } from './questions.ts';
import { recollect } from './recollect.ts';
import { sayReport } from './report.ts';
import { type Arguments, type Command, delegationTool, type Skill } from './skill.ts';
import { SKILLS } from './skills.ts';
import { readSmallTalk } from './small-talk.ts';
import * as wording from './wording.ts';

/** What the model says next: text for the person, or calls of tools. */
export interface Reply {
  text: string;
  calls: { name: string; args: Arguments }[];
}

const EXAMPLE_PATH = 'notes/todo.md';

/**
 * Answers a dialogue by rules. A command becomes calls of its skill's tool where that is bound, or a delegation to the skill's
 * agent; when the results are there, or nothing was to be done, the reply is text.
 */
export function replyTo(messages: readonly BaseMessage[], tools: ReadonlySet<string>): Reply {
  const read = readDialogue(messages);
  const dialogue = { ...read, question: readAnswered(messages) ?? readReferring(messages) ?? read.question };
  const understood = understand(dialogue.question, (skill) => isWithinReach(skill, tools));
  if (understood.kind === 'commands') return carryOut(understood, dialogue, tools);
  if (dialogue.rounds.length > 0) return say(sayReport(dialogue.rounds, detectLanguage(dialogue.question)));
  if (understood.kind === 'doubt') {
    const { doubt, skill, language } = understood;
    const example = placed((doubt.suggestion ?? skill.example)[language], doubt.subject || EXAMPLE_PATH);
    return say(wording.sayDoubt(doubt, example, language));
  }
  const consultation = consult(dialogue, tools);
  if (!consultation) return say(converse(dialogue, tools));
  return 'call' in consultation ? { text: '', calls: [consultation.call] } : say(consultation.text);
}

function carryOut(
  { commands, ordered }: { commands: Command[]; ordered: boolean },
  { question, rounds }: Dialogue,
  tools: ReadonlySet<string>,
): Reply {
  const language = commands[0]?.language ?? 'en';
  const known = commands.map((command) => withWritten(command, rounds));
  const steps = planSteps(known, ordered, question, tools);
  const next = steps[rounds.length];
  const stopped = rounds.at(-1)?.some(({ failed, result }) => failed || result === undefined) ?? false;
  if (!next || stopped || 'unclear' in next) {
    const undone = steps.slice(rounds.length).map(({ text }) => text);
    return say(sayReport(rounds, language, undone));
  }
  if ('missing' in next) {
    if (rounds.length === 0) return say(wording.sayUnavailable(next.missing, language));
    const undone = steps.slice(rounds.length).map(({ text }) => text);
    const unavailable = wording.sayUnavailable(next.missing, language, undone.join(' · '));
    return say(`${sayReport(rounds, language)}\n\n${unavailable}`);
  }
  return { text: '', calls: next.calls };
}

type Step = { text: string } & ({ calls: Reply['calls'] } | { missing: string } | { unclear: true });

/** What is called together. A supervisor leaves commands that depend on each other to one agent as a whole. */
function planSteps(
  commands: Command[],
  ordered: boolean,
  question: string,
  tools: ReadonlySet<string>,
): Step[] {
  const [first, ...others] = commands;
  if (!first) return [];
  const delegate = delegationTool(first.skill);
  const sameAgent = others.every(({ skill }) => skill.agent === first.skill.agent);
  if (
    !tools.has(first.skill.tool) &&
    tools.has(delegate) &&
    (others.length === 0 || (ordered && sameAgent))
  ) {
    return [{ text: question, calls: [{ name: delegate, args: { task: question.trim() } }] }];
  }
  const steps = commands.map((command) => toStep(command, tools));
  const missing = steps.find((step) => 'missing' in step);
  if (missing) return canStandAlone(commands, steps) ? steps : [missing];
  return ordered
    ? steps
    : [{ text: question, calls: steps.flatMap((step) => ('calls' in step ? step.calls : [])) }];
}

/** Whether those before what nobody can do are done all the same: a project that is not published is one, too. */
function canStandAlone(commands: Command[], steps: Step[]): boolean {
  const done = steps.findIndex((step) => 'missing' in step);
  const isLast = steps.slice(done).every((step) => 'missing' in step);
  return done > 0 && isLast && commands.slice(0, done).every(({ skill }) => skill.agent === PROJECT_AGENT);
}

function toStep({ skill, calls, text, task, awaits }: Command, tools: ReadonlySet<string>): Step {
  if (!isWithinReach(skill, tools)) return { text, missing: skill.agent };
  if (awaits) return { text, unclear: true };
  if (tools.has(skill.tool)) return { text, calls: calls.map((args) => ({ name: skill.tool, args })) };
  return { text, calls: [{ name: delegationTool(skill), args: { task: task ?? text } }] };
}

function converse({ question, memories }: Dialogue, tools: ReadonlySet<string>): string {
  const language = detectLanguage(question);
  const examples = (skills: readonly Skill[]) => examplesFor(skills, tools, language);
  const smallTalk = readSmallTalk(question);
  if (smallTalk === 'greeting') return wording.sayHello(language);
  if (smallTalk === 'thanks') return wording.sayWelcome(language);
  if (smallTalk === 'help') return wording.sayAbilities(examples(SKILLS), language);
  if (sentencesOf(question).some(isQuestion)) {
    const found = recollect(question, memories);
    return found ? wording.sayRecollection(found, language) : wording.sayUnknown(language);
  }
  const similar = skillsThatStartLike(question);
  if (similar.length > 0) return wording.sayNotUnderstood(examples(similar), language);
  return wording.sayNoted(question, language, MENTIONS_COMMAND.test(question));
}

/** Verbs that lose something, in a message that only speaks of them. */
const MENTIONS_COMMAND =
  /\b(?:delet|remov|eras|borr|elimin|overwrit|creat|writ|chang|replac|renam|undo|unzip)\p{L}*\b|\b(?:crea|cambi|escrib|guard|reemplaz|renombr|deshag|deshac|deshaz)\p{L}*\b/iu;

function examplesFor(skills: readonly Skill[], tools: ReadonlySet<string>, language: Language): string[] {
  const examples = skills
    .filter((skill) => isWithinReach(skill, tools))
    .map(({ example }) => placed(example[language], EXAMPLE_PATH));
  return [...new Set(examples)];
}

function isWithinReach(skill: Skill, tools: ReadonlySet<string>): boolean {
  return tools.has(skill.tool) || tools.has(delegationTool(skill));
}

function placed(example: string, path: string): string {
  return example.replace('{path}', () => path);
}

function say(text: string): Reply {
  return { text, calls: [] };
}
