import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ProblemError } from '../errors.ts';
import type { ActiveModels } from './active-models.ts';
import { createFill } from './fill.ts';
import type { ReembedJobs, TakenJob } from './jobs.ts';
import { INTERVALS_TO_LIVE, type ModelChanges } from './model-changes.ts';
import type { TextSource } from './text-source.ts';

/** A lease is renewed so many times before it would be over. */
const RENEWALS_PER_LEASE = 3;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** What the work on a change needs. Times are milliseconds. */
export interface ReembedNeeds {
  models: ActiveModels;
  changes: ModelChanges;
  jobs: ReembedJobs;
  sources: { messages: TextSource; chunks: TextSource };
  /** How often a process looks which model serves. */
  checkMs: number;
  leaseMs: number;
  batchSize: number;
  /** Whether no other process can have the database open. */
  isAlone: boolean;
  log: Pick<Logger, 'info' | 'warn'>;
}

/** The work is another process's, or nobody's, from now on. */
export class JobTaken extends Error {}

/** Works on the job that leads to the configured model: all texts get its vectors, then it serves, then those of the old one go. */
export function createReembedWork(needs: ReembedNeeds, signal: AbortSignal) {
  const { models, changes, jobs, sources, checkMs, leaseMs, batchSize, isAlone, log } = needs;
  const noted = new Map<string, string | null>();

  /** False when there is no job, or another process has it. @throws the signal's reason, or JobTaken. */
  async function work(): Promise<boolean> {
    const job = await jobs.take(models.wanted.name);
    if (!job) return false;
    const given = new AbortController();
    const both = AbortSignal.any([signal, given.signal]);
    const keep = async () => {
      if (!(await jobs.keep(job))) given.abort(new JobTaken());
    };
    const keeping = setInterval(() => void keep().catch(() => undefined), leaseMs / RENEWALS_PER_LEASE);
    log.info({ from: job.from, to: job.to }, 'texts are being embedded again');
    try {
      await carryOut(job, both, keep);
      return true;
    } finally {
      clearInterval(keeping);
      if (!given.signal.aborted) await jobs.release(job);
    }
  }

  async function carryOut(job: TakenJob, both: AbortSignal, keep: () => Promise<void>): Promise<void> {
    const onBatch = async () => {
      await keep();
      await note(job, null);
      both.throwIfAborted();
    };
    const filler = createFill({ sources, batchSize, onBatch });
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)) {
      try {
        return await advance(job, filler, both);
      } catch (error) {
        both.throwIfAborted();
        const reason =
          error instanceof ProblemError ? error.message : 'Something failed; the log has the reason.';
        log.warn({ err: error }, 'texts could not be embedded again; it is tried again');
        await note(job, `It waits and tries again: ${reason}`).catch(() => undefined);
        await sleep(pauseMs, undefined, { signal: both });
      }
    }
  }

  async function advance(
    job: TakenJob,
    filler: ReturnType<typeof createFill>,
    both: AbortSignal,
  ): Promise<void> {
    const { coming } = await models.refresh();
    if (coming?.name === job.to) {
      await filler.fill(coming, both);
      await changes.complete(job.to);
    }
    const { serving } = await models.refresh();
    // It was given up; the job has ended.
    if (serving.name !== job.to) return;
    // What was stored in the moment of the change.
    const refused = await filler.fill(serving, both);
    await filler.leaveRefused();
    await oldQuestionsAnswered(both);
    await changes.removeOthers(both);
    await jobs.finish(job, refused > 0 ? tellOf(refused) : null);
    log.info({ from: job.from, to: job.to, refused }, 'all texts are embedded again');
  }

  /** Other processes may compare by the old vectors until they have looked. */
  async function oldQuestionsAnswered(both: AbortSignal): Promise<void> {
    const { servingForMs } = await models.refresh();
    if (!isAlone)
      await sleep(Math.max(0, checkMs * INTERVALS_TO_LIVE - servingForMs), undefined, { signal: both });
  }

  /** Only what is new is written. */
  async function note(job: TakenJob, text: string | null): Promise<void> {
    if (noted.get(job.id) === text) return;
    await jobs.note(job, text);
    noted.set(job.id, text);
  }
  return work;
}

function tellOf(refused: number): string {
  return refused === 1
    ? '1 text was not taken by the model and is found by its words only.'
    : `${refused} texts were not taken by the model and are found by their words only.`;
}
