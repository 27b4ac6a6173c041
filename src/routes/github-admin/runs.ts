import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ProblemError } from '../../errors.ts';
import type { WorkflowJob, WorkflowRun } from '../../github/operations/workflows.ts';
import { nameOf } from '../../github/repository-name.ts';
import { clientGone } from '../client-gone.ts';
import { problems } from '../schemas.ts';
import {
  type GitHubOptions,
  idParams,
  limit,
  listOf,
  ref,
  repositoryParams,
  showList,
  tags,
  writeHeaders,
  writeOptions,
  written,
} from './shapes.ts';

const MOST_LOGS = 5;
const STATUSES = ['completed', 'failure', 'success', 'in_progress', 'queued'] as const;

const runShape = z.object({
  id: z.number(),
  workflow: z.string(),
  title: z.string(),
  status: z.string().describe('queued, in_progress, completed, and other words of GitHub’s'),
  conclusion: z.string().nullable().describe('success, failure, cancelled …; null while it runs'),
  branch: z.string().nullable(),
  head_sha: z.string(),
  event: z.string(),
  attempt: z.number().describe('From 1'),
  created_at: z.string(),
  url: z.string(),
});
const jobShape = z.object({
  id: z.number(),
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullable(),
  failed_steps: z.array(z.string()),
  url: z.string().nullable(),
});
const logQuery = z.strictObject({
  job: z.coerce
    .number('takes a whole number')
    .int()
    .min(1)
    .optional()
    .describe('The id of a job; left out: the jobs that failed, or all of them if none did'),
  characters: z.coerce.number('takes a whole number').int().min(1).max(400_000).default(20_000),
});
const logShape = z.object({
  logs: z.array(
    z.object({
      job: z.number(),
      name: z.string(),
      conclusion: z.string().nullable(),
      text: z.string().describe('The end of its log, without the times before the lines'),
    }),
  ),
  more: z.boolean().describe(`Whether there are more jobs than the ${MOST_LOGS} that are shown at once`),
});

/** `/github-admin/repos/:owner/:repo/runs`: what GitHub Actions did. */
export const runRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, options) => {
  await app.register(readRoutes, options);
  await app.register(logRoute, options);
  await app.register(rerunRoute, options);
};

const readRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.get(
    '/repos/:owner/:repo/runs',
    {
      schema: {
        tags,
        summary: 'Runs of workflows, the newest first',
        params: repositoryParams,
        querystring: z.strictObject({
          branch: ref.optional(),
          event: z
            .string()
            .regex(/^[a-z_]{1,100}$/, 'takes the name of an event, such as push')
            .optional(),
          status: z.enum(STATUSES, `takes one of ${STATUSES.join(', ')}`).optional(),
          limit,
        }),
        response: { 200: listOf(runShape), ...problems },
      },
    },
    async ({ user, params, query }, reply) => {
      const signal = clientGone(reply);
      const account = await repositories.account(user.id);
      return showList(await account.workflows.listRuns(nameOf(params), { ...query, signal }), showRun);
    },
  );

  app.get(
    '/repos/:owner/:repo/runs/:id',
    {
      schema: {
        tags,
        summary: 'A run with its jobs',
        params: idParams,
        response: { 200: runShape.extend({ jobs: z.array(jobShape) }), ...problems },
      },
    },
    async ({ user, params }, reply) => {
      const signal = clientGone(reply);
      const account = await repositories.account(user.id);
      const { jobs, ...run } = await account.workflows.readRun(nameOf(params), params.id, { signal });
      const shown = jobs.map(({ failedSteps, ...job }) => ({ ...job, failed_steps: failedSteps }));
      return { ...showRun(run), jobs: shown };
    },
  );
};

const logRoute: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.get(
    '/repos/:owner/:repo/runs/:id/log',
    {
      schema: {
        tags,
        summary: 'The ends of the logs of a run’s jobs',
        params: idParams,
        querystring: logQuery,
        response: { 200: logShape, ...problems },
      },
    },
    async ({ user, params, query: { job, characters } }, reply) => {
      const signal = clientGone(reply);
      const { workflows } = await repositories.account(user.id);
      const name = nameOf(params);
      const { jobs } = await workflows.readRun(name, params.id, { signal });
      const wanted = job === undefined ? tellingJobs(jobs) : [jobOf(jobs, job)];
      const shown = wanted.slice(0, MOST_LOGS);
      const each = Math.ceil(characters / Math.max(1, shown.length));
      const logs: z.infer<typeof logShape>['logs'] = [];
      for (const { id, name: title, conclusion } of shown) {
        const text = await workflows.readLog(name, id, { characters: each, signal });
        logs.push({ job: id, name: title, conclusion, text });
      }
      return { logs, more: wanted.length > shown.length };
    },
  );
};

const rerunRoute: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.post(
    '/repos/:owner/:repo/runs/:id/rerun',
    {
      schema: {
        tags,
        summary: 'Run it once more, or only the jobs that failed',
        params: idParams,
        headers: writeHeaders,
        body: z.strictObject({ failed_only: z.boolean('takes true or false').default(false) }).nullish(),
        response: { 202: z.object({ attempt: z.number(), ...written }), ...problems },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const failedOnly = body?.failed_only ?? false;
      const options = { ...writeOptions(request, reply), failedOnly };
      const account = await repositories.account(request.user.id);
      return reply.code(202).send(await account.workflows.rerun(nameOf(params), params.id, options));
    },
  );
};

/** Jobs that failed say what is wrong; a job that was skipped or has not ended has no log. */
function tellingJobs(jobs: WorkflowJob[]): WorkflowJob[] {
  const ended = jobs.filter(({ conclusion }) => conclusion !== null && conclusion !== 'skipped');
  const failed = ended.filter(({ conclusion }) => conclusion === 'failure');
  return failed.length > 0 ? failed : ended;
}

function jobOf(jobs: WorkflowJob[], id: number): WorkflowJob {
  const found = jobs.find((job) => job.id === id);
  if (found) return found;
  throw new ProblemError('github_not_found', `The run has no job ${id}.`);
}

function showRun(run: WorkflowRun): z.infer<typeof runShape> {
  const { headSha, createdAt, ...same } = run;
  return { ...same, head_sha: headSha, created_at: createdAt };
}
