import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ProblemError } from '../errors.ts';
import type { Library } from '../knowledge/library/library.ts';
import type { DocumentView, FolderView } from '../knowledge/library/views.ts';
import { plain } from './document-reading-tools.ts';
import { counted } from './file-previews.ts';
import { type AgentTool, defineTool } from './tool.ts';

const LISTED = 100;
const LISTED_FAULTS = 10;
/** How long an answer waits for documents to be read in, and how often it looks. */
const WAIT_MS = 20_000;
const LOOK_EVERY_MS = 200;

const path = z.string().min(1).describe('A file or folder of the workspace; "." for all of it');

/** The tools that say which documents are consulted. */
export function libraryTools({ library }: { library: Library }): AgentTool[] {
  const listDocuments = defineTool({
    name: 'list_documents',
    description: 'List which documents and folders were read in, and how far.',
    schema: z.object({ path: z.string().optional().describe('Only what is at or below this path') }),
    effect: 'read',
    run: async ({ path: at }, { userId }) => {
      const folders = at === undefined ? await library.folders(userId) : [];
      const place = at === undefined ? undefined : plain(at);
      const documents = await library.documents({ userId, path: place, limit: LISTED + 1 });
      if (documents.length + folders.length === 0) return 'No documents are indexed.';
      const lines = [...folders.map(sayFolder), ...documents.slice(0, LISTED).map(sayDocument)];
      if (documents.length > LISTED) lines.push('… and more; list a folder of these');
      return lines.join('\n');
    },
  });

  const addDocuments = defineTool({
    name: 'add_documents',
    description:
      'Read a file or a folder of the workspace in, so that it can be searched; it is followed from then on.',
    schema: z.object({ path }),
    effect: 'write',
    run: async ({ path: at }, { userId, signal }) => {
      const added = await library.add(userId, plain(at));
      const entry = await whenRead(library, { userId, id: added.id, signal });
      const faults =
        entry.type === 'file'
          ? []
          : await library.documents({ userId, path: entry.path, state: 'failed', limit: LISTED_FAULTS });
      return [entry.type === 'file' ? sayDocument(entry) : sayFolder(entry), ...faults.map(sayDocument)].join(
        '\n',
      );
    },
  });

  const removeDocuments = defineTool({
    name: 'remove_documents',
    description:
      'Forget a document, or a folder with its documents: it is not searched any more. The files themselves stay.',
    schema: z.object({ path }),
    // Nothing that a document says may make an agent forget documents by itself.
    effect: 'destroy',
    describe: async ({ path: at }, { userId }) => {
      const entry = await entryAt(library, userId, at);
      const preview = entry.type === 'file' ? sayDocument(entry) : sayFolder(entry);
      return {
        summary: `forget ${entry.path === '' ? 'all documents' : entry.path} (no file is touched)`,
        preview,
      };
    },
    run: async ({ path: at }, { userId }) => {
      const { id } = await entryAt(library, userId, at);
      const { documents, chunks } = await library.remove(userId, id);
      return `Forgotten: ${counted(documents, 'document')} with ${counted(chunks, 'passage')}. The files are as they were.`;
    },
  });

  return [listDocuments, addDocuments, removeDocuments];
}

/** The followed folder or the document at a path. @throws ProblemError `document_not_found`. */
async function entryAt(library: Library, userId: string, at: string): Promise<DocumentView | FolderView> {
  const place = plain(at);
  const folder = (await library.folders(userId)).find((one) => one.path === place);
  return folder ?? (await library.at(userId, place));
}

/** Waits a while for what is read in the background. */
async function whenRead(
  library: Library,
  { userId, id, signal }: { userId: string; id: string; signal: AbortSignal },
): Promise<DocumentView | FolderView> {
  const limit = performance.now() + WAIT_MS;
  for (;;) {
    const entry = await library.get(userId, id);
    const isOver = entry.state === 'ready' || entry.state === 'failed';
    if (isOver || performance.now() > limit) return entry;
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {
      throw new ProblemError('interrupted', 'The turn ended; the documents are read in all the same.');
    });
  }
}

function sayDocument({ path: at, state, fault, chunks, pages }: DocumentView): string {
  if (fault) return `${at}: ${state}, ${fault.detail}`;
  if (state !== 'ready') return `${at}: ${state}; it goes on in the background`;
  return `${at}: ready, ${counted(chunks, 'passage')}${pages === null ? '' : `, ${counted(pages, 'page')}`}`;
}

function sayFolder({ path: at, files, fault, chunks, skipped, state }: FolderView): string {
  const name = at === '' ? 'The whole workspace' : `${at}/`;
  const parts = [`${files.ready} of ${counted(files.total, 'file')} read, ${counted(chunks, 'passage')}`];
  if (files.pending > 0) parts.push(`${files.pending} still to be read in the background`);
  if (files.failed > 0) parts.push(`${files.failed} could not be read`);
  if (skipped > 0) parts.push(`${skipped} passed over (images and the like)`);
  if (fault) parts.push(fault.detail);
  return `${name} (${state === 'failed' ? 'with a fault' : state}): ${parts.join('; ')}`;
}
