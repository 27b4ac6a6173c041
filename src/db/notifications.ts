import pg from 'pg';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** A connection over which nothing comes any more is found dead this soon. */
const KEEP_ALIVE_MS = 10_000;

/** Told each payload; undefined when a connection is new, so that some may have been missed. */
export type NotificationListener = (payload: string | undefined) => void;

interface ListenSettings {
  url: string;
  channel: string;
  timeoutMs: number;
  onLost: (error: Error) => void;
}

/**
 * Listens to a channel of a PostgreSQL server (LISTEN) over one connection of its own, which is opened anew whenever it is lost.
 * It needs a connection that stays with one backend: PgBouncer in transaction mode does not do.
 */
export function listen(settings: ListenSettings, listener: NotificationListener): () => Promise<void> {
  const { url, channel, timeoutMs, onLost } = settings;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  let isClosed = false;

  async function connect(): Promise<void> {
    const opened = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: timeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      application_name: 'tertulia listener',
    });
    client = opened;
    let isLost = false;
    const lose = (error: Error) => {
      if (isLost || isClosed) return;
      isLost = true;
      onLost(error);
      opened.end().catch(() => undefined);
      timer = setTimeout(connectAgain, pauseMs);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    };
    opened.on('error', lose);
    opened.on('end', () => lose(new Error('the connection was closed')));
    opened.on('notification', ({ payload }) => listener(payload));
    try {
      await opened.connect();
      await opened.query(`LISTEN ${opened.escapeIdentifier(channel)}`);
      pauseMs = FIRST_PAUSE_MS;
      listener(undefined);
    } catch (error) {
      lose(error instanceof Error ? error : new Error(String(error)));
    }
  }

  function connectAgain(): void {
    void connect();
  }

  connectAgain();
  return async () => {
    isClosed = true;
    clearTimeout(timer);
    await client?.end().catch(() => undefined);
  };
}
