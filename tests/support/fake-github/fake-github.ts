import { createServer } from 'node:http';
import { watchSecret } from '../watched-secrets.ts';
import { startDownloads } from './downloads.ts';
import { noFaults } from './faults.ts';
import { rateLimitsOf } from './rate-limits.ts';
import type { FakeGitHub, Scene } from './scene.ts';
import { seedOf } from './seed.ts';
import { serve } from './serve.ts';
import { closed, listening } from './sockets.ts';
import { emptyState, type Token } from './state.ts';

/** Starts the fake on a free port of the loopback address. The token `ghp_test` is ana's unless told otherwise. */
export async function startFakeGitHub(options: { tokens?: Record<string, Token> } = {}): Promise<FakeGitHub> {
  const state = emptyState();
  const seed = seedOf(state);
  const tokens = options.tokens ?? {
    ghp_test: { login: 'ana', scopes: ['repo', 'delete_repo', 'read:org', 'workflow'] },
  };
  for (const [token, owner] of Object.entries(tokens)) {
    state.tokens.set(token, owner);
    watchSecret(token);
    seed.user(owner.login);
  }
  const violations: string[] = [];
  const downloads = await startDownloads(violations);
  const server = createServer((request, response) => {
    serve(request, response, scene).catch((error: unknown) => {
      violations.push(`The fake failed at ${request.method} ${request.url}: ${describe(error)}`);
      if (!response.headersSent) response.writeHead(500).end();
      else response.destroy();
    });
  });
  const fake: FakeGitHub = {
    baseUrl: await listening(server),
    state,
    seed,
    requests: [],
    violations,
    faults: noFaults(),
    close: async () => {
      await Promise.all([closed(server), downloads.close()]);
    },
  };
  const scene: Scene = { fake, limits: rateLimitsOf(state), downloads };
  return fake;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
