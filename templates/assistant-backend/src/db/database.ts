import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

// Add to the end; never change what has been released. A database remembers how many it has.
const MIGRATIONS = [
  `CREATE TABLE messages (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     session TEXT NOT NULL,
     role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
     content TEXT NOT NULL,
     created_at TEXT NOT NULL
   ) STRICT;
   CREATE INDEX messages_by_session ON messages (session, id);`,
  `CREATE TABLE notes (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     text TEXT NOT NULL
   ) STRICT;`,
];

/** Opens the database in a file, or in ":memory:", and brings its tables up to date. */
export function openDatabase(file: string): DatabaseSync {
  if (file !== ":memory:") mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: 5_000 });
  database.exec("PRAGMA journal_mode = WAL");
  const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < version) continue;
    database.exec(`BEGIN; ${migration} PRAGMA user_version = ${index + 1}; COMMIT;`);
  }
  return database;
}
