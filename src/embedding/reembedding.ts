import { ProblemError } from '../errors.ts';
import { createReembedWork, JobTaken, type ReembedNeeds } from './reembed-work.ts';

/**
 * Carries out the change from one embedding model to another while both are there: all texts get vectors of the coming one, then
 * it serves, then the vectors of the old one go. Whatever ends the process, the work is gone on with where it was.
 */
export function createReembedding(needs: ReembedNeeds) {
  const { models, changes, jobs, checkMs, isAlone, log } = needs;
  const stopping = new AbortController();
  const { signal } = stopping;
  const work = createReembedWork(needs, signal);
  let timer: NodeJS.Timeout | undefined;
  let checking: Promise<void> = Promise.resolve();
  let working: Promise<void> | undefined;
  /** Whether there may be vectors that a change left behind: after a start, and after one was given up. */
  let mayHaveLeftovers = true;
  let isTold = false;

  /** Finds out which model serves, and begins a change where the configuration names another one; nothing is embedded yet. */
  async function prepare(): Promise<void> {
    if (isAlone) {
      await changes.forgetOthers();
      await jobs.freeAll();
    }
    await decide();
  }

  /** Works on the change, and looks from now on whether there is one. */
  function start(): void {
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
    working ??= workOrClean()
      .catch((error: unknown) => {
        if (!signal.aborted && !(error instanceof JobTaken))
          log.warn({ err: error }, 'the change of the embedding model failed; it is tried again');
      })
      .finally(() => {
        working = undefined;
      });
  }

  async function workOrClean(): Promise<void> {
    if ((await work()) || !mayHaveLeftovers || models.coming()) return;
    mayHaveLeftovers = false;
    await changes.removeOthers(signal);
  }

  return { prepare, start, check, stop };
}
