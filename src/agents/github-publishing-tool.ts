import { z } from 'zod';
import { ProblemError } from '../errors.ts';
import { ifThere } from '../github/calls.ts';
import type { Workspaces } from '../workspace/workspace.ts';
import { counted } from './file-previews.ts';
import { folderFiles } from './github-push-plan.ts';
import { folderPath, newContents } from './github-push-tool.ts';
import { type RepositoryAccess, refuse } from './github-scene.ts';
import { previewOf, sayWritten } from './github-texts.ts';
import { writingTool } from './github-tool.ts';
import type { AgentTool } from './tool.ts';

/** A preview names so many files. */
const FILES_NAMED = 200;
/** What GitHub takes as a repository's name; it would put "-" for anything else by itself. */
const NOT_IN_NAMES = /[^\w.-]+/g;

const schema = z.object({
  path: z.string().min(1).max(1_000).describe('The folder of the project in the workspace'),
  name: z.string().min(1).max(100).optional().describe('Of the repository; left out: that of the folder'),
  description: z.string().max(350).optional(),
  private: z.boolean().optional().describe('false: everybody sees it. Left out: true'),
});
type Publication = z.infer<typeof schema>;

interface PublishingNeeds {
  repositories: RepositoryAccess;
  workspaces: Pick<Workspaces, 'for'>;
}

/** The tool that brings a project of the workspace to GitHub: a new repository with all of its files in one commit. */
export function publishingTool({ repositories, workspaces }: PublishingNeeds): AgentTool {
  return writingTool(repositories, {
    name: 'publish_project',
    description:
      'Publish a project of the workspace: create a repository (private unless told otherwise) and push the folder to it as one commit.',
    schema,
    effect: 'publish',
    look: async (input, { account, userId, signal }) => {
      const full = `${(await account.people.me({ signal })).login}/${nameOf(input)}`;
      const there = await ifThere(account.repositories.read(full, { signal }));
      if (there?.name.toLowerCase() === full.toLowerCase())
        refuse(
          `${there.name} is there already: ${there.url}. Push to it with push_files, or choose another name.`,
        );
      const files = await folderFiles(workspaces.for(userId), folderPath(input.path), signal);
      return { full, files };
    },
    versionOf: ({ full, files }) => [full, files.map(({ path, sha }) => [path, sha])],
    describe: async (input, { full, files }) => {
      const tokens = files.filter(({ holdsToken }) => holdsToken).map(({ path }) => path);
      const visibility = visibilityOf(input);
      const named = files.slice(0, FILES_NAMED).map(({ path, size }) => `${path} (${size} bytes)`);
      return {
        summary: `create the ${visibility} repository ${full} and push ${counted(files.length, 'file')} of ${input.path} to it`,
        preview: [
          previewOf({
            repository: full,
            visibility: visibility === 'public' ? 'public: everybody sees it' : visibility,
            description: input.description,
            warning: tokens.length > 0 ? `a GitHub token seems to be in ${tokens.join(', ')}` : undefined,
          }),
          ...named,
          ...(files.length > FILES_NAMED ? [`… and ${files.length - FILES_NAMED} more`] : []),
          ...(await newContents(files)),
        ].join('\n'),
      };
    },
    write: async (input, { full, files }, { userId, account, options }) => {
      const made = await account.repositories.create(
        {
          name: nameOf(input),
          description: input.description,
          visibility: visibilityOf(input),
          withReadme: true,
        },
        options,
      );
      const push = async () =>
        repositories.pushFolder(userId, {
          ...{ repository: made.name, path: folderPath(input.path), branch: made.defaultBranch, ...options },
          expectedHead: (await account.branches.read(made.name, made.defaultBranch, options)).sha,
          message: `Publish ${full.split('/').at(-1)}`,
        });
      const pushed = await push().catch((error: unknown) => {
        if (!(error instanceof ProblemError)) throw error;
        throw new ProblemError(
          error.code,
          `The repository ${made.name} is there, but its files are not pushed. ${error.message} Push them with push_files.`,
          { cause: error },
        );
      });
      return sayWritten(
        `Published ${counted(files.length, 'file')} as ${made.name} (${made.visibility}): ${made.url}`,
        pushed,
      );
    },
  });
}

function nameOf({ name, path }: Publication): string {
  const wanted =
    name ??
    path
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .at(-1) ??
    'workspace';
  return wanted.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll(NOT_IN_NAMES, '-');
}

function visibilityOf(input: Publication): 'public' | 'private' {
  return input.private === false ? 'public' : 'private';
}
