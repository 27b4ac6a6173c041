import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { authenticate, type Identity } from './authentication.ts';
import { type Answer, type Call, notFound, Refusal } from './exchange.ts';
import { type Fault, takeFault } from './faults.ts';
import { findOperation, type Operation } from './openapi.ts';
import { handlers } from './operations.ts';
import type { Resource } from './rate-limits.ts';
import { redirectOf, unredirected } from './renamed.ts';
import type { RecordedRequest, Scene } from './scene.ts';
import { readAll } from './sockets.ts';
import { checkAnswer, checkRequest } from './validation.ts';

/** A request taken apart. */
interface Incoming {
  record: RecordedRequest;
  url: URL;
  /** The path that the operations know, from `/repos` on. */
  path: string;
  api: string;
  operation: Operation | undefined;
  values: Record<string, string>;
  request: IncomingMessage;
}

const DOCUMENTATION = 'https://docs.github.com/rest';
const VERSIONS = ['2022-11-28', '2026-03-10'];

/** Answers one request: judged by the description, acted on unless a fault is in its way, and judged again. */
export async function serve(request: IncomingMessage, response: ServerResponse, scene: Scene): Promise<void> {
  const text = await readAll(request);
  const incoming = takeApart(request, text, scene);
  const { record, operation } = incoming;
  scene.fake.requests.push(record);
  const fault = takeFault(scene.fake.faults, { ...record, operationId: operation?.id });
  if (fault?.delay) await new Promise((resolve) => setTimeout(resolve, fault.delay));
  if (fault?.before) return vanish(response, fault.before);
  const identity = authenticate(request.headers.authorization, scene.fake.state);
  const planned = fault && plannedAnswer(fault, identity, scene);
  const answer = planned ?? answerTo(incoming, identity, scene);
  if (fault?.after === 'hang' || fault?.after === 'cut') return vanish(response, fault.after);
  const half = fault?.after === 'half';
  record.status = send(response, answer, { incoming, identity, scene, half });
}

function vanish(response: ServerResponse, how: 'hang' | 'cut'): void {
  // A connection that hangs stays open until the client gives up or the fake is closed.
  if (how === 'cut') response.destroy();
}

function takeApart(request: IncomingMessage, text: string, scene: Scene): Incoming {
  const { baseUrl, state } = scene.fake;
  const url = new URL(request.url ?? '/', baseUrl);
  const enterprise = url.pathname.startsWith('/api/v3/');
  const shown = enterprise ? url.pathname.slice('/api/v3'.length) : url.pathname;
  const path = unredirected(state, shown);
  const method = request.method ?? 'GET';
  const found = findOperation(method, path);
  const { authorization, ...others } = request.headers;
  const headers = Object.fromEntries(Object.entries(others).map(([name, value]) => [name, String(value)]));
  if (authorization !== undefined) {
    headers.authorization = createHash('sha256').update(authorization).digest('hex');
  }
  return {
    record: {
      method,
      path: shown,
      query: Object.fromEntries(url.searchParams),
      headers,
      body: text === '' ? undefined : parsed(text),
      operationId: found?.operation.id,
      status: undefined,
    },
    url,
    path,
    api: enterprise ? `${baseUrl}/api/v3` : baseUrl,
    operation: found?.operation,
    values: found?.values ?? {},
    request,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function plannedAnswer(fault: Fault, identity: Identity, { limits }: Scene): Answer | undefined {
  const wait: Record<string, string> =
    fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  if (fault.limit === 'primary') {
    const allowance = limits.allowance(identity.key, 'core');
    allowance.used = allowance.limit;
    if (fault.retryAfter !== undefined) allowance.reset = Math.floor(Date.now() / 1000) + fault.retryAfter;
    return primaryLimit(identity);
  }
  if (fault.limit) {
    const message =
      'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
    const body = {
      documentation_url: `${DOCUMENTATION}/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits`,
      message,
    };
    return { status: fault.limit === 'secondary' ? 403 : 429, body, headers: wait };
  }
  if (!fault.answer) return undefined;
  const { status, body, headers = {} } = fault.answer;
  if (typeof body === 'string') return { status, raw: { content: body, type: 'text/html' }, headers };
  return { status, body, headers };
}

function primaryLimit({ account }: Identity): Answer {
  const whose = account ? `user ID ${account.id}` : '127.0.0.1';
  return {
    status: 403,
    body: {
      message: `API rate limit exceeded for ${whose}.`,
      documentation_url: `${DOCUMENTATION}/overview/rate-limits-for-the-rest-api`,
    },
  };
}

function resourceOf(path: string): Resource {
  return path.startsWith('/search/') ? 'search' : 'core';
}

function answerTo(incoming: Incoming, identity: Identity, scene: Scene): Answer {
  const { operation, record } = incoming;
  try {
    if (!incoming.request.headers['user-agent']) {
      throw new Refusal(
        403,
        'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.',
      );
    }
    const version = incoming.request.headers['x-github-api-version'];
    if (version !== undefined && !VERSIONS.includes(String(version))) {
      throw new Refusal(400, `The version ${version} is not supported.`);
    }
    if (identity.refused) throw new Refusal(401, 'Bad credentials');
    const redirect = redirectOf(scene.fake.state, incoming, identity.account);
    if (redirect) return redirect;
    const allowance = scene.limits.allowance(identity.key, resourceOf(incoming.path));
    if (incoming.path !== '/rate_limit' && allowance.used >= allowance.limit) return primaryLimit(identity);
    // Where redirects lead is not in the description; of a repository that is gone nothing is there any more.
    if (!operation && incoming.path.startsWith('/repositories/')) throw notFound();
    if (!operation) {
      scene.fake.violations.push(`${record.method} ${record.path} is no operation of GitHub`);
      throw notFound();
    }
    return act(incoming, operation, { identity, scene });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, message, errors } = error;
    const documentation_url = operation?.documentationUrl ?? DOCUMENTATION;
    return {
      status,
      body: { message, ...(errors && { errors }), documentation_url, status: String(status) },
    };
  }
}

function act(
  incoming: Incoming,
  operation: Operation,
  { identity, scene }: { identity: Identity; scene: Scene },
): Answer {
  const { fake, downloads, limits } = scene;
  const { values, url, record, api } = incoming;
  const verdict = checkRequest(operation, { path: values, query: url.searchParams, body: record.body });
  fake.violations.push(...verdict.violations.map((sentence) => `${operation.id}: ${sentence}`));
  const handler = handlers[operation.id];
  if (!handler) {
    fake.violations.push(`${operation.id} is not played by the fake`);
    throw notFound();
  }
  if (verdict.refusal) throw new Refusal(verdict.refusal.status, verdict.refusal.message);
  const call: Call = {
    state: fake.state,
    path: values,
    query: verdict.query,
    // Checked above to fit a schema of an object, if there is one.
    body: (record.body ?? {}) as Record<string, unknown>,
    accept: String(incoming.request.headers.accept ?? ''),
    viewer: identity.account,
    token: identity.token,
    key: identity.key,
    limits,
    api,
    web: fake.baseUrl,
    documentationUrl: operation.documentationUrl,
    downloadFrom: (content, type) => downloads.offer(content, type),
    pageUrl: (page) => {
      const other = new URL(url);
      other.searchParams.set('page', String(page));
      return other.href;
    },
  };
  return handler(call);
}

function send(
  response: ServerResponse,
  answer: Answer,
  {
    incoming,
    identity,
    scene,
    half,
  }: { incoming: Incoming; identity: Identity; scene: Scene; half: boolean },
): number {
  const { operation, record, request } = incoming;
  const json = answer.body !== undefined;
  const wrong = checkAnswer(operation, { status: answer.status, body: answer.body, json });
  const name = operation?.id ?? `${record.method} ${record.path}`;
  scene.fake.violations.push(...wrong.map((sentence) => `${name}: ${sentence}`));
  const content = json ? JSON.stringify(answer.body) : (answer.raw?.content ?? '');
  const etag = `W/"${createHash('sha256').update(content).digest('hex')}"`;
  const readable = record.method === 'GET' && answer.status === 200;
  const unchanged = readable && request.headers['if-none-match'] === etag;
  const allowance = scene.limits.allowance(identity.key, resourceOf(incoming.path));
  // What is answered with 304 to a token costs nothing.
  if (!(unchanged && identity.account) && record.path !== '/rate_limit') {
    allowance.used = Math.min(allowance.limit, allowance.used + 1);
  }
  response.writeHead(unchanged ? 304 : answer.status, {
    'x-github-request-id': randomUUID(),
    'x-github-api-version-selected': String(request.headers['x-github-api-version'] ?? VERSIONS[0]),
    'x-github-media-type': 'github.v3; format=json',
    ...scene.limits.headers(identity.key, resourceOf(incoming.path)),
    ...identity.headers,
    ...(readable && { etag, 'cache-control': 'private, max-age=60, s-maxage=60' }),
    ...(!unchanged && json && { 'content-type': 'application/json; charset=utf-8' }),
    ...(!unchanged && answer.raw && { 'content-type': answer.raw.type }),
    ...answer.headers,
  });
  // The first half goes out before the connection is cut, so that the client sees a body that breaks off.
  if (half) response.write(content.slice(0, content.length / 2), () => response.destroy());
  else response.end(unchanged ? undefined : content);
  return unchanged ? 304 : answer.status;
}
