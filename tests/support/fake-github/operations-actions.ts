import { strToU8, zipSync } from 'fflate';
import {
  type Answer,
  type Call,
  type Handlers,
  notFound,
  ok,
  page,
  Refusal,
  repositoryOf,
  writableRepository,
} from './exchange.ts';
import { nodeId, repositoryPage, repositoryUrl, type Shown, showAccount, showRepository } from './present.ts';
import { filled } from './schema-fill.ts';
import type { Job, Repository, WorkflowRun } from './state.ts';

function showRun(call: Call, repository: Repository, run: WorkflowRun): Shown {
  const root = repositoryUrl(call, repository);
  const url = `${root}/actions/runs/${run.id}`;
  const short = showRepository(call, repository, 'minimal-repository');
  const commit = repository.git.commits.get(run.sha);
  return filled('workflow-run', {
    id: run.id,
    node_id: nodeId('WorkflowRun', run.id),
    name: run.name,
    display_title: commit?.message.split('\n')[0] ?? run.name,
    head_branch: run.branch,
    head_sha: run.sha,
    path: `.github/workflows/${run.name.toLowerCase().replaceAll(/\W+/g, '-')}.yml`,
    run_number: run.number,
    run_attempt: run.attempt,
    event: run.event,
    status: run.status,
    conclusion: run.status === 'completed' ? run.conclusion : null,
    workflow_id: workflowId(run.name),
    url,
    html_url: `${repositoryPage(call, repository)}/actions/runs/${run.id}`,
    pull_requests: [],
    created_at: run.createdAt,
    updated_at: run.updatedAt,
    run_started_at: run.createdAt,
    actor: showAccount(call, run.actor),
    triggering_actor: showAccount(call, run.actor),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    head_commit: commit
      ? filled('simple-commit', {
          id: run.sha,
          tree_id: commit.tree,
          message: commit.message,
          timestamp: commit.committer.date,
          author: { name: commit.author.name, email: commit.author.email },
          committer: { name: commit.committer.name, email: commit.committer.email },
        })
      : null,
    repository: short,
    head_repository: short,
  });
}

/** A number that is the same for each run of a workflow. */
function workflowId(name: string): number {
  return [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 7);
}

function showJob(call: Call, repository: Repository, { run, job }: { run: WorkflowRun; job: Job }): Shown {
  const root = repositoryUrl(call, repository);
  const conclusion = run.status === 'completed' ? job.conclusion : null;
  return filled('job', {
    id: job.id,
    node_id: nodeId('CheckRun', job.id),
    run_id: run.id,
    run_attempt: run.attempt,
    run_url: `${root}/actions/runs/${run.id}`,
    head_sha: run.sha,
    head_branch: run.branch,
    url: `${root}/actions/jobs/${job.id}`,
    html_url: `${repositoryPage(call, repository)}/actions/runs/${run.id}/job/${job.id}`,
    status: run.status,
    conclusion,
    created_at: run.createdAt,
    started_at: run.createdAt,
    completed_at: conclusion === null ? null : run.updatedAt,
    name: job.name,
    steps: [
      {
        name: `Run ${job.name}`,
        number: 1,
        status: run.status,
        conclusion,
        started_at: run.createdAt,
        completed_at: conclusion === null ? null : run.updatedAt,
      },
    ],
    check_run_url: `${root}/check-runs/${job.id}`,
    labels: ['ubuntu-latest'],
    workflow_name: run.name,
  });
}

function runOf(call: Call, repository: Repository): WorkflowRun {
  const run = repository.runs.find(({ id }) => id === Number(call.path.run_id));
  if (!run) throw notFound();
  return run;
}

function rerun(call: Call, only: 'all' | 'failed'): Answer {
  const repository = writableRepository(call, 'push');
  const run = runOf(call, repository);
  if (run.status !== 'completed') {
    throw new Refusal(403, 'This workflow run is already running');
  }
  const chosen = run.jobs.filter(({ conclusion }) => only === 'all' || conclusion !== 'success');
  for (const job of chosen) job.conclusion = null;
  Object.assign(run, {
    attempt: run.attempt + 1,
    status: 'queued',
    conclusion: null,
    updatedAt: call.state.now(),
  });
  return { status: 201, body: {} };
}

function moved(location: string): Answer {
  return { status: 302, headers: { location } };
}

function listRuns(call: Call): Answer {
  const repository = repositoryOf(call);
  const { branch, event, status, actor, head_sha: sha } = call.query;
  const found = repository.runs
    .filter(
      (run) =>
        (branch === undefined || run.branch === branch) &&
        (event === undefined || run.event === event) &&
        (actor === undefined || run.actor.login === actor) &&
        (sha === undefined || run.sha === sha) &&
        (status === undefined ||
          run.status === status ||
          (run.status === 'completed' && run.conclusion === status)),
    )
    .reverse();
  return page(call, found, (list) => ({
    total_count: found.length,
    workflow_runs: list.map((run) => showRun(call, repository, run)),
  }));
}

/** Runs of workflows, their jobs and their logs. */
export const actionHandlers: Handlers = {
  'actions/list-workflow-runs-for-repo': listRuns,
  'actions/get-workflow-run': (call) => {
    const repository = repositoryOf(call);
    return ok(showRun(call, repository, runOf(call, repository)));
  },
  'actions/list-jobs-for-workflow-run': (call) => {
    const repository = repositoryOf(call);
    const run = runOf(call, repository);
    return page(call, run.jobs, (list) => ({
      total_count: run.jobs.length,
      jobs: list.map((job) => showJob(call, repository, { run, job })),
    }));
  },
  'actions/download-workflow-run-logs': (call) => {
    const run = runOf(call, repositoryOf(call));
    if (run.status !== 'completed') throw notFound();
    const files = run.jobs.map(({ name, log }, at) => [`${at}_${name}.txt`, strToU8(log)]);
    const archive = zipSync(Object.fromEntries(files));
    return moved(call.downloadFrom(Buffer.from(archive), 'application/zip'));
  },
  'actions/download-job-logs-for-workflow-run': (call) => {
    const repository = repositoryOf(call);
    const job = repository.runs.flatMap(({ jobs }) => jobs).find(({ id }) => id === Number(call.path.job_id));
    if (!job) throw notFound();
    return moved(call.downloadFrom(Buffer.from(job.log), 'text/plain; charset=utf-8'));
  },
  'actions/re-run-workflow': (call) => rerun(call, 'all'),
  'actions/re-run-workflow-failed-jobs': (call) => rerun(call, 'failed'),
};
