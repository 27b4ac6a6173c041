import { z } from 'zod';

/** What is missing or of another kind than it should be is left out: an event is told as well as it can be. */
const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);

function part<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.object(shape).optional().catch(undefined);
}

function list<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.array(z.object(shape)).catch([]);
}

const person = part({ login: text });
const place = part({ ref: text, sha: text });

const payloadSchema = z.object({
  action: text,
  sender: person,
  repository: part({
    id: z.int().positive().optional().catch(undefined),
    full_name: z
      .string()
      .regex(/^[\w.-]+\/[\w.-]+$/)
      .max(250)
      .optional()
      .catch(undefined),
    /** Seconds since 1970 in some events, ISO 8601 in others. */
    pushed_at: z.union([z.number(), z.string()]).optional().catch(undefined),
    updated_at: text,
  }),
  changes: part({
    repository: part({ name: part({ from: text }) }),
    owner: part({ from: part({ user: person, organization: person }) }),
    title: part({ from: text }),
  }),

  issue: part({
    number,
    title: text,
    body: text,
    state_reason: text,
    created_at: text,
    updated_at: text,
    closed_at: text,
    pull_request: part({ url: text }),
  }),
  comment: part({
    body: text,
    created_at: text,
    updated_at: text,
    path: text,
    line: number,
    commit_id: text,
  }),
  label: part({ name: text }),
  milestone: part({ title: text }),
  assignee: person,

  pull_request: part({
    number,
    title: text,
    body: text,
    draft: flag,
    merged: flag,
    created_at: text,
    updated_at: text,
    closed_at: text,
    head: place,
    base: place,
  }),
  review: part({ state: text, body: text, submitted_at: text, user: person }),
  requested_reviewer: person,
  requested_team: part({ name: text }),

  ref: text,
  ref_type: text,
  after: text,
  created: flag,
  deleted: flag,
  forced: flag,
  commits: list({ id: text, message: text, author: part({ name: text, username: text }) }),
  release: part({
    tag_name: text,
    name: text,
    body: text,
    prerelease: flag,
    published_at: text,
  }),
  workflow_run: part({
    name: text,
    run_number: number,
    head_branch: text,
    conclusion: text,
    updated_at: text,
  }),
  check_run: part({
    name: text,
    head_sha: text,
    conclusion: text,
    completed_at: text,
    output: part({ title: text }),
  }),
  sha: text,
  state: text,
  context: text,
  description: text,
  updated_at: text,

  starred_at: text,
  forkee: part({ full_name: text, created_at: text }),
});

/** What is looked at of an event's payload, whatever event it is. */
export type Payload = z.infer<typeof payloadSchema>;

/** Reads a payload; nothing of it is believed to be there. */
export function readPayload(json: unknown): Payload {
  const parsed = payloadSchema.safeParse(json);
  // Only something that is no object at all does not fit.
  return parsed.success ? parsed.data : { commits: [] };
}
