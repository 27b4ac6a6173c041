import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { CommittedFiles } from '../../github/operations/commit-files.ts';
import type { FileContent } from '../../github/operations/file-changes.ts';
import { nameOf } from '../../github/repository-name.ts';
import type { Written } from '../../github/writes.ts';
import { clientGone } from '../client-gone.ts';
import { problems } from '../schemas.ts';
import { commitShape } from './commit-shapes.ts';
import {
  bodyText,
  type GitHubOptions,
  limit,
  listOf,
  ref,
  repositoryParams,
  repositoryPath,
  sha,
  showList,
  tags,
  writeHeaders,
  writeOptions,
  written,
} from './shapes.ts';

/** What is larger goes through the workspace, of which only the path is sent. */
const BODY_LIMIT = 10 * 1024 * 1024;
const MOST_FILES = 1_000;

const file = z
  .strictObject({
    path: repositoryPath,
    content: z.string('takes text'),
    encoding: z.enum(['utf-8', 'base64'], 'takes utf-8 or base64').default('utf-8'),
    executable: z.boolean('takes true or false').optional().describe('Left out: as it was'),
  })
  .refine(({ content, encoding }) => encoding === 'utf-8' || isBase64(content), {
    path: ['content'],
    error: 'takes base64',
  });

const body = z
  .strictObject({
    branch: ref.describe('A new branch, or with expected_head one that is there'),
    base: ref.optional().describe('Where a new branch begins; left out: at the default branch'),
    message: bodyText.refine((text) => text.trim() !== '', 'takes a message that is not blank'),
    files: z.array(file).max(MOST_FILES).optional(),
    deletions: z.array(repositoryPath).max(MOST_FILES).optional().describe('Files that shall go'),
    expected_head: sha.optional().describe('The commit that the branch must be at'),
    path: z
      .string()
      .min(1)
      .max(4_096)
      .optional()
      .describe(
        'Or a folder of the workspace: its files come to the root, without what .gitignore leaves out',
      ),
  })
  .refine(
    ({ files, deletions, path }) => (files === undefined && deletions === undefined) !== (path === undefined),
    'takes either files and deletions, or the path of a folder of the workspace',
  );

const newCommitShape = z.object({
  repository: z.string().describe('Its present name'),
  branch: z.string(),
  commit: z.string().describe('Its hash; of what was there before if there was nothing to change'),
  url: z.string(),
  files: z.array(z.string()).describe('What was written and deleted; if nothing, no commit was made'),
  unchanged: z.number().describe('How many files were there already as they were sent'),
  skipped: z
    .array(z.object({ path: z.string(), reason: z.string() }))
    .describe('Of a folder: links and the like, which were left out'),
  ...written,
});

/** `/github-admin/repos/:owner/:repo/commits`: what was changed, and changing many files at once. */
export const commitRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, options) => {
  await app.register(listRoute, options);
  await app.register(createRoute, options);
};

const listRoute: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.get(
    '/repos/:owner/:repo/commits',
    {
      schema: {
        tags,
        summary: 'Commits, the newest first',
        params: repositoryParams,
        querystring: z.strictObject({
          branch: ref
            .optional()
            .describe('A branch, tag or commit to begin from; left out: the default branch'),
          path: repositoryPath.optional().describe('Only commits that changed this file or folder'),
          limit,
        }),
        response: { 200: listOf(commitShape), ...problems },
      },
    },
    async ({ user, params, query: { branch, ...query } }, reply) => {
      const signal = clientGone(reply);
      const account = await repositories.account(user.id);
      const filter = { ...query, ref: branch, signal };
      return showList(await account.commits.list(nameOf(params), filter), (commit) => commit);
    },
  );
};

/** Many files as one commit, given in the request or in a folder of the workspace. */
const createRoute: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.post(
    '/repos/:owner/:repo/commits',
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        tags,
        summary: 'Commit many files at once, as one commit on a new branch',
        description:
          '201 when there is a new commit, 200 when there was nothing to change. The body may have 10 MiB; larger files are put into the workspace, and only their folder is named here.',
        params: repositoryParams,
        headers: writeHeaders,
        body,
        response: { 200: newCommitShape, 201: newCommitShape, ...problems },
      },
    },
    async (request, reply) => {
      const { path, files = [], deletions, base, expected_head: expectedHead, ...wanted } = request.body;
      const repository = nameOf(request.params);
      const options = writeOptions(request, reply);
      const place = { ...wanted, expectedHead };
      if (path !== undefined) {
        const push = { repository, path, base, ...place, ...options };
        const pushed = await repositories.pushFolder(request.user.id, push);
        return reply.code(pushed.files.length > 0 ? 201 : 200).send(pushed);
      }
      const account = await repositories.account(request.user.id);
      const input = { ...place, from: base, deletions, files: files.map(toContent) };
      const done = await account.commits.commitFiles(repository, input, options);
      return reply.code(done.changedFiles.length > 0 ? 201 : 200).send(showCommit(done, files));
    },
  );
};

function showCommit(
  { sha: commit, changedFiles, ...same }: Written<CommittedFiles>,
  files: { path: string }[],
): z.infer<typeof newCommitShape> {
  const unchanged = files.filter(({ path }) => !changedFiles.includes(path)).length;
  return { ...same, commit, files: changedFiles, unchanged, skipped: [] };
}

function toContent({ encoding, content, ...same }: z.infer<typeof file>): FileContent {
  return { ...same, content: encoding === 'base64' ? Buffer.from(content, 'base64') : content };
}

/** Node reads whatever looks a little like base64; a file that was cut or mistyped is not what its sender meant. */
function isBase64(text: string): boolean {
  const letters = text.replace(/\s+/g, '');
  return letters.length % 4 === 0 && /^[A-Za-z\d+/]*={0,2}$/.test(letters);
}
