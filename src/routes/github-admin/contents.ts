import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { nameOf } from '../../github/repository-name.ts';
import { clientGone } from '../client-gone.ts';
import { problems } from '../schemas.ts';
import { type GitHubOptions, ref, repositoryParams, tags } from './shapes.ts';

/** More than a file for people has; a longer one is cut, and says so. */
const TEXT_CHARACTERS = 400_000;

const params = repositoryParams.extend({ '*': z.string().max(4_000).default('') });
const querystring = z.strictObject({
  ref: ref.optional().describe('A branch, tag or commit; left out: the default branch'),
});
const entry = z.object({
  path: z.string(),
  type: z.enum(['file', 'folder', 'link', 'submodule']),
  size: z.number().describe('Bytes; 0 for all but files'),
  sha: z.string(),
});
const contents = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('file'),
    path: z.string(),
    size: z.number(),
    sha: z.string(),
    text: z
      .string()
      .nullable()
      .describe(
        'Null for a file that is not UTF-8; a very long one ends with how many characters were left out',
      ),
  }),
  z.object({ type: z.literal('folder'), path: z.string(), entries: z.array(entry) }),
]);

type ContentsRequest = FastifyRequest<{
  Params: z.infer<typeof params>;
  Querystring: z.infer<typeof querystring>;
}>;

/** `/github-admin/repos/:owner/:repo/contents`: the files of a repository. They are changed by commits. */
export const contentRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  const response = { 200: contents, ...problems };
  app.get(
    '/repos/:owner/:repo/contents',
    { schema: { hide: true, params, querystring, response } },
    showContents,
  );
  app.get(
    '/repos/:owner/:repo/contents/*',
    { schema: { tags, summary: 'A file’s text, or a folder’s entries', params, querystring, response } },
    showContents,
  );

  async function showContents(request: ContentsRequest, reply: FastifyReply) {
    const { '*': given, ...place } = request.params;
    const signal = clientGone(reply);
    const account = await repositories.account(request.user.id);
    const found = await account.contents.read(nameOf(place), given.replace(/\/+$/, ''), {
      ...request.query,
      characters: TEXT_CHARACTERS,
      signal,
    });
    if (found.kind === 'file') {
      const { kind: type, ...file } = found;
      return { type, ...file };
    }
    const entries = found.entries.map(({ kind: type, ...rest }) => ({ type, ...rest }));
    return { type: found.kind, path: found.path, entries };
  }
};
