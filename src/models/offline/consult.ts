import type { QuotedPassage } from '../passages.ts';
import type { Dialogue } from './dialogue.ts';
import { answerFrom } from './document-answers.ts';
import { type DocumentQuestion, readDocumentQuestion } from './document-questions.ts';
import { DOCUMENT_AGENT } from './document-words.ts';
import { detectLanguage } from './language.ts';
import { isQuestion, sentencesOf } from './questions.ts';
import { recollect } from './recollect.ts';
import { type Arguments, DELEGATION } from './skill.ts';
import { readSmallTalk } from './small-talk.ts';
import { sayPassages } from './wording.ts';

/** What becomes of a question that documents may answer: a call, or an answer out of them. */
export type Consultation = { call: { name: string; args: Arguments } } | { text: string };

const SEARCH = 'search_documents';
const DELEGATE = DELEGATION + DOCUMENT_AGENT.replaceAll('-', '_');
const LONGEST_QUERY = 400;

/**
 * Answers a question from the passages that were recalled for it, or has the documents searched: by whoever can search them for any
 * question, by a supervisor's agent for one that names them. Undefined when the question is left to memory.
 */
export function consult(
  { question, memories, passages }: Dialogue,
  tools: ReadonlySet<string>,
): Consultation | undefined {
  if (readSmallTalk(question)) return undefined;
  const named = readDocumentQuestion(question);
  const asking = named ?? readPlainQuestion(question);
  if (!asking) return undefined;
  if (tools.has(SEARCH)) return { call: { name: SEARCH, args: toSearch(asking) } };
  if (!named?.explicit && recollect(question, memories)?.certainty === 'sure') return undefined;
  const answer = answerFrom(asking.query, passagesIn(passages, asking.path), {
    aboutAnyone: named !== undefined,
  });
  if (answer?.certainty === 'sure') return { text: sayPassages(answer, detectLanguage(question)) };
  return named && tools.has(DELEGATE)
    ? { call: { name: DELEGATE, args: { task: question.trim() } } }
    : undefined;
}

function readPlainQuestion(message: string): DocumentQuestion | undefined {
  const query = sentencesOf(message).filter(isQuestion).join(' ').replaceAll(/\s+/g, ' ');
  return query === '' ? undefined : { query, explicit: false };
}

function toSearch({ query, path }: DocumentQuestion): Arguments {
  const short = query.length > LONGEST_QUERY ? query.slice(0, LONGEST_QUERY).replace(/\s+\S*$/, '') : query;
  return path === undefined ? { query: short } : { query: short, path };
}

/** Those of a file, or of a folder. What a glob means is left to the search. */
function passagesIn(passages: readonly QuotedPassage[], path: string | undefined): readonly QuotedPassage[] {
  if (path === undefined) return passages;
  const wanted = path.replaceAll(/^(?:\.?\/)+|\/+$/g, '');
  return passages.filter((passage) => passage.path === wanted || passage.path.startsWith(`${wanted}/`));
}
