import type { Knowledge } from '../knowledge/knowledge.ts';
import type { Projects } from '../projects/projects.ts';
import type { Repositories } from '../repositories/repositories.ts';
import type { Workspaces } from '../workspace/workspace.ts';
import type { Agent } from './agent.ts';
import { createFileAdmin } from './file-admin.ts';
import { createFileConsultant } from './file-consultant.ts';
import { createGitHubAdmin } from './github-admin.ts';
import { createProjectCreator } from './project-creator.ts';

/** What the agents' abilities are made of. */
interface AgentNeeds {
  workspaces: Workspaces;
  knowledge: Pick<Knowledge, 'library' | 'search'>;
  projects: Projects;
  repositories: Repositories;
}

/** Every agent of this installation, in the order in which they are listed. */
export function createAgents(needs: AgentNeeds): Agent[] {
  return [
    createProjectCreator(needs),
    createFileConsultant(needs.knowledge),
    createFileAdmin(needs),
    createGitHubAdmin(needs),
  ];
}
