import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyRequest, LogController } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { isLoopback } from './config.ts';
import { ProblemError } from './errors.ts';
import { adminJobRoutes } from './routes/admin-jobs.ts';
import { agentRoutes } from './routes/agents.ts';
import { assistantRoutes } from './routes/assistant.ts';
import { fileAdminRoutes } from './routes/file-admin.ts';
import { fileConsultantRoutes } from './routes/file-consultant.ts';
import { githubAdminRoutes } from './routes/github-admin.ts';
import { healthRoutes } from './routes/health.ts';
import { memoryRoutes } from './routes/memory.ts';
import { sendProblem } from './routes/problems.ts';
import { projectCreatorRoutes } from './routes/project-creator.ts';
import { runRoutes } from './routes/runs.ts';
import { sessionRoutes } from './routes/sessions.ts';
import type { Services } from './services.ts';

/** Time for the last answers to reach their clients; then connections are cut. */
const DRAIN_MS = 2_000;

/** Who asks. */
interface User {
  id: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    user: User;
  }
}

interface AppOptions {
  logger: Logger;
  /** How often a stream in which nothing happens says that it is alive, in milliseconds. */
  streamHeartbeatMs: number;
  /** Names the user of a request, or throws a ProblemError. */
  identify?: (request: FastifyRequest) => User;
}

/** Builds the HTTP server over the services: plugins, routes and the mapping of errors; no business logic. */
export async function buildApp(
  services: Services,
  { logger, streamHeartbeatMs, identify = identifyLocalUser }: AppOptions,
) {
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 5_000 },
    requestTimeout: 60_000,
    return503OnClosing: true,
    frameworkErrors: (error, request, reply) => {
      sendProblem(error, request, reply);
    },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request) => {
    throw new ProblemError(
      'not_found',
      `There is no ${request.method} ${request.url.split('?')[0]}; /docs lists what there is.`,
    );
  });
  app.decorateRequest('user');
  app.addHook('onRequest', async (request) => {
    // A webhook proves by its signature who it is.
    if (request.routeOptions.config.withoutUser !== true) request.user = identify(request);
  });
  const closing = new AbortController();
  app.addHook('preClose', async () => {
    closing.abort();
    // A connection that asks for nothing, or whose client does not read, would hold up the stop.
    setTimeout(() => app.server.closeAllConnections(), DRAIN_MS).unref();
  });
  app.addHook('onSend', async (_request, reply) => {
    // A connection kept alive by the last answer would hold up the stop.
    if (closing.signal.aborted) reply.header('connection', 'close');
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    request.log.info(
      { method, route: routeOptions.url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'answered',
    );
  });

  await app.register(helmet, { contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tertulia',
        description: 'A self-hosted team of assistants with a memory that loses nothing.',
        version: '0.1.0',
      },
    },
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/docs'));

  const {
    database,
    probeModel,
    turns,
    messages,
    sessions,
    runs,
    approvals,
    feed,
    recall,
    importer,
    agents,
    workspaces,
    projects,
    repositories,
    knowledge: { library, search },
    uploadLimit: maximumBytes,
    jobs,
  } = services;
  const stream = { feed, heartbeatMs: streamHeartbeatMs, closing: closing.signal };
  await app.register(healthRoutes, { ping: database.ping, probeModel, isStopping: turns.isStopping });
  await app.register(assistantRoutes, { prefix: '/assistant', turns, stream, messages });
  await app.register(sessionRoutes, { prefix: '/sessions', sessions });
  await app.register(runRoutes, { prefix: '/runs', runs, approvals, turns, stream });
  await app.register(memoryRoutes, { prefix: '/memory', recall, importer });
  await app.register(adminJobRoutes, { prefix: '/admin/jobs', jobs });
  await app.register(agentRoutes, { prefix: '/agents', agents });
  await app.register(fileAdminRoutes, { prefix: '/file-admin', turns, stream, workspaces });
  await app.register(fileConsultantRoutes, {
    prefix: '/file-consultant',
    ...{ turns, stream, library, search, workspaces, maximumBytes },
  });
  await app.register(githubAdminRoutes, { prefix: '/github-admin', turns, stream, repositories });
  await app.register(projectCreatorRoutes, { prefix: '/project-creator', turns, stream, projects });
  return app;
}

/**
 * Without API keys everyone is the user `local`, and only this machine can reach the server. A browser on this machine can
 * be lured into asking for any page's sake (DNS rebinding), so the host that it names must be a loopback one as well.
 */
function identifyLocalUser(request: FastifyRequest): User {
  const host = request.hostname.replace(/^\[|\]$/g, '');
  if (!isLoopback(host)) {
    throw new ProblemError(
      'host_not_allowed',
      'This server is for its own machine only; address it as 127.0.0.1 or localhost.',
    );
  }
  if (request.headers['x-user-id'] !== undefined) {
    throw new ProblemError(
      'user_header_not_allowed',
      'X-User-Id takes an API key with the role "service", and this server has no API keys: everyone is the user "local".',
    );
  }
  return { id: 'local' };
}
