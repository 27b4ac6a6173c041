import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ProblemError } from '../../errors.ts';
import type { TokenStatus } from '../../repositories/tokens.ts';
import { problems } from '../schemas.ts';
import { type GitHubOptions, tags } from './shapes.ts';

const body = z.strictObject({
  token: z
    .string('takes a token of GitHub’s')
    .trim()
    .regex(/^[\x21-\x7e]{1,1000}$/, 'takes a token of GitHub’s')
    .meta({ writeOnly: true }),
});

const statusShape = z.object({
  login: z.string().describe('Whose it is'),
  scopes: z.array(z.string()).describe('What it may do; empty for fine-grained tokens, which do not say'),
  expires_at: z.string().nullable(),
  created_at: z.string().nullable().describe('When it was given; null for the one in GITHUB_TOKEN'),
});

/** `/github-admin/token`: the token with which the server speaks to GitHub for a user. It is never shown again. */
export const tokenRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (
  app,
  { repositories: { tokens } },
) => {
  app.get(
    '/token',
    {
      schema: {
        tags,
        summary: 'Whose token is kept, and what it may do',
        response: { 200: statusShape, ...problems },
      },
    },
    async ({ user }) => {
      const status = await tokens.status(user.id);
      if (status) return showStatus(status);
      throw new ProblemError(
        'github_not_configured',
        'There is no GitHub token for you. PUT one to /github-admin/token.',
      );
    },
  );

  app.put(
    '/token',
    {
      schema: {
        tags,
        summary: 'Give a token, or replace it; GitHub is asked whose it is',
        body,
        response: { 200: statusShape, ...problems },
      },
    },
    async ({ user, body: { token } }) => showStatus(await tokens.put(user.id, token)),
  );

  app.delete(
    '/token',
    {
      schema: {
        tags,
        summary: 'Forget the token; at GitHub it stays valid until it is revoked there',
        response: { 200: z.object({ deleted: z.literal(true) }), ...problems },
      },
    },
    async ({ user }) => {
      await tokens.remove(user.id);
      return { deleted: true as const };
    },
  );
};

function showStatus({ login, scopes, expiresAt, createdAt }: TokenStatus): z.infer<typeof statusShape> {
  return {
    ...{ login, scopes },
    expires_at: expiresAt?.toISOString() ?? null,
    created_at: createdAt?.toISOString() ?? null,
  };
}
