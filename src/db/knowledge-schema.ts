import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import { EMBEDDING_DIMENSIONS } from '../config.ts';
import {
  bigint,
  check,
  foreignKey,
  halfvec,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  sql,
  text,
  uniqueIndex,
  uuid,
} from './drizzle.ts';
import { lexemesOf, tsvector } from './memory-schema.ts';
import { time } from './schema.ts';

/**
 * Where a document stands: `queued` to be read, being `read`, waiting to be `embedded`, `ready`, `failed` with a fault, or
 * `excluded` by its owner although its folder is followed.
 */
export const DOCUMENT_STATES = ['queued', 'reading', 'embedding', 'ready', 'failed', 'excluded'] as const;
export type DocumentState = (typeof DOCUMENT_STATES)[number];

/** Why a document or a folder is not as it should be: a stable code and a sentence for its owner. */
export interface KnowledgeFault {
  code: string;
  detail: string;
  /** Since when a followed file is gone. */
  since?: string;
}

/** The files and folders of the workspace that a user wants consulted. They are followed: looked at again and again. */
export const knowledgeRoots = pgTable(
  'knowledge_roots',
  {
    userId: text('user_id').notNull(),
    id: uuid('id').notNull(),
    /** Relative to the workspace; empty for all of it. */
    path: text('path').notNull(),
    type: text('type').$type<'file' | 'folder'>().notNull(),
    fault: jsonb('fault').$type<KnowledgeFault>(),
    /** How many files in it are of a kind that is not read, such as images. */
    skipped: integer('skipped').notNull().default(0),
    scannedAt: time('scanned_at'),
    nextScanAt: time('next_scan_at').notNull().defaultNow(),
    createdAt: time('created_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.id] }),
    // By hash, because a path can be longer than an index entry.
    uniqueIndex('knowledge_roots_path').on(table.userId, sql`md5(path)`),
    index('knowledge_roots_scan').on(table.nextScanAt),
    check('knowledge_roots_type', sql`type in ('file', 'folder')`),
  ],
);

/** The files below the roots. */
export const documents = pgTable(
  'documents',
  {
    userId: text('user_id').notNull(),
    id: uuid('id').notNull(),
    path: text('path').notNull(),
    state: text('state').$type<DocumentState>().notNull(),
    fault: jsonb('fault').$type<KnowledgeFault>(),
    /** As the file was last seen. */
    size: bigint('size', { mode: 'number' }).notNull(),
    modifiedAt: time('modified_at').notNull(),
    /** The strong ETag (SHA-256 in quotes) of what was read, and by which version of the readers. */
    etag: text('etag'),
    readAs: text('read_as'),
    /** The embedding model whose vectors all its chunks have; null where vectors are missing. */
    embeddedAs: text('embedded_as'),
    format: text('format'),
    title: text('title'),
    pages: integer('pages'),
    /** Counts the contents that were read; a reading is stored only if no other one was meanwhile. */
    generation: integer('generation').notNull().default(0),
    chunks: integer('chunks').notNull().default(0),
    /** The process that works on it, and until when; or until when nothing is tried after failures. */
    owner: uuid('owner'),
    waitsUntil: time('waits_until'),
    attempts: integer('attempts').notNull().default(0),
    queuedAt: time('queued_at').notNull().defaultNow(),
    readAt: time('read_at'),
    createdAt: time('created_at').notNull().defaultNow(),
    searchPath: tsvector('search_path')
      .notNull()
      .generatedAlwaysAs(() => lexemesOf('english', `left(path || ' ' || coalesce(title, ''), 5000)`)),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.id] }),
    uniqueIndex('documents_path').on(table.userId, sql`md5(path)`),
    index('documents_work').on(table.queuedAt).where(sql`state in ('queued', 'reading', 'embedding')`),
    check('documents_state', sql.raw(`state in ('${DOCUMENT_STATES.join("', '")}')`)),
  ],
);

/**
 * What passages of documents say, whatever their place: a chunk without a place is of a reading that is under way, and is not found.
 * `search_code` holds identifiers whole and in parts, `words` the distinct words for misspelt ones.
 */
export const chunks = pgTable(
  'chunks',
  {
    userId: text('user_id').notNull(),
    documentId: uuid('document_id').notNull(),
    id: uuid('id').notNull(),
    text: text('text').notNull(),
    /** The headings above it, outermost first, and the same as one text. */
    trail: jsonb('trail').$type<string[]>().notNull(),
    heading: text('heading').notNull(),
    tokenCount: integer('token_count').notNull(),
    hash: text('hash').notNull(),
    /** Differs in few bits from that of a text that differs in few words. */
    simhash: bigint('simhash', { mode: 'bigint' }).notNull(),
    words: text('words').notNull(),
    searchEnglish: tsvector('search_english')
      .notNull()
      .generatedAlwaysAs(() => lexemesOf('english', `heading || ' ' || text`)),
    searchSpanish: tsvector('search_spanish')
      .notNull()
      .generatedAlwaysAs(() => lexemesOf('spanish', `heading || ' ' || text`)),
    searchCode: tsvector('search_code').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.documentId, table.id] }),
    foreignKey({
      name: 'chunks_document',
      columns: [table.userId, table.documentId],
      foreignColumns: [documents.userId, documents.id],
    }).onDelete('cascade'),
    index('chunks_search')
      .using('gin', table.userId, sql`(search_english || search_spanish || search_code)`)
      .with({ fastupdate: false }),
    index('chunks_words').using('gin', table.userId, sql`words gin_trgm_ops`).with({ fastupdate: false }),
  ],
);

const ofChunk = (
  name: string,
  table: { userId: AnyPgColumn; documentId: AnyPgColumn; chunkId: AnyPgColumn },
) =>
  foreignKey({
    name,
    columns: [table.userId, table.documentId, table.chunkId],
    foreignColumns: [chunks.userId, chunks.documentId, chunks.id],
  }).onDelete('cascade');

/**
 * Where the chunks of a document stand in it. They are apart from the chunks because an edit moves all that is behind it, and a
 * chunk's row has indexes that make each change of it expensive.
 */
export const chunkPlaces = pgTable(
  'chunk_places',
  {
    userId: text('user_id').notNull(),
    documentId: uuid('document_id').notNull(),
    position: integer('position').notNull(),
    chunkId: uuid('chunk_id').notNull(),
    startLine: integer('start_line').notNull(),
    endLine: integer('end_line').notNull(),
    page: integer('page'),
    /** The chunk's, so that a search has the lengths of all of them from here. */
    tokenCount: integer('token_count').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.documentId, table.position] }),
    ofChunk('chunk_places_chunk', table),
    index('chunk_places_chunk').on(table.userId, table.documentId, table.chunkId),
  ],
);

/** What chunks mean to a neural embedding model. Stored in line (in the migration). */
export const chunkVectors = pgTable(
  'chunk_vectors',
  {
    userId: text('user_id').notNull(),
    documentId: uuid('document_id').notNull(),
    chunkId: uuid('chunk_id').notNull(),
    model: text('model').notNull(),
    vector: halfvec('vector', { dimensions: EMBEDDING_DIMENSIONS }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.documentId, table.chunkId, table.model] }),
    ofChunk('chunk_vectors_chunk', table),
    // Of a hash, so that no plan looks up all vectors of a model where those of a user are meant.
    index('chunk_vectors_model').using('btree', sql`md5(model)`),
  ],
);
