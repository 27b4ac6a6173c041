import type { Workspaces } from '../workspace/workspace.ts';
import type { Agent } from './agent.ts';
import { createFileAdmin } from './file-admin.ts';

/** What the agents' abilities are made of. */
interface AgentNeeds {
  workspaces: Workspaces;
}

/** Every agent of this installation, in the order in which they are listed. */
export function createAgents(needs: AgentNeeds): Agent[] {
  return [createFileAdmin(needs)];
}
