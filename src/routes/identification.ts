import type {
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import { jsonSchemaTransform, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { ProblemError } from '../errors.ts';
import type { Caller } from '../identity/identity.ts';

type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  Logger,
  ZodTypeProvider
>;

/** How OpenAPI says that a call takes a key. */
export const BEARER_SCHEME = {
  type: 'http',
  scheme: 'bearer',
  description:
    'An API key (`npm run keys`), or a token of the identity provider. Without keys and provider: this machine only, and no key.',
} as const;

declare module 'fastify' {
  interface FastifyRequest {
    user: Caller;
  }
  interface FastifyContextConfig {
    /** Whether a route is for callers who are no users: it is public, or proves by itself who they are. */
    withoutUser?: boolean;
    /** Whether only the role admin may call a route; everything under /admin is so. */
    admin?: boolean;
  }
}

/** Names the user of a request, or throws a ProblemError. */
export type Identify = (request: FastifyRequest) => Caller | Promise<Caller>;

/** What OpenAPI says of a route; a public one takes no key. */
export const describeRoute: typeof jsonSchemaTransform = (described) => {
  const { schema, url } = jsonSchemaTransform(described);
  const isPublic = described.route.config?.withoutUser === true;
  return { schema: isPublic && !schema.hide ? { ...schema, security: [] } : schema, url };
};

/** Names the user of each request before anything else happens to it, also where there is no route. */
export function letOnlyUsersIn(app: App, identify: Identify): void {
  app.decorateRequest('user');
  app.addHook('onRoute', (route) => {
    if (isBelow(route.url, '/docs')) route.config = { ...route.config, withoutUser: true };
    // Here rather than in each route, so that none can be forgotten.
    if (isBelow(route.url, '/admin')) route.config = { ...route.config, admin: true };
  });
  app.addHook('onRequest', async (request) => {
    const { withoutUser, admin } = request.routeOptions.config;
    if (withoutUser && !admin) return;
    request.user = await identify(request);
    if (admin && request.user.role !== 'admin') {
      throw new ProblemError(
        'admin_only',
        `This takes the role "admin", and yours is "${request.user.role}".`,
      );
    }
  });
}

function isBelow(url: string, prefix: string): boolean {
  return url === prefix || url.startsWith(`${prefix}/`);
}
