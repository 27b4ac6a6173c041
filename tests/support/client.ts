import { refuseSecrets } from './watched-secrets.ts';

/** An answer over HTTP, its body read as JSON where it is JSON. */
export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape, as a client without types would
  body: any;
}

/** The calls that tests make, over a real socket; `common` headers go with each. */
export function createClient(url: string, common: Record<string, string> = {}) {
  async function call(
    method: string,
    path: string,
    options: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const isJson = options.body !== undefined && !(options.body instanceof Uint8Array);
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...(isJson ? { 'content-type': 'application/json' } : {}), ...common, ...options.headers },
      ...(options.body === undefined
        ? {}
        : { body: isJson ? JSON.stringify(options.body) : (options.body as Uint8Array<ArrayBuffer>) }),
    });
    const text = await response.text();
    refuseSecrets(`The answer to ${method} ${path}`, text);
    const type = response.headers.get('content-type') ?? '';
    return {
      status: response.status,
      headers: response.headers,
      body: type.includes('json') && !type.includes('ndjson') && text ? JSON.parse(text) : text,
    };
  }

  return {
    call,
    get: (path: string, headers: Record<string, string> = {}) => call('GET', path, { headers }),
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      call('POST', path, { body, headers }),
    ask: (query: string, more: object = {}, headers: Record<string, string> = {}) =>
      call('POST', '/assistant/ask', { body: { query, ...more }, headers }),
  };
}
