import { z } from 'zod';
import type { Connection } from '../command-line/connection.ts';

const fault = z.object({ code: z.string(), detail: z.string() }).nullable();
const file = z.object({
  ...{ id: z.string(), type: z.literal('file'), path: z.string(), fault },
  state: z.enum(['queued', 'reading', 'embedding', 'ready', 'failed', 'excluded']),
  ...{ chunks: z.number(), embedded: z.number() },
});
const folder = z.object({
  ...{ id: z.string(), type: z.literal('folder'), path: z.string(), fault },
  state: z.enum(['reading', 'ready', 'failed']),
  files: z.object({ total: z.number(), ready: z.number(), pending: z.number(), failed: z.number() }),
  ...{ skipped: z.number(), chunks: z.number() },
});
const entry = z.discriminatedUnion('type', [file, folder]);

/** A document as the server tells of it. */
export type FileEntry = z.infer<typeof file>;
/** A followed folder as the server tells of it. */
type FolderEntry = z.infer<typeof folder>;
export type LibraryEntry = FileEntry | FolderEntry;

/** Below this size a file is sent as it is, from it on as a form: the server's own limit. */
const PLAIN_BYTES = 5 * 1024 * 1024;
const JSON_TYPE = { 'content-type': 'application/json' };
const written = z.object({ operation: z.enum(['created', 'replaced', 'unchanged']) });

/** What the command asks of a server. All throw a ServerError when the server refuses. */
export function libraryCalls({ send }: Connection) {
  /** Has a path of the workspace looked at, and followed from now on. */
  async function follow(path: string): Promise<LibraryEntry> {
    const body = JSON.stringify({ path });
    const request = { method: 'POST', path: '/file-consultant/documents', accepts: [202] } as const;
    return (await send({ ...request, headers: JSON_TYPE, body, answer: entry })).body;
  }

  async function get(id: string): Promise<LibraryEntry> {
    return (await send({ method: 'GET', path: `/file-consultant/documents/${id}`, answer: entry })).body;
  }

  /** The document, or the followed folder, that is at just this path. */
  async function at(path: string, type: LibraryEntry['type']): Promise<LibraryEntry | undefined> {
    const query = new URLSearchParams({ type, path, limit: '1' });
    const found = await send({
      method: 'GET',
      path: `/file-consultant/documents?${query}`,
      answer: z.array(entry),
    });
    return found.body.find((one) => one.path === path);
  }

  /** The first documents at or below a path that could not be read. */
  async function failures(path: string, limit: number): Promise<FileEntry[]> {
    const query = new URLSearchParams({ state: 'failed', path, limit: String(limit) });
    return (await send({ method: 'GET', path: `/file-consultant/documents?${query}`, answer: z.array(file) }))
      .body;
  }

  /** Makes a folder in the workspace; false when it was there. */
  async function makeFolder(path: string): Promise<boolean> {
    const request = { method: 'POST', path: '/file-admin/folders', accepts: [200, 201] } as const;
    const body = JSON.stringify({ path });
    return (await send({ ...request, headers: JSON_TYPE, body, answer: z.unknown() })).status === 201;
  }

  /** Whether the workspace has just this content at a path. */
  async function has(path: string, etag: string): Promise<boolean> {
    const request = { method: 'HEAD', path: fileAddress(path), accepts: [200, 304, 404] } as const;
    return (
      (await send({ ...request, headers: { 'if-none-match': etag }, answer: z.unknown() })).status === 304
    );
  }

  /** Writes a file of the workspace. */
  async function write(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (bytes.length <= PLAIN_BYTES) {
      const headers = { 'content-type': 'application/octet-stream' };
      const request = { method: 'PUT', path: fileAddress(path), accepts: [200, 201] } as const;
      await send({ ...request, headers, body: bytes, answer: written });
      return;
    }
    const body = new FormData();
    body.set('path', path);
    body.set('file', new Blob([bytes]), path.slice(path.lastIndexOf('/') + 1));
    await send({
      ...{ method: 'POST', path: '/file-consultant/documents', accepts: [202] },
      ...{ body, answer: entry },
    });
  }

  return { follow, get, at, failures, makeFolder, has, write };
}

export type LibraryCalls = ReturnType<typeof libraryCalls>;

function fileAddress(path: string): string {
  return `/file-admin/files/${path.split('/').map(encodeURIComponent).join('/')}`;
}
