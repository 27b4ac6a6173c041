import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request to import, as it came. */
interface ImportRequest {
  url: string;
  headers: IncomingHttpHeaders;
  lines: string[];
  bytes: number;
}

/** Answers one request in another way than to store its lines. */
export type Refusal = (response: ServerResponse) => void | Promise<void>;

/** Answers with a problem document. */
export function problem(status: number, body: object, headers: Record<string, string> = {}): Refusal {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
    response.end(JSON.stringify(body));
  };
}

/**
 * Stands in for the server's `POST /memory/import`, for one test: knows each line that it has had, and refuses those
 * that are not JSON or have the content "bad". Each refusal is used once, in order, before lines are stored.
 */
export async function startImportStub(refusals: Refusal[] = []) {
  const requests: ImportRequest[] = [];
  const stored = new Set<string>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const lines = body.toString().split('\n').slice(0, -1);
    requests.push({ url: request.url ?? '', headers: request.headers, lines, bytes: body.length });
    const refusal = refusals.shift();
    if (refusal) await refusal(response);
    if (response.headersSent || response.destroyed) return;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(store(lines)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });

  function store(lines: string[]) {
    const errors = lines.flatMap((line, index) => {
      const detail = faultOf(line);
      return detail ? [{ line: index + 1, detail }] : [];
    });
    const good = lines.filter((line) => !faultOf(line));
    const fresh = good.filter((line) => !stored.has(line));
    for (const line of fresh) stored.add(line);
    return { imported: fresh.length, skipped: good.length - fresh.length, errors };
  }

  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, stored };
}

function faultOf(line: string): string | undefined {
  try {
    return JSON.parse(line).content === 'bad' ? 'content is bad' : undefined;
  } catch {
    return 'is not JSON';
  }
}
