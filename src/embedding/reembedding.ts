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

interface ReembeddingNeeds {
  models: ActiveModels;
  changes: ModelChanges;
  jobs: ReembedJobs;
  sources: { messages: TextSource; chunks: TextSource };
  checkMs: number;
  leaseMs: number;
  batchSize: number;
  /** Whether no other process can have the database open. */
  isAlone: boolean;
  log: Pick<Logger, 'info' | 'warn'>;
}

/** The work is another process's, or nobody's, from now on. */
class JobTaken extends Error {}

/**
 * Carries out the change from one embedding model to another while both are there: all texts get vectors of the coming one, then
 * it serves, then the vectors of the old one go. Whatever ends the process, the work is gone on with where it was.
 */
export function createReembedding(needs: ReembeddingNeeds) {
  const { models, changes, jobs, sources, checkMs, leaseMs, batchSize, isAlone, log } = needs;
  const stopping = new AbortController();
  const { signal } = stopping;
  let timer: NodeJS.Timeout | undefined;
  let checking: Promise<void> = Promise.resolve();
  let working: Promise<void> | undefined;
  /** Whether there may be vectors that a change left behind: after a start, and after one was given up. */
  let mayHaveLeftovers = true;
  let isTold = false;
  const noted = new Map<string, string | null>();

  /** Finds out which model serves, and begins or goes on with a change where the configuration names another one. */
  async function start(): Promise<void> {
    if (isAlone) {
      await changes.forgetOthers();
      await jobs.freeAll();
    }
    await decide();
    goOn();
    timer = setInterval(check, checkMs).unref();
  }

  /** Looks at once whether something has changed. */
  function check(): void {
    checking = checking.then(async () => {
      if (signal.aborted) return;
      try {
        await decide();
        goOn();
      } catch (error) {
        log.warn({ err: error }, 'the embedding models could not be looked up; it is tried again');
      }
    });
  }

  /** Ends after the batch at hand; the job is gone on with by another process, or at the next start. */
  async function stop(): Promise<void> {
    clearInterval(timer);
    stopping.abort(new ProblemError('shutting_down', 'The process is stopping.'));
    await checking;
    await working;
    await changes
      .unwish()
      .catch((error: unknown) => log.warn({ err: error }, 'the process could not say that it ends'));
  }

  async function decide(): Promise<void> {
    const { wanted } = models;
    await changes.wish();
    let now = await models.refresh();
    if (!now.isSet) {
      await changes.serveFirst();
      now = await models.refresh();
    }
    if (now.coming && now.coming.name !== wanted.name && (await changes.withdraw())) {
      mayHaveLeftovers = true;
      now = await models.refresh();
    }
    if (now.serving.name !== wanted.name && !now.coming) {
      await changes.begin();
      now = await models.refresh();
    }
    tellOnce(now.serving.name, now.coming?.name);
  }

  /** Says in the log when other processes are configured for another model than this one. */
  function tellOnce(serving: string, coming: string | undefined): void {
    const configured = models.wanted.name;
    const isOther = serving !== configured && coming !== configured;
    if (isOther && !isTold) {
      const what =
        'another embedding model serves as long as other processes are configured for it; start them again, too';
      log.warn({ configured, serving, coming }, what);
    }
    isTold = isOther;
  }

  /** Works on the job in the background, if there is one and nobody else does. */
  function goOn(): void {
    working ??= work()
      .catch((error: unknown) => {
        if (!signal.aborted && !(error instanceof JobTaken))
          log.warn({ err: error }, 'the change of the embedding model failed; it is tried again');
      })
      .finally(() => {
        working = undefined;
      });
  }

  async function work(): Promise<void> {
    const job = await jobs.take(models.wanted.name);
    if (!job) {
      if (!mayHaveLeftovers || models.coming()) return;
      mayHaveLeftovers = false;
      return await changes.removeOthers(signal);
    }
    const given = new AbortController();
    const both = AbortSignal.any([signal, given.signal]);
    const keep = async () => {
      if (!(await jobs.keep(job))) given.abort(new JobTaken());
    };
    const keeping = setInterval(() => void keep().catch(() => undefined), leaseMs / RENEWALS_PER_LEASE);
    log.info({ from: job.from, to: job.to }, 'texts are being embedded again');
    try {
      await carryOut(job, both, keep);
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
    await jobs.finish(
      job,
      refused > 0
        ? `${refused} texts were not taken by the model; they are found by their words only.`
        : null,
    );
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

  return { start, check, stop };
}

export type Reembedding = ReturnType<typeof createReembedding>;
