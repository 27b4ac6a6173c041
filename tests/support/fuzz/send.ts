import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Request } from './requests.ts';

/** The longest that any answer may take; a stream of events may go on after STREAM_MS, and is left then. */
const ANSWER_LIMIT_MS = 20_000;
const STREAM_MS = 3_000;

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** Whether it was a stream that we left before its end. */
  left: boolean;
}

/** Sends exactly these bytes, also a path that a browser would tidy up. @throws when no answer comes within the limit. */
export function createSender(url: string, { limitMs = ANSWER_LIMIT_MS } = {}) {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const { hostname, port } = new URL(url);

  function send({ method, target, headers, body }: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': String(body.length) };
      const sent = httpRequest({
        agent,
        hostname,
        port,
        method,
        path: target,
        headers: { ...headers, ...length },
      });
      const timer = setTimeout(() => {
        reject(new Error(`no whole answer within ${limitMs} ms`));
        sent.destroy();
      }, limitMs);
      sent.on('error', (error) => {
        clearTimeout(timer);
        reject(new Error(`the connection broke off without an answer: ${error.message}`));
      });
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        const { statusCode: status = 0, headers: given } = response;
        const finish = (left: boolean) => {
          clearTimeout(timer);
          resolve({ status, headers: given, text: Buffer.concat(chunks).toString(), left });
        };
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => finish(false));
        response.on('error', () => undefined);
        if (given['content-type']?.includes('text/event-stream')) {
          setTimeout(() => {
            finish(true);
            sent.destroy();
          }, STREAM_MS).unref();
        }
      });
      sent.end(body);
    });
  }

  return { send, close: () => agent.destroy() };
}

/** The request as a line to repeat it with. */
export function curlLine(url: string, { method, target, headers, body }: Request): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const given = Object.entries(headers).map(
    ([name, value]) => `-H ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`,
  );
  const data =
    body === undefined ? [] : [`--data-binary @<(printf %s ${quoted(body.toString('base64'))} | base64 -d)`];
  return [
    'curl --path-as-is -i',
    method === 'HEAD' ? '--head' : `-X ${method}`,
    ...given,
    ...data,
    quoted(`${url}${target}`),
  ].join(' ');
}
