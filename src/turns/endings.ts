import type { Logger } from 'pino';
import type { Proposal } from '../agents/judge.ts';
import type { Orchestrated } from '../agents/orchestrator.ts';
import { violatedConstraint } from '../db/failures.ts';
import { ProblemError } from '../errors.ts';
import type { Embedder } from '../memory/embedder.ts';
import { type AnswerBody, answerBody, sayWaiting, showApproval } from './answer.ts';
import { type Approvals, newCode } from './approvals.ts';
import { idAfter } from './message-ids.ts';
import type { RunFeed } from './run-feed.ts';
import { type RunLog, RunLostError } from './run-log.ts';
import type { Ending } from './run-statements.ts';
import type { ActiveRun, Approval, RunRecord, StoredAnswer } from './run-types.ts';
import type { Runs } from './runs.ts';
import { eventsOf, type Signals, slotOf } from './signals.ts';
import { toStoredText } from './stored-json.ts';

const CODE_INDEX = 'approvals_code';
const CODE_TRIES = 10;

interface EndingsNeeds {
  runs: Pick<Runs, 'end' | 'isAtWork' | 'countLost'>;
  approvals: Approvals;
  feed: Pick<RunFeed, 'publish'>;
  signals: Pick<Signals, 'signal'>;
  embedder: Pick<Embedder, 'add'>;
  approvalTtlMs: number;
  log: Pick<Logger, 'error'>;
}

/** The ways in which this process ends a run: answered, paused, cancelled or failed. */
export function createEndings(needs: EndingsNeeds) {
  const { runs, approvals, feed, signals, embedder, approvalTtlMs, log } = needs;

  /** Stores what came of a run. @throws RunLostError when the run is no longer this process's. */
  async function conclude(
    run: ActiveRun,
    outcome: Orchestrated,
    record: RunRecord,
    runLog: RunLog,
  ): Promise<AnswerBody> {
    if (outcome.kind === 'paused') return await pause(run, outcome, record, runLog);
    const answer = answerTo(run, outcome.text, outcome.agent);
    const body = answerBody({ ...run, status: 'completed', response: answer.text, record });
    await end(run, {
      status: 'completed',
      record,
      answer,
      events: await runLog.close({ type: 'done', data: body }),
    });
    return body;
  }

  async function pause(
    run: ActiveRun,
    { proposals, graph }: Extract<Orchestrated, { kind: 'paused' }>,
    record: RunRecord,
    runLog: RunLog,
  ): Promise<AnswerBody> {
    const known = await approvals.ofRun(run.userId, run.runId);
    const expiresAt = new Date(Date.now() + approvalTtlMs);
    for (let tries = 0; ; tries += 1) {
      const asked = proposals.map(
        (proposal) =>
          known.find(({ id }) => id === proposal.id) ?? toApproval(run, proposal, newCode(tries), expiresAt),
      );
      try {
        return await storePause(run, { approvals: asked, graph }, record, runLog);
      } catch (error) {
        if (violatedConstraint(error) !== CODE_INDEX || tries >= CODE_TRIES) throw error;
      }
    }
  }

  async function storePause(
    run: ActiveRun,
    waiting: NonNullable<Ending['pause']>,
    record: RunRecord,
    runLog: RunLog,
  ): Promise<AnswerBody> {
    const answer = answerTo(run, sayWaiting(run.text, waiting.approvals, new Date()), null);
    const body = answerBody({
      ...run,
      status: 'awaiting_approval',
      response: answer.text,
      record,
      approvals: waiting.approvals,
    });
    const events = await runLog.close(...waiting.approvals.map(toEvent), { type: 'done', data: body });
    await end(run, { status: 'awaiting_approval', record, answer, pause: waiting, events });
    return body;
  }

  /** Keeps what was said so far, marked as cut off. */
  async function cancel(
    run: ActiveRun,
    text: string,
    record: RunRecord,
    runLog: RunLog,
  ): Promise<AnswerBody> {
    const answer = { ...answerTo(run, text, null), partial: true };
    const body = answerBody({ ...run, status: 'cancelled', response: answer.text, record });
    const events = await runLog.close({ type: 'done', data: body });
    await end(run, { status: 'cancelled', record, answer: answer.text === '' ? undefined : answer, events });
    return body;
  }

  /** Stores the failure that ended a run and returns it as the caller is to see it, with the ids that a retry needs. */
  async function fail(run: ActiveRun, failure: ProblemError, record: RunRecord, runLog: RunLog) {
    const problem = failure.with({ run_id: run.runId, session_id: run.sessionId });
    const error = { code: problem.code, detail: problem.message };
    const events = await runLog.close({ type: 'error', data: problem.toDocument() });
    try {
      await end(run, { status: 'failed', record, error, events });
    } catch (cause) {
      if (cause instanceof RunLostError) throw cause;
      log.error(
        { err: cause, run_id: run.runId },
        'the failure could not be stored; the run ends with its lease',
      );
    }
    return problem;
  }

  async function end(run: ActiveRun, ending: Ending): Promise<void> {
    const isStored = await runs.end(run, ending);
    if (!isStored && ending.pause && (await runs.isAtWork(run))) throw forgotten();
    signals.signal(slotOf(run.sessionId));
    if (!isStored) {
      // Those who follow find out from the database what became of the run.
      signals.signal(eventsOf(run.runId));
      throw new RunLostError(`Run ${run.runId} was erased, or ended from elsewhere; nothing was stored.`);
    }
    const { answer, events } = ending;
    embedder.add(saidIn(run, answer));
    feed.publish(run.runId, events);
  }

  return { conclude, cancel, fail, countLost: runs.countLost };
}

export type Endings = ReturnType<typeof createEndings>;

function forgotten(): ProblemError {
  return new ProblemError(
    'memory_erased',
    'Something that this turn had recalled was erased while it was at work, so it does not wait for an approval. Retry the run to have the question answered without it.',
  );
}

function answerTo(run: ActiveRun, text: string, agent: string | null): StoredAnswer {
  return { id: idAfter(run.messageId), text: toStoredText(text), agent, partial: false };
}

function toApproval(
  { runId }: ActiveRun,
  proposal: Proposal,
  code: string,
  expiresAt: Date,
): Approval & { callHash: string } {
  return { ...proposal, runId, code, decision: null, reason: null, expiresAt, decidedAt: null };
}

function toEvent(approval: Approval) {
  return { type: 'approval' as const, data: showApproval(approval) };
}

/** What a turn leaves to be embedded. */
function saidIn({ userId, messageId, messageText }: ActiveRun, answer: StoredAnswer | undefined) {
  const asked = { userId, id: messageId, name: null, content: messageText };
  return answer ? [asked, { userId, id: answer.id, name: null, content: answer.text }] : [asked];
}
