import type { Downloads } from './downloads.ts';
import type { Faults } from './faults.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Seed } from './seed.ts';
import type { State } from './state.ts';

/** A request as it came in. */
export interface RecordedRequest {
  method: string;
  /** Without the query, and without `/api/v3`. */
  path: string;
  query: Record<string, string>;
  /** With a hash in place of what `authorization` held. */
  headers: Record<string, string>;
  body: unknown;
  /** Of GitHub's description; undefined if it has no such operation. */
  operationId: string | undefined;
  /** Of the answer; undefined if there was none. */
  status: number | undefined;
}

/** A server that acts and answers as GitHub's REST API does, and judges both sides by GitHub's own description. */
export interface FakeGitHub {
  /** As `https://api.github.com` is; the same is under `/api/v3`, as it is on GitHub Enterprise. */
  baseUrl: string;
  state: State;
  seed: Seed;
  requests: RecordedRequest[];
  /** Every way in which a request or an answer did not fit the description. Tests assert that there is none. */
  violations: string[];
  faults: Faults;
  close(): Promise<void>;
}

/** What answering one request needs of the fake. */
export interface Scene {
  fake: FakeGitHub;
  limits: RateLimits;
  downloads: Downloads;
}
