import { isMainThread } from 'node:worker_threads';
import type { Client } from 'pg';

// Preloaded into a real server process (`node --import ./tests/support/fault.ts src/server.ts`) to end it at an exact step.
// Without the environment variable TEST_FAULT, which holds a `Fault` as JSON, it does nothing.

/** What goes wrong, and at which statement. */
export interface Fault {
  /** Instead of sending the statement, or as soon as it has succeeded and before anyone is told. */
  when: 'before' | 'after';
  /**
   * Source of a regular expression (flags `is`) that is looked for in the SQL, a newline and the JSON of its parameters.
   * Migrations are looked at as well.
   */
  statement: string;
  /** Which of the statements that match; from 1, which is the default. */
  occurrence?: number;
  /**
   * `kill` ends the process as SIGKILL does. `cut` destroys the connection and lets everything go on. The embedded database has
   * no connection: there a statement that is cut `before` is carried out all the same, and what is asked of that client from
   * then on gets no answer until the statement's time limit.
   */
  action: 'kill' | 'cut';
}

type Callback = (error: unknown, result?: unknown) => void;

/** A statement as it was given to `query`, in whichever of its forms. */
interface Statement {
  config: object;
  text: string;
  values: unknown[] | undefined;
  callback: Callback | undefined;
}

const planned = process.env.TEST_FAULT;
// The embedded database's thread is preloaded with this file too, and has no client.
if (planned && isMainThread) {
  const { default: pg } = await import('pg');
  // Written by a test, which checks it against this type.
  armFault(pg.Client.prototype, JSON.parse(planned) as Fault);
}

/** Makes the clients of this prototype fail as planned. */
export function armFault(
  prototype: Pick<Client, 'query'>,
  { when, statement, occurrence = 1, action }: Fault,
): void {
  const pattern = new RegExp(statement, 'is');
  // `query` has a dozen overloads, all of which this stands for.
  const query = prototype.query as (this: Client, ...given: unknown[]) => unknown;
  let matches = 0;

  function isTheOne({ text, values = [] }: Statement): boolean {
    if (!pattern.test(`${text}\n${toJson(values)}`)) return false;
    matches += 1;
    return matches === occurrence;
  }

  function strike(client: Client): void {
    if (action === 'kill') {
      // The signal is delivered before the call returns: nothing runs after it.
      process.kill(process.pid, 'SIGKILL');
      return;
    }
    // `connection` is missing from the driver's types.
    const { connection } = client as Client & { connection?: { stream?: { destroy?: () => void } } };
    connection?.stream?.destroy?.();
  }

  /** The driver calls back in the moment in which the result is complete, before it sends the next statement. */
  function strikeAfter(client: Client, { config, values, callback }: Statement): unknown {
    const result = Promise.withResolvers<unknown>();
    const answer = callback ?? ((error, rows) => (error ? result.reject(error) : result.resolve(rows)));
    query.call(client, config, values, (error: unknown, rows: unknown) => {
      if (!error) strike(client);
      answer(error, rows);
    });
    return callback ? undefined : result.promise;
  }

  function faultyQuery(this: Client, ...given: unknown[]): unknown {
    const found = readStatement(given);
    if (!found || !isTheOne(found)) return query.apply(this, given);
    if (when === 'after') return strikeAfter(this, found);
    strike(this);
    return query.apply(this, given);
  }
  Object.assign(prototype, { query: faultyQuery });
}

/** Undefined for what is no plain statement, such as a cursor that submits itself. */
function readStatement([config, second, third]: unknown[]): Statement | undefined {
  const callback = [second, third].find((given) => typeof given === 'function') as Callback | undefined;
  const values = Array.isArray(second) ? second : undefined;
  if (typeof config === 'string') return { config: { text: config }, text: config, values, callback };
  if (typeof config !== 'object' || config === null || 'submit' in config || 'callback' in config)
    return undefined;
  if (!('text' in config) || typeof config.text !== 'string') return undefined;
  const own = 'values' in config && Array.isArray(config.values) ? config.values : undefined;
  return { config, text: config.text, values: values ?? own, callback };
}

function toJson(values: unknown[]): string {
  return JSON.stringify(values, (_name, value) => (typeof value === 'bigint' ? String(value) : value));
}
