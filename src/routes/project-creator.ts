import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Projects } from '../projects/projects.ts';
import type { Turns } from '../turns/turns.ts';
import { askRoute } from './ask.ts';
import { clientGone } from './client-gone.ts';
import type { StreamSource } from './event-stream.ts';
import { extensionRoutes } from './project-creator/extensions.ts';
import { projectShape, showProject, showTemplate, tags, templateShape } from './project-creator/shapes.ts';
import { problems } from './schemas.ts';

interface ProjectCreatorOptions {
  turns: Turns;
  stream: StreamSource;
  projects: Projects;
}

/** A plan of the largest size, with the escapes of JSON. */
const BODY_LIMIT = 3 * 1024 * 1024;

const body = z.strictObject({
  name: z.string('takes a name').trim().min(1, 'takes a name that is not blank').max(200),
  template: z.string().min(1).max(255).optional().describe('The id of a template'),
  brief: z
    .string()
    .trim()
    .min(1, 'takes words')
    .max(32_000)
    .optional()
    .describe(
      'What is wanted, in words: a language model designs it; without one the words choose a template',
    ),
  plan: z
    .unknown()
    .optional()
    .describe(`All files of the project, as { summary, files: [{ path, content }], … }`),
  variables: z
    .record(z.string(), z.union([z.string(), z.number()], 'takes texts and numbers'))
    .optional()
    .describe('Values for the variables of the template'),
  folder: z
    .string()
    .max(1_000)
    .optional()
    .describe('The folder to put it into; left out: the workspace itself'),
  dry_run: z.boolean('takes true or false').default(false).describe('Only show what would be written'),
  merge: z
    .boolean('takes true or false')
    .default(false)
    .describe('Add what is missing to a folder that has something in it; what is there stays as it is'),
});

/** `/project-creator`: templates and the projects made of them, and the agent that makes them. */
export const projectCreatorRoutes: FastifyPluginAsyncZod<ProjectCreatorOptions> = async (
  app,
  { turns, stream, projects },
) => {
  await app.register(askRoute, { turns, stream, entry: 'project-creator' });
  await app.register(extensionRoutes, { extensions: projects.extensions });

  app.get(
    '/templates',
    {
      schema: {
        tags,
        summary: 'What projects can be made of; a person’s own templates first',
        response: { 200: z.array(templateShape), ...problems },
      },
    },
    async (request) => (await projects.list(request.user.id)).map(showTemplate),
  );

  app.post(
    '/projects',
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        tags,
        summary: 'Make a project, or show what it would be',
        description: 'Takes one of template, brief and plan. 201 when it was written, 200 for a dry run.',
        body,
        response: { 200: projectShape, 201: projectShape, ...problems },
      },
    },
    async (request, reply) => {
      const { dry_run: isDryRun, merge, ...wanted } = request.body;
      const userId = request.user.id;
      const signal = clientGone(reply);
      const proposal = await projects.propose({ userId, ...wanted, signal }, { designs: true });
      if (isDryRun) return showProject(proposal, null);
      const written = await projects.write(proposal, { userId, merge, signal });
      return reply.code(201).send(showProject(proposal, written));
    },
  );
};
