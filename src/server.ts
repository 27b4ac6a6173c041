import { enableCompileCache } from 'node:module';
import { type Config, readConfig } from './config.ts';
import { StartupError } from './errors.ts';
import type { Services } from './services.ts';

// What is imported from here on is compiled once for all starts, which saves a quarter of the time that a start takes.
enableCompileCache();

/** What the end may take beyond the time of running turns: to store what became of them, let connections drain and close the database. */
const END_MS = 17_000;

async function start(): Promise<void> {
  const config = readConfig(process.env);
  const [{ makeLogger }, { openDatabase }] = await Promise.all([
    import('./logging/logger.ts'),
    import('./db/database.ts'),
  ]);
  const logger = makeLogger(config.logLevel);
  // The database opens while the rest of the program is being read.
  const [database, { createServices }, { buildApp }, { default: closeWithGrace }] = await Promise.all([
    openDatabase(config.database, (error) =>
      logger.warn({ err: error }, 'an idle database connection was lost'),
    ),
    import('./services.ts'),
    import('./app.ts'),
    import('close-with-grace'),
  ]);
  const services = await createServices(config, { database, log: logger }).catch(async (error: unknown) => {
    // An open database would keep the process from ending.
    await database.close();
    throw error;
  });
  const app = await buildApp(services, { logger, streamHeartbeatMs: config.streamHeartbeatMs });
  closeWithGrace({ delay: config.shutdownTimeoutMs + END_MS, logger }, async ({ err }) => {
    if (err) logger.fatal({ err }, 'the server ends after a failure');
    // While turns end, new ones are refused with an answer, and everything else goes on.
    await services.stopTurns();
    await app.close();
    await services.close();
  });
  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (error) {
    await services.close();
    throw listenFailure(config, error);
  }
  const address = app.server.address();
  greet(config, services, typeof address === 'object' && address ? address.port : config.port);
}

function listenFailure({ host, port }: Config, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') {
    return new StartupError(
      `PORT got ${port}, which another program on ${host} is using; it takes a free port (0 picks one).`,
    );
  }
  if (code === 'EACCES')
    return new StartupError(`PORT got ${port}, which this user may not open; it takes one above 1023.`);
  return cause;
}

function greet({ host }: Config, { database, models, identity }: Services, port: number): void {
  const key = identity.wasOpen() ? '' : " -H 'Authorization: Bearer <your API key>'";
  const address = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  console.log(`
Tertulia is ready at ${address}  (API reference: ${address}/docs)
  database    ${database.description}
  chat        ${models.chat === 'offline' ? 'offline (built in, no language model; set OPENAI_API_KEY or OPENAI_BASE_URL for one)' : models.chat}
  embeddings  ${models.embedding}

Try it:
  curl ${address}/assistant/ask${key} --json '{"query":"My dog is called Luna"}'
`);
}

try {
  await start();
} catch (error) {
  console.error(await toldOf(error));
  // What was opened before the failure, such as the connection to Redis, would keep a process alive that serves nobody.
  process.exit(1);
}

/** A failed statement is told without its parameters, which can be what people said: what is written here ends in a log, too. */
async function toldOf(error: unknown): Promise<unknown> {
  if (error instanceof StartupError) return `Tertulia did not start: ${error.message}`;
  for (let one = error; one instanceof Error; one = one.cause) {
    if (!('params' in one)) continue;
    const { errorRecord } = await import('./logging/error-record.ts');
    return JSON.stringify(errorRecord(error));
  }
  return error;
}
