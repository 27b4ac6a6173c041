import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { WITHOUT_LIMITS } from '../../tests/support/limits.ts';
import type { Asking } from './client.ts';
import { type Program, startProgram } from './programs.ts';

/** As many calls as a load has connections; a model that answers at once would otherwise be waited for. */
const MODEL_PLACES = '512';

/** Where the measured programs keep their data: PostgreSQL at an URL, each in a database of its own, or embedded, each in a folder. */
export interface Place {
  kind: 'embedded' | 'PostgreSQL';
  /** What a program is told of it. */
  env: (name: string) => Promise<{ DATA_DIR: string; DATABASE_URL?: string }>;
  remove: () => Promise<void>;
}

/** A place for what one run of the bench stores; all of it goes at the end. */
export async function makePlace(serverUrl: string | undefined): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'tertulia-bench-'));
  const admin = serverUrl === undefined ? undefined : new pg.Pool({ connectionString: serverUrl, max: 1 });
  const made: string[] = [];
  return {
    kind: admin ? 'PostgreSQL' : 'embedded',
    env: async (name) => {
      const DATA_DIR = join(folder, name);
      if (!admin || serverUrl === undefined) return { DATA_DIR };
      const database = `tertulia_bench_${process.pid}_${name}`;
      await admin.query(`CREATE DATABASE ${database}`);
      made.push(database);
      const url = new URL(serverUrl);
      url.pathname = `/${database}`;
      return { DATA_DIR, DATABASE_URL: url.href };
    },
    remove: async () => {
      for (const database of made) await admin?.query(`DROP DATABASE ${database} WITH (FORCE)`);
      await admin?.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function startModel(): Promise<Program> {
  return await startProgram('bench/model-server.ts', {});
}

export async function startFloor(place: Place, model: Program): Promise<Program> {
  return await startProgram('bench/floor.ts', { ...(await place.env('floor')), MODEL_URL: model.url });
}

/** Our server, as people run it, but without limits that a load would meet. */
export async function startOurs(place: Place, model: Program, name = 'ours'): Promise<Program> {
  return await startOursOn(await place.env(name), model);
}

/** The same on a database that may be there already. */
export async function startOursOn(
  env: { DATA_DIR: string; DATABASE_URL?: string },
  model: Program,
): Promise<Program> {
  return await startProgram('src/server.ts', {
    ...WITHOUT_LIMITS,
    ...env,
    PORT: '0',
    LOG_LEVEL: 'warn',
    WORKSPACE_DIR: join(env.DATA_DIR, 'workspace'),
    OPENAI_BASE_URL: `${model.url}/v1`,
    OPENAI_API_KEY: 'bench',
    CHAT_MODEL: 'bench-chat',
    EMBEDDING_MODEL: 'bench-embed',
    MODEL_MAX_CONCURRENCY: MODEL_PLACES,
  });
}

/** Asks our server as its users' own service would: with a key that may speak for each of them. */
export async function serviceOf(server: Program): Promise<(user: string, body: object) => Asking> {
  const admin = await makeKey(server, { user: 'bench', role: 'admin' }, {});
  const service = await makeKey(server, { user: 'bench', role: 'service' }, bearer(admin));
  return (user, body) => ({
    url: `${server.url}/assistant/ask`,
    headers: { ...bearer(service), 'x-user-id': user },
    body,
  });
}

async function makeKey(server: Program, body: object, headers: Record<string, string>): Promise<string> {
  const answer = await fetch(`${server.url}/admin/keys`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const { key } = (await answer.json()) as { key?: string };
  if (key === undefined) throw new Error(`a key could not be made: ${answer.status}`);
  return key;
}

function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}
