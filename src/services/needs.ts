import type { Logger } from 'pino';
import type { Agent } from '../agents/agent.ts';
import type { Database } from '../db/database.ts';
import type { GitHub } from '../github/github.ts';

/** What the services are built over. */
export interface ServicesNeeds {
  /** Agents beside those of the registry; one takes the place of an agent of the same name. */
  moreAgents?: Agent[];
  /** GitHub, where it is not to be reached as the configuration says. */
  github?: GitHub | undefined;
  /** Told of each request, call or connection that a limit refused, by the name of the limit. */
  onRefused?: (limit: string) => void;
  /** Open and migrated; the services close it when they are closed. */
  database: Database;
  log: Logger;
}
