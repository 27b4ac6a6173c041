import { createAgents } from '../agents/registry.ts';
import type { Config } from '../config.ts';
import { openGitHub } from '../github/github.ts';
import type { Knowledge } from '../knowledge/knowledge.ts';
import type { Importer } from '../memory/importer.ts';
import type { NamedChatModel } from '../models/settings.ts';
import type { Observe } from '../observing/observe.ts';
import { createProjects } from '../projects/projects.ts';
import { createRepositories } from '../repositories/repositories.ts';
import type { Workspaces } from '../workspace/workspace.ts';
import type { ServicesNeeds } from './needs.ts';

interface TeamNeeds extends ServicesNeeds {
  workspaces: Workspaces;
  knowledge: Knowledge;
  importer: Importer;
  chat: NamedChatModel;
  observe: Observe;
}

/** Builds the agents, and the services that are there for them. */
export async function createTeam(
  config: Config,
  { database, chat, moreAgents = [], github, ...needs }: TeamNeeds,
) {
  const { workspaces, knowledge, importer, observe, log } = needs;
  const designer = config.chat.provider === 'offline' ? null : chat.model;
  const projects = await createProjects({
    ...{ workspaces, designer, modelName: chat.name, observe },
    timeoutMs: config.turn.timeoutMs,
  });
  const repositories = createRepositories({
    ...{ workspaces, importer, log, config: config.github },
    executor: database.executor,
    github: github ?? openGitHub({ ...config.github, log }),
    leaseMs: config.turn.leaseMs,
    isAlone: database.kind === 'embedded',
  });
  const agents = createAgents({ workspaces, knowledge, projects, repositories });
  const others = agents.filter(({ name }) => !moreAgents.some((more) => more.name === name));
  return { projects, repositories, agents: [...others, ...moreAgents] };
}
