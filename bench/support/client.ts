import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** Where a question goes, and how. */
export interface Asking {
  url: string;
  headers: Record<string, string>;
  body: object;
}

/** A client that keeps its connections, each of them for one question at a time. */
export function createBenchClient(connections: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'lifo' });

  /** Posts JSON and returns the text of the answer, whose pieces are told as they come. @throws for any status but 200. */
  async function post({ url, headers, body }: Asking, onPiece?: (piece: string) => void): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const sent = request(
      url,
      { method: 'POST', agent, headers: { 'content-type': 'application/json', ...headers } },
      (answer) => {
        if (onPiece) answer.on('data', (piece: Buffer) => onPiece(piece.toString()));
        text(answer).then((body) => {
          if (answer.statusCode === 200) resolve(body);
          else reject(new Error(`${url} answered ${answer.statusCode}: ${body}`));
        }, reject);
      },
    );
    sent.on('error', (error) => reject(new Error(`${url} did not answer`, { cause: error })));
    sent.end(JSON.stringify(body));
    return await promise;
  }

  return { post, close: () => agent.destroy() };
}
