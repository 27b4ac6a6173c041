import fc from 'fast-check';
import { createIds } from './ids.ts';
import { createJudge, isJson } from './judge.ts';
import { type OpenApi, operationsOf } from './operations.ts';
import { kindOfPath, type Request, requestsOf } from './requests.ts';
import { type Answer, createSender, curlLine } from './send.ts';

const AT_ONCE = 8;
/** Shrinking a failure may take this long; then what was found so far is told. */
const SHRINKING_MS = 60_000;

interface FuzzOptions {
  url: string;
  document: OpenApi;
  /** How many requests, about. */
  count: number;
  seed: number;
  /** Texts that no answer may hold. */
  secrets: string[];
  /** Headers that say who asks. */
  users: Record<string, string>[];
  /** The last word on a request, such as a signature. */
  finish?: (request: Request) => Request;
  /** Done beside each round of requests. */
  beside?: (round: number) => Promise<void>;
  limitMs?: number;
}

/** How many answers there were, by status and by operation. */
export interface FuzzReport {
  sent: number;
  statuses: Map<number, number>;
  /** The operations that gave a successful answer at least once. */
  succeeded: Set<string>;
}

/**
 * Sends requests made from an OpenAPI document, some at a time, and judges each answer.
 * @throws with the seed, and each failing request as a line of curl.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { url, document, count, seed, users, beside, finish = (request) => request } = options;
  const operations = operationsOf(document);
  const judge = createJudge(operations, options.secrets);
  const ids = createIds();
  const sender = createSender(url, options.limitMs === undefined ? {} : { limitMs: options.limitMs });
  const report: FuzzReport = { sent: 0, statuses: new Map(), succeeded: new Set() };
  let shrinkUntil = Number.POSITIVE_INFINITY;
  let round = 0;

  async function faultOf(template: Request): Promise<string | undefined> {
    const request = finish(ids.fill(template));
    const fault = await tryOut(request).catch((error: unknown) =>
      error instanceof Error ? error.message : String(error),
    );
    return fault && `${fault}\n  ${curlLine(url, request)}`;
  }

  async function tryOut(request: Request): Promise<string | undefined> {
    const answer = await sender.send(request);
    note(request, answer);
    return judge(request, answer);
  }

  function note({ operation, method, headers }: Request, { status, headers: given, text }: Answer): void {
    report.sent += 1;
    report.statuses.set(status, (report.statuses.get(status) ?? 0) + 1);
    if (status >= 300 || method !== operation.method) return;
    report.succeeded.add(`${operation.method} ${operation.path}`);
    const isFile = operation.path.includes('/files/') && method === 'GET';
    if (isJson(given['content-type'] ?? '') && !isFile && text !== '' && headers.range === undefined) {
      ids.gather(JSON.parse(text), kindOfPath(operation.path));
    }
  }

  const one = fc
    .tuple(fc.oneof(...operations.map(requestsOf)), fc.constantFrom(...users))
    .map(([request, user]) => ({ ...request, headers: { ...request.headers, ...user } }));
  const some = fc.array(fc.option(one, { freq: 100 }), { minLength: AT_ONCE, maxLength: AT_ONCE });
  const property = fc.asyncProperty(some, async (requests) => {
    if (performance.now() > shrinkUntil) return;
    round += 1;
    const [faults] = await Promise.all([
      Promise.all(requests.map((request) => request && faultOf(request))),
      shrinkUntil === Number.POSITIVE_INFINITY ? beside?.(round) : undefined,
    ]);
    const found = faults.filter(Boolean);
    if (found.length === 0) return;
    shrinkUntil = Math.min(shrinkUntil, performance.now() + SHRINKING_MS);
    throw new Error(found.join('\n'));
  });
  try {
    const outcome = await fc.check(property, {
      numRuns: Math.ceil(count / AT_ONCE),
      seed,
    });
    if (outcome.failed) {
      const reason = outcome.errorInstance instanceof Error ? outcome.errorInstance.message : 'no reason';
      throw new Error(`FUZZ_SEED=${outcome.seed}, after ${report.sent} requests:\n${reason}`);
    }
    return report;
  } finally {
    sender.close();
  }
}
