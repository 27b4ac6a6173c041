import type { CallResult, Round } from './dialogue.ts';
import type { Bilingual, Language } from './language.ts';
import { DELEGATION } from './skill.ts';
import { SKILLS } from './skills.ts';

const NO_RESULT: Bilingual = { en: 'no result came back.', es: 'no llegó ningún resultado.' };
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
  const skill = SKILLS.find(({ tool }) => tool === call.tool);
  if (call.tool.startsWith(DELEGATION) && !wrong) return text;
  const heading = skill
    ? filled((wrong ? skill.failed : skill.done)[language], call.arguments)
    : `${nameOf(call.tool)}:`;
  const ownLine = text.includes('\n') || (heading.endsWith(':') && !wrong);
  const remedy = wrong ? skill?.remedies?.[errorCodeOf(text)]?.[language] : undefined;
  const advice = remedy === undefined ? '' : `\n${filled(remedy, call.arguments)}`;
  return `${heading}${ownLine ? '\n' : ' '}${text}${advice}`;
}

/** A sentence with the arguments of a call in their places. */
function filled(sentence: string, given: CallResult['arguments']): string {
  return sentence.replaceAll(/\{(\w+)\}/g, (_place, name: string) => {
    const value = given[name];
    if (Array.isArray(value)) return value.join(', ');
    return typeof value === 'string' ? value : '';
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
