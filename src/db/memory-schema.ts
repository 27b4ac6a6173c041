import type { SQL } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import { EMBEDDING_DIMENSIONS, LEXICAL_DIMENSIONS } from '../config.ts';
import {
  bigint,
  bit,
  boolean,
  check,
  customType,
  foreignKey,
  halfvec,
  index,
  integer,
  pgTable,
  primaryKey,
  sparsevec,
  sql,
  text,
  uuid,
} from './drizzle.ts';
import { chatSessions, runs, time } from './schema.ts';

export const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });

/** The languages that every text is read in: which one a short text is in cannot be told reliably. */
export const READING_LANGUAGES = ['english', 'spanish'] as const;
export type ReadingLanguage = (typeof READING_LANGUAGES)[number];

const SEARCHABLE_CHARACTERS = 100_000;
/** Signs by which Postgres's parser joins words into one: an address, a path, a host, a number with its sign. */
const JOINING_SIGNS = `./_-@:''’\\<>&`;
const SPACES = ' '.repeat(JOINING_SIGNS.length - 1);
const CALENDAR = {
  english: {
    days: 'monday tuesday wednesday thursday friday saturday sunday',
    months: 'january february march april may june july august september october november december',
  },
  spanish: {
    days: 'lunes martes miércoles jueves viernes sábado domingo',
    months: 'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre',
  },
} as const satisfies Record<ReadingLanguage, { days: string; months: string }>;

/** What of a message can be found by its words: who said it, what was said, and the date (UTC) in words. */
function reading(language: ReadingLanguage): SQL {
  const { days, months } = CALENDAR[language];
  const words = (list: string) =>
    `array[${list
      .split(' ')
      .map((word) => `'${word}'`)
      .join(', ')}]`;
  const part = (field: string) => `extract(${field} from created_at at time zone 'UTC')::int`;
  const digits = (field: string) => `${part(field)}::text`;
  const date = `(${words(days)})[${part('isodow')}] || ' ' || ${digits('day')} || ' ' || (${words(months)})[${part('month')}] || ' ' || ${digits('year')}`;
  const text = `coalesce(name || ' ', '') || left(content, ${SEARCHABLE_CHARACTERS})`;
  return sql.raw(`to_tsvector('tertulia_${language}', ${apart(text)} || ' ' || ${date})`);
}

/** A text whose words stand apart, however they were joined. */
function apart(text: string): string {
  return `translate(${text}, '${JOINING_SIGNS}', '${SPACES}')`;
}

/** The lexemes of a text, which is given as SQL, read in a language. */
export function lexemesOf(language: ReadingLanguage, text: string): SQL {
  return sql.raw(`to_tsvector('tertulia_${language}', ${apart(text)})`);
}

/** One message of so many is in the sample by which a large memory is counted. */
export const SAMPLED_OF = 32;
export const isSampled = sql.raw(`hashtextextended(id::text, 0) & ${SAMPLED_OF - 1} = 0`);

/** Everything said. `search_english` and `search_spanish` hold the lexemes of who said what when, read in each language. */
export const messages = pgTable(
  'messages',
  {
    userId: text('user_id').notNull(),
    id: uuid('id').notNull(),
    sessionId: uuid('session_id').notNull(),
    runId: uuid('run_id'),
    role: text('role').$type<'user' | 'assistant'>().notNull(),
    /** Who spoke, where that was not the user or an agent: messages from elsewhere. */
    name: text('name'),
    agent: text('agent'),
    content: text('content').notNull(),
    /** Whether the turn was cancelled while this was being said. */
    partial: boolean('partial').notNull().default(false),
    tokenCount: integer('token_count').notNull(),
    searchEnglish: tsvector('search_english')
      .notNull()
      .generatedAlwaysAs(() => reading('english')),
    searchSpanish: tsvector('search_spanish')
      .notNull()
      .generatedAlwaysAs(() => reading('spanish')),
    /** The same for messages in which the same one said the same. */
    fingerprint: bigint('fingerprint', { mode: 'bigint' })
      .notNull()
      .generatedAlwaysAs(() => sql`hashtextextended(role || ' ' || coalesce(name, '') || ' ' || content, 0)`),
    createdAt: time('created_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.id] }),
    foreignKey({
      name: 'messages_session',
      columns: [table.userId, table.sessionId],
      foreignColumns: [chatSessions.userId, chatSessions.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'messages_run',
      columns: [table.userId, table.runId],
      foreignColumns: [runs.userId, runs.id],
    }).onDelete('cascade'),
    // With INCLUDE (token_count, fingerprint), written into the migration by hand: recall reads a user's whole order from it.
    index('messages_of_session').on(table.userId, table.sessionId, table.id),
    // With INCLUDE (token_count), written into the migration by hand.
    index('messages_sample').on(table.userId).where(isSampled),
    index('messages_of_run').on(table.userId, table.runId),
    // Without a pending list, which every search would read through.
    index('messages_search')
      .using('gin', table.userId, sql`(search_english || search_spanish)`)
      .with({ fastupdate: false }),
    check('messages_role', sql`role in ('user', 'assistant')`),
  ],
);

const ofMessage = (name: string, table: { userId: AnyPgColumn; messageId: AnyPgColumn }) =>
  foreignKey({
    name,
    columns: [table.userId, table.messageId],
    foreignColumns: [messages.userId, messages.id],
  }).onDelete('cascade');

/**
 * What messages mean to an embedding model: `vector` to a neural one, `features` to a lexical one. Only vectors of the same model
 * are compared; while the model is being changed, a message has one of each. Both are stored in line (in the migration).
 */
export const messageVectors = pgTable(
  'message_vectors',
  {
    userId: text('user_id').notNull(),
    messageId: uuid('message_id').notNull(),
    model: text('model').notNull(),
    vector: halfvec('vector', { dimensions: EMBEDDING_DIMENSIONS }),
    features: sparsevec('features', { dimensions: LEXICAL_DIMENSIONS }),
    /** The signs of the vector's axes: how many differ tells roughly how far two vectors are from each other. */
    bits: bit('bits', { dimensions: EMBEDDING_DIMENSIONS }).generatedAlwaysAs(() =>
      sql.raw(`binary_quantize(vector)::bit(${EMBEDDING_DIMENSIONS})`),
    ),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.messageId, table.model] }),
    ofMessage('message_vectors_message', table),
    // Of a hash, so that no plan looks up all vectors of a model where those of a user are meant.
    index('message_vectors_model').using('btree', sql`md5(model)`),
    // With INCLUDE (bits), written into the migration by hand: recall reads the bits of all of a user's vectors from it alone.
    index('message_vectors_bits')
      .on(table.userId, table.model, table.messageId)
      .where(sql`vector is not null`),
    check('message_vectors_one', sql`num_nonnulls(vector, features) = 1`),
  ],
);

/**
 * Messages that wait for a vector. Triggers (in the migration) put a message here when it is stored and when its text changes,
 * so that none can be forgotten.
 */
export const embeddingQueue = pgTable(
  'embedding_queue',
  { userId: text('user_id').notNull(), messageId: uuid('message_id').notNull() },
  (table) => [
    primaryKey({ columns: [table.userId, table.messageId] }),
    ofMessage('embedding_queue_message', table),
    index('embedding_queue_order').on(table.messageId, table.userId),
  ],
);
