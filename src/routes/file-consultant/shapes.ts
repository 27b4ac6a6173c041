import { z } from 'zod';
import { DOCUMENT_STATES } from '../../db/knowledge-schema.ts';
import { FORMATS } from '../../knowledge/document.ts';
import type { DocumentView, FolderView } from '../../knowledge/library/views.ts';
import { PASSAGE_LEGS, type Passage, type PlaceInDocument } from '../../knowledge/search/search.ts';
import { timestamp, uuid } from '../schemas.ts';

export const tags = ['file-consultant'];

/** A path in the workspace. */
export const path = z.string().min(1, 'takes a path such as docs/ or docs/plan.md').max(4_096);

const fault = z
  .object({ code: z.string(), detail: z.string() })
  .nullable()
  .describe('Why it could not be read, or waits; docs/knowledge.md lists the codes');

/** A file that is indexed. */
export const documentShape = z.object({
  id: uuid,
  type: z.literal('file'),
  path: z.string(),
  state: z.enum(DOCUMENT_STATES),
  fault,
  format: z.enum(FORMATS).nullable(),
  title: z.string().nullable(),
  pages: z.number().nullable(),
  size: z.number().describe('Bytes'),
  modified_at: timestamp,
  chunks: z.number(),
  embedded: z.number().describe('How many of the chunks are embedded'),
  read_at: timestamp.nullable(),
  created_at: timestamp,
});

/** A folder that is followed. */
const folderShape = z.object({
  id: uuid,
  type: z.literal('folder'),
  path: z.string().describe('Empty for the whole workspace'),
  state: z.enum(['reading', 'ready', 'failed']),
  fault,
  files: z.object({ total: z.number(), ready: z.number(), pending: z.number(), failed: z.number() }),
  skipped: z.number().describe('Files of kinds that are not read, such as images'),
  chunks: z.number(),
  scanned_at: timestamp.nullable(),
  created_at: timestamp,
});

/** A file or a folder. */
export const entryShape = z.discriminatedUnion('type', [documentShape, folderShape]);

const place = {
  path: z.string(),
  start_line: z.number().describe('From 1; of the text read from it where the format has no lines'),
  end_line: z.number(),
  page: z.number().nullable().describe('Page or slide, from 1'),
};

/** A passage that was found. */
export const passageShape = z.object({
  document_id: uuid,
  ...place,
  title: z.string().nullable(),
  format: z.enum(FORMATS),
  headings: z.array(z.string()).describe('The headings above it, outermost first'),
  text: z.string(),
  citation: z.string().describe('As answers cite it'),
  score: z.number(),
  coverage: z.number().describe('The part of the question’s telling words that it has'),
  via: z.array(z.enum(PASSAGE_LEGS)),
  also_in: z.array(z.object(place)).describe('Where the same is said again'),
  modified_at: timestamp,
});

export function showEntry(entry: DocumentView | FolderView): z.infer<typeof entryShape> {
  return entry.type === 'file' ? showDocument(entry) : showFolder(entry);
}

export function showDocument(document: DocumentView): z.infer<typeof documentShape> {
  const { modifiedAt, readAt, createdAt, ...same } = document;
  return {
    ...same,
    modified_at: modifiedAt.toISOString(),
    read_at: readAt?.toISOString() ?? null,
    created_at: createdAt.toISOString(),
  };
}

function showFolder({ scannedAt, createdAt, ...same }: FolderView): z.infer<typeof folderShape> {
  return { ...same, scanned_at: scannedAt?.toISOString() ?? null, created_at: createdAt.toISOString() };
}

export function showPassage(passage: Passage, citation: string): z.infer<typeof passageShape> {
  const { documentId, title, format, trail, text, score, coverage, via, copies, modifiedAt } = passage;
  return {
    document_id: documentId,
    ...showPlace(passage),
    ...{ title, format, headings: trail, text, citation, score, coverage, via },
    also_in: copies.map(showPlace),
    modified_at: modifiedAt.toISOString(),
  };
}

function showPlace({ path: where, startLine, endLine, page }: PlaceInDocument) {
  return { path: where, start_line: startLine, end_line: endLine, page };
}
