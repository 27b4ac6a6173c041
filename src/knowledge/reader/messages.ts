import { z } from 'zod';
import { DOCUMENT_FAULTS, FORMATS } from '../document.ts';

/** What the server asks of the process that reads: a document, whose bytes follow on the standard input. */
export const readerRequest = z.object({ path: z.string(), size: z.int().nonnegative() });
export type ReaderRequest = z.infer<typeof readerRequest>;

const heading = z.string().max(1_000);
const chunk = z.object({
  text: z.string(),
  startLine: z.int(),
  endLine: z.int(),
  page: z.int().nullable(),
  trail: z.array(heading),
  tokenCount: z.int(),
  hash: z.string(),
});

/** What it answers: its chunks in batches and then what else there is to say, or a fault. A hostile file may have got hold of it. */
export const readerAnswer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('chunks'), chunks: z.array(chunk) }),
  z.object({
    type: z.literal('done'),
    format: z.enum(FORMATS),
    title: heading.nullable(),
    pages: z.int().nullable(),
  }),
  z.object({ type: z.literal('fault'), code: z.enum(DOCUMENT_FAULTS), detail: z.string() }),
]);
export type ReaderAnswer = z.infer<typeof readerAnswer>;
