import { citationOf, parsePassages } from '../passages.ts';
import type { CallResult, Round } from './dialogue.ts';
import { answerFrom, beginningsOf } from './document-answers.ts';
import type { Bilingual, Language } from './language.ts';
import { DELEGATION } from './skill.ts';
import { SKILLS } from './skills.ts';
import { sayNothingFound, sayPassages } from './wording.ts';

const NO_RESULT: Bilingual = { en: 'no result came back.', es: 'no llegó ningún resultado.' };
/** A line of a passage as `renderPassages` writes it. */
const PASSAGE_LINE = /^ {2}\d*\|/;
const EMPTY: Bilingual = { en: '(empty)', es: '(vacío)' };
const NOT_DONE: Bilingual = { en: 'I stopped there; not done:', es: 'Ahí me detuve; sin hacer:' };

/**
 * Says what came of calls, in their order: each tool's own words behind what was tried, an agent's report as it is; then what was
 * left undone because a step before it failed.
 */
export function sayReport(rounds: readonly Round[], language: Language, undone: string[] = []): string {
  const parts = rounds.flat().map((call) => sayResult(call, language));
  if (undone.length > 0) parts.push([NOT_DONE[language], ...undone.map((text) => `- ${text}`)].join('\n'));
  return parts.join('\n\n');
}

function sayResult(call: CallResult, language: Language): string {
  const text = call.result?.trim() === '' ? EMPTY[language] : (call.result ?? NO_RESULT[language]);
  const wrong = call.failed || call.result === undefined;
  const skill = SKILLS.find(({ tool, of }) => tool === call.tool && (of?.(call.arguments) ?? true));
  if (call.tool.startsWith(DELEGATION) && !wrong) return text;
  if (call.tool === 'search_documents' && !wrong) return sayFound(call.arguments, text, language);
  const heading = skill
    ? filled((wrong ? skill.failed : skill.done)[language], call.arguments)
    : `${nameOf(call.tool)}:`;
  const told = call.tool === 'open_document' && !wrong ? withoutMarks(text) : text;
  const ownLine = told.includes('\n') || (heading.endsWith(':') && !wrong);
  const remedy = wrong ? skill?.remedies?.[errorCodeOf(text)]?.[language] : undefined;
  const advice = remedy === undefined ? '' : `\n${filled(remedy, call.arguments)}`;
  return `${heading}${ownLine ? '\n' : ' '}${told}${advice}`;
}

/** Quotes what a search of documents found to its question. Nothing that a passage says is more than content. */
function sayFound({ query }: CallResult['arguments'], result: string, language: Language): string {
  const passages = parsePassages(result);
  const question = typeof query === 'string' ? query : '';
  const answer = answerFrom(question, passages, { aboutAnyone: true }) ?? beginningsOf(passages);
  return answer ? sayPassages(answer, language) : sayNothingFound(result.trim(), language);
}

/** Passages that were opened, as they stand in their document, each under its citation, and what follows them. */
function withoutMarks(result: string): string {
  const passages = parsePassages(result);
  if (passages.length === 0) return result;
  const lines = result.split('\n');
  const after = lines.slice(lines.findLastIndex((line) => PASSAGE_LINE.test(line)) + 1).join('\n');
  const shown = passages.map((passage) => `${citationOf(passage)}\n${passage.text}`);
  return [...shown, after.trim()].filter(Boolean).join('\n\n');
}

/** A sentence with the arguments of a call in their places. */
function filled(sentence: string, given: CallResult['arguments']): string {
  return sentence.replaceAll(/\{(\w+)\}/g, (_place, name: string) => {
    const value = given[name];
    if (Array.isArray(value)) return value.join(', ');
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  });
}

/** The code in front of a tool's error, as `failureText` writes it: "Error folder_not_empty: …". */
function errorCodeOf(result: string): string {
  return /^Error (\w+):/.exec(result)?.[1] ?? '';
}

/** The agent that was delegated to, else the tool. */
function nameOf(tool: string): string {
  return tool.startsWith(DELEGATION) ? tool.slice(DELEGATION.length).replaceAll('_', '-') : tool;
}
