import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { type Answer, createClient } from '../tests/support/client.ts';
import { openEvents } from '../tests/support/event-stream.ts';
import { startFakeOpenAI } from '../tests/support/fake-openai.ts';
import { startProcess } from '../tests/support/process.ts';
import { startProxy } from '../tests/support/proxy.ts';

// Many clients on few sessions, with cancellations, disconnects and repeated requests; then everything that was accepted is
// checked. It ends with a non-zero status when a promise was broken.

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    clients: { type: 'string', default: '200' },
    sessions: { type: 'string', default: '50' },
    replicas: { type: 'string', default: process.env.DATABASE_URL ? '2' : '1' },
  },
});
const LONGEST_MODEL_MS = 60;
const LEASE_MS = 5_000;
/** Waiting questions are answered one after the other: this long for all of them, then they count as lost. */
const DRAIN_MS = 120_000;

const counts = {
  completed: 0,
  cancelled: 0,
  'conflicts (409)': 0,
  'repeated requests': 0,
  disconnects: 0,
  'other answers': 0,
};
const latencies: number[] = [];
const violations: string[] = [];
/** Questions that were surely accepted, by session. */
const accepted = new Map<string, Set<string>>();
let asked = 0;

const folder = await mkdtemp(join(tmpdir(), 'tertulia-load-'));
const database = await makeDatabase(process.env.DATABASE_URL);
const fake = await startFakeOpenAI();
fake.onChat(({ messages }) => {
  const question = String(messages.at(-1)?.content);
  return { content: `Answer to ${question}`, delayMs: Math.ceil(Math.random() * LONGEST_MODEL_MS) };
});

const servers = await Promise.all(Array.from({ length: Number(values.replicas) }, startServer));
const proxy = await startProxy(servers.map(({ url }) => url));
const client = createClient(proxy.url);
const sessions = await Promise.all(
  Array.from({ length: Number(values.sessions) }, async () =>
    String((await client.post('/sessions', undefined)).body.id),
  ),
);

async function startServer() {
  const server = await startProcess({
    DATA_DIR: folder,
    WORKSPACE_DIR: join(folder, 'workspace'),
    OPENAI_API_KEY: 'test-key',
    OPENAI_BASE_URL: fake.baseUrl,
    CHAT_MODEL: 'fake-chat',
    EMBEDDING_MODEL: 'fake-embed',
    MODEL_MAX_CONCURRENCY: '64',
    RUN_LEASE_MS: String(LEASE_MS),
    ...(database.url ? { DATABASE_URL: database.url } : {}),
  });
  if (!server.url) throw new Error(`the server did not start:\n${server.output.text}`);
  return server;
}

/** A database of its own on the server of DATABASE_URL, which is removed again; nothing for the embedded one. */
async function makeDatabase(serverUrl: string | undefined) {
  if (!serverUrl) return { url: undefined, drop: async () => undefined };
  const name = `tertulia_load_${process.pid}`;
  const admin = new pg.Pool({ connectionString: serverUrl, max: 1 });
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}

function newQuestion(session: string): string {
  asked += 1;
  return `Question ${asked} in ${session}`;
}

function note(session: string, query: string): void {
  const known = accepted.get(session) ?? new Set();
  accepted.set(session, known.add(query));
}

function judge(session: string, query: string, answer: Answer): void {
  if (answer.status === 409) counts['conflicts (409)'] += 1;
  else if (answer.status !== 200) counts['other answers'] += 1;
  if (answer.status !== 200) return;
  note(session, query);
  if (answer.body.status === 'cancelled') counts.cancelled += 1;
  else counts.completed += 1;
  if (answer.body.status === 'completed' && answer.body.response !== `Answer to ${query}`)
    violations.push(`"${query}" was answered "${answer.body.response}"`);
}

const pick = <Value>(from: readonly Value[]): Value => from[Math.floor(Math.random() * from.length)] as Value;
const newKey = (query: string) => ({ 'idempotency-key': query.replaceAll(' ', '-') });

async function askOnce(session: string): Promise<void> {
  const query = newQuestion(session);
  const began = performance.now();
  const answer = await client.ask(query, { session_id: session }, newKey(query));
  latencies.push(performance.now() - began);
  judge(session, query, answer);
}

async function askRepeatedly(session: string): Promise<void> {
  const query = newQuestion(session);
  const ask = () => client.ask(query, { session_id: session }, newKey(query));
  const answers = await Promise.all([ask(), ask(), ask()]);
  counts['repeated requests'] += 2;
  for (const answer of answers.filter(({ status }) => status === 200).slice(0, 1))
    judge(session, query, answer);
  const runs = new Set(answers.flatMap(({ status, body }) => (status === 200 ? [body.run_id] : [])));
  if (runs.size > 1) violations.push(`"${query}" was run ${runs.size} times`);
}

async function askAndLeave(session: string, isCancelled: boolean): Promise<void> {
  const query = newQuestion(session);
  const stream = await openEvents(`${proxy.url}/assistant/ask`, {
    body: { query, session_id: session, stream: true, on_busy: isCancelled ? 'interrupt' : 'queue' },
  });
  if (stream.response.status === 409) counts['conflicts (409)'] += 1;
  if (stream.response.status !== 200) return await stream.close();
  note(session, query);
  let runId = '';
  for await (const event of stream.events) {
    if (event.event === 'run') runId = event.data.run_id;
    if (runId) break;
  }
  if (!runId) return;
  if (isCancelled) {
    const { status } = await client.post(`/runs/${runId}/cancel`, undefined);
    if (status === 200) counts.cancelled += 1;
    else if (status !== 409) counts['other answers'] += 1;
    return await stream.close();
  }
  await stream.close();
  counts.disconnects += 1;
}

async function work(until: number): Promise<void> {
  while (performance.now() < until) {
    const session = pick(sessions);
    const dice = Math.random();
    if (dice < 0.65) await askOnce(session);
    else if (dice < 0.8) await askRepeatedly(session);
    else await askAndLeave(session, dice >= 0.9);
  }
}

/** Reads everything back, as a user would, and compares it with what was promised. */
async function check(session: string): Promise<void> {
  const history: { role: string; content: string; run_id: string; id: string }[] = [];
  for (let after = ''; ; after = `&after=${history.at(-1)?.id}`) {
    const page = await client.get(`/assistant/history?session_id=${session}&order=asc&limit=200${after}`);
    history.push(...page.body);
    if (page.body.length < 200) break;
  }
  const questions = history.filter(({ role }) => role === 'user');
  for (const query of accepted.get(session) ?? []) {
    const found = questions.filter(({ content }) => content === query).length;
    if (found !== 1) violations.push(`"${query}" is in the history ${found} times`);
  }
  for (const [place, message] of history.entries()) {
    if (message.role === 'assistant' && history[place - 1]?.run_id !== message.run_id)
      violations.push(`an answer of run ${message.run_id} does not stand behind its question`);
  }
  for (const { run_id: runId } of questions) {
    const { body } = await client.get(`/runs/${runId}`);
    if (body.status !== 'completed' && body.status !== 'cancelled')
      violations.push(`run ${runId} is ${body.status}: ${body.error?.code}`);
  }
}

async function drain(): Promise<void> {
  const giveUpAt = performance.now() + DRAIN_MS;
  for (const session of sessions) {
    while (performance.now() < giveUpAt) {
      const { body } = await client.get(`/assistant/history?session_id=${session}&limit=1`);
      if (body.length === 0) break;
      const { body: run } = await client.get(`/runs/${body[0].run_id}`);
      if (run.status !== 'running' && run.status !== 'queued') break;
      await sleep(100);
    }
  }
}

const began = performance.now();
await Promise.all(
  Array.from({ length: Number(values.clients) }, () => work(began + Number(values.seconds) * 1_000)),
);
const seconds = (performance.now() - began) / 1_000;
await drain();
for (const session of sessions) await check(session);
const memory = await Promise.all(servers.map(({ pid }) => residentMegabytes(pid)));
for (const server of servers) {
  const code = await server.kill('SIGTERM');
  if (code !== 0) violations.push(`a server ended with ${code}`);
}
await proxy.close();
await fake.close();
await database.drop();
await rm(folder, { recursive: true, force: true });

async function residentMegabytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024);
}

latencies.sort((one, other) => one - other);
const at = (share: number) => Math.round(latencies[Math.floor((latencies.length - 1) * share)] ?? 0);
console.log(
  `${values.clients} clients on ${values.sessions} sessions for ${Math.round(seconds)} s; ${values.replicas} server(s), ${database.url ? 'PostgreSQL' : 'embedded database'}; model 0 to ${LONGEST_MODEL_MS} ms`,
);
console.table({
  ...counts,
  'turns a second': Number(((counts.completed + counts.cancelled) / seconds).toFixed(1)),
  'p50 ms': at(0.5),
  'p95 ms': at(0.95),
  'memory MB': memory.join(', '),
  violations: violations.length,
});
for (const violation of violations.slice(0, 20)) console.error(violation);
process.exitCode = violations.length > 0 ? 1 : 0;
