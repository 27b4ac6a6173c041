import { cosineDistance } from './vectors.ts';

/** A stored message as the reference sees it. `rank` is its full-text rank for the question, null where no word matches. */
export interface ReferenceMessage {
  id: string;
  sessionId: string;
  role: string;
  content: string;
  tokenCount: number;
  vector: number[] | null;
  rank: number | null;
}

interface ReferenceQuestion {
  sessionId: string | null;
  vector: number[] | null;
  legs: string[];
  neighbours: boolean;
  recentLimit: number;
  limit: number;
  tokenBudget: number;
}

interface Hit {
  score: number;
  via: Set<string>;
}

/** Recall written down as plainly as can be, over one user's messages without the question: what the SQL must equal. */
export function referenceRecall(messages: ReferenceMessage[], question: ReferenceQuestion) {
  const newestFirst = messages.toSorted((one, other) => (one.id < other.id ? 1 : -1));
  const legLimit = question.legs.length === 1 ? question.limit : Math.max(20, question.limit);
  const legs: [string, ReferenceMessage[]][] = [];
  if (question.legs.includes('recent')) {
    const inSession = newestFirst.filter(
      ({ sessionId }) => !question.sessionId || sessionId === question.sessionId,
    );
    legs.push(['recent', inSession.slice(0, question.recentLimit)]);
  }
  const asked = question.vector;
  if (question.legs.includes('similar') && asked) {
    const near = newestFirst
      .filter(({ vector }) => vector)
      .map((message) => ({ message, distance: cosineDistance(message.vector ?? [], asked) }));
    legs.push([
      'similar',
      near
        .toSorted((one, other) => one.distance - other.distance)
        .slice(0, legLimit)
        .map(({ message }) => message),
    ]);
  }
  if (question.legs.includes('text')) {
    const matching = newestFirst.filter(({ rank }) => rank !== null);
    legs.push([
      'text',
      matching.toSorted((one, other) => (other.rank ?? 0) - (one.rank ?? 0)).slice(0, legLimit),
    ]);
  }

  const hits = new Map<string, Hit>();
  const add = (id: string, score: number, leg: string) => {
    const hit = hits.get(id) ?? { score: 0, via: new Set() };
    hit.score += score;
    hit.via.add(leg);
    hits.set(id, hit);
  };
  for (const [leg, found] of legs) {
    found.forEach(({ id }, place) => {
      add(id, 1 / (60 + place + 1), leg);
    });
  }
  if (question.neighbours) {
    const best = [...hits]
      .filter(([, { via }]) => via.has('similar') || via.has('text'))
      .map(([id, { score }]) => ({ id, score }))
      .toSorted((one, other) => other.score - one.score || (one.id < other.id ? 1 : -1))
      .slice(0, 5);
    for (const { id, score } of best) {
      const session = messages.find((message) => message.id === id)?.sessionId;
      const ordered = messages
        .filter(({ sessionId }) => sessionId === session)
        .toSorted((one, other) => (one.id < other.id ? -1 : 1));
      const position = ordered.findIndex((message) => message.id === id);
      for (const neighbour of [ordered[position - 1], ordered[position + 1]]) {
        if (neighbour) add(neighbour.id, 0.3 * score, 'neighbour');
      }
    }
  }

  const scored = [...hits].map(([id, { score, via }]) => {
    const message = messages.find((one) => one.id === id);
    if (!message) throw new Error('a hit is not among the messages');
    return { id, score, via: [...via].toSorted(), message, isRecent: via.has('recent') };
  });
  const ranked = scored.toSorted(
    (one, other) =>
      Number(other.isRecent) - Number(one.isRecent) ||
      other.score - one.score ||
      (one.id < other.id ? 1 : -1),
  );
  const kept: typeof ranked = [];
  let tokens = 0;
  for (const hit of ranked) {
    const copies = scored.filter(
      ({ message }) => message.role === hit.message.role && message.content === hit.message.content,
    );
    const first = copies.toSorted(
      (one, other) => Number(other.isRecent) - Number(one.isRecent) || (one.id < other.id ? 1 : -1),
    )[0];
    if (!hit.isRecent && first?.id !== hit.id) continue;
    tokens += Math.min(hit.message.tokenCount, 400);
    if (tokens > question.tokenBudget || kept.length === question.limit) break;
    kept.push(hit);
  }
  return kept
    .toSorted((one, other) => other.score - one.score || (one.id < other.id ? 1 : -1))
    .map(({ id, score, via }) => ({ id, score, via }));
}
