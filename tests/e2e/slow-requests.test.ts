import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';

const MOST_CONNECTIONS = 5;
/** Long enough for a machine that does many things at once. */
const SOON = { timeout: 30_000 };
const refused: string[] = [];
const sockets: Socket[] = [];

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({
    env: { HEADERS_TIMEOUT_MS: '400', REQUEST_TIMEOUT_MS: '900' },
    onRefused: (limit) => refused.push(limit),
  });
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await app.stop();
});

/** A connection of a test's own, and all that comes back on it. */
function open(server: TestApp = app) {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  sockets.push(socket);
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(received)));
  return { socket, closed };
}

/** The problem document in a raw answer. */
function problemIn(answer: string) {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toContain('Content-Type: application/problem+json');
  expect(head).toContain('Connection: close');
  return { statusLine: head.split('\r\n')[0], body: JSON.parse(body) };
}

const HEAD = 'Host: 127.0.0.1\r\nContent-Type: application/json\r\n';

describe('a request that does not come to its end', () => {
  it('is cut with a problem document while it still sends headers', async () => {
    const { socket, closed } = open();
    socket.write('GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n');
    const drip = setInterval(() => socket.write('X-Slow: 1\r\n'), 50);
    const { statusLine, body } = problemIn(await closed);
    clearInterval(drip);
    expect(statusLine).toMatch(/^HTTP\/1\.1 408 /);
    expect(body).toMatchObject({
      code: 'request_timeout',
      detail: expect.stringContaining('HEADERS_TIMEOUT_MS'),
    });
    expect(refused).toContain('request_time');
  });

  it('is cut with a problem document while it still sends its body, and nothing of it is done', async () => {
    const { socket, closed } = open();
    socket.write(`POST /assistant/ask HTTP/1.1\r\n${HEAD}Content-Length: 1000\r\n\r\n{"query":"`);
    const drip = setInterval(() => socket.write('x'), 50);
    const { statusLine, body } = problemIn(await closed);
    clearInterval(drip);
    expect([statusLine, body.code]).toEqual([expect.stringMatching(/^HTTP\/1\.1 408 /), 'request_timeout']);
    expect((await app.get('/assistant/history')).body).toEqual([]);
  });

  it('does not hold up the others', async () => {
    const slow = open();
    slow.socket.write('GET /health HTTP/1.1\r\n');
    expect((await app.get('/health')).status).toBe(200);
    await slow.closed;
  });
});

describe('a request that cannot be taken', () => {
  it('is refused for its headers when they are too large', async () => {
    const { status, body, headers } = await app.get('/health', { 'x-large': 'x'.repeat(20_000) });
    expect(status).toBe(431);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body).toMatchObject({ code: 'headers_too_large', detail: expect.stringContaining('16384 bytes') });
    expect(refused).toContain('headers');
    expect((await app.get('/health', { 'x-large': 'x'.repeat(8_000) })).status).toBe(200);
  });

  it('is told so when it is no HTTP at all', async () => {
    const { socket, closed } = open();
    socket.write('\x16\x03\x01 hello\r\n\r\n');
    const { statusLine, body } = problemIn(await closed);
    expect([statusLine, body.code]).toEqual([expect.stringMatching(/^HTTP\/1\.1 400 /), 'invalid_request']);
  });
});

describe('connections', () => {
  it('are so many at one time; the next one is closed, and let in once another one has gone', async () => {
    const drops: string[] = [];
    // No client of this one keeps connections that are not seen here.
    const fresh = await startTestApp({
      env: { MAX_CONNECTIONS: String(MOST_CONNECTIONS) },
      onRefused: (limit) => drops.push(limit),
    });
    const held = Array.from({ length: MOST_CONNECTIONS }, () => open(fresh));
    await expect.poll(fresh.connections, SOON).toBe(MOST_CONNECTIONS);
    expect(await open(fresh).closed).toBe('');
    expect(drops).toEqual(['connections']);
    held[0]?.socket.destroy();
    await expect.poll(fresh.connections, SOON).toBe(MOST_CONNECTIONS - 1);
    const next = open(fresh);
    next.socket.write('GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
    expect(await next.closed).toContain('200 OK');
    for (const { socket } of held) socket.destroy();
    await fresh.stop();
  });
});
