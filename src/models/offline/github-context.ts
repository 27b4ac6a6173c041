import { skipLeads } from './courtesy.ts';
import type { FoundCommand } from './find-command.ts';
import { PUBLISH_TOOL, sayPublishing } from './github-publishing-skills.ts';
import type { GitHubRequest } from './github-request.ts';
import { folderNameOf } from './github-slots.ts';
import { GITHUB_AGENT } from './github-words.ts';
import { CREATE_TOOL } from './project-skills.ts';
import type { ProjectRequest } from './project-slots.ts';
import { textOf } from './sentence.ts';
import type { Arguments } from './skill.ts';

/** A command with what it took from those before it, and how to say it where nothing stands before. */
interface InContext {
  found: FoundCommand;
  task?: string;
  /** Its arguments but for what is known only when the commands before it are done. */
  awaits?: Arguments;
}

const WITHOUT_REPOSITORY = new Set([PUBLISH_TOOL, 'create_repository', 'list_repositories', 'search_github']);

/**
 * Finds what "it" is in the commands before: the project that was created is published, an issue is closed in the repository that
 * was named. Nothing is lost by such a guess: what deletes has to say itself of what.
 */
export function inContext(all: readonly FoundCommand[], position: number): InContext | undefined {
  const [found, before] = [all[position], all.slice(0, position)];
  if (found?.skill.agent !== GITHUB_AGENT) return found && { found };
  if (found.skill.tool === PUBLISH_TOOL) return publishing(found, before);
  const { github = {} } = found.match.captured;
  const isOpen = github.repository === undefined && !WITHOUT_REPOSITORY.has(found.skill.tool);
  if (!isOpen || found.skill.destructive) return { found };
  const repository = before.map(repositoryOf).findLast((name) => name !== undefined);
  if (repository === undefined) return { found };
  const said =
    found.language === 'es' ? `en el repositorio "${repository}"` : `in the repository "${repository}"`;
  const task = `${said}, ${sayPlainly(found)}`;
  return { found: withRequest(found, { repository }), task };
}

/** A command without "could you" and a question mark. */
export function sayPlainly({ range }: FoundCommand): string {
  return textOf({ ...range, from: skipLeads(range).from });
}

function publishing(found: FoundCommand, before: readonly FoundCommand[]): InContext {
  const { github = {} } = found.match.captured;
  const created = before.findLast(({ skill }) => skill.tool === CREATE_TOOL)?.match.captured.project;
  if (!created) return { found };
  const path = pathOf(created);
  const isOther = github.path !== undefined && github.path !== path?.split('/').at(-1);
  if (isOther) return { found };
  const { name, private: hidden } = github;
  if (path === undefined) {
    const named = name === undefined ? {} : { name };
    return { found, awaits: hidden === undefined ? named : { ...named, private: hidden } };
  }
  const task = sayPublishing({ path, name, private: hidden }, found.language);
  return { found: withRequest(found, { path }), task };
}

/** Where a project of this name is written to. */
function pathOf({ name, folder = '' }: ProjectRequest): string | undefined {
  if (name === undefined) return undefined;
  const parts = [...folder.split('/'), ...name.split('/')].filter((part) => part !== '' && part !== '.');
  const last = parts.pop() ?? '';
  return [...parts, folderNameOf(last)].join('/');
}

function repositoryOf({ skill, match }: FoundCommand): string | undefined {
  const { repository, name } = match.captured.github ?? {};
  return skill.tool === 'create_repository' ? name : repository;
}

function withRequest(found: FoundCommand, request: GitHubRequest): FoundCommand {
  const { match } = found;
  const github = { ...match.captured.github, ...request };
  return { ...found, match: { ...match, captured: { ...match.captured, github } } };
}
