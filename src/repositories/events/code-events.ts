import type { Payload } from './payload.ts';
import { inWords, named, quoted, shortSha, titled } from './quoting.ts';
import type { Teller, Told } from './told.ts';

const MOST_COMMITS = 10;
/** Conclusions of checks that somebody has to look at. */
const FAILURES = ['failure', 'timed_out', 'action_required', 'startup_failure', 'error'];

function push(
  { ref, after, created, deleted, forced, commits, repository }: Payload,
  who: string,
): Told | null {
  const target = refOf(ref);
  // It is told by the event `delete`, and an empty new branch by `create`.
  if (deleted || (created && commits.length === 0)) return null;
  const at = repository?.pushed_at;
  const pushedAt = typeof at === 'number' ? new Date(at * 1000).toISOString() : at;
  if (commits.length === 0) return { text: `${who} moved ${target} to ${shortSha(after)}.`, at: pushedAt };
  const count = `${commits.length} commit${commits.length === 1 ? '' : 's'}`;
  const shown = commits.slice(0, MOST_COMMITS).map(({ id, message, author }) => {
    const [subject] = (message ?? '').split('\n', 1);
    return `> ${shortSha(id)} ${named(subject)} (${named(author?.username ?? author?.name)})`;
  });
  const rest = commits.length - shown.length;
  const lines = [...shown, ...(rest > 0 ? [`> … and ${rest} more`] : [])];
  const deed = forced ? 'force-pushed' : 'pushed';
  return { text: [`${who} ${deed} ${count} to ${target}.`, ...lines].join('\n'), at: pushedAt };
}

function refOf(ref: string | undefined): string {
  const [, kind, name] = /^refs\/(heads|tags)\/(.+)$/s.exec(ref ?? '') ?? [];
  return `the ${kind === 'tags' ? 'tag' : 'branch'} ${named(name ?? ref)}`;
}

function refChange(deed: string): Teller {
  return ({ ref, ref_type: type }, who) => ({
    text: `${who} ${deed} the ${type === 'tag' ? 'tag' : 'branch'} ${named(ref)}.`,
  });
}

/** GitHub sends several events for one new release; `published` is the one that is always there. */
function release({ action, release: given }: Payload, who: string): Told | null {
  if (['created', 'released', 'prereleased'].includes(action ?? '')) return null;
  const kind = given?.prerelease ? 'pre-release' : 'release';
  const name = given?.name && given.name !== given.tag_name ? ` ${titled(given.name)}` : '';
  const isPublished = action === 'published';
  return {
    text: `${kind} ${named(given?.tag_name)}${name} was ${inWords(action)} by ${who}.${isPublished ? quoted(given?.body) : ''}`,
    at: isPublished ? given?.published_at : undefined,
  };
}

function workflowRun({ action, workflow_run: run }: Payload): Told | null {
  if (action !== 'completed') return null;
  const place = run?.head_branch === undefined ? '' : ` on ${named(run.head_branch)}`;
  return {
    text: `the workflow ${titled(run?.name)} (run ${run?.run_number ?? '?'})${place} ended: ${inWords(run?.conclusion)}.`,
    at: run?.updated_at,
  };
}

function checkRun({ action, check_run: check }: Payload): Told | null {
  if (action !== 'completed' || !FAILURES.includes(check?.conclusion ?? '')) return null;
  const title = check?.output?.title === undefined ? '' : ` ${titled(check.output.title)}`;
  return {
    text: `the check ${titled(check?.name)} of ${shortSha(check?.head_sha)} ended: ${inWords(check?.conclusion)}.${title}`,
    at: check?.completed_at,
  };
}

function status({ state, context, sha, description, updated_at: at }: Payload): Told | null {
  if (!FAILURES.includes(state ?? '')) return null;
  const more = description === undefined ? '' : ` ${titled(description)}`;
  return { text: `the check ${titled(context)} of ${shortSha(sha)} ended: ${inWords(state)}.${more}`, at };
}

export const codeEvents: Record<string, Teller> = {
  push,
  create: refChange('made'),
  delete: refChange('deleted'),
  release,
  workflow_run: workflowRun,
  check_run: checkRun,
  status,
  // What these say is said by the runs that they are about.
  check_suite: () => null,
  workflow_job: () => null,
};
