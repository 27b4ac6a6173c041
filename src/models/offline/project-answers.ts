import { AIMessage, type BaseMessage, HumanMessage } from '@langchain/core/messages';
import { understand } from './commands.ts';
import { CREATE_TOOL, PROPOSE_TOOL, WHICH_KIND } from './project-skills.ts';
import { type ProjectRequest, readClauses, readProject } from './project-slots.ts';
import { KINDS, TECHNICAL_WORDS, technologyOf } from './project-words.ts';
import { isQuestion } from './questions.ts';
import { type Range, readSentence, wholeOf } from './sentence.ts';
import type { Arguments, Command } from './skill.ts';
import { skip, words } from './slots.ts';
import { readSmallTalk } from './small-talk.ts';

const LONGEST_ANSWER = 200;
const MOST_WORDS = 20;
/** How an answer begins that says a kind: "it should be", "pues mejor". */
const LEADS =
  /^(?:(?:please|well|ok|okay|yes|just|then|por favor|pues|vale|bueno|si|mejor|entonces)[\s,]+)*(?:(?:make it|let it be|let's make it|let's go with|go with|go for|take|choose|use|i want|i'd like|i would like|i mean|i meant|it is|it's|it should be|that would be|que sea|quiero|quisiera|querria|elijo|prefiero|usa|hazlo|hazla|es|seria|sera)\s+)?/;
const BEFORE_ONE = words('the a an la el una un uno in en with con de using usando');
const ONES = words('one uno una please porfa');
const FEMININE = /^(?:\p{L}*a|api|app|web|aplicaci[oó]n|landing|cli|spa)\b/iu;
/** What may stand behind the kind that is chosen. */
const CLOSING = /[\s,]+(?:one|please|por favor|porfa)[\s.!]*$/i;
const JOINTS = { en: ' and then ', es: ' y luego ' };

/**
 * The command that a message completes, in words, where it answers the question which kind of project is meant: "a Python package"
 * behind "create a project called foo" is "create a Python package called foo". Undefined for every other message.
 */
export function readAnswered(messages: readonly BaseMessage[]): string | undefined {
  const asked = messages.findLastIndex((message) => HumanMessage.isInstance(message));
  const answer = messages[asked]?.text ?? '';
  const before = messages.slice(0, Math.max(asked, 0));
  const reply = before.findLast((message) => AIMessage.isInstance(message))?.text ?? '';
  if (!reply.includes(WHICH_KIND.en) && !reply.includes(WHICH_KIND.es)) return undefined;
  const previous = before.findLast((message) => HumanMessage.isInstance(message))?.text ?? '';
  const understood = understand(previous);
  if (understood.kind !== 'commands') return undefined;
  const open = understood.commands.findIndex(({ skill }) => [CREATE_TOOL, PROPOSE_TOOL].includes(skill.tool));
  const [command, ...later] = understood.commands.slice(Math.max(open, 0));
  const read = open < 0 || !command ? undefined : readKind(answer);
  if (!read || !command) return undefined;
  return [sayCompleted(command, read), ...later.map(({ text }) => text)].join(JOINTS[command.language]);
}

/** What kind of project a short answer says; undefined for a message that is anything else. */
function readKind(message: string): ProjectRequest | undefined {
  const text = message.trim();
  if (text.length > LONGEST_ANSWER || isQuestion(text) || readSmallTalk(text)) return undefined;
  const lead = LEADS.exec(folded(text))?.[0].length ?? 0;
  const range = wholeOf(readSentence(text.slice(lead).replace(CLOSING, '')));
  if (range.to > MOST_WORDS) return undefined;
  const project = readProject(range, 'answered', 'any')?.value;
  const answer = project ?? readTechnologies(range) ?? readTemplateName(range);
  return isCommand(text, lead > 0) ? undefined : answer;
}

/** A command by itself, and no wish for what was asked about. */
function isCommand(text: string, isLed: boolean): boolean {
  const read = understand(text);
  if (read.kind === 'nothing') return false;
  return !isLed || read.kind === 'doubt' || read.commands.some(({ skill }) => skill.tool !== CREATE_TOOL);
}

/** "Python", "the React one", "en Go, que se llame pagos". */
function readTechnologies(range: Range): ProjectRequest | undefined {
  const from = skip(range, range.from, ({ word }) => BEFORE_ONE.has(word));
  const isKnown = ({ raw, word }: { raw: string; word: string }) =>
    technologyOf(raw) !== undefined ||
    TECHNICAL_WORDS.has(word) ||
    /^[,+&/]$/.test(raw) ||
    /^(?:and|y)$/.test(word);
  const to = skip(range, from, isKnown);
  const technologies = range.sentence.tokens.slice(from, to).map(({ raw }) => raw);
  if (!range.sentence.tokens.slice(from, to).some(({ raw }) => technologyOf(raw))) return undefined;
  const behind = skip(range, to, ({ word }) => ONES.has(word) || /^[.,!]$/.test(word));
  const read = readClauses({ ...range, from: behind });
  if (!read || read.free.some((text) => /[\p{L}\p{N}]/u.test(text))) return undefined;
  return { ...read.said, brief: technologies.filter((word) => !/^(?:[,+&/]|and|y)$/i.test(word)).join(' ') };
}

/** The name of a template, such as "static-site". */
function readTemplateName(range: Range): ProjectRequest | undefined {
  const [name, ...more] = range.sentence.tokens.filter(({ raw }) => !/^[.!,]$/.test(raw));
  const parts = name?.word.split('-') ?? [];
  const tells = parts.some((part) => KINDS.has(part) || technologyOf(part) !== undefined);
  if (!name || more.length > 0 || parts.length < 2 || !tells || !/^[\w-]+$/.test(name.word)) return undefined;
  return { brief: '', template: name.raw, dry: false, loose: false };
}

/** The command as it would have been said; the answer's own name and place hold. */
function sayCompleted({ skill, language, calls: [given = {}] }: Command, answer: ProjectRequest): string {
  const isSpanish = language === 'es';
  const name = answer.name ?? textOf(given, 'name');
  const folder = answer.folder ?? textOf(given, 'folder');
  const template = answer.template ?? textOf(given, 'template');
  const parts = [isSpanish ? 'crea' : 'create', articled(answer.brief, isSpanish)];
  if (name !== undefined)
    parts.push(`${isSpanish ? 'con el nombre' : 'called'} "${name.replaceAll('"', '')}"`);
  if (template !== undefined)
    parts.push(`${isSpanish ? 'con la plantilla' : 'with the template'} "${template}"`);
  if (folder !== undefined) parts.push(`${isSpanish ? 'en la carpeta' : 'in the folder'} "${folder}"`);
  if (skill.tool === PROPOSE_TOOL || answer.dry)
    parts.push(isSpanish ? 'sin escribir nada' : 'without writing anything');
  return parts.join(' ');
}

/** "a Python package"; a technology alone is one of a project. */
function articled(brief: string, isSpanish: boolean): string {
  if (brief === '') return isSpanish ? 'un proyecto' : 'a project';
  const thing = wholeOf(readSentence(`${isSpanish ? 'un' : 'a'} ${brief}`));
  const isTechnology = readProject(thing, 'sure', 'any') === undefined;
  if (isSpanish)
    return isTechnology ? `un proyecto con ${brief}` : `${FEMININE.test(brief) ? 'una' : 'un'} ${brief}`;
  if (isTechnology) return `a project with ${brief}`;
  return `${/^(?:[aeio]|u(?!ni))/i.test(brief) ? 'an' : 'a'} ${brief}`;
}

function textOf(given: Arguments, key: string): string | undefined {
  const value = given[key];
  return typeof value === 'string' ? value : undefined;
}

/** Of the same length as the text. */
function folded(text: string): string {
  return text
    .split('')
    .map((letter) => letter.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase() || ' ')
    .map((letter) => (letter === '’' ? "'" : letter.charAt(0)))
    .join('');
}
