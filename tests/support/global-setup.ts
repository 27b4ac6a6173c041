import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../src/db/database.ts';
import { providePersonalTables } from './statements/personal-tables.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A migrated, empty database to copy: a folder (embedded), or a database on the server. */
    template: { kind: 'embedded'; dataDir: string } | { kind: 'server'; serverUrl: string; name: string };
  }
}

/** Makes one migrated database for all test files to copy, on the embedded database or on TEST_DATABASE_URL. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const serverUrl = process.env.TEST_DATABASE_URL;
  return serverUrl ? await templateOnServer(project, serverUrl) : await embeddedTemplate(project);
}

async function embeddedTemplate(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tertulia-template-'));
  const reportStatements = await migrateOnce(project, { url: undefined, dataDir });
  project.provide('template', { kind: 'embedded', dataDir });
  return async () => {
    await reportStatements();
    await rm(dataDir, { recursive: true, force: true });
  };
}

async function templateOnServer(project: TestProject, serverUrl: string): Promise<() => Promise<void>> {
  const name = `tertulia_template_${process.pid}`;
  const admin = new pg.Pool({ connectionString: serverUrl, max: 1 });
  // A test may restart the server meanwhile; the pool then connects anew.
  admin.on('error', () => undefined);
  await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const reportStatements = await migrateOnce(project, { url: url.href, dataDir: tmpdir() });
  project.provide('template', { kind: 'server', serverUrl, name });
  return async () => {
    await reportStatements();
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.end();
  };
}

async function migrateOnce(project: TestProject, place: { url: string | undefined; dataDir: string }) {
  const database = await openDatabase({ ...place, poolSize: 1, timeoutMs: 30_000 }, () => undefined);
  const reportStatements = await providePersonalTables(project, database.executor);
  await database.close();
  return reportStatements;
}
