import pg from 'pg';

// Loaded before a measured program: counts the statements that it sends, and tells the count for SIGWINCH (SIGUSR2 ends our server).

/** They say where others begin and end. */
const FRAME = /^\s*(begin|commit|rollback)\b/i;

let statements = 0;
const query = pg.Client.prototype.query;
pg.Client.prototype.query = function counted(this: pg.Client, ...args: unknown[]) {
  const [first] = args as [string | { text?: string }];
  const text = typeof first === 'string' ? first : (first.text ?? '');
  if (!FRAME.test(text)) statements += 1;
  return Reflect.apply(query, this, args);
} as typeof query;

process.on('SIGWINCH', () => console.log(`statements ${statements} so far`));
