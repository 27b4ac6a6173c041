import { z } from 'zod';
import { EFFECTS } from '../config.ts';
import { MEMORY_MODES, RECALL_LEGS } from '../db/schema.ts';

/** PostgreSQL stores every character but NUL. */
const WITHOUT_NUL = 'takes text without NUL characters';
const hasNoNul = (text: string) => !text.includes('\0');

/** A question's or a search's text. */
export const queryText = z
  .string()
  .max(32_000, 'takes at most 32,000 characters')
  .refine((text) => text.trim() !== '', 'takes 1 to 32,000 characters, not only blanks')
  .refine(hasNoNul, WITHOUT_NUL);

/** What paths are compared with. */
export const pathFilter = z.string().max(4_096).refine(hasNoNul, 'takes a path without NUL characters');

/** A session's title. */
export const title = z
  .string()
  .trim()
  .min(1, 'takes 1 to 200 characters')
  .max(200, 'takes 1 to 200 characters')
  .refine(hasNoNul, WITHOUT_NUL);

/** Why something was rejected. */
export const reason = z
  .string()
  .trim()
  .min(1, 'takes 1 to 2,000 characters')
  .max(2_000, 'takes 1 to 2,000 characters')
  .refine(hasNoNul, WITHOUT_NUL);

export const memoryMode = z.enum(MEMORY_MODES, `takes one of ${MEMORY_MODES.join(', ')}`);
export const uuid = z.uuid('takes a UUID');
export const timestamp = z.iso.datetime();

/** A page's size from a query string. */
export const pageSize = (preset: number) =>
  z.coerce.number('takes a whole number').int().min(1).max(200).default(preset);

/** What an erasure came to. */
export const erasureReceipt = z
  .object({
    messages: z.number(),
    embeddings: z.number().describe('Vectors of messages and of passages of documents'),
    runs: z.number(),
    checkpoints: z.number(),
    events: z.number(),
    documents: z.number(),
  })
  .describe('How much was erased');

export const usage = z.object({ input_tokens: z.number(), output_tokens: z.number() });

/** A message's place in each leg that found it, from 1, and its score there. */
export const legScores = z.object({
  recent: z.object({ rank: z.number() }).optional(),
  similar: z.object({ rank: z.number(), score: z.number().describe('Cosine similarity') }).optional(),
  text: z.object({ rank: z.number(), score: z.number().describe('BM25') }).optional(),
});

export const recalled = z.object({
  message_id: uuid,
  via: z.array(z.enum(RECALL_LEGS)),
  score: z.number(),
  legs: legScores.optional(),
  created_at: timestamp,
});

export const message = z.object({
  id: uuid,
  session_id: uuid,
  run_id: uuid.nullable(),
  role: z.enum(['user', 'assistant']),
  name: z.string().nullable().describe('Who spoke, in a message that was imported'),
  agent: z.string().nullable(),
  content: z.string(),
  partial: z.boolean().describe('Whether it was cut off, because its turn was cancelled'),
  created_at: timestamp,
});

/** A call that waits for a person. */
export const approval = z.object({
  id: uuid,
  code: z.string().describe('What to type to decide it in the conversation: "approve 4821"'),
  agent: z.string(),
  tool: z.string(),
  effect: z.enum(EFFECTS).nullable(),
  summary: z.string(),
  preview: z.string(),
  expires_at: timestamp,
});

/** A passage of a document: its lines, or its page. */
export const passage = z.object({
  document_id: uuid,
  path: z.string(),
  start_line: z.number(),
  end_line: z.number(),
  page: z.number().nullable(),
});

/** The answer of a turn. */
export const turnAnswer = z.object({
  response: z.string(),
  session_id: uuid,
  run_id: uuid,
  status: z.enum(['completed', 'awaiting_approval', 'cancelled']),
  model: z.string(),
  agents: z.array(z.string()),
  sources: z.array(passage.extend({ citation: z.string() })).describe('What the answer cites of documents'),
  approvals: z.array(approval).describe('What waits for a decision'),
  recalled: z.array(recalled),
  degraded: z.array(z.string()).describe('What the turn had to do without'),
  usage,
});

/** A problem document (RFC 9457). */
const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string(),
    code: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    run_id: uuid.optional(),
    session_id: uuid.optional(),
    changed: z.string().optional().describe('What was changed before it failed'),
    repository: z.string().optional().describe('The present name of a repository that was renamed'),
  })
  .describe('What went wrong; `code` is stable');

/** The failures that a route documents beside its answer. */
export const problems = { '4xx': problem, '5xx': problem };
