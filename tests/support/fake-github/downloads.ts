import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { closed, listening } from './sockets.ts';

/** Files behind addresses that are their own password, on another origin than the API, as GitHub keeps its logs. */
export interface Downloads {
  /** The address of a file. */
  offer(content: Buffer, type: string): string;
  close(): Promise<void>;
}

/** Starts the server; a token that is sent to it is a violation, since there it is somebody else's. */
export async function startDownloads(violations: string[]): Promise<Downloads> {
  const files = new Map<string, { content: Buffer; type: string }>();
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? '');
    if (request.headers.authorization !== undefined) violations.push('a token was sent to the file storage');
    if (!file) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': file.type }).end(file.content);
  });
  const origin = await listening(server);
  return {
    offer: (content, type) => {
      const path = `/${randomUUID()}`;
      files.set(path, { content, type });
      return `${origin}${path}`;
    },
    close: () => closed(server),
  };
}
