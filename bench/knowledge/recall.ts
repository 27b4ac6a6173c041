import type { createClient } from '../../tests/support/client.ts';
import { PREFIX } from './ingest-all.ts';

const LIMIT = 20;
const CUT = 5;

/** A question, and all the files that answer it, below node_modules. */
export interface Question {
  kind: 'plain' | 'exact' | 'misspelt' | 'vague';
  question: string;
  files: string[];
}

/** What was found: distinct files, best first. */
interface Found {
  question: Question;
  files: string[];
  /** Of the first file that answers; 0 for none. */
  rank: number;
  milliseconds: number;
}

/** Shares from 0 to 1. */
export interface Recall {
  questions: number;
  'recall@1': number;
  'recall@5': number;
  MRR: number;
}

/** Asks all questions, one after the other. */
export async function ask(
  client: ReturnType<typeof createClient>,
  questions: readonly Question[],
): Promise<Found[]> {
  const found: Found[] = [];
  for (const question of questions) {
    const started = performance.now();
    const { status, body } = await client.post('/file-consultant/search', {
      query: question.question,
      limit: LIMIT,
    });
    const milliseconds = performance.now() - started;
    if (status !== 200) throw new Error(JSON.stringify(body));
    const paths = (body as { path: string }[]).map(({ path }) => path.replace(PREFIX, ''));
    const files = [...new Set(paths)];
    const rank = files.findIndex((file) => question.files.includes(file)) + 1;
    found.push({ question, files, rank, milliseconds });
  }
  return found;
}

export function recallOf(found: readonly Found[]): Recall {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const within = (cut: number) => mean(found.map(({ rank }) => Number(rank > 0 && rank <= cut)));
  return {
    questions: found.length,
    'recall@1': rounded(within(1)),
    'recall@5': rounded(within(CUT)),
    MRR: rounded(mean(found.map(({ rank }) => (rank === 0 ? 0 : 1 / rank)))),
  };
}

/** For each question that was missed: what was wanted, and what came instead. */
export function missesOf(found: readonly Found[]): string[] {
  return found
    .filter(({ rank }) => rank === 0 || rank > CUT)
    .map(({ question, files, rank }) => {
      const place = rank === 0 ? 'not found' : `rank ${rank}`;
      return [
        `[${question.kind}] ${question.question}`,
        `  wanted (${place}): ${question.files.join(', ')}`,
        `  found: ${files.slice(0, CUT).join(', ') || 'nothing'}`,
      ].join('\n');
    });
}

export function percentile(found: readonly Found[], share: number): number {
  const times = found.map(({ milliseconds }) => milliseconds).toSorted((one, other) => one - other);
  return Number((times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(1));
}

function rounded(share: number): number {
  return Number(share.toFixed(3));
}
