import { z } from 'zod';
import type { PassageRecord } from '../db/schema.ts';
import { FORMATS } from '../knowledge/document.ts';
import type { Library } from '../knowledge/library/library.ts';
import type { KnowledgeSearch, PlaceInDocument } from '../knowledge/search/search.ts';
import { citationOf, renderPassages } from '../models/passages.ts';
import { counted } from './file-previews.ts';
import { type AgentTool, defineTool } from './tool.ts';

/** How much one answer of a tool may take of a model's context, in passages of at most some hundred words. */
const FOUND_PASSAGES = 8;
const OPENED_PASSAGES = 6;
/** What has less of the question's words, and no likeness in meaning, has nothing to do with it. */
const LEAST_COVERAGE = 0.2;
const NAMED_FOLDERS = 5;

const MOST_LINES = 1_000_000_000;
const path = z
  .string()
  .min(1)
  .max(4_096)
  .regex(/^[^\0]*$/, 'takes a path without NUL characters');
const day = z.iso.date().refine((text) => !text.startsWith('0000'), 'takes a day such as 2026-01-31');

interface ReadingNeeds {
  library: Library;
  search: KnowledgeSearch;
}

/** The tools that find and read passages. */
export function documentReadingTools({ library, search }: ReadingNeeds): AgentTool[] {
  const searchDocuments = defineTool({
    name: 'search_documents',
    description:
      'Find passages in the documents by meaning, words, identifiers and error codes; misspelt words are understood. Each comes with its citation.',
    schema: z.object({
      query: z.string().trim().min(1).max(2_000).describe('What to find: a question, or words'),
      path: path.optional().describe('Only this file, folder, or glob such as docs/**/*.md'),
      formats: z.array(z.enum(FORMATS)).optional().describe('Only documents of these formats'),
      modified_after: day.optional().describe('Only documents changed on or after this day'),
      modified_before: day.optional().describe('Only documents changed before this day'),
    }),
    effect: 'read',
    run: async ({ query, path, formats, modified_after, modified_before }, { userId, retrieve }) => {
      const { passages: found, degraded } = await search.search({
        ...{ userId, text: query, path, formats, limit: FOUND_PASSAGES },
        modifiedFrom: modified_after === undefined ? undefined : new Date(modified_after),
        modifiedTo: modified_before === undefined ? undefined : new Date(modified_before),
      });
      const passages = found.filter(
        ({ via, coverage }) => via.includes('similar') || coverage >= LEAST_COVERAGE,
      );
      if (passages.length === 0) return await sayNothingFound(library, userId, { query, path });
      retrieve(passages.map((passage) => toRecord(passage.documentId, passage)));
      const copies = passages.flatMap((passage) =>
        passage.copies.map((copy) => `${citationOf(passage)} stands in ${citationOf(copy)} too.`),
      );
      const notes = [
        ...copies,
        ...(degraded.length > 0 ? ['The search by meaning did not answer in time.'] : []),
      ];
      return [renderPassages(passages), ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
    },
  });

  const openDocument = defineTool({
    name: 'open_document',
    description:
      'Read a document from a line or a page on, to see what stands around a passage. The answer says where to go on.',
    schema: z.object({
      path,
      line: z.number().int().min(1).max(MOST_LINES).optional().describe('The line to begin at, from 1'),
      page: z
        .number()
        .int()
        .min(1)
        .max(MOST_LINES)
        .optional()
        .describe('Of a document with pages: the page to begin at'),
    }),
    effect: 'read',
    run: async ({ path, line, page }, { userId, retrieve }) => {
      const opened = await library.open(userId, plain(path), { line, page, limit: OPENED_PASSAGES });
      const { document, more } = opened;
      const passages = opened.passages.map((passage) => ({ ...passage, path: document.path }));
      const last = passages.at(-1);
      if (!last) return `${document.path} has nothing from there on. ${sayState(document)}`.trim();
      retrieve(passages.map((passage) => toRecord(document.id, passage)));
      const next = last.page === null ? `line ${last.endLine + 1}` : `page ${last.page + 1}`;
      return more
        ? `${renderPassages(passages)}\n\nMore follows: open_document with ${next}.`
        : renderPassages(passages);
    },
  });

  return [searchDocuments, openDocument];
}

/** A path as the index has it. */
export function plain(path: string): string {
  return path.replaceAll(/^(?:\.?\/)+|\/+$/g, '').replace(/^\.$/, '');
}

function toRecord(documentId: string, { path, startLine, endLine, page }: PlaceInDocument): PassageRecord {
  return { document_id: documentId, path, start_line: startLine, end_line: endLine, page };
}

function sayState({ state, fault }: { state: string; fault: { detail: string } | null }): string {
  return fault ? `It could not be read: ${fault.detail}` : state === 'ready' ? '' : `It is ${state} still.`;
}

/** What was searched, so that nobody takes it for more. */
async function sayNothingFound(
  library: Library,
  userId: string,
  { query, path }: { query: string; path: string | undefined },
): Promise<string> {
  const { total, pending, folders } = await library.summary(userId);
  if (total === 0)
    return 'No documents are indexed yet, so nothing was searched. Read some in with add_documents, for example the folder docs.';
  const named = folders
    .slice(0, NAMED_FOLDERS)
    .map((folder) => (folder === '' ? 'the whole workspace' : `${folder}/`));
  if (folders.length > NAMED_FOLDERS) named.push('…');
  const where = path === undefined ? (named.length > 0 ? ` (${named.join(', ')})` : '') : ` at ${path}`;
  const waiting = pending > 0 ? ` ${counted(pending, 'document')} are still being read in.` : '';
  const searched =
    path === undefined ? `in ${counted(total, 'document')}${where}` : `in the documents${where}`;
  return `Nothing was found for “${query}” ${searched}.${waiting}`;
}
