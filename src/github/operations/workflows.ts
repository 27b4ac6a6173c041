import { type ReadOptions, type WriteOptions, within } from '../calls.ts';
import { lastOfText } from '../clean-text.ts';
import type { GitHubConnection } from '../client.ts';
import { type Listed, LONGEST_LIST, readPages } from '../pages.ts';
import { given, type RawAnswer, type Rest } from '../raw-answer.ts';
import { placeOf } from '../repository-name.ts';
import { type Written, writeOnce } from '../writes.ts';

const DEFAULT_LOG_CHARACTERS = 20_000;
const MOST_LOG_CHARACTERS = 400_000;
/** The time before each line of a log, which helps nobody and takes a third of it. */
const LOG_TIMES = /^\uFEFF?\d{4}-\d\d-\d\dT[\d:.]+Z ?/gm;

export interface WorkflowRun {
  id: number;
  workflow: string;
  title: string;
  /** "queued", "in_progress", "completed" and other words of GitHub's. */
  status: string;
  /** "success", "failure", "cancelled" …; null while it runs. */
  conclusion: string | null;
  branch: string | null;
  headSha: string;
  event: string;
  /** 1 for the first time. */
  attempt: number;
  createdAt: string;
  url: string;
}

export interface WorkflowJob {
  id: number;
  name: string;
  status: string;
  conclusion: string | null;
  failedSteps: string[];
  url: string | null;
}

interface RunFilter extends ReadOptions {
  branch?: string | undefined;
  event?: string | undefined;
  status?: 'completed' | 'failure' | 'success' | 'in_progress' | 'queued' | undefined;
  headSha?: string | undefined;
  limit?: number | undefined;
}

/** The runs of a repository's workflows, the newest first. Reads. */
async function listRuns(
  connection: GitHubConnection,
  repository: string,
  { branch, event, status, headSha, limit, signal }: RunFilter = {},
): Promise<Listed<WorkflowRun>> {
  const filters = { ...placeOf(repository), ...given({ branch, event, status, head_sha: headSha }) };
  return readPages(
    limit,
    async (page) => {
      const { data, headers } = await connection.rest.actions.listWorkflowRunsForRepo({
        ...filters,
        ...page,
        ...within(signal),
      });
      return { data: data.workflow_runs, headers };
    },
    toRun,
  );
}

/** One run with its jobs of the latest attempt. Reads. */
async function readRun(
  connection: GitHubConnection,
  repository: string,
  runId: number,
  { signal }: ReadOptions = {},
): Promise<WorkflowRun & { jobs: WorkflowJob[] }> {
  const place = { ...placeOf(repository), run_id: runId };
  const { actions } = connection.rest;
  const { data: run } = await actions.getWorkflowRun({ ...place, ...within(signal) });
  const jobs = await readPages(
    LONGEST_LIST,
    async (page) => {
      const { data, headers } = await actions.listJobsForWorkflowRun({
        ...place,
        ...page,
        ...within(signal),
      });
      return { data: data.jobs, headers };
    },
    toJob,
  );
  return { ...toRun(run), jobs: jobs.items };
}

/** The end of a job's log (20,000 characters unless told), without the times before its lines. Reads. */
async function readLog(
  connection: GitHubConnection,
  repository: string,
  jobId: number,
  { characters = DEFAULT_LOG_CHARACTERS, signal }: ReadOptions & { characters?: number | undefined } = {},
): Promise<string> {
  const { data } = await connection.rest.actions.downloadJobLogsForWorkflowRun({
    ...placeOf(repository),
    job_id: jobId,
    // Logs may be larger than this process wants to hold, and their end says what went wrong.
    request: { fetch: connection.endFetch, ...(signal === undefined ? {} : { signal }) },
  });
  const text = typeof data === 'string' ? data : Buffer.from(data as ArrayBuffer).toString('utf8');
  return lastOfText(text.replace(LOG_TIMES, ''), Math.min(characters, MOST_LOG_CHARACTERS));
}

interface RerunOptions {
  failedOnly?: boolean | undefined;
  /** The attempt that failed. With `again`, a later one that is there already is taken for this rerun. */
  attempt?: number | undefined;
}

/** Runs it once more, or only the jobs that failed. Publishes. */
async function rerun(
  connection: GitHubConnection,
  repository: string,
  runId: number,
  { failedOnly = false, attempt, signal, again }: WriteOptions & RerunOptions = {},
): Promise<Written<{ attempt: number }>> {
  const place = { ...placeOf(repository), run_id: runId };
  const { actions } = connection.rest;
  const attempts = async () =>
    (await actions.getWorkflowRun({ ...place, ...within(signal) })).data.run_attempt ?? 1;
  const before = attempt ?? (await attempts());
  return writeOnce({
    connection,
    deed: `the run ${runId} was started again`,
    signal,
    again,
    send: async () => {
      const start = failedOnly ? actions.reRunWorkflowFailedJobs : actions.reRunWorkflow;
      await start({ ...place, ...within(signal) });
      return { attempt: before + 1 };
    },
    find: async () => {
      const now = await attempts();
      return now > before ? { attempt: now } : undefined;
    },
  });
}

function toRun(raw: RawAnswer<Rest['actions']['getWorkflowRun']>): WorkflowRun {
  return {
    id: raw.id,
    workflow: raw.name ?? raw.path,
    title: raw.display_title,
    status: raw.status ?? 'unknown',
    conclusion: raw.conclusion,
    branch: raw.head_branch,
    headSha: raw.head_sha,
    event: raw.event,
    attempt: raw.run_attempt ?? 1,
    createdAt: raw.created_at,
    url: raw.html_url,
  };
}

function toJob(raw: RawAnswer<Rest['actions']['listJobsForWorkflowRun']>['jobs'][number]): WorkflowJob {
  return {
    id: raw.id,
    name: raw.name,
    status: raw.status,
    conclusion: raw.conclusion,
    failedSteps: (raw.steps ?? [])
      .filter(({ conclusion }) => conclusion === 'failure')
      .map(({ name }) => name),
    url: raw.html_url,
  };
}

/** What can be done with the runs of GitHub Actions. */
export const workflowOperations = { listRuns, readRun, readLog, rerun };
