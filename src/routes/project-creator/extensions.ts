import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ExtensionProposal, Extensions, WrittenExtension } from '../../projects/extend-project.ts';
import { EXTENSIONS, LICENSE_IDS } from '../../projects/extending/extensions.ts';
import { clientGone } from '../client-gone.ts';
import { problems, uuid } from '../schemas.ts';
import { changeShape, checkShape, tags } from './shapes.ts';

const body = z.strictObject({
  path: z.string('takes the folder of a project').min(1, 'takes the folder of a project').max(1_000),
  add: z
    .array(z.enum(EXTENSIONS, `takes some of ${EXTENSIONS.join(', ')}`))
    .min(1, `takes some of ${EXTENSIONS.join(', ')}`)
    .max(EXTENSIONS.length),
  license: z.enum(LICENSE_IDS, `takes one of ${LICENSE_IDS.join(', ')}`).optional(),
  holder: z.string().trim().min(1).max(200).optional().describe('Who holds the rights, for the licence'),
  dry_run: z.boolean('takes true or false').default(false).describe('Only show what would be written'),
});

const extensionShape = z.object({
  path: z.string(),
  dry_run: z.boolean(),
  files: z.array(z.object({ path: z.string(), diff: z.string() })).describe('What is new, as unified diffs'),
  kept: z.array(z.string()).describe('What is there already and stays as it is'),
  checks: z.array(checkShape),
  run: z.array(z.string()),
  assumptions: z.array(z.string()),
  run_id: uuid.nullable().describe('What undoes all changes together'),
  changes: z.array(changeShape),
});

/** `/project-creator/extensions`: adding to projects that are there. */
export const extensionRoutes: FastifyPluginAsyncZod<{ extensions: Extensions }> = async (
  app,
  { extensions },
) => {
  app.post(
    '/extensions',
    {
      schema: {
        tags,
        summary: 'Add to a project in its own style, all of it or nothing',
        description: '201 when it was written, 200 for a dry run.',
        body,
        response: { 200: extensionShape, 201: extensionShape, ...problems },
      },
    },
    async (request, reply) => {
      const { dry_run: isDryRun, ...wanted } = request.body;
      const userId = request.user.id;
      const signal = clientGone(reply);
      const proposal = await extensions.propose({ userId, ...wanted, signal });
      if (isDryRun) return showExtension(proposal, null);
      return reply
        .code(201)
        .send(showExtension(proposal, await extensions.write(proposal, { userId, signal })));
    },
  );
};

function showExtension(
  { path, files, kept, checks, run, assumptions }: ExtensionProposal,
  written: WrittenExtension | null,
): z.infer<typeof extensionShape> {
  return {
    ...{ path, dry_run: written === null, kept, checks, run, assumptions },
    files: files.map((file) => ({ path: file.path, diff: file.diff })),
    run_id: written?.runId ?? null,
    changes: written?.changes ?? [],
  };
}
