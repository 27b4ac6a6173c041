import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Release } from '../../github/operations/releases.ts';
import { nameOf } from '../../github/repository-name.ts';
import { clientGone } from '../client-gone.ts';
import { problems } from '../schemas.ts';
import {
  bodyText,
  type GitHubOptions,
  limit,
  listOf,
  ref,
  repositoryParams,
  showList,
  tags,
  titleText,
  writeHeaders,
  writeOptions,
  written,
} from './shapes.ts';

const releaseShape = z.object({
  id: z.number(),
  tag: z.string(),
  title: z.string(),
  body: z.string(),
  draft: z.boolean(),
  prerelease: z.boolean(),
  author: z.string(),
  published_at: z.string().nullable(),
  assets: z.array(z.object({ name: z.string(), size: z.number(), url: z.string() })),
  url: z.string(),
});
const flag = z.boolean('takes true or false').default(false);
const newRelease = z.strictObject({
  tag: ref,
  target: ref
    .optional()
    .describe('Where the tag is made if there is none of this name; left out: the default branch'),
  title: titleText.optional(),
  body: bodyText.optional(),
  generate_notes: flag.describe('Let GitHub write what has changed since the last release'),
  draft: flag.describe('Seen only by those who may write'),
  prerelease: flag,
});

/** `/github-admin/repos/:owner/:repo/releases` */
export const releaseRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.get(
    '/repos/:owner/:repo/releases',
    {
      schema: {
        tags,
        summary: 'Releases, the newest first; drafts are among them for those who may write',
        params: repositoryParams,
        querystring: z.strictObject({ limit }),
        response: { 200: listOf(releaseShape), ...problems },
      },
    },
    async ({ user, params, query }, reply) => {
      const signal = clientGone(reply);
      const account = await repositories.account(user.id);
      return showList(await account.releases.list(nameOf(params), { ...query, signal }), showRelease);
    },
  );

  app.post(
    '/repos/:owner/:repo/releases',
    {
      schema: {
        tags,
        summary: 'Make a release, and its tag if that is missing',
        params: repositoryParams,
        headers: writeHeaders,
        body: newRelease,
        response: { 201: releaseShape.extend(written), ...problems },
      },
    },
    async (request, reply) => {
      const { generate_notes: generateNotes, ...input } = request.body;
      const options = writeOptions(request, reply);
      const account = await repositories.account(request.user.id);
      const { repeated, ...release } = await account.releases.create(
        nameOf(request.params),
        { ...input, generateNotes },
        options,
      );
      return reply.code(201).send({ ...showRelease(release), repeated });
    },
  );
};

function showRelease(release: Release): z.infer<typeof releaseShape> {
  const { isDraft, isPrerelease, publishedAt, ...same } = release;
  return { ...same, draft: isDraft, prerelease: isPrerelease, published_at: publishedAt };
}
