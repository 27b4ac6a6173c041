import { once } from 'node:events';
import { createServer, type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

/** Headers that speak of one connection only, and that each side chooses for itself. */
const CONNECTION_HEADERS = ['connection', 'keep-alive', 'transfer-encoding'];

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  onTaken: (target: string) => void;
}

/**
 * A load balancer on a free loopback port: each request goes to the next target in turn, or to the one after it where a target
 * accepts no connection. 502 means that no target got the request. A target that dies once it has the request costs the
 * client its connection, because nobody knows what was carried out; a client that leaves costs the target its own.
 */
export async function startProxy(targets: string[]) {
  const servedBy: string[] = [];
  const open = new Set<ServerResponse>();
  let current = [...targets];
  let turn = 0;
  // The targets' limits are what tests look at, so the proxy has none of its own.
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    open.add(response);
    response.once('close', () => open.delete(response));
    const first = current.length === 0 ? 0 : turn % current.length;
    turn += 1;
    const inOrder = [...current.slice(first), ...current.slice(0, first)];
    forward({ request, response, onTaken: (target) => servedBy.push(target) }, inOrder);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on TCP has an AddressInfo.
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    /** The target that took each request, in the order in which they were taken. */
    servedBy,
    /** From the next request on. */
    setTargets: (next: string[]): void => {
      current = [...next];
    },
    /** Breaks every exchange that is under way, on both sides. */
    cutAll: (): void => {
      for (const response of open) response.destroy();
    },
    close: (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function forward(exchange: Exchange, [target, ...others]: string[]): void {
  const { request, response, onTaken } = exchange;
  if (response.destroyed) return;
  if (target === undefined) {
    response.writeHead(502, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: 'no target accepts connections' }));
    return;
  }
  const { hostname, port, host } = new URL(target);
  const { method = 'GET', url: path = '/' } = request;
  const { connection: _connection, 'keep-alive': _keepAlive, ...passedOn } = request.headers;
  const headers = { ...passedOn, host };
  // A fresh connection each time, so that one lost while idle is never taken for a target that has died.
  const outgoing = openRequest({ hostname, port, method, path, headers, agent: false });
  const leave = () => outgoing.destroy();
  let isTaken = false;
  response.once('close', leave);
  outgoing.once('socket', (socket) => {
    socket.once('connect', () => {
      isTaken = true;
      onTaken(target);
      sendBody(request, outgoing);
    });
  });
  outgoing.once('response', (answer) => sendAnswer(answer, response));
  outgoing.on('error', () => {
    if (response.headersSent) return;
    response.off('close', leave);
    if (isTaken) response.destroy();
    else forward(exchange, others);
  });
}

function sendBody(request: IncomingMessage, outgoing: ReturnType<typeof openRequest>): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (length === undefined && encoding === undefined) {
    outgoing.end();
    return;
  }
  outgoing.flushHeaders();
  request.pipe(outgoing);
}

function sendAnswer(answer: IncomingMessage, response: ServerResponse): void {
  const { statusCode, statusMessage, rawHeaders } = answer;
  const isPassedOn = (position: number) =>
    !CONNECTION_HEADERS.includes(rawHeaders[position - (position % 2)]?.toLowerCase() ?? '');
  const headers = rawHeaders.filter((_, position) => isPassedOn(position));
  // An answer, unlike a request, always has a status.
  response.writeHead(statusCode as number, statusMessage, headers);
  // The first event of a stream may be long in coming.
  response.flushHeaders();
  pipeline(answer, response, () => {
    // Whichever side broke off, the pipeline has destroyed the other one.
  });
}
