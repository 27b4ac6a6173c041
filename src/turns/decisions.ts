import { v7 as uuidv7 } from 'uuid';
import { ProblemError } from '../errors.ts';
import { type Approvals, isYear } from './approvals.ts';
import { readDecision, type StatedDecision } from './decision-text.ts';
import type { ActiveRun, Approval, Question } from './run-types.ts';
import type { Runs } from './runs.ts';
import { eventsOf, type Signals } from './signals.ts';

/** How often a decision looks whether the run, which is at work on another decision, waits again. */
const LOOK_MS = 500;

/** A decision by the id of its approval. */
interface DecisionById {
  userId: string;
  runId: string;
  approvalId: string;
  decision: 'approve' | 'reject';
  reason: string | undefined;
}

/** What a message that states a decision comes to; undefined for every other message. */
type Stated =
  | { kind: 'resumed'; run: ActiveRun; text?: undefined }
  | { kind: 'replay'; text?: undefined }
  /** Nothing could be decided, for the reason in the text, which is the answer. */
  | { kind: 'answered'; text: string };

interface DecideNeeds {
  runs: Runs;
  approvals: Approvals;
  signals: Signals;
  /** The longest that a decision waits for the run to come to its next pause, in milliseconds. */
  timeoutMs: number;
}

/** Takes people's decisions, each once, and puts their runs to work again. */
export function createDecide({ runs, approvals, signals, timeoutMs }: DecideNeeds) {
  /**
   * Stores a decision by id.
   * @throws ProblemError `run_not_found`, `approval_not_found`, `already_decided`, `approval_expired` or `run_not_waiting`.
   */
  async function byId(request: DecisionById): Promise<ActiveRun> {
    const { userId, runId, approvalId, decision, reason } = request;
    await runs.get(userId, runId);
    const approval = (await approvals.ofRun(userId, runId)).find(({ id }) => id === approvalId);
    if (!approval)
      throw new ProblemError('approval_not_found', `Run ${runId} has no approval ${approvalId}.`);
    const verb = decision === 'approve' ? 'Approve' : 'Reject';
    const text = `${verb} ${approval.code} (${approval.summary})${reason ? `: ${reason}` : ''}`;
    return await decide(userId, runId, [approvalId], { decision, reason, text });
  }

  /**
   * Takes a message as a decision, where it is one in so many words. Only code reads it, never a model: what it names
   * must be the user's own approvals, of one run, in the session that was addressed.
   */
  async function fromText(question: Question): Promise<Stated | undefined> {
    const stated = readDecision(question.text);
    if (!stated) return undefined;
    const { userId, sessionId, idempotency } = question;
    if (idempotency && (await runs.byIdempotencyKey(userId, idempotency.key))) return { kind: 'replay' };
    const found = (await approvals.named(userId, stated.names)).filter(
      (one) => sessionId === undefined || one.sessionId === sessionId,
    );
    const [first] = found;
    if (!first) return stated.names.every(isYear) ? undefined : answer(stated, 'unknown', stated.names);
    const unknown = stated.names.filter(
      (name) => !found.some(({ id, code }) => id === name || code === name),
    );
    if (unknown.length > 0) return answer(stated, 'unknown', unknown);
    if (found.some(({ runId }) => runId !== first.runId)) return answer(stated, 'several', stated.names);
    try {
      const ids = found.map(({ id }) => id);
      const { decision, reason } = stated;
      const run = await decide(
        userId,
        first.runId,
        ids,
        { decision, reason, text: question.text },
        idempotency,
      );
      return { kind: 'resumed', run };
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (idempotency && (await runs.byIdempotencyKey(userId, idempotency.key))) return { kind: 'replay' };
      if (error.code === 'already_decided') return answer(stated, 'decided', stated.names);
      if (error.code === 'approval_expired') return answer(stated, 'expired', stated.names);
      throw error;
    }
  }

  async function decide(
    userId: string,
    runId: string,
    approvalIds: string[],
    said: { decision: 'approve' | 'reject'; reason: string | undefined; text: string },
    idempotency?: Question['idempotency'],
  ): Promise<ActiveRun> {
    const { decision, reason = null, text } = said;
    const watch = signals.watch(eventsOf(runId));
    const giveUpAt = performance.now() + timeoutMs;
    try {
      for (;;) {
        const message = { id: uuidv7(), text };
        const resolution = { approvalIds, decision, reason, message, idempotency };
        const run = await runs.decide(userId, runId, resolution);
        if (run) return run;
        const { status } = await runs.get(userId, runId);
        const own = (await approvals.ofRun(userId, runId)).filter(({ id }) => approvalIds.includes(id));
        refuseClosed(own);
        if (status === 'failed') throw notWaiting(runId, 'failed: retry it first');
        if (performance.now() > giveUpAt) throw notWaiting(runId, `still ${status}; try again in a moment`);
        await watch.next(LOOK_MS);
      }
    } finally {
      watch.end();
    }
  }

  return { byId, fromText };
}

export type Decide = ReturnType<typeof createDecide>;

function refuseClosed(approvals: Approval[]): void {
  const decided = approvals.find(({ decision }) => decision !== null && decision !== 'expired');
  if (decided) {
    const what = decided.decision === 'cancelled' ? 'withdrawn with its run' : `decided: ${decided.decision}`;
    throw new ProblemError('already_decided', `Approval ${decided.code} was already ${what}.`);
  }
  const late = approvals.find(({ decision, expiresAt }) => decision === 'expired' || expiresAt <= new Date());
  if (late)
    throw new ProblemError('approval_expired', `Approval ${late.code} expired; ask for the change again.`);
}

function notWaiting(runId: string, state: string): ProblemError {
  return new ProblemError('run_not_waiting', `Run ${runId} is ${state}.`);
}

const ANSWERS = {
  en: {
    unknown: 'Nothing waits for a decision under the name {names} here. Nothing was done.',
    several: '{names} belong to different questions; decide them one by one. Nothing was done.',
    decided: '{names} was decided before; a decision holds once. Nothing more was done.',
    expired: '{names} has expired. Nothing was done; ask for the change again.',
  },
  es: {
    unknown: 'Aquí nada espera una decisión con el nombre {names}. No se hizo nada.',
    several: '{names} son de preguntas distintas; decídelos de uno en uno. No se hizo nada.',
    decided: '{names} ya se decidió; una decisión vale una sola vez. No se hizo nada más.',
    expired: '{names} caducó. No se hizo nada; pide el cambio otra vez.',
  },
} as const;

function answer({ language }: StatedDecision, about: keyof (typeof ANSWERS)['en'], names: string[]): Stated {
  return { kind: 'answered', text: ANSWERS[language][about].replace('{names}', names.join(', ')) };
}
