import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Agent } from '../agents/agent.ts';
import { EFFECTS } from '../config.ts';

const agent = z.object({
  name: z.string(),
  description: z.string(),
  tools: z.array(z.object({ name: z.string(), description: z.string(), effect: z.enum(EFFECTS) })),
});

/** `/agents`: who is in the team. */
export const agentRoutes: FastifyPluginAsyncZod<{ agents: Agent[] }> = async (app, { agents }) => {
  app.get(
    '/',
    { schema: { tags: ['agents'], summary: 'The team and its tools', response: { 200: z.array(agent) } } },
    async () =>
      agents.map(({ name, description, tools }) => ({
        name,
        description,
        tools: tools.map((tool) => ({ name: tool.name, description: tool.description, effect: tool.effect })),
      })),
  );
};
