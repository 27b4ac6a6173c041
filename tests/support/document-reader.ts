import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { TEST_USER_HEADER } from './app.ts';
import { type Answer, createClient } from './client.ts';
import { collectEvents } from './event-stream.ts';

/** How soon the background must have done what it was given. */
const SETTLED_WITHIN = { timeout: 45_000, interval: 50 };

/** What `/file-consultant/documents` shows of a file. */
interface ShownDocument {
  id: string;
  type: 'file';
  path: string;
  state: string;
  fault: { code: string; detail: string } | null;
  format: string | null;
  chunks: number;
  embedded: number;
  read_at: string | null;
}

/** What a search shows of a passage. */
export interface ShownPassage {
  document_id: string;
  path: string;
  start_line: number;
  end_line: number;
  page: number | null;
  text: string;
  headings: string[];
  citation: string;
  score: number;
  coverage: number;
  via: string[];
  also_in: { path: string; start_line: number; end_line: number; page: number | null }[];
}

interface Place {
  url: string;
  workspace: string;
}

/** Someone whose documents are read in, on a server whose workspace the test can write behind its back. */
export function createDocumentReader({ url, workspace }: Place, user = 'local') {
  const client = createClient(url, { [TEST_USER_HEADER]: user });

  /** Writes files behind the server's back. */
  async function write(files: Record<string, string | Uint8Array>): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(workspace, path)), { recursive: true });
      await writeFile(join(workspace, path), content);
    }
  }

  /** POSTs a path, and wants it to be taken. */
  async function follow(path: string) {
    const { status, body, headers } = await client.post('/file-consultant/documents', { path });
    expect({ status, body }).toMatchObject({ status: 202 });
    expect(headers.get('location')).toBe(`/file-consultant/documents/${body.id}`);
    return body;
  }

  /** Sends a file as a form does; the fields before it, and `path` behind it where there is one. */
  async function upload(name: string, bytes: Uint8Array | string, path?: string): Promise<Answer> {
    const form = new FormData();
    form.append('file', new Blob([Buffer.from(bytes)]), name);
    if (path !== undefined) form.append('path', path);
    return await sendForm(form);
  }

  async function sendForm(form: FormData): Promise<Answer> {
    const answer = await fetch(`${url}/file-consultant/documents`, {
      method: 'POST',
      headers: { [TEST_USER_HEADER]: user },
      body: form,
    });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  }

  const entry = async (id: string) => (await client.get(`/file-consultant/documents/${id}`)).body;

  /** Follows a document or a folder by its events until it is there; how it is then. */
  async function settled(id: string) {
    const events = await collectEvents(`${url}/file-consultant/documents/${id}/events`, {
      headers: { [TEST_USER_HEADER]: user },
    });
    expect(events.at(-1)?.event).toBe('done');
    return events.at(-1)?.data;
  }

  /** Follows a path and waits until it is read; how it is then. */
  const read = async (path: string) => await settled((await follow(path)).id);

  async function documents(query: Record<string, string> = {}): Promise<ShownDocument[]> {
    const { status, body } = await client.get(
      `/file-consultant/documents?${new URLSearchParams({ limit: '200', ...query })}`,
    );
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  }
  const paths = async (path = '') => (await documents({ path })).map((document) => document.path);

  /** The only document at a path; undefined when there is none. */
  const at = async (path: string) => (await documents({ path })).find((document) => document.path === path);

  /** Waits until just these documents are at or below a path, and all of them read. */
  async function become(path: string, wanted: string[]): Promise<void> {
    await expect
      .poll(async () => {
        const found = await documents({ path });
        return found.map((one) => `${one.path}${/ready|failed/.test(one.state) ? '' : ` ${one.state}`}`);
      }, SETTLED_WITHIN)
      .toEqual(wanted);
  }

  async function search(query: string, more: object = {}): Promise<ShownPassage[]> {
    const { status, body } = await client.post('/file-consultant/search', { query, ...more });
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  }

  /** Where what is looked for is found, best first. */
  const found = async (query: string, more: object = {}) =>
    (await search(query, more)).map(({ path }) => path);

  return {
    ...client,
    ...{
      user,
      write,
      follow,
      upload,
      sendForm,
      entry,
      settled,
      read,
      documents,
      paths,
      at,
      become,
      search,
      found,
    },
    /** Waits until what is found for a question is just this. */
    finds: async (query: string, wanted: string[]) =>
      await expect.poll(() => found(query), SETTLED_WITHIN).toEqual(wanted),
    passages: (id: string, query = '') => client.get(`/file-consultant/documents/${id}/passages${query}`),
    forget: (id: string) => client.call('DELETE', `/file-consultant/documents/${id}`),
  };
}

export type DocumentReader = ReturnType<typeof createDocumentReader>;
