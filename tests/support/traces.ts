import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestApp } from './app.ts';
import type { createClient } from './client.ts';

/** A word that nobody says by chance, and that every reading and stemming leaves as it is. */
export function newMarker(): string {
  return `zq${Math.random().toString(36).slice(2, 10)}7x`;
}

/** Where a word is still found: in which tables, as text or as bytes, and in what is kept of files. */
export async function tracesOf(
  app: Pick<TestApp, 'runSql' | 'workspace'>,
  marker: string,
): Promise<string[]> {
  const tables = await app.runSql(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
  );
  const traces: string[] = [];
  for (const { name } of tables) {
    const rows = await app.runSql(`select t::text as row from ${name} as t`);
    if (rows.some(({ row }) => readings(String(row)).some((text) => text.toLowerCase().includes(marker))))
      traces.push(String(name));
  }
  for (const file of await filesBelow(join(app.workspace, '.tertulia-history')))
    if ((await readFile(file)).includes(marker) || file.includes(marker)) traces.push('.tertulia-history');
  return [...new Set(traces)].toSorted();
}

/** A row as its text, and what its bytes say: those of a paused graph are JSON with more of it in base64. */
function readings(row: string): string[] {
  const bytes = [...row.matchAll(/\\x([0-9a-f]+)/g)].map(([, hex = '']) =>
    Buffer.from(hex, 'hex').toString(),
  );
  const inner = bytes.flatMap((text) =>
    [...text.matchAll(/"base64":"([^"]+)"/g)].map(([, base64 = '']) =>
      Buffer.from(base64, 'base64').toString(),
    ),
  );
  return [row, ...bytes, ...inner];
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** The lines of somebody's export. */
export async function exportOf(client: ReturnType<typeof createClient>) {
  const { status, headers, body } = await client.get('/memory/export');
  // biome-ignore lint/suspicious/noExplicitAny: tests read lines of every kind, as a program without types would
  const lines: any[] = String(body)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  return { status, headers, text: String(body), lines };
}

/** What an export says, without when it was made. */
export async function keptFor(client: ReturnType<typeof createClient>): Promise<string> {
  const { lines } = await exportOf(client);
  return JSON.stringify(lines.slice(1));
}
