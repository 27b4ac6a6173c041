import swagger from '@fastify/swagger';
import Fastify from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { expect } from 'vitest';
import { ProblemError } from '../../src/errors.ts';
import { openGitHub } from '../../src/github/github.ts';
import type { Repositories } from '../../src/repositories/repositories.ts';
import { githubAdminRoutes } from '../../src/routes/github-admin.ts';
import { sendProblem } from '../../src/routes/problems.ts';
import type { Turns } from '../../src/turns/turns.ts';
import { createClient } from './client.ts';
import { startFakeGitHub } from './fake-github/fake-github.ts';
import { rememberRepositories } from './remembered-repositories.ts';

const TOKEN = 'ghp_aVeryLongTokenThatNobodyMaySee01';
/** GitHub takes it, and it is not given to the server yet. */
export const NEW_TOKEN = 'ghp_anotherLongTokenNobodyMaySee002';
/** GitHub does not know it. */
export const WRONG_TOKEN = 'ghp_aRevokedTokenThatNobodyMaySee3';
/** A second of GitHub's takes ten milliseconds, and nothing waits for its turn. */
const FAST = { secondMs: 10, writeGapMs: 0, notificationGapMs: 0, searchGapMs: 0 };

const USER_HEADER = 'x-test-user';
/** Callers other than ana: one without a token, one whose token was revoked, one whom the server does not know. */
export const NOBODY = { [USER_HEADER]: 'nobody' };
export const REVOKED = { [USER_HEADER]: 'revoked' };
export const UNKNOWN = { [USER_HEADER]: 'unknown' };

/** The routes under /github-admin on a real socket, before a fake GitHub with ana's repository "shop". */
export async function startGitHubApp({ timeoutMs = 20_000 } = {}) {
  const fake = await startFakeGitHub({
    tokens: {
      [TOKEN]: { login: 'ana', scopes: ['repo', 'delete_repo', 'read:org', 'workflow'] },
      [NEW_TOKEN]: { login: 'bob', scopes: ['repo'], expires: '2100-01-02T03:04:05Z' },
    },
  });
  const shop = fake.seed.repository('ana/shop', {
    files: { 'README.md': '# Shop\n', 'src/cart.ts': 'export const items = [];\n' },
  });
  const github = openGitHub({ apiUrl: fake.baseUrl, timeoutMs, pace: FAST });
  const remembered = rememberRepositories(github, { ana: TOKEN, revoked: WRONG_TOKEN });
  const asked: Parameters<Turns['ask']>[0][] = [];
  const app = await buildRoutes(remembered.repositories, asked);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('the test server has no port');
  const client = createClient(`http://127.0.0.1:${address.port}`);
  const answered: string[] = [];

  async function call(...request: Parameters<typeof client.call>) {
    const answer = await client.call(...request);
    answered.push(JSON.stringify([answer.body, [...answer.headers]]));
    return answer;
  }

  return {
    fake,
    shop,
    remembered,
    asked,
    call: (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      call(method, `/github-admin${path}`, { body, headers }),
    openapi: () => app.swagger(),
    /** Ends it all; no answer may have held a token, and what went to GitHub and back must have been as GitHub says. */
    async stop() {
      await app.close();
      await fake.close();
      expect(answered.filter((text) => /ghp_/.test(text))).toEqual([]);
      expect(fake.violations).toEqual([]);
    },
  };
}

export type GitHubApp = Awaited<ReturnType<typeof startGitHubApp>>;

/** As src/app.ts does it, for these routes alone. */
async function buildRoutes(repositories: Repositories, asked: Parameters<Turns['ask']>[0][]) {
  const app = Fastify({
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 5_000 },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(sendProblem);
  app.decorateRequest('user');
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.withoutUser) return;
    const id = String(request.headers[USER_HEADER] ?? 'ana');
    if (id === 'unknown') throw new ProblemError('host_not_allowed', 'Not from there.');
    request.user = { id, role: 'user' };
  });
  await app.register(swagger, { openapi: { openapi: '3.1.0' }, transform: jsonSchemaTransform });
  // Turns have tests of their own; here it only matters that they are asked for.
  const turns = {
    ask: async (question: Parameters<Turns['ask']>[0]) => {
      asked.push(question);
      throw new ProblemError('session_busy', 'The session answers another question.');
    },
  } as unknown as Turns;
  const stream = {
    feed: undefined as never,
    heartbeatMs: 1_000,
    closing: new AbortController().signal,
    identify: () => undefined,
  };
  await app.register(githubAdminRoutes, { prefix: '/github-admin', turns, stream, repositories });
  return app;
}
