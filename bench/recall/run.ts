import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/database.ts';
import { createServices } from '../../src/services.ts';
import { type DataSet, misspell, readConversations, readXquad } from './data-sets.ts';
import { type Figures, measure, type Search } from './measure.ts';

const USER_HEADER = 'x-bench-user';
const HERE = import.meta.dirname;
const { values: options } = parseArgs({
  options: {
    xquad: { type: 'string', default: join(HERE, '../../../shared/data/xquad') },
    conversations: { type: 'string', default: join(HERE, 'conversations') },
    previous: { type: 'string', default: join(HERE, 'figures.json') },
    save: { type: 'boolean', default: false },
  },
});

const folder = await mkdtemp(join(tmpdir(), 'tertulia-bench-'));
const config = readConfig({
  LOG_LEVEL: 'silent',
  DATA_DIR: join(folder, 'data'),
  WORKSPACE_DIR: join(folder, 'workspace'),
  DATABASE_URL: process.env.DATABASE_URL,
  RECALL_DEADLINE_MS: '60000',
});
const logger = pino({ level: config.logLevel });
const database = await openDatabase(config.database, (error) => logger.warn(error));
const services = await createServices(config, { database, log: logger });
const app = await buildApp(services, {
  logger,
  streamHeartbeatMs: config.streamHeartbeatMs,
  identify: (request) => ({ id: String(request.headers[USER_HEADER]), role: 'user' }),
});

/** Imports a data set as one user's memory; returns the position of each line by its message's id. */
async function bring(set: DataSet): Promise<Map<string, number>> {
  const answer = await app.inject({
    method: 'POST',
    url: '/memory/import',
    headers: { [USER_HEADER]: set.name, 'content-type': 'application/x-ndjson' },
    payload: set.lines.map((line) => JSON.stringify(line)).join('\n'),
  });
  if (answer.statusCode !== 200 || answer.json().failed > 0) throw new Error(answer.body);
  services.embedder.start();
  await services.embedder.settled();
  const { rows } = await database.executor.execute<{ id: string }>(
    `select id from messages where user_id = '${set.name}' order by id`,
  );
  const order = set.lines.map((line, position) => ({ line, position }));
  order.sort((one, other) => one.line.created_at.localeCompare(other.line.created_at));
  return new Map(rows.map(({ id }, place) => [id, order[place]?.position ?? -1]));
}

/** A search over HTTP; one that is asked at another time goes to the service behind it, which alone can be told the time. */
function searchIn(set: DataSet, positions: Map<string, number>): Search {
  return async ({ text, askedAt, memory }) => {
    const started = performance.now();
    const ids = askedAt
      ? (await services.recall.search({ userId: set.name, text, mode: memory, limit: 20, askedAt })).recalled
      : await post(set.name, { query: text, memory, limit: 20 });
    const milliseconds = performance.now() - started;
    return { found: ids.map(({ message }) => positions.get(message.id) ?? -1), milliseconds };
  };
}

async function post(user: string, payload: object): Promise<{ message: { id: string } }[]> {
  const answer = await app.inject({
    method: 'POST',
    url: '/memory/search',
    headers: { [USER_HEADER]: user },
    payload,
  });
  if (answer.statusCode !== 200) throw new Error(answer.body);
  return answer.json();
}

const sets = [await readConversations(options.conversations)];
if (existsSync(options.xquad)) {
  sets.unshift(await readXquad(options.xquad, 'es'), await readXquad(options.xquad, 'en'));
} else {
  console.log(`XQuAD is left out: there is no folder ${options.xquad}; --xquad <folder> names another one.`);
}

const previous: Record<string, Figures> = existsSync(options.previous)
  ? JSON.parse(await readFile(options.previous, 'utf8'))
  : {};
const figures: Record<string, Figures> = {};
for (const set of sets) {
  const search = searchIn(set, await bring(set));
  const misspelt: DataSet = {
    ...set,
    questions: set.questions.map((question) => ({ ...question, text: misspell(question.text), groups: [] })),
  };
  for (const memory of ['hybrid', 'similar'] as const) {
    for (const [group, found] of await measure(set, search, memory)) {
      if (group === '' || memory === 'hybrid')
        figures[[set.name, memory, group].filter(Boolean).join(', ')] = found;
    }
    const found = await measure(misspelt, search, memory);
    for (const each of found.values()) figures[`${set.name}, ${memory}, misspelt`] = each;
  }
}
console.log(`${services.database.description}; embeddings ${services.models.embedding}`);
console.log('Recall in %, now (before):');
console.table(
  Object.fromEntries(Object.entries(figures).map(([name, now]) => [name, besides(now, previous[name])])),
);
if (options.save) await writeFile(options.previous, `${JSON.stringify(figures, null, 2)}\n`);
await app.close();
await services.close();
await rm(folder, { recursive: true, force: true });

function besides(now: Figures, before: Figures | undefined): Record<string, string> {
  return Object.fromEntries(
    // A record of figures has these keys.
    (Object.keys(now) as (keyof Figures)[]).map((key) => [
      key,
      before && before[key] !== now[key] ? `${now[key]} (${before[key]})` : String(now[key]),
    ]),
  );
}
