import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { ProblemError } from '../errors.ts';
import { unifiedDiff } from '../workspace/text/compare.ts';
import type { Workspaces } from '../workspace/workspace.ts';
import { counted } from './file-previews.ts';
import { isPushed } from './github-done.ts';
import { folderFiles, type PlannedFile, type PushPlan, planPush, writtenFiles } from './github-push-plan.ts';
import { type GitHubScene, type RepositoryAccess, repositoryField } from './github-scene.ts';
import { previewOf, sayWritten, withoutTokens } from './github-texts.ts';
import { writingTool } from './github-tool.ts';
import type { AgentTool } from './tool.ts';

/** A preview names so many files, and shows so many whole or as a difference. */
const FILES_NAMED = 200;
const FILES_SHOWN = 12;
const FILE_CHARACTERS = 4_000;

const schema = z.object({
  repository: repositoryField,
  branch: z
    .string()
    .min(1)
    .max(250)
    .optional()
    .describe('A new branch, or one that is there; left out, and of an empty repository: the default branch'),
  base: z
    .string()
    .min(1)
    .max(250)
    .optional()
    .describe('Where a new branch begins; left out: the default branch'),
  message: z
    .string()
    .trim()
    .min(1)
    .max(10_000)
    .optional()
    .describe('Of the commit; left out: what is pushed'),
  folder: z
    .string()
    .max(1_000)
    .optional()
    .describe(
      'A folder of the workspace ("." for all of it); what it holds goes to the top of the repository',
    ),
  files: z
    .array(
      z.object({
        path: z.string().min(1).max(4_000).describe('In the repository'),
        content: z.string().describe('The whole text'),
      }),
    )
    .min(1)
    .max(100)
    .optional()
    .describe('Files written here, instead of a folder'),
  delete: z
    .array(z.string().min(1))
    .max(100)
    .optional()
    .describe('With files: paths to delete in the same commit'),
});
type Push = z.infer<typeof schema>;

interface PushNeeds {
  repositories: RepositoryAccess;
  workspaces: Pick<Workspaces, 'for'>;
}

/** The tool that sends many files to a branch as one commit. */
export function pushTool({ repositories, workspaces }: PushNeeds): AgentTool {
  async function filesOf({ folder, files = [], delete: deletions }: Push, { userId, signal }: GitHubScene) {
    if (folder === undefined) {
      if (files.length > 0 || deletions) return writtenFiles(files);
    } else if (files.length === 0 && !deletions) {
      return await folderFiles(workspaces.for(userId), folderPath(folder), signal);
    }
    throw new ProblemError(
      'invalid_request',
      'Give either folder, or files (and delete). Nothing was pushed.',
    );
  }

  return writingTool(repositories, {
    name: 'push_files',
    description:
      'Commit many files at once to a branch of a repository, as one commit: a folder of the workspace, or files written here.',
    schema,
    effect: 'publish',
    isDone: (input, traces) => isPushed({ ...input, message: messageOf(input) }, traces),
    look: async (input, scene) => planPush(input, await filesOf(input, scene), scene),
    versionOf: ({ name, visibility, head, from, added, changed, deleted }) => [
      ...[name, visibility, head, from, deleted],
      ...[...added, ...changed].map(({ path, sha }) => [path, sha]),
    ],
    describe: describePush,
    write: async (input, plan, { userId, account, options }) => {
      const { name, branch, added, changed, deleted } = plan;
      const { files = [] } = input;
      const message = messageOf(input);
      // Only onto what was looked at.
      const [expectedHead, start] = [plan.head ?? undefined, plan.from ?? undefined];
      const what = `${counted(added.length + changed.length, 'file')}${deleted.length > 0 ? ` (and ${deleted.length} deleted)` : ''}`;
      if (input.folder !== undefined) {
        const path = folderPath(input.folder);
        const push = { repository: name, path, branch, base: start, expectedHead, message, ...options };
        const pushed = await repositories.pushFolder(userId, push);
        return sayWritten(`Pushed ${what} to ${name}, branch ${branch}: ${pushed.url}`, pushed);
      }
      const commit = { branch, message, files, deletions: deleted, from: start, expectedHead };
      const done = await account.commits.commitFiles(name, commit, options);
      return sayWritten(`Pushed ${what} to ${name}, branch ${branch}: ${done.url}`, done);
    },
  });
}

/** What a commit is called where nobody says. */
function messageOf({ message, folder, files }: Push): string {
  if (message !== undefined) return message;
  return folder === undefined ? `Change ${counted(files?.length ?? 0, 'file')}` : `Update from ${folder}`;
}

export function folderPath(folder: string): string {
  return folder.replaceAll(/^(?:\.?\/)+|\/+$/g, '').replace(/^\.$/, '');
}

async function describePush(input: Push, plan: PushPlan, scene: GitHubScene) {
  const { name, visibility, branch, isDefaultBranch, head, from, added, changed, deleted, unchanged } = plan;
  const count = added.length + changed.length;
  const start = from === null ? 'the first commit of the repository' : `new, from ${from}`;
  const named = [
    ...added.map(({ path, size }) => `new ${path} (${size} bytes)`),
    ...changed.map(({ path, size }) => `changed ${path} (${size} bytes)`),
    ...deleted.map((path) => `deleted ${path}`),
  ];
  const tokens = [...added, ...changed].filter(({ holdsToken }) => holdsToken).map(({ path }) => path);
  const more = named.length > FILES_NAMED ? [`… and ${named.length - FILES_NAMED} more`] : [];
  return {
    summary: `push ${counted(count, 'file')}${deleted.length > 0 ? `, and delete ${deleted.length},` : ''} to ${head === null ? 'the new branch' : isDefaultBranch ? 'the default branch' : 'the branch'} ${branch} of ${name}`,
    preview: [
      previewOf({
        repository: `${name} (${visibility})`,
        branch: `${branch} (${head === null ? start : `at ${head}`})`,
        message: messageOf(input),
        warning: tokens.length > 0 ? `a GitHub token seems to be in ${tokens.join(', ')}` : undefined,
        unchanged: unchanged > 0 ? `${counted(unchanged, 'file')}, left out` : undefined,
      }),
      ...named.slice(0, FILES_NAMED),
      ...more,
      ...(await contentsOf(plan, scene)),
    ].join('\n'),
  };
}

/** What is in the new files, and what differs in the changed ones. */
async function contentsOf(
  { name, from, added, changed }: PushPlan,
  { account, signal }: GitHubScene,
): Promise<string[]> {
  const shown: string[] = [];
  for (const file of changed.slice(0, FILES_SHOWN)) {
    const before = await account.contents.readBytes(name, file.path, { ref: from ?? undefined, signal });
    shown.push(differenceOf(file, textOf(Buffer.from(before)), textOf(await file.bytes())));
  }
  return [...shown, ...(await newContents(added.slice(0, FILES_SHOWN - shown.length)))];
}

/** What is in new files, the first ones of many. */
export async function newContents(added: readonly PlannedFile[]): Promise<string[]> {
  const shown: string[] = [];
  for (const file of added.slice(0, FILES_SHOWN)) {
    shown.push(differenceOf(file, '', textOf(await file.bytes())));
  }
  return shown;
}

function differenceOf({ path }: PlannedFile, before: string | undefined, after: string | undefined): string {
  if (before === undefined || after === undefined) return `${path} is no text that can be shown.`;
  const from = { name: before === '' ? '/dev/null' : path, text: before };
  return withoutTokens(unifiedDiff(from, { name: path, text: after }, { maximum: FILE_CHARACTERS }).diff);
}

function textOf(bytes: Buffer): string | undefined {
  return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString('utf8') : undefined;
}
