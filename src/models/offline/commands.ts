import { type FoundCommand, findCommand, type IsReachable } from './find-command.ts';
import { inContext, sayPlainly } from './github-context.ts';
import type { Language } from './language.ts';
import { quotedTokens, readSentence, type Sentence, textOf, wholeOf } from './sentence.ts';
import type { Arguments, Command, Doubt, Skill } from './skill.ts';
import { sayable } from './slots.ts';

/** What a message asks to be done: commands; what is almost one, and why it is not carried out; or nothing. */
export type Understanding =
  | { kind: 'commands'; commands: Command[]; ordered: boolean }
  | { kind: 'doubt'; doubt: Doubt; skill: Skill; language: Language }
  | { kind: 'nothing' };

interface Joint {
  /** The token behind the left side, and the first one of the right side. */
  leftTo: number;
  rightFrom: number;
  ordered: boolean;
}

const MOST_COMMANDS = 8;
const MOST_CALLS = 20;
const JOINING = new Set([',', ';', '.', 'and', 'y', 'e', 'also', 'tambien']);
const ORDERING = new Set(['then', 'luego', 'despues', 'afterwards', 'finally', 'entonces']);

/**
 * Reads the commands of a message: one, or several joined by "and", "then", a mark or a line break. Where it could be read in
 * more than one way and something would be lost by the wrong one, the answer is a doubt.
 */
export function understand(message: string, isReachable: IsReachable = () => true): Understanding {
  const sentence = readSentence(message.trim());
  const parts = splitCommands(sentence, isReachable);
  const judged = parts && judge(parts.found, parts.ordered);
  const isAboutIt = judged?.kind === 'doubt' && judged.doubt.reason === 'which_text';
  if (judged && !isAboutIt) return judged;
  const only = findCommand(wholeOf(sentence), isReachable);
  // "Create an API and put it in apps/" is one command, where "create a.md with x and put it in b.md" is two.
  if (judged && !only?.match.captured.project) return judged;
  return only ? judge([only], false) : { kind: 'nothing' };
}

/** Cuts a message where what stands right of a joint is a whole command with a name in it. */
function splitCommands(
  sentence: Sentence,
  isReachable: IsReachable,
): { found: FoundCommand[]; ordered: boolean } | undefined {
  const found: FoundCommand[] = [];
  let ordered = false;
  let to = sentence.tokens.length;
  for (const joint of jointsFromEnd(sentence)) {
    if (joint.rightFrom >= to) continue;
    const right = findCommand({ sentence, from: joint.rightFrom, to }, isReachable);
    if (!right) continue;
    found.unshift(right);
    ordered ||= joint.ordered;
    to = joint.leftTo;
  }
  const first = found.length > 0 ? findCommand({ sentence, from: 0, to }, isReachable) : undefined;
  if (!first) return undefined;
  found.unshift(first);
  const unnamed = found.some((command, position) => found[position - 1]?.match.open && !namesFile(command));
  return unnamed || found.slice(0, -1).some(isBlock) ? undefined : { found, ordered };
}

/** Whether it says what it is about, so that it is hardly the rest of a text. */
function namesFile({ match: { captured } }: FoundCommand): boolean {
  const { repository, numbers, path } = captured.github ?? {};
  const atGitHub = repository !== undefined || numbers !== undefined || path !== undefined;
  return captured.paths.length > 0 || captured.folder !== undefined || atGitHub;
}

/** Text of several lines is one block, whatever its lines say. */
function isBlock({ match, range }: FoundCommand): boolean {
  return match.open && textOf(range).includes('\n');
}

function jointsFromEnd(sentence: Sentence): Joint[] {
  const { text, tokens } = sentence;
  const quoted = quotedTokens(sentence);
  const joins = (position: number) => {
    const word = tokens[position]?.word ?? '';
    return !quoted[position] && (JOINING.has(word) || ORDERING.has(word));
  };
  const joints: Joint[] = [];
  for (let rightFrom = tokens.length - 1; rightFrom > 0; rightFrom -= 1) {
    const between = text.slice(tokens[rightFrom - 1]?.end, tokens[rightFrom]?.start);
    if (quoted[rightFrom] || joins(rightFrom) || !(joins(rightFrom - 1) || between.includes('\n'))) continue;
    let leftTo = rightFrom;
    while (leftTo > 0 && joins(leftTo - 1) && tokens[leftTo - 1]?.raw !== '.') leftTo -= 1;
    const ordered = tokens.slice(leftTo, rightFrom).some(({ word }) => ORDERING.has(word));
    if (leftTo > 0) joints.push({ leftTo, rightFrom, ordered });
  }
  return joints;
}

function judge(found: FoundCommand[], ordered: boolean): Understanding {
  const requested = found[0]?.requested ?? false;
  const commands: Command[] = [];
  for (const position of found.keys()) {
    const said = inContext(found, position);
    if (!said) break;
    const { found: command, task, awaits } = said;
    const { skill, language, match, range, doubtful } = command;
    const doubt = (reason: Doubt['reason'], subject: string, suggestion = skill.example): Understanding => ({
      kind: 'doubt',
      doubt: { reason, subject, suggestion },
      skill,
      language,
    });
    if (found.length > MOST_COMMANDS) return doubt('too_many', String(MOST_COMMANDS));
    const { paths, marks } = match.captured;
    if (skill.alone && found.length > 1) return doubt('quote', textOf(range));
    if (skill.destructive) {
      if (isOpenEnded(found[position - 1])) return doubt('quote', textOf(range));
      const subject = paths.map(({ path, certain }) => (certain ? sayable(path) : `"${path}"`)).join(', ');
      const unsure = (doubtful && !requested) || paths.some(({ certain }) => !certain);
      const plainly = sayPlainly(command);
      const example = match.captured.github ? { en: plainly, es: plainly } : skill.example;
      if (unsure) return doubt('confirm', subject, marks.includes('recursive') ? skill.thorough : example);
    }
    const calls = awaits ? [awaits] : skill.toCalls(match.captured);
    if (!Array.isArray(calls)) return { kind: 'doubt', doubt: calls, skill, language };
    if (calls.length > MOST_CALLS) return doubt('too_many', String(MOST_CALLS));
    commands.push({ skill, language, calls, text: textOf(range), task, awaits });
  }
  return { kind: 'commands', commands, ordered: ordered || !areIndependent(commands) };
}

/** Whether it ends in words that may be meant to go on. */
function isOpenEnded(found: FoundCommand | undefined): boolean {
  return found !== undefined && (found.match.open || (found.match.captured.project?.loose ?? false));
}

/** Whether the order does not matter: each command names its own paths, and none holds another. */
function areIndependent(commands: Command[]): boolean {
  const perCommand = commands.map(({ calls }) => calls.flatMap(pathsIn));
  return perCommand.every((own, position) =>
    perCommand.every(
      (others, otherPosition) =>
        position === otherPosition || own.every((path) => others.every((other) => !holds(path, other))),
    ),
  );
}

/** The paths that a call is about; the whole workspace where it names none. */
function pathsIn({ path, from, to, paths }: Arguments): string[] {
  const named = [path, from, to, ...(Array.isArray(paths) ? paths : [])].filter(
    (value) => typeof value === 'string',
  );
  return named.length > 0 ? named.map(folded) : [''];
}

function holds(folder: string, path: string): boolean {
  return folder === '' || folder === path || path.startsWith(`${folder}/`);
}

function folded(path: string): string {
  return path
    .toLowerCase()
    .replace(/^(?:\.?\/)+/, '')
    .replace(/\/+$/, '');
}
