import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { buildApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { openDatabase } from '../src/db/database.ts';
import { createServices } from '../src/services.ts';

const MODES = ['recent', 'similar', 'hybrid'];
const HISTORY = 1_000;

const { values } = parseArgs({ options: { turns: { type: 'string', default: '60' } } });
const turns = Number(values.turns);
const folder = await mkdtemp(join(tmpdir(), 'tertulia-bench-'));
const config = readConfig({
  LOG_LEVEL: 'silent',
  DATA_DIR: join(folder, 'data'),
  WORKSPACE_DIR: join(folder, 'workspace'),
  DATABASE_URL: process.env.DATABASE_URL,
});
const logger = pino({ level: config.logLevel });
const database = await openDatabase(config.database, (error) => logger.warn(error));
const services = await createServices(config, { database, log: logger });
const app = await buildApp(services, {
  logger,
  streamHeartbeatMs: config.streamHeartbeatMs,
  identify: (request) => ({ id: String(request.headers['x-bench-user']), role: 'user' }),
});

async function post(url: string, user: string, payload: object): Promise<void> {
  const answer = await app.inject({ method: 'POST', url, payload, headers: { 'x-bench-user': user } });
  if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}: ${answer.body}`);
}

async function measure(url: string, user: string, payload: (round: number) => object) {
  const times: number[] = [];
  for (let round = 0; round < turns; round += 1) {
    const started = performance.now();
    await post(url, user, payload(round));
    times.push(performance.now() - started);
    await services.embedder.settled();
  }
  times.sort((one, other) => one - other);
  const at = (share: number) => Number(times[Math.floor((times.length - 1) * share)]?.toFixed(1));
  return { 'p50 ms': at(0.5), 'p95 ms': at(0.95) };
}

const topics = ['garden', 'invoice', 'train', 'recipe', 'piano', 'passport', 'neighbour', 'insurance'];
const remark = (round: number) =>
  `Note ${round}: the ${topics[round % topics.length]} matter of day ${round % 31} is settled`;
for (let round = 0; round < HISTORY / 2; round += 1)
  await post('/assistant/ask', 'long', { query: remark(round), memory: 'recent' });
await services.embedder.settled();

const table: Record<string, { 'p50 ms': number; 'p95 ms': number }> = {};
for (const [user, name] of [
  ['short', 'few messages'],
  ['long', `${HISTORY} messages`],
] as const) {
  for (const memory of MODES) {
    table[`turn, ${memory}, ${name}`] = await measure('/assistant/ask', user, (round) => ({
      query: `What about the ${topics[round % topics.length]}?`,
      memory,
    }));
    table[`recall, ${memory}, ${name}`] = await measure('/memory/search', user, (round) => ({
      query: remark(round),
      memory,
    }));
  }
}
console.log(`${services.database.description}; ${services.models.chat}; ${turns} of each`);
console.table(table);
await app.close();
await services.close();
await rm(folder, { recursive: true, force: true });
