import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError, configuredAddress, readArguments } from './command-line/arguments.ts';
import { stopOnInterruption } from './command-line/interruption.ts';
import { showProgress } from './command-line/progress.ts';
import { type Config, readConfig } from './config.ts';
import { openDatabase } from './db/database.ts';
import { DatabaseInUseError } from './db/embedded.ts';
import type { Embedding } from './embedding/embedding.ts';
import type { JobView } from './embedding/jobs.ts';
import { StartupError } from './errors.ts';
import { createEmbeddingOf } from './services/memory.ts';

const HELP = `Embeds everything with the configured embedding model, then lets that one serve.

  npm run reembed

A server that is configured for another model than before does this by itself, in the background; this command does it side by
side with servers, or while none runs, and shows how far it is. Until it is done questions are answered by the model before.
It can be interrupted, and goes on where it was. docs/operations.md says how the embedding model is changed.`;

const LOOK_MS = 1_000;
const quiet = { info: () => undefined, warn: () => undefined };
const print = (line: string) => console.log(line);
const counted = (count: number, noun: string) =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

/** Whether everything is embedded by the configured model now. */
async function run(config: Config): Promise<boolean> {
  const stop = stopOnInterruption(print);
  const database = await openDatabase(config.database, () => undefined);
  try {
    const embedding = await createEmbeddingOf(config, { database, log: quiet });
    await embedding.reembedding.prepare();
    return await follow(embedding, stop).finally(embedding.reembedding.stop);
  } finally {
    await database.close();
  }
}

async function follow(embedding: Embedding, stop: AbortSignal): Promise<boolean> {
  const { models, jobs, reembedding } = embedding;
  const to = models.wanted;
  const job = await jobOf(embedding);
  if (!job) return await tellWhyNot(embedding);
  const { messages, passages, tokens } = await jobs.left(to);
  print(job.detail);
  print(
    `To embed: ${counted(messages, 'message')} and ${counted(passages, 'passage')}, about ${tokens.toLocaleString('en')} tokens.`,
  );
  reembedding.start();
  const ended = await watch(embedding, job, stop);
  if (ended?.state === 'done') {
    print(ended.detail);
    print(`Done: ${counted(ended.done, 'text')} embedded by ${to.name}, which serves now.`);
    return true;
  }
  // The batch at hand is stored first.
  await reembedding.stop();
  const { done, total } = (await jobs.list()).find(({ id }) => id === job.id) ?? job;
  print(
    `${ended ? 'Given up' : 'Interrupted'}: ${done.toLocaleString('en')} of ${counted(total, 'text')} are embedded.`,
  );
  if (!ended)
    print(`Run the command again to go on; a server that is configured for ${to.name} goes on by itself.`);
  return false;
}

/** The change to the configured model that is under way. */
async function jobOf({ models, jobs }: Embedding): Promise<JobView | undefined> {
  const { serving, coming } = await models.refresh();
  const isTowardsWanted = [serving.name, coming?.name].includes(models.wanted.name);
  return isTowardsWanted ? (await jobs.list()).find(({ endedAt }) => endedAt === null) : undefined;
}

async function tellWhyNot({ models, changes }: Embedding): Promise<boolean> {
  const { wanted } = models;
  const serving = models.serving().name;
  if (serving === wanted.name) {
    print(`${serving} serves, and everything is embedded by it or about to be. There is nothing to change.`);
    return true;
  }
  const held = models.coming()?.name ?? serving;
  const processes = await changes.wishesFor(held);
  print(
    `The configuration names ${wanted.name}; servers that run are configured for ${held} (processes: ${processes}).`,
  );
  print('Start them again with this configuration first; they then make the change by themselves.');
  return false;
}

/** Shows how far the job is until it has ended; undefined when it was interrupted. */
async function watch({ jobs }: Embedding, { id }: JobView, stop: AbortSignal): Promise<JobView | undefined> {
  const progress = showProgress(print, 'embedding');
  let said = '';
  try {
    while (!stop.aborted) {
      const now = (await jobs.list()).find((one) => one.id === id);
      if (!now || now.endedAt) return now;
      const text = `${now.done.toLocaleString('en')} of ${counted(now.total, 'text')}`;
      progress.show(now.total > 0 ? Math.min(1, now.done / now.total) : 1, text);
      if (now.detail !== said && said !== '') print(now.detail);
      said = now.detail;
      await sleep(LOOK_MS, undefined, { signal: stop }).catch(() => undefined);
    }
    return undefined;
  } finally {
    progress.end();
  }
}

/** The server that has the database open does it. */
function tellWhere(config: Config): void {
  const address = config.port === 0 ? '' : configuredAddress(config);
  print(
    'A server has this database open, and changes the embedding model itself when it is started with this configuration.',
  );
  print(`How far it is: GET ${address}/admin/jobs`);
}

try {
  const { values, positionals } = readArguments({ help: { type: 'boolean', short: 'h' } });
  if (positionals.length > 0)
    throw new CommandError('npm run reembed takes no arguments; .env says which model.');
  if (values.help) console.log(HELP);
  else {
    const config = readConfig(process.env);
    const isDone = await run(config).catch((error: unknown) => {
      if (!(error instanceof DatabaseInUseError)) throw error;
      tellWhere(config);
      return true;
    });
    if (!isDone) process.exitCode = 1;
  }
} catch (error) {
  const isPlain = [CommandError, StartupError].some((kind) => error instanceof kind);
  console.error(isPlain && error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
