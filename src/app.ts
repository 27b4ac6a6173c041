import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyBaseLogger, type FastifyServerOptions, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { ProblemError } from './errors.ts';
import { connectionOptions } from './limits/connections.ts';
import { guardRequests } from './limits/guard.ts';
import { adminRoutes } from './routes/admin.ts';
import { adminJobRoutes } from './routes/admin-jobs.ts';
import { agentRoutes } from './routes/agents.ts';
import { assistantRoutes } from './routes/assistant.ts';
import { allowOrigins } from './routes/cors.ts';
import { fileAdminRoutes } from './routes/file-admin.ts';
import { fileConsultantRoutes } from './routes/file-consultant.ts';
import { githubAdminRoutes } from './routes/github-admin.ts';
import { healthRoutes } from './routes/health.ts';
import { BEARER_SCHEME, describeRoute, type Identify, letOnlyUsersIn } from './routes/identification.ts';
import { memoryRoutes } from './routes/memory.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { observeRequests, requestNames } from './routes/observed-requests.ts';
import { sendProblem } from './routes/problems.ts';
import { projectCreatorRoutes } from './routes/project-creator.ts';
import { runRoutes } from './routes/runs.ts';
import { sessionRoutes } from './routes/sessions.ts';
import type { Services } from './services.ts';

/** Time for the last answers to reach their clients; then connections are cut. */
const DRAIN_MS = 2_000;

/**
 * By zod from the first route on: Fastify's own compilers, which would be read otherwise, are a twentieth of all that a start reads.
 * Fastify's type of these two knows JSON Schema only.
 */
const compilersFactory = {
  buildValidator: () => validatorCompiler,
  buildSerializer: () => serializerCompiler,
} as unknown as NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>;

type App = Parameters<typeof letOnlyUsersIn>[0];

interface AppOptions {
  logger: Logger;
  /** How often a stream in which nothing happens says that it is alive, in milliseconds. */
  streamHeartbeatMs: number;
  /** Names the user of a request, or throws a ProblemError; when left out, by keys and tokens. */
  identify?: Identify;
}

/** Builds the HTTP server over the services: plugins, routes and the mapping of errors; no business logic. */
export async function buildApp(
  services: Services,
  { logger, streamHeartbeatMs, identify = services.identity.identify }: AppOptions,
) {
  const { limits } = services;
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    ...requestNames,
    schemaController: { compilersFactory },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 5_000 },
    ...connectionOptions(limits),
    return503OnClosing: true,
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id);
      sendProblem(error, request, reply);
    },
  }).withTypeProvider<ZodTypeProvider>();
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request) => {
    throw new ProblemError(
      'not_found',
      `There is no ${request.method} ${request.url.split('?')[0]}; /docs lists what there is.`,
    );
  });
  observeRequests(app, services.observe);
  await allowOrigins(app, services.corsOrigins);
  const admit = letOnlyUsersIn(app, identify);
  await guardRequests(app, { ...limits, admit, log: logger });
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

  await app.register(helmet, { contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tertulia',
        description: 'A self-hosted team of assistants with a memory that loses nothing.',
        version: '0.1.0',
      },
      components: { securitySchemes: { bearer: BEARER_SCHEME } },
      security: [{ bearer: [] }],
    },
    transform: describeRoute,
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
  app.get('/openapi.json', { schema: { hide: true }, config: { withoutUser: true } }, () => app.swagger());
  app.get('/', { schema: { hide: true }, config: { withoutUser: true } }, (_request, reply) =>
    reply.redirect('/docs'),
  );

  await registerRoutes(app, services, { heartbeatMs: streamHeartbeatMs, closing: closing.signal, identify });
  return app;
}

async function registerRoutes(
  app: App,
  services: Services,
  streaming: { heartbeatMs: number; closing: AbortSignal; identify: Identify },
): Promise<void> {
  const {
    readiness,
    metrics,
    metricsToken,
    identity,
    turns,
    messages,
    sessions,
    runs,
    approvals,
    feed,
    recall,
    importer,
    erasure,
    memoryExport,
    agents,
    workspaces,
    projects,
    repositories,
    knowledge: { library, search },
    uploadLimit: maximumBytes,
    jobs,
  } = services;
  const stream = { feed, ...streaming };
  await app.register(healthRoutes, { readiness });
  await app.register(metricsRoutes, { metrics, token: metricsToken });
  await app.register(adminRoutes, { prefix: '/admin', keys: identity.keys, isOpen: identity.isOpen });
  await app.register(assistantRoutes, { prefix: '/assistant', turns, stream, messages });
  await app.register(sessionRoutes, { prefix: '/sessions', sessions, erasure });
  await app.register(runRoutes, { prefix: '/runs', runs, approvals, turns, stream });
  await app.register(memoryRoutes, { prefix: '/memory', recall, importer, erasure, memoryExport });
  await app.register(adminJobRoutes, { prefix: '/admin/jobs', jobs });
  await app.register(agentRoutes, { prefix: '/agents', agents });
  await app.register(fileAdminRoutes, { prefix: '/file-admin', turns, stream, workspaces });
  await app.register(fileConsultantRoutes, {
    prefix: '/file-consultant',
    ...{ turns, stream, library, search, workspaces, maximumBytes },
  });
  await app.register(githubAdminRoutes, { prefix: '/github-admin', turns, stream, repositories });
  await app.register(projectCreatorRoutes, { prefix: '/project-creator', turns, stream, projects });
}
