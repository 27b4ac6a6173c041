import { understand } from './commands.ts';
import { conceptsOf } from './concepts.ts';
import { isQuestion, sentencesOf } from './questions.ts';
import { fold } from './sentence.ts';

/** A message of the past. Without a time it belongs to the running conversation. */
export interface Memory {
  role: 'user' | 'assistant';
  /** Who spoke, in a message that was imported. */
  name?: string | null | undefined;
  text: string;
  createdAt?: Date;
}

/** Something that was said: a sentence or two of one message, or a message together with the later ones that correct it. */
export interface Statement {
  /** What to quote, each from one message, in the order of time. */
  parts: Memory[];
  text: string;
  concepts: Set<string>;
  /** Later statements have a higher place. */
  place: number;
}

const CORRECTION =
  /^(?:actually|correction|sorry[,:]|no[,:]|wait|oops|i mean|i meant|rather|en realidad|perdon|corrijo|correccion|mejor dicho|quise decir|digo[,:]|rectifico|ahora es)(?![\p{L}])/u;
const CONTINUATION = /^(?:he|she|it|they|his|her|its|their|se llama|su|sus|ella)\b/;
const CONTINUATION_MS = 10 * 60_000;
/** A message up to this length is quoted whole. */
const WHOLE_QUOTE_LENGTH = 200;
const LONGEST_QUOTE = 400;
/** Long pasted texts are searched only so far. */
const MOST_SENTENCES = 400;

/** What was stated in messages, oldest first: not what was asked, and not what was commanded. */
export function statementsOf(memories: readonly Memory[]): Statement[] {
  const statements: Statement[] = [];
  let before: { memory: Memory; chain: Memory[] } | undefined;
  for (const [place, memory] of memories.entries()) {
    if (memory.role === 'user' && understand(memory.text).kind !== 'nothing') continue;
    const sentences = sentencesOf(memory.text)
      .slice(0, MOST_SENTENCES)
      .filter((sentence) => !isQuestion(sentence));
    if (sentences.length === 0) continue;
    for (const [position, sentence] of sentences.entries()) {
      statements.push(statement([quoting(memory, sentence)], sentence, place));
      const next = sentences[position + 1];
      const both = `${sentence} ${next ?? ''}`;
      if (next !== undefined) statements.push(statement([quoting(memory, both)], both, place));
    }
    if (memory.role !== 'user') continue;
    const chain =
      before && follows(memory, before.memory) ? [...before.chain, quoting(memory, sentences.join(' '))] : [];
    if (chain.length > 0) statements.push(statement(chain, chain.map(({ text }) => text).join(' '), place));
    before = { memory, chain: chain.length > 0 ? chain : [quoting(memory, sentences.join(' '))] };
  }
  return statements;
}

/** Whether a message goes on where an earlier one ended: "actually, it is Thursday", "her name is Luna". */
function follows(memory: Memory, before: Memory): boolean {
  const start = fold(memory.text.slice(0, 40).trimStart());
  if (CORRECTION.test(start)) return true;
  const apart = (memory.createdAt?.getTime() ?? 0) - (before.createdAt?.getTime() ?? 0);
  return CONTINUATION.test(start) && Math.abs(apart) <= CONTINUATION_MS;
}

function statement(parts: Memory[], text: string, place: number): Statement {
  const speaker = parts[0]?.name ?? '';
  return { parts, text, concepts: new Set(conceptsOf(`${speaker} ${text}`)), place };
}

/** A short message is quoted whole, of a long one only what matters, on one line. */
function quoting(memory: Memory, sentence: string): Memory {
  const text = memory.text.length <= WHOLE_QUOTE_LENGTH ? memory.text : sentence;
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return { ...memory, text: line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}…` : line };
}
