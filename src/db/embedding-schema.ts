import { bigint, check, index, jsonb, pgTable, sql, text, uuid } from './drizzle.ts';
import { time } from './schema.ts';

/** What an embedding model is to the installation: the one that questions are compared by, or the one that is to follow it. */
export const MODEL_ROLES = ['serving', 'coming'] as const;
export type ModelRole = (typeof MODEL_ROLES)[number];

/** At most one model of each role: the database says which model serves, for all processes alike. */
export const embeddingModels = pgTable(
  'embedding_models',
  {
    role: text('role').$type<ModelRole>().primaryKey(),
    name: text('name').notNull().unique(),
    kind: text('kind').$type<'neural' | 'lexical'>().notNull(),
    since: time('since').notNull().defaultNow(),
  },
  () => [
    check('embedding_models_role', sql`role in ('serving', 'coming')`),
    check('embedding_models_kind', sql`kind in ('neural', 'lexical')`),
  ],
);

/** Which model each running process is configured for, and until when it is taken to be there. */
export const embeddingWishes = pgTable('embedding_wishes', {
  process: uuid('process').primaryKey(),
  model: text('model').notNull(),
  until: time('until').notNull(),
});

/** Where a job of the background stands; one that nobody works on is `interrupted`, too, until somebody goes on with it. */
export const JOB_STATES = ['running', 'done', 'failed', 'interrupted'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** Long work on the whole installation. Kept when it has ended, as its history. */
export const jobs = pgTable(
  'jobs',
  {
    id: uuid('id').primaryKey(),
    kind: text('kind').$type<'reembed'>().notNull(),
    state: text('state').$type<JobState>().notNull(),
    /** Of a `reembed`: the names of the models. */
    parameters: jsonb('parameters').$type<{ from: string; to: string }>().notNull(),
    /** As it ended; what is under way is counted when it is asked for. */
    done: bigint('done', { mode: 'number' }).notNull().default(0),
    total: bigint('total', { mode: 'number' }).notNull().default(0),
    /** Why it waits, or what it left out. */
    note: text('note'),
    /** The process that works on it, and until when it has it. */
    owner: uuid('owner'),
    leaseUntil: time('lease_until'),
    startedAt: time('started_at').notNull().defaultNow(),
    updatedAt: time('updated_at').notNull().defaultNow(),
    endedAt: time('ended_at'),
  },
  (table) => [
    index('jobs_started').on(table.startedAt),
    check('jobs_state', sql`state in ('running', 'done', 'failed', 'interrupted')`),
  ],
);
