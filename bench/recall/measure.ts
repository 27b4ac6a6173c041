import type { DataSet, Question } from './data-sets.ts';

const CUTS = [1, 5, 10, 20] as const;

/** The modes that search; `recent` only reads. */
type Mode = 'similar' | 'hybrid';

/** Which lines a search found, best first, and how long it took in milliseconds. */
export type Search = (
  question: Question & { memory: Mode },
) => Promise<{ found: number[]; milliseconds: number }>;

/** Shares of 100; times in milliseconds. */
export type Figures = Record<
  `R@${(typeof CUTS)[number]}` | 'MRR' | 'p50 ms' | 'p95 ms' | 'questions',
  number
>;

/** Asks all the questions of a data set; the figures of all, and of each group. */
export async function measure(set: DataSet, search: Search, memory: Mode): Promise<Map<string, Figures>> {
  const results = [];
  for (const question of set.questions)
    results.push({ question, ...(await search({ ...question, memory })) });
  const groups = new Map([['', results]]);
  for (const result of results)
    for (const group of result.question.groups) groups.set(group, [...(groups.get(group) ?? []), result]);
  return new Map([...groups].map(([name, members]) => [name, figuresOf(members)]));
}

type Result = Awaited<ReturnType<Search>> & { question: Question };

function figuresOf(results: Result[]): Figures {
  const times = results.map(({ milliseconds }) => milliseconds).toSorted((one, other) => one - other);
  const recallAt = (cut: number) => percent(results.map((result) => coverage(result, cut)));
  return {
    'R@1': recallAt(1),
    'R@5': recallAt(5),
    'R@10': recallAt(10),
    'R@20': recallAt(20),
    MRR: percent(results.map(reciprocalRank)),
    'p50 ms': Number(times[Math.floor((times.length - 1) * 0.5)]?.toFixed(1)),
    'p95 ms': Number(times[Math.floor((times.length - 1) * 0.95)]?.toFixed(1)),
    questions: results.length,
  };
}

/** The share of the evidence that is among the first. */
function coverage({ question: { evidence }, found }: Result, cut: number): number {
  const first = found.slice(0, cut);
  return evidence.filter((position) => first.includes(position)).length / evidence.length;
}

function reciprocalRank({ question: { evidence }, found }: Result): number {
  const place = found.findIndex((position) => evidence.includes(position));
  return place < 0 ? 0 : 1 / (place + 1);
}

function percent(values: number[]): number {
  return Number(((100 * values.reduce((sum, value) => sum + value, 0)) / values.length).toFixed(1));
}
