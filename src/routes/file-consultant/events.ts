import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ProblemError } from '../../errors.ts';
import type { Library } from '../../knowledge/library/library.ts';
import type { DocumentView, FolderView } from '../../knowledge/library/views.ts';
import { guardStream, STREAM_HEADERS, type StreamSource } from '../event-stream.ts';
import { problems, uuid } from '../schemas.ts';
import { showEntry, tags } from './shapes.ts';

/** How often the progress is looked at, in milliseconds. */
const LOOK_EVERY_MS = 250;
const params = z.object({ id: uuid });

interface ProgressOptions extends Omit<StreamSource, 'feed'> {
  library: Library;
}

/** `GET /file-consultant/documents/:id/events`: how far a document or a folder is, until it is there. */
export const eventsRoute: FastifyPluginAsyncZod<ProgressOptions> = async (app, options) => {
  app.get(
    '/documents/:id/events',
    {
      schema: {
        tags,
        summary: 'Follow how a document or a folder is read in, as server-sent events',
        description:
          '`progress` with the document as it is now, whenever something has changed; then one `done` when nothing is left to do, or one `error` (a problem) when it was removed.',
        params,
        response: { 200: z.unknown().describe('text/event-stream'), ...problems },
      },
    },
    async (request, reply) => {
      const { user, params: where } = request;
      const { id } = where;
      await options.library.get(user.id, id);
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const signal = AbortSignal.any([gone.signal, options.closing]);
      const frames = Readable.from(
        framesOf({ userId: user.id, id, signal, guard: guardStream(request, options) }, options),
        { objectMode: false },
      );
      // The reply is typed for JSON answers; a stream is sent as it is.
      return reply.headers(STREAM_HEADERS).send(frames as never) as never;
    },
  );
};

async function* framesOf(
  {
    userId,
    id,
    signal,
    guard,
  }: { userId: string; id: string; signal: AbortSignal; guard: () => Promise<void> },
  { library, heartbeatMs }: ProgressOptions,
): AsyncGenerator<string> {
  let told = '';
  let toldAt = performance.now();
  while (!signal.aborted) {
    let entry: DocumentView | FolderView;
    try {
      await guard();
      entry = await library.get(userId, id);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      yield frame('error', JSON.stringify(error.toDocument()));
      return;
    }
    const data = JSON.stringify(showEntry(entry));
    if (data !== told) {
      yield frame('progress', data);
      [told, toldAt] = [data, performance.now()];
    } else if (performance.now() - toldAt > heartbeatMs) {
      yield ': alive\n\n';
      toldAt = performance.now();
    }
    if (!isPending(entry)) {
      yield frame('done', data);
      return;
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

function frame(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}

function isPending({ state }: DocumentView | FolderView): boolean {
  return state === 'queued' || state === 'reading' || state === 'embedding';
}
