import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyRequest } from 'fastify';
import type { DestinationStream } from 'pino';
import type { Agent } from '../../src/agents/agent.ts';
import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/database.ts';
import { ROLES, type Role } from '../../src/db/identity-schema.ts';
import type { GitHub } from '../../src/github/github.ts';
import { makeLogger } from '../../src/logging/logger.ts';
import { createServices } from '../../src/services.ts';
import { createClient } from './client.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { WITHOUT_LIMITS } from './limits.ts';
import { withRouteList } from './route-list.ts';
import { ofTest } from './statements/recorder.ts';
import { isWatching, refuseSecrets } from './watched-secrets.ts';

/** Names the user of a request in tests, where there are many. */
export const TEST_USER_HEADER = 'x-test-user';
/** Gives that user another role than `user`. */
export const TEST_ROLE_HEADER = 'x-test-role';

interface TestAppOptions {
  env?: Record<string, string>;
  database?: TestDatabase;
  moreAgents?: Agent[];
  /** Another way to GitHub, such as one that does not keep its pace. */
  github?: GitHub;
  /** `real`: users come by keys and tokens, as in production, and not by the header. */
  identity?: 'real' | undefined;
  /** Told of what a limit refused. */
  onRefused?: (limit: string) => void;
  /** Where the log goes. */
  logTo?: DestinationStream;
}

/** A whole server in this process, listening on a real socket, with a database and a workspace of its own. */
export async function startTestApp(options: TestAppOptions = {}) {
  const { env = {}, database: given, moreAgents = [], github, onRefused, logTo } = options;
  const database = given ?? (await createTestDatabase());
  const workspace = await mkdtemp(join(tmpdir(), 'tertulia-workspace-'));
  const config = readConfig({
    LOG_LEVEL: 'silent',
    WORKSPACE_DIR: workspace,
    PORT: '0',
    ...WITHOUT_LIMITS,
    ...database.env,
    ...env,
  });
  let logged = '';
  const stream = {
    write(line: string) {
      logged += isWatching() ? line : '';
      logTo?.write(line);
    },
  };
  const logger = makeLogger(config.logLevel, stream);
  const opened = await openDatabase(config.database, () => undefined);
  const services = await createServices(config, {
    ...{ database: opened, moreAgents, github, log: logger },
    ...(onRefused ? { onRefused } : {}),
  });
  const { app, routes } = await withRouteList(() =>
    buildApp(services, {
      logger,
      streamHeartbeatMs: config.streamHeartbeatMs,
      ...(options.identity === 'real' ? {} : { identify: identifyByHeader }),
    }),
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('the test server has no port');
  const url = `http://127.0.0.1:${address.port}`;

  async function stop(): Promise<void> {
    await services.stopTurns();
    await app.close();
    if (isWatching()) refuseSecrets('The database', await everythingKept());
    await services.close();
    refuseSecrets('The log', logged);
    await rm(workspace, { recursive: true, force: true });
    if (!given) await database.drop();
  }
  /** All rows of all tables, sealed columns included, as texts. */
  async function everythingKept(): Promise<string> {
    const tables = await runSql(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
    );
    const kept: unknown[] = [];
    for (const { name } of tables) kept.push(await runSql(`select t::text as row from ${name} as t`));
    return JSON.stringify(kept);
  }
  /** Runs SQL on the server's own database, to put it into a state that takes long to come to. */
  async function runSql(statement: string): Promise<Record<string, unknown>[]> {
    return (await opened.executor.execute(ofTest(statement))).rows;
  }
  /** An API key, and the headers that show it. */
  async function makeKey(wanted: { user: string; role: Role }) {
    const { id, key } = await services.identity.keys.create(wanted);
    return { id, key, headers: { authorization: `Bearer ${key}` } };
  }
  /** How many connections the server has at the moment. */
  async function connections(): Promise<number> {
    return await new Promise((resolve, reject) =>
      app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  }
  return {
    ...createClient(url),
    /** Every route, also those that OpenAPI does not show. */
    routes,
    ...{ url, makeKey, services, config, workspace, database, runSql, everythingKept, connections, stop },
  };
}

export type TestApp = Awaited<ReturnType<typeof startTestApp>>;

function identifyByHeader({ headers }: FastifyRequest) {
  const role = ROLES.find((one) => one === headers[TEST_ROLE_HEADER]) ?? 'user';
  return { id: String(headers[TEST_USER_HEADER] ?? 'local'), role };
}
