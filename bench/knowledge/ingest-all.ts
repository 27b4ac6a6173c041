import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { createClient } from '../../tests/support/client.ts';

const ROOT = `${import.meta.dirname}/../..`;
const PATTERN = '**/*.md';
/** Where the command puts what is outside of the workspace. */
export const PREFIX = 'library/node_modules/';

type Client = ReturnType<typeof createClient>;

/** What the command did. */
export interface Ingested {
  files: number;
  chunks: number;
  megabytes: number;
  failed: { path: string; reason: string }[];
  seconds: number;
  exitCode: number;
}

/** Runs `npm run ingest -- node_modules --pattern '**\/*.md'` against a server. */
export async function ingestAll(client: Client, env: Record<string, string>): Promise<Ingested> {
  const started = performance.now();
  const command = spawn(process.execPath, ['src/ingest.ts', 'node_modules', '--pattern', PATTERN], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [exitCode] = await once(command, 'exit');
  const seconds = (performance.now() - started) / 1_000;
  const documents = await listDocuments(client);
  return {
    files: documents.length,
    chunks: documents.reduce((sum, { chunks }) => sum + chunks, 0),
    megabytes: documents.reduce((sum, { size }) => sum + size, 0) / 1e6,
    failed: documents
      .filter(({ state }) => state === 'failed')
      .map(({ path, fault }) => ({ path, reason: fault?.detail ?? '' })),
    seconds,
    exitCode: Number(exitCode),
  };
}

interface Document {
  path: string;
  state: string;
  size: number;
  chunks: number;
  fault: { detail: string } | null;
}

async function listDocuments(client: Client): Promise<Document[]> {
  const documents: Document[] = [];
  let page: string | undefined = '/file-consultant/documents?limit=100';
  while (page !== undefined) {
    const { body, headers } = await client.get(page);
    documents.push(...body);
    page = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];
  }
  return documents;
}
