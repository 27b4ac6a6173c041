import pg from 'pg';

const texts = new Set<string>();
const ofTests = new Set<string>();

/** Notes every statement that this process sends to a database from now on, each text once. */
export function recordStatements(): void {
  const { query } = pg.Client.prototype;
  function recorded(this: pg.Client, ...given: unknown[]): unknown {
    const [first] = given;
    const text = typeof first === 'string' ? first : (first as { text?: unknown } | undefined)?.text;
    if (typeof text === 'string') texts.add(text);
    return Reflect.apply(query, this, given);
  }
  pg.Client.prototype.query = recorded as typeof query;
}

/** Says that a statement is a test's own, which may look at everybody's rows; gives it back. */
export function ofTest(statement: string): string {
  ofTests.add(statement);
  return statement;
}

/** The statements of the program that were sent. */
export function recordedStatements(): string[] {
  return [...texts].filter((text) => !ofTests.has(text));
}

/** For a file that speaks to its database itself. */
export function forgetStatements(): void {
  texts.clear();
}
