import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** A line for `POST /memory/import`. */
interface Line {
  session: string;
  role: 'user' | 'assistant';
  name?: string | undefined;
  content: string;
  created_at: string;
}

/** What is asked of a memory, and which of its lines (by position) hold the answer. */
export interface Question {
  text: string;
  evidence: number[];
  /** When it is asked; without it, at the time of the run. */
  askedAt?: Date;
  /** What its figures are counted under, beside the whole. */
  groups: string[];
}

/** One user's memory, and questions to it. */
export interface DataSet {
  name: string;
  lines: Line[];
  questions: Question[];
}

const xquad = z.object({
  data: z.array(
    z.object({
      paragraphs: z.array(
        z.object({ context: z.string(), qas: z.array(z.object({ question: z.string() })) }),
      ),
    }),
  ),
});

/** XQuAD in one language: each paragraph a message in a session of its own, each question answered by its paragraph. */
export async function readXquad(folder: string, language: 'en' | 'es'): Promise<DataSet> {
  const { data } = xquad.parse(JSON.parse(await readFile(join(folder, `xquad.${language}.json`), 'utf8')));
  const paragraphs = data.flatMap((article) => article.paragraphs);
  const began = Date.UTC(2025, 0, 1);
  return {
    name: `XQuAD ${language}`,
    lines: paragraphs.map(({ context }, position) => ({
      session: `paragraph ${position}`,
      role: 'user',
      content: context,
      created_at: new Date(began + position * 3_600_000).toISOString(),
    })),
    questions: paragraphs.flatMap(({ qas }, position) =>
      qas.map(({ question }) => ({ text: question, evidence: [position], groups: [] })),
    ),
  };
}

const conversation = z.object({
  language: z.enum(['en', 'es', 'mixed', 'switched']),
  sessions: z.array(
    z.object({
      session: z.string(),
      messages: z.array(
        z.object({
          id: z.string(),
          role: z.enum(['user', 'assistant']),
          name: z.string().optional(),
          content: z.string(),
          created_at: z.iso.datetime(),
        }),
      ),
    }),
  ),
  questions: z.array(
    z.object({
      question: z.string(),
      language: z.enum(['en', 'es']),
      asked_at: z.iso.datetime(),
      evidence: z.array(z.string()).min(1),
      kind: z.enum(['fact', 'paraphrase', 'who', 'when', 'update', 'context']),
    }),
  ),
});

/** All conversations of a folder as the memory of one person, in the order of time. */
export async function readConversations(folder: string): Promise<DataSet> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).toSorted();
  const read = await Promise.all(
    names.map(async (name) => ({
      name,
      ...conversation.parse(JSON.parse(await readFile(join(folder, name), 'utf8'))),
    })),
  );
  const messages = read
    .flatMap(({ name, sessions }) =>
      sessions.flatMap(({ session, messages: said }) =>
        said.map(({ id, ...line }) => ({ key: `${name} ${id}`, line: { session, ...line } })),
      ),
    )
    .toSorted((one, other) => one.line.created_at.localeCompare(other.line.created_at));
  const positions = new Map(messages.map(({ key }, position) => [key, position]));
  const positionOf = (key: string) => {
    const position = positions.get(key);
    if (position === undefined) throw new Error(`${key} is evidence, but no message`);
    return position;
  };
  return {
    name: 'conversations',
    lines: messages.map(({ line }) => line),
    questions: read.flatMap(({ name, language, questions }) =>
      questions.map((question) => ({
        text: question.question,
        evidence: question.evidence.map((id) => positionOf(`${name} ${id}`)),
        askedAt: new Date(question.asked_at),
        groups: [language, question.kind],
      })),
    ),
  };
}

/** Changes one letter, never the first, of each word of four letters and more: nearly all content words, few others. */
export function misspell(text: string): string {
  let state = 20_261_121;
  const next = (below: number) => {
    // https://en.wikipedia.org/wiki/Linear_congruential_generator with the constants of Numerical Recipes
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const alphabet = 'abcdefghijklmnopqrstuvwxyz';
  return text.replaceAll(/\p{L}{4,}/gu, (word) => {
    const place = 1 + next(word.length - 1);
    const others = [...alphabet].filter((letter) => letter !== word[place]?.toLowerCase());
    return word.slice(0, place) + others[next(others.length)] + word.slice(place + 1);
  });
}
