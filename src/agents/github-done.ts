import { ifThere } from '../github/calls.ts';
import { splitName } from '../github/repository-name.ts';
import { branchAt, commitAt, type GitHubScene } from './github-scene.ts';

/** What a call is known by when its process has died: since when it can have been done. */
export interface Traces extends GitHubScene {
  since: Date;
}

interface Place {
  repository: string;
}

const RECENT = 30;
/** As much of a text as the client shows of a comment at least. */
const COMPARED_CHARACTERS = 5_000;

/** Whether a repository is there which was not when the call was made. */
export async function isCreated(
  { name, organisation }: { name: string; organisation?: string | undefined },
  { account, signal }: Traces,
): Promise<boolean> {
  const owner = organisation ?? (await account.people.me({ signal })).login;
  return (await ifThere(account.repositories.read(`${owner}/${name}`, { signal }))) !== undefined;
}

/** Whether a repository is gone; words other than its name may mean another one by now, so that nothing is known. */
export async function isDeleted({ repository }: Place, { account, signal }: Traces): Promise<boolean | null> {
  if (splitName(repository) === undefined) return null;
  return (await ifThere(account.repositories.read(repository, { signal }))) === undefined;
}

export async function isPushed(
  { repository, branch: given, message }: Place & { branch?: string | undefined; message: string },
  scene: Traces,
): Promise<boolean> {
  const { name, defaultBranch } = await scene.resolve(repository);
  const branch = given ?? defaultBranch;
  if ((await branchAt(scene, name, branch)) === undefined) return false;
  const { account, signal, since } = scene;
  const recent = await account.commits.list(name, { ref: branch, since, limit: RECENT, signal });
  return recent.items.some((commit) => commit.message.trim() === message);
}

export async function isIssueOpened(
  { repository, title }: Place & { title: string },
  scene: Traces,
): Promise<boolean> {
  const { account, signal, since } = scene;
  const [{ name }, me] = await Promise.all([scene.resolve(repository), account.people.me({ signal })]);
  const filter = { state: 'all', author: me.login, limit: RECENT, signal } as const;
  const { items } = await account.issues.list(name, filter);
  return items.some((issue) => issue.title === title && new Date(issue.createdAt) >= since);
}

export async function isCommented(
  { repository, number, body }: Place & { number: number; body: string },
  scene: Traces,
): Promise<boolean> {
  const { account, signal, since } = scene;
  const [{ name }, me] = await Promise.all([scene.resolve(repository), account.people.me({ signal })]);
  const { comments } = await account.issues.read(name, number, { comments: RECENT, signal });
  return comments.some(
    (one) =>
      one.author === me.login &&
      new Date(one.createdAt) >= since &&
      beginningOf(one.body) === beginningOf(body),
  );
}

export async function isPullOpened(
  { repository, title, head }: Place & { title: string; head: string },
  scene: Traces,
): Promise<boolean> {
  const { account, signal, since } = scene;
  const { name } = await scene.resolve(repository);
  const { items } = await account.pulls.list(name, { state: 'all', head, limit: RECENT, signal });
  return items.some((pull) => pull.title === title && new Date(pull.createdAt) >= since);
}

export async function isMerged(
  { repository, number }: Place & { number: number },
  scene: Traces,
): Promise<boolean> {
  const { name } = await scene.resolve(repository);
  const pull = await scene.account.pulls.read(name, number, { files: 1, signal: scene.signal });
  return pull.state === 'merged';
}

/** Whether a branch or tag is as the call would have made it. */
export async function isNameChanged(
  {
    repository,
    kind,
    action,
    name: changed,
    target,
  }: Place & { kind: 'branch' | 'tag'; action: string; name: string; target?: string | undefined },
  scene: Traces,
): Promise<boolean> {
  const { name, defaultBranch } = await scene.resolve(repository);
  const { account, signal } = scene;
  const sha =
    kind === 'branch'
      ? await branchAt(scene, name, changed)
      : (await account.tags.list(name, { limit: 200, signal })).items.find((tag) => tag.name === changed)
          ?.sha;
  if (action === 'delete') return sha === undefined;
  if (action === 'create') return sha !== undefined;
  return sha === (await commitAt(scene, name, target ?? defaultBranch));
}

export async function isReleased(
  { repository, tag }: Place & { tag: string },
  scene: Traces,
): Promise<boolean> {
  const { name } = await scene.resolve(repository);
  const { items } = await scene.account.releases.list(name, { limit: RECENT, signal: scene.signal });
  return items.some((release) => release.tag === tag);
}

function beginningOf(text: string): string {
  return text.slice(0, COMPARED_CHARACTERS).trim();
}
