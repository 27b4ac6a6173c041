import type { Knowledge } from '../knowledge/knowledge.ts';
import type { Workspaces } from '../workspace/workspace.ts';
import type { Agent } from './agent.ts';
import { createFileAdmin } from './file-admin.ts';
import { createFileConsultant } from './file-consultant.ts';

/** What the agents' abilities are made of. */
interface AgentNeeds {
  workspaces: Workspaces;
  knowledge: Pick<Knowledge, 'library' | 'search'>;
}

/** Every agent of this installation, in the order in which they are listed. */
export function createAgents(needs: AgentNeeds): Agent[] {
  return [createFileConsultant(needs.knowledge), createFileAdmin(needs)];
}
