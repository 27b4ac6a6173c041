import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTestDatabase } from './support/database.ts';
import {
  collectEvents,
  createEventParser,
  openEvents,
  type StreamEvent,
  slowRead,
} from './support/event-stream.ts';
import { armFault, type Fault } from './support/fault.ts';
import { startProcess } from './support/process.ts';
import { startProxy } from './support/proxy.ts';

const LIMIT_MS = 20_000;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(handler: Handler): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function proxyTo(targets: string[]) {
  const proxy = await startProxy(targets);
  onTestFinished(() => proxy.close());
  return proxy;
}

/** The address of a server that is no more. */
async function refusingTarget(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

async function readText(url: string, options: RequestInit = {}): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS), ...options });
  return await response.text();
}

/** Asks, and reads the first piece of the answer. */
async function startReading(url: string) {
  const reader = (await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) })).body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('half');
  return { readOn: async () => await reader?.read() };
}

describe('the proxy', () => {
  it('gives each request to the next target in turn', async () => {
    const targets = await Promise.all(
      ['a', 'b', 'c'].map((name) => serve((_, response) => response.end(name))),
    );
    const proxy = await proxyTo(targets);
    const texts: string[] = [];
    for (let count = 0; count < 5; count += 1) texts.push(await readText(proxy.url));
    expect(texts.join('')).toBe('abcab');
    expect(proxy.servedBy.map((target) => targets.indexOf(target))).toEqual([0, 1, 2, 0, 1]);
    proxy.setTargets(targets.slice(2));
    expect(await readText(proxy.url)).toBe('c');
  });

  it('passes on everything but the host, which is the target’s own', async () => {
    const target = await serve((request, response) => {
      const { method, url, headers } = request;
      response.writeHead(418, [
        ['set-cookie', 'one=1'],
        ['set-cookie', 'two=2'],
      ]);
      response.end(JSON.stringify({ method, url, host: headers.host, key: headers['idempotency-key'] }));
    });
    const proxy = await proxyTo([target]);
    const headers = { 'idempotency-key': 'k' };
    const response = await fetch(`${proxy.url}/a%2F..%2Fb?c=d`, { method: 'DELETE', headers });
    expect(response.status).toBe(418);
    expect(response.headers.getSetCookie()).toEqual(['one=1', 'two=2']);
    const { host } = new URL(target);
    expect(await response.json()).toEqual({ method: 'DELETE', url: '/a%2F..%2Fb?c=d', host, key: 'k' });
  });

  it('streams both heads and both bodies', async () => {
    const target = await serve((request, response) => {
      response.flushHeaders();
      request.pipe(response);
    });
    const options = { method: 'POST', signal: AbortSignal.timeout(LIMIT_MS) };
    const request = openRequest((await proxyTo([target])).url, options);
    request.flushHeaders();
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    const pieces = answer.setEncoding('utf8')[Symbol.asyncIterator]();
    request.write('one');
    expect((await pieces.next()).value).toBe('one');
    request.end('two');
    expect((await pieces.next()).value).toBe('two');
    expect((await pieces.next()).done).toBe(true);
  });

  it('goes on to the next target where one refuses, and answers 502 where all do', async () => {
    const refusing = await refusingTarget();
    const alive = await serve((request, response) => request.pipe(response));
    const proxy = await proxyTo([refusing, alive]);
    for (const body of ['first', 'second'])
      expect(await readText(proxy.url, { method: 'POST', body })).toBe(body);
    expect(proxy.servedBy).toEqual([alive, alive]);
    proxy.setTargets([refusing, refusing]);
    const response = await fetch(proxy.url, { method: 'POST', body: 'third' });
    expect(response.status).toBe(502);
    expect(await response.json()).toEqual({ error: 'no target accepts connections' });
    expect(proxy.servedBy).toHaveLength(2);
  });

  it('breaks the client’s connection when the target dies in the middle of its answer', async () => {
    const answering = Promise.withResolvers<ServerResponse>();
    const dying = await serve((_, response) => {
      response.write('half');
      answering.resolve(response);
    });
    const proxy = await proxyTo([dying, await serve((_, response) => response.end('whole'))]);
    const { readOn } = await startReading(proxy.url);
    (await answering.promise).destroy();
    await expect(readOn()).rejects.toThrow('terminated');
    expect(proxy.servedBy).toEqual([dying]);
  });

  it('gives a request to no second target once the first one has it', async () => {
    const dying = await serve((request) => request.socket.destroy());
    const proxy = await proxyTo([dying, await serve((_, response) => response.end('whole'))]);
    await expect(readText(proxy.url, { method: 'POST', body: 'once' })).rejects.toThrow('fetch failed');
    expect(proxy.servedBy).toEqual([dying]);
  });

  it.each(['before', 'in the middle of'])(
    'leaves the target when the client leaves %s the answer',
    async (when) => {
      const asked = Promise.withResolvers<void>();
      const left = Promise.withResolvers<void>();
      const target = await serve((_, response) => {
        response.once('close', () => left.resolve());
        if (when !== 'before') response.write('half');
        asked.resolve();
      });
      const request = openRequest((await proxyTo([target])).url)
        .on('error', () => undefined)
        .end();
      await (when === 'before' ? asked.promise : once(request, 'response'));
      request.destroy();
      await left.promise;
    },
  );

  it('cuts every open exchange on both sides, and goes on', async () => {
    const left = Promise.withResolvers<void>();
    const answerHalf: Handler = (_, response) => void response.once('close', left.resolve).write('half');
    const proxy = await proxyTo([await serve(answerHalf)]);
    const { readOn } = await startReading(proxy.url);
    proxy.cutAll();
    await expect(readOn()).rejects.toThrow('terminated');
    await left.promise;
    proxy.setTargets([await serve((_, response) => response.end('again'))]);
    expect(await readText(proxy.url)).toBe('again');
  });
});

function parseWhole(text: string, sizes: number[] = []): { events: StreamEvent[]; comments: number } {
  const events: StreamEvent[] = [];
  const parser = createEventParser((event) => events.push(event));
  let rest = new TextEncoder().encode(text);
  for (const size of sizes) {
    parser.push(rest.subarray(0, size));
    rest = rest.subarray(size);
  }
  parser.push(rest);
  return { events, comments: parser.seen.comments };
}

describe('the reader of event streams', () => {
  const comment = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ''));
  const event = fc.constantFrom('run', 'token', 'done');
  const data = fc.jsonValue({ stringUnit: 'grapheme' });
  const block = fc.oneof(fc.record({ comment }), fc.record({ id: fc.nat().map(String), event, data }));

  it('finds the same events and comments wherever the stream breaks', () => {
    const sizesOfPieces = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.array(block), sizesOfPieces, (sent, sizes) => {
        const texts = sent.map((one) =>
          'comment' in one
            ? `:${one.comment}\n\n`
            : `id: ${one.id}\nevent: ${one.event}\ndata: ${JSON.stringify(one.data)}\n\n`,
        );
        const expected = sent.flatMap((one, index) =>
          'comment' in one ? [] : [{ ...one, data: JSON.parse(JSON.stringify(one.data)), raw: texts[index] }],
        );
        const found = parseWhole(texts.join(''), sizes);
        expect(found).toEqual({ events: expected, comments: sent.length - expected.length });
      }),
    );
  });

  it.each([
    ['several data lines', 'data: [1,\ndata: 2]\n\n', [{ id: undefined, event: 'message', data: [1, 2] }]],
    ['no space after the colon', 'id:7\nevent:x\ndata:1\n\n', [{ id: '7', event: 'x', data: 1 }]],
    ['one space of two', 'event:  x\ndata: 1\n\n', [{ event: ' x' }]],
    ['a value with colons', 'data: {"a": "b: c"}\n\n', [{ data: { a: 'b: c' } }]],
    ['an id that stays', 'id: 7\ndata: 1\n\ndata: 2\n\n', [{ id: '7' }, { id: '7', raw: 'data: 2\n\n' }]],
    ['an id without an event', 'id: 7\n\ndata: 2\n\n', [{ id: '7', data: 2 }]],
    ['an id that is taken back', 'id: 7\ndata: 1\n\nid\ndata: 2\n\n', [{ id: '7' }, { id: '' }]],
    ['an id with a NUL', 'id: 7\0\ndata: 1\n\n', [{ id: undefined }]],
    ['a type that does not stay', 'event: x\n\ndata: 1\n\n', [{ event: 'message', raw: 'data: 1\n\n' }]],
    ['unknown fields', 'retry: 5\nmood: good\ndata: 1\n\n', [{ data: 1 }]],
    ['a comment inside an event', 'id: 7\n: ping\ndata: 1\n\n', [{ raw: 'id: 7\ndata: 1\n\n' }]],
    ['a byte order mark', '\uFEFFdata: 1\n\n', [{ data: 1 }]],
    ['an event without its blank line', 'data: 1\n\ndata: 2\n', [{ data: 1 }]],
  ])('knows %s', (_case, text, events) => {
    expect(parseWhole(text).events).toMatchObject(events);
  });

  it('delivers what comes before data that is not JSON', () => {
    const events: StreamEvent[] = [];
    const parser = createEventParser((event) => events.push(event));
    const bytes = new TextEncoder().encode('data: 1\n\ndata: [DONE]\n\n');
    expect(() => parser.push(bytes)).toThrow('not JSON: [DONE]');
    expect(events).toHaveLength(1);
  });

  it('hands over events as they arrive, and can be left and taken up again', async () => {
    const streaming = Promise.withResolvers<ServerResponse>();
    const left = Promise.withResolvers<void>();
    const url = await serve((request, response) => {
      response.once('close', () => left.resolve());
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      request.on('data', (body) => response.write(`: ${request.method}\n\ndata: ${body}\n\n`));
      streaming.resolve(response);
    });
    const stream = await openEvents(url, { body: { query: 'ñ' }, signal: AbortSignal.timeout(LIMIT_MS) });
    for await (const event of stream.events) {
      expect(event.data).toEqual({ query: 'ñ' });
      break;
    }
    expect(stream.comments).toBe(1);
    (await streaming.promise).write('data: 2\n\n');
    for await (const event of stream.events) {
      expect(event.data).toBe(2);
      break;
    }
    expect(stream.bytes()).toBe(': POST\n\ndata: {"query":"ñ"}\n\ndata: 2\n\n');
    await stream.close();
    await left.promise;
    expect(await Array.fromAsync(stream.events)).toEqual([]);
  });

  it('collects a whole stream, and fails on one that breaks off and on another answer', async () => {
    const url = await serve((request, response) => {
      const type = request.url === '/other' ? 'application/problem+json' : 'text/event-stream';
      response.writeHead(request.url === '/other' ? 409 : 200, { 'content-type': type });
      response.write('data: 1\n\ndata: 2\n\n', () => {
        if (request.url === '/broken') response.destroy();
        else response.end();
      });
    });
    expect((await collectEvents(url)).map(({ data }) => data)).toEqual([1, 2]);
    await expect(collectEvents(`${url}/broken`)).rejects.toThrow('terminated');
    await expect(collectEvents(`${url}/other`)).rejects.toThrow('no stream of events but 409: data: 1');
  });
});

describe('the slow reader', () => {
  it.each(['chunked', 'measured'])('takes its time over a %s answer and returns its text', async (form) => {
    const text = 'Größe'.repeat(500);
    const url = await serve((_, response) => {
      if (form === 'measured') response.setHeader('content-length', Buffer.byteLength(text));
      response.write(text.slice(0, 1_000));
      response.end(text.slice(1_000));
    });
    const started = performance.now();
    expect(await slowRead(url, { bytesPerSecond: 5_000, signal: AbortSignal.timeout(LIMIT_MS) })).toBe(text);
    const seconds = (performance.now() - started) / 1_000;
    expect(seconds).toBeGreaterThan(Buffer.byteLength(text) / 5_000);
    expect(seconds).toBeLessThan(10);
  });

  it('holds the server back', async () => {
    const block = Buffer.alloc(1_000_000, 'x');
    let sent = 0;
    const url = await serve((_, response) => {
      const fill = () => {
        while (!response.destroyed && sent < 200) {
          sent += 1;
          if (!response.write(block)) break;
        }
      };
      response.on('drain', fill);
      fill();
    });
    const reading = slowRead(url, { bytesPerSecond: 100_000, signal: AbortSignal.timeout(1_000) });
    await expect(reading).rejects.toThrow('aborted');
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(50);
  });

  it.each(['chunked', 'measured'])('fails on a %s answer that is cut off', async (form) => {
    const url = await serve((_, response) => {
      if (form === 'measured') response.setHeader('content-length', 100);
      response.write('half', () => response.socket?.end());
    });
    await expect(slowRead(url, { bytesPerSecond: 5_000 })).rejects.toThrow('cut off');
  });
});

/** The driver's client as far as faults know it; tells in which order things happened. */
function standInClient(fault: Omit<Fault, 'action'>) {
  const told: string[] = [];
  class StandIn {
    connection = { stream: { destroy: () => told.push('cut') } };
    query(config: string | object, ...more: unknown[]): Promise<void> | undefined {
      told.push('sent');
      const callback = more.find((given) => typeof given === 'function');
      if (!callback) return Promise.resolve();
      const fails = JSON.stringify(config).includes('fail');
      setImmediate(callback as (error: Error | null) => void, fails ? new Error('failed') : null);
      return undefined;
    }
  }
  armFault(StandIn.prototype as never, { ...fault, action: 'cut' });
  return { client: new StandIn(), told };
}

type StandIn = ReturnType<typeof standInClient>['client'];

describe('a planned fault', () => {
  it('kills the server at the statement, so that the request fails', async () => {
    const database = await createTestDatabase();
    const workspace = await mkdtemp(join(tmpdir(), 'tertulia-workspace-'));
    onTestFinished(async () => {
      await database.drop();
      await rm(workspace, { recursive: true, force: true });
    });
    const fault: Fault = { when: 'after', statement: 'insert into messages', action: 'kill' };
    const server = await startProcess(
      { ...database.env, WORKSPACE_DIR: workspace, TEST_FAULT: JSON.stringify(fault) },
      { preload: './tests/support/fault.ts' },
    );
    onTestFinished(() => void server.kill('SIGKILL'));
    expect(server.url, server.output.text).toMatch(/^http:/);
    expect(server.pid).toBeGreaterThan(0);
    await expect(server.ask('My dog is called Luna')).rejects.toThrow('fetch failed');
    expect(await server.ended).toEqual([null, 'SIGKILL']);
  });

  const text = 'insert\ninto notes';
  it.each<[string, (client: StandIn) => unknown]>([
    ['a promise', (client) => client.query(text, ['Luna'])],
    ['an object', (client) => client.query({ text, values: ['Luna'] })],
    ['an object and values', (client) => client.query({ text, types: {} }, ['Luna'])],
    ['a callback', (client) => new Promise((done) => void client.query(text, ['Luna'], done))],
    ['no values', (client) => new Promise((done) => void client.query(`${text} 'Luna'`, done))],
  ])('strikes before or after a statement with %s', async (_form, ask) => {
    for (const when of ['before', 'after'] as const) {
      const { client, told } = standInClient({ when, statement: 'INTO NOTES.*luna' });
      await Promise.resolve(ask(client)).then(() => told.push('answered'));
      expect(told).toEqual(when === 'before' ? ['cut', 'sent', 'answered'] : ['sent', 'cut', 'answered']);
    }
  });

  it('strikes once, at the planned occurrence', async () => {
    const { client, told } = standInClient({ when: 'before', statement: 'notes.*luna', occurrence: 2 });
    for (const name of ['Luna', 'Rex', 'Luna', 'Luna']) await client.query(text, [name]);
    expect(told).toEqual(['sent', 'sent', 'cut', 'sent', 'sent']);
  });

  it('lets go by what fails and what submits itself', async () => {
    const { client, told } = standInClient({ when: 'after', statement: '.' });
    await client.query({ text, submit: () => undefined });
    await expect(client.query('fail')).rejects.toThrow('failed');
    expect(told).toEqual(['sent', 'sent']);
  });
});
