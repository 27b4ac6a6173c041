import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACROSS_USERS } from './across-users.ts';
import { unfilteredTables } from './user-filter.ts';

/** What is wrong with statements, in sentences, and the names of the exceptions that were needed. */
interface Judgement {
  faults: string[];
  used: string[];
}

/** Judges whether every statement keeps to one user, or is one of those that do not on purpose. */
export async function judgeStatements(
  statements: string[],
  personal: ReadonlySet<string>,
): Promise<Judgement> {
  const judgement: Judgement = { faults: [], used: [] };
  const distinct = new Set(statements.map((statement) => statement.replace(/\s+/g, ' ').trim()));
  for (const statement of distinct) {
    if (![...personal].some((table) => statement.includes(table))) continue;
    // A comment would end with the line that it stands on.
    const original = statements.find((one) => one.replace(/\s+/g, ' ').trim() === statement) ?? statement;
    const tables = (await unfilteredTables(original, personal)).join(', ');
    if (tables === '') continue;
    const exception = ACROSS_USERS.find(({ begins }) => statement.startsWith(begins));
    if (exception?.tables === tables) judgement.used.push(exception.name);
    else if (!isOfMigration(original)) judgement.faults.push(fault(statement, tables));
  }
  return judgement;
}

function fault(statement: string, tables: string): string {
  return (
    `A statement looks at rows of ${tables} without making their user_id equal to a parameter: ${statement.slice(0, 400)}\n` +
    'Give each of these tables `user_id = <the user>` in a condition that every row has to fulfil (or join it on user_id to one that ' +
    'has it). If it is about many users on purpose, add it to tests/support/statements/across-users.ts with the reason. If it is a ' +
    "test's own, send it as ofTest(statement) of tests/support/statements/recorder.ts."
  );
}

/** Migrations change everybody's rows. */
function isOfMigration(statement: string): boolean {
  const files = readdirSync('drizzle').filter((name) => name.endsWith('.sql'));
  return files.some((name) => readFileSync(join('drizzle', name), 'utf8').includes(statement.trim()));
}
