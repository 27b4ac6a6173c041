import { databaseCheck, eventLoopCheck, folderCheck, migrationsCheck, poolCheck } from './checks.ts';
import { type Check, createReadiness } from './readiness.ts';

interface CheckedServer {
  database: {
    kind: 'embedded' | 'server';
    ping: () => Promise<void>;
    missingMigrations: () => Promise<number>;
    connections: () => { total: number; idle: number; waiting: number };
  };
  /** The folders that are written to: the workspace, and that of the embedded database. */
  workspaceFolder: string;
  dataFolder: string;
  leastFreeMebibytes: number;
  probeModel: Check;
  /** Whether the server takes no more questions, because it is about to end. */
  isStopping: () => boolean;
  /** What is worth a word in the answer, but holds up no traffic. */
  notes?: Record<string, () => string | undefined>;
  onFailure: (error: unknown, check: string) => void;
}

/** All that a question needs, checked from now on until `stop`. */
export function watchReadiness(server: CheckedServer) {
  const { database, leastFreeMebibytes, isStopping, notes = {}, onFailure } = server;
  const pool = poolCheck(database.connections);
  const eventLoop = eventLoopCheck();
  const readiness = createReadiness({
    checks: {
      database: databaseCheck(database),
      migrations: migrationsCheck(database),
      pool: pool.check,
      workspace: folderCheck(server.workspaceFolder, leastFreeMebibytes),
      ...(database.kind === 'embedded' ? { data: folderCheck(server.dataFolder, leastFreeMebibytes) } : {}),
      model: server.probeModel,
      event_loop: eventLoop.check,
    },
    states: { server: () => (isStopping() ? 'the server is stopping' : undefined) },
    notes,
    onFailure,
  });
  const stop = () => {
    pool.stop();
    eventLoop.stop();
  };
  return { readiness, stop };
}
