import { once } from 'node:events';
import { connect } from 'node:net';

/** A server-sent event. */
export interface StreamEvent {
  /** The last id that the stream has named up to here, as in a browser; undefined before the first one. */
  id: string | undefined;
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read events of every shape, as a client without types would
  data: any;
  /** The event's lines as they were sent, with the closing blank line and without comments. */
  raw: string;
}

interface RequestOptions {
  /** GET, or POST where there is a body. */
  method?: string;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

interface SlowRequestOptions extends RequestOptions {
  bytesPerSecond: number;
}

/** How often a slow reader takes its share of a second. */
const READS_PER_SECOND = 20;

/**
 * Reads a stream of events with LF line ends as the HTML standard says (9.2.6), whatever pieces it arrives in, and gives each
 * event to `deliver`. `push` throws when the data of an event is not JSON.
 */
export function createEventParser(deliver: (event: StreamEvent) => void) {
  const decoder = new TextDecoder();
  const seen = { text: '', comments: 0 };
  let rest = '';
  let lastId: string | undefined;
  let type = '';
  let data: string[] = [];
  let raw = '';

  function push(bytes: Uint8Array): void {
    const text = decoder.decode(bytes, { stream: true });
    seen.text += text;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) readLine(line);
  }

  function readLine(line: string): void {
    if (line.startsWith(':')) {
      seen.comments += 1;
      return;
    }
    raw += `${line}\n`;
    if (line === '') {
      dispatch();
      return;
    }
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === 'event') type = value;
    if (name === 'data') data.push(value);
    if (name === 'id' && !value.includes('\0')) lastId = value;
  }

  function dispatch(): void {
    const block = { raw, event: type || 'message', text: data.join('\n'), hasData: data.length > 0 };
    raw = '';
    type = '';
    data = [];
    if (!block.hasData) return;
    deliver({ id: lastId, event: block.event, data: parseData(block.text), raw: block.raw });
  }

  return { push, seen };
}

function parseData(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`the data of an event is not JSON: ${text}`, { cause });
  }
}

/**
 * Asks for a stream of events and reads it as it arrives, whether or not anybody takes the events. `events` can be left and
 * taken up again; it ends with the stream, and throws where the stream breaks off or `signal` aborts it.
 */
export async function openEvents(url: string, options: RequestOptions = {}) {
  const closing = new AbortController();
  const signals = options.signal ? [closing.signal, options.signal] : [closing.signal];
  const { method, headers, body } = requestParts(options);
  const response = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.any(signals),
  });
  const queue: StreamEvent[] = [];
  const parser = createEventParser((event) => queue.push(event));
  let failure: { error: unknown } | undefined;
  let hasEnded = false;
  let news = Promise.withResolvers<void>();
  const announce = () => {
    news.resolve();
    news = Promise.withResolvers();
  };

  async function read(): Promise<void> {
    try {
      for await (const bytes of response.body ?? []) {
        parser.push(bytes);
        announce();
      }
    } catch (error) {
      // Kept for whoever takes the events; an end of our own making is no failure.
      if (!closing.signal.aborted) failure = { error };
    }
    hasEnded = true;
    announce();
  }

  async function next(): Promise<IteratorResult<StreamEvent>> {
    for (;;) {
      const event = queue.shift();
      if (event) return { done: false, value: event };
      if (failure) throw failure.error;
      if (hasEnded) return { done: true, value: undefined };
      await news.promise;
    }
  }

  const reading = read();
  const events: AsyncIterable<StreamEvent> = { [Symbol.asyncIterator]: () => ({ next }) };
  return {
    response,
    events,
    /** All text that was received so far, comments included. */
    bytes: () => parser.seen.text,
    get comments() {
      return parser.seen.comments;
    },
    close: async (): Promise<void> => {
      closing.abort();
      await reading;
    },
  };
}

/** All events until the stream ends; throws when the answer is something else, or breaks off. */
export async function collectEvents(url: string, options: RequestOptions = {}): Promise<StreamEvent[]> {
  const { response, events, bytes } = await openEvents(url, options);
  const collected = await Array.fromAsync(events);
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) return collected;
  throw new Error(`no stream of events but ${response.status}: ${bytes()}`);
}

function requestParts({ method, body, headers = {} }: RequestOptions) {
  const hasBody = body !== undefined;
  return {
    method: method ?? (hasBody ? 'POST' : 'GET'),
    headers: {
      accept: 'text/event-stream',
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    body: hasBody ? JSON.stringify(body) : undefined,
  };
}

/**
 * Reads an answer at most so many bytes a second, its head included, and returns the body's text. In between it takes nothing
 * from the socket, so that only the kernel's buffers (up to some MB on loopback) stand between the two programs. Throws when
 * the answer breaks off or `signal` aborts it.
 */
export async function slowRead(url: string, options: SlowRequestOptions): Promise<string> {
  const { bytesPerSecond, signal } = options;
  const { hostname, port, host, pathname, search } = new URL(url);
  const { method, headers, body = '' } = requestParts(options);
  const pieces: Buffer[] = [];
  let pause: NodeJS.Timeout | undefined;
  const socket = connect({
    host: hostname,
    port: Number(port),
    ...(signal ? { signal } : {}),
    // A buffer of our own is the one way to have Node read less than 64 kB at once.
    onread: {
      buffer: Buffer.alloc(Math.max(1, Math.floor(bytesPerSecond / READS_PER_SECOND))),
      callback: (length, bytes) => {
        pieces.push(Buffer.from(bytes.subarray(0, length)));
        pause = setTimeout(() => socket.resume(), Math.ceil((length / bytesPerSecond) * 1_000));
        // Stops the reading until then.
        return false;
      },
    },
  });
  const head = { ...headers, host, connection: 'close', 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
  try {
    await once(socket, 'end');
  } finally {
    clearTimeout(pause);
    socket.destroy();
  }
  return bodyOf(Buffer.concat(pieces)).toString();
}

/** The body of an answer after which the connection was closed. */
function bodyOf(answer: Buffer): Buffer {
  const headEnd = answer.indexOf('\r\n\r\n');
  if (headEnd < 0) throw new Error('the answer was cut off in its head');
  const head = answer.toString('latin1', 0, headEnd);
  const body = answer.subarray(headEnd + 4);
  if (/^transfer-encoding: *chunked/im.test(head)) return joinChunks(body);
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length !== undefined && Number(length) !== body.length) throw new Error('the answer was cut off');
  return body;
}

function joinChunks(body: Buffer): Buffer {
  const chunks: Buffer[] = [];
  let position = 0;
  for (;;) {
    const lineEnd = body.indexOf('\r\n', position);
    const length = Number.parseInt(body.toString('latin1', position, lineEnd), 16);
    if (lineEnd < 0 || Number.isNaN(length)) throw new Error('the answer was cut off between two chunks');
    if (length === 0) return Buffer.concat(chunks);
    const start = lineEnd + 2;
    position = start + length + 2;
    if (position > body.length) throw new Error('the answer was cut off in a chunk');
    chunks.push(body.subarray(start, start + length));
  }
}
