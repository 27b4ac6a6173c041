import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ROLES } from '../db/identity-schema.ts';
import { ProblemError } from '../errors.ts';
import type { Identity } from '../identity/identity.ts';
import type { ApiKey, NewKey } from '../identity/keys.ts';
import { isUserId, USER_ID_RULE } from '../identity/user-id.ts';
import { pageSize, problems, timestamp, title, uuid } from './schemas.ts';
import { linkNext } from './shapes.ts';

const tags = ['admin'];
const params = z.object({ id: uuid });
const MINUTES_A_DAY = 1_440;
const LONGEST_DAYS = 3_650;
const LONGEST_OVERLAP_MINUTES = 43_200;

const userId = z.string(USER_ID_RULE).refine(isUserId, USER_ID_RULE);
const role = z.enum(ROLES, `takes one of ${ROLES.join(', ')}`);
const wholeNumber = (least: number, most: number) => {
  const error = `takes a whole number from ${least} to ${most}`;
  return z.number(error).int(error).min(least, error).max(most, error);
};

const apiKey = z.object({
  id: uuid,
  user: z.string(),
  role,
  name: z.string().nullable(),
  created_at: timestamp,
  expires_at: timestamp.nullable(),
  last_used_at: timestamp.nullable().describe('To the minute'),
  revoked_at: timestamp
    .nullable()
    .describe('From when on it is refused; a time to come after a rotation with an overlap'),
});
const newKey = apiKey.extend({ key: z.string().describe('The key itself, which is never shown again') });

const wantedKey = z.strictObject({
  user: userId.describe('Whose key it is'),
  role: role.describe(
    '`user`: own things; `service`: may name an end user with `X-User-Id`; `admin`: own things and /admin',
  ),
  name: title.nullish().describe('What the key is for, to tell it from others'),
  expires_in_days: wholeNumber(1, LONGEST_DAYS)
    .nullish()
    .describe('Left out: it is good until it is revoked'),
});

interface AdminOptions {
  keys: Identity['keys'];
  isOpen: Identity['isOpen'];
}

/** `/admin`: what takes the role admin; src/app.ts asks for it. */
export const adminRoutes: FastifyPluginAsyncZod<AdminOptions> = async (app, { keys, isOpen }) => {
  app.post(
    '/keys',
    {
      schema: {
        tags,
        summary: 'Make an API key',
        description:
          'The first key closes the server: from then on every call takes one. So the first one has to be an admin’s.',
        body: wantedKey,
        response: { 201: newKey, ...problems },
      },
    },
    async ({ body: { user, role, name, expires_in_days: days } }, reply) => {
      if (role !== 'admin' && (await isOpen())) {
        throw new ProblemError(
          'last_admin_key',
          'The first key closes the server, so it has to have the role "admin"; then make this one with it.',
        );
      }
      const lifetimeMinutes = typeof days === 'number' ? days * MINUTES_A_DAY : undefined;
      return reply.code(201).send(showNew(await keys.create({ user, role, name, lifetimeMinutes })));
    },
  );

  app.get(
    '/keys',
    {
      schema: {
        tags,
        summary: 'The API keys, newest first, revoked ones too',
        querystring: z.strictObject({
          user: userId.optional().describe('Only this user’s'),
          limit: pageSize(50),
          before: uuid.optional(),
        }),
        response: { 200: z.array(apiKey), ...problems },
      },
    },
    async (request, reply) => {
      const page = await keys.list(request.query);
      const last = page.keys.at(-1);
      if (page.more && last) linkNext(request, reply, { before: last.id });
      return page.keys.map(show);
    },
  );

  app.delete(
    '/keys/:id',
    {
      schema: {
        tags,
        summary: 'Revoke an API key, at once and for good',
        params,
        response: { 200: apiKey, ...problems },
      },
    },
    async ({ params: { id } }) => show(await keys.revoke(id)),
  );

  app.post(
    '/keys/:id/rotate',
    {
      schema: {
        tags,
        summary: 'Replace an API key',
        description: 'The new one has the same user, role, name and lifetime.',
        params,
        body: z
          .strictObject({
            overlap_minutes: wholeNumber(0, LONGEST_OVERLAP_MINUTES)
              .default(0)
              .describe('How long the old key is still good'),
          })
          .nullish(),
        response: { 201: newKey, ...problems },
      },
    },
    async ({ params: { id }, body }, reply) =>
      reply.code(201).send(showNew(await keys.rotate(id, body?.overlap_minutes))),
  );
};

function show({ id, userId: user, role, name, createdAt, expiresAt, lastUsedAt, revokedAt }: ApiKey) {
  return {
    ...{ id, user, role, name },
    created_at: createdAt.toISOString(),
    expires_at: expiresAt?.toISOString() ?? null,
    last_used_at: lastUsedAt?.toISOString() ?? null,
    revoked_at: revokedAt?.toISOString() ?? null,
  };
}

function showNew({ key, ...rest }: NewKey) {
  return { ...show(rest), key };
}
