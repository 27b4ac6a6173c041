import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startProcess } from '../../tests/support/process.ts';
import { ingestAll } from './ingest-all.ts';
import { ask, missesOf, percentile, type Question, recallOf } from './recall.ts';
import { watchMemory } from './watch-memory.ts';

// Has a server of its own read in every Markdown file of the dependencies, by the command, and asks it questions whose answers are
// known. It ends with a non-zero status when a document failed or too little was found.

const LEAST_RECALL = 0.85;
const KINDS = ['plain', 'exact', 'misspelt', 'vague'] as const;

const { values } = parseArgs({ options: { database: { type: 'string' } } });
const folder = await mkdtemp(join(tmpdir(), 'tertulia-bench-knowledge-'));
const folders = { DATA_DIR: join(folder, 'data'), WORKSPACE_DIR: join(folder, 'workspace') };
const server = await startProcess({
  ...folders,
  ...(values.database === undefined ? {} : { DATABASE_URL: values.database }),
});
if (server.url === '' || server.pid === undefined) throw new Error(server.output.text);
console.log(/database .*/.exec(server.output.text)?.[0]);

try {
  const { peak, stop } = watchMemory(server.pid);
  const ingested = await ingestAll(server, { ...folders, PORT: new URL(server.url).port });
  stop();
  const { files, chunks, megabytes, seconds, failed, exitCode } = ingested;
  console.table({
    files,
    MB: Number(megabytes.toFixed(1)),
    passages: chunks,
    seconds: Number(seconds.toFixed(1)),
    'seconds per MB': Number((seconds / megabytes).toFixed(1)),
    'passages per second': Math.round(chunks / seconds),
    'peak of the server, MiB': Math.round(peak.server),
    'peak of its reader, MiB': Math.round(peak.reader),
    failed: failed.length,
  });
  for (const { path, reason } of failed) console.log(`${path}: ${reason}`);

  const found = await askAll('questions.json');
  const unseen = await askAll('held-out.json');
  const byKind = KINDS.map((kind) => [
    kind,
    recallOf(found.filter(({ question }) => question.kind === kind)),
  ]);
  const all = recallOf(found);
  console.table({ all, ...Object.fromEntries(byKind), 'held out': recallOf(unseen) });
  console.log(`search: p50 ${percentile(found, 0.5)} ms, p95 ${percentile(found, 0.95)} ms`);
  const misses = missesOf([...found, ...unseen]);
  if (misses.length > 0) console.log(`Missed: ${misses.length}\n${misses.join('\n')}`);
  if (exitCode !== 0 || all['recall@5'] < LEAST_RECALL) process.exitCode = 1;
} finally {
  await server.kill('SIGTERM');
  await rm(folder, { recursive: true, force: true });
}

/** Asks the questions of a file. The constants of the search were chosen on `questions.json`; the held-out ones say what others find. */
async function askAll(file: string) {
  const questions: Question[] = JSON.parse(await readFile(join(import.meta.dirname, file), 'utf8'));
  return await ask(server, questions);
}
