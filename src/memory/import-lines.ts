import { createHash } from 'node:crypto';
import { z } from 'zod';
import { timeOf } from '../db/uuid-time.ts';
import { estimateTokens } from '../models/tokens.ts';
import { OTHER_LINES } from './export-types.ts';

/** The longest line that is read, in bytes; a longer one is an error of that line. */
const LONGEST_LINE = 2_000_000;
const LONGEST_CONTENT = 200_000;
const LONGEST_SESSION = 200;
const LONGEST_NAME = 100;
const NEWLINE = 0x0a;
/** How far the sender's clock may be ahead of ours. */
const CLOCK_SKEW_MS = 300_000;

/** A line that says what is to be stored, with what its id is made of. */
export interface ImportLine {
  session: string;
  title: string | null;
  role: 'user' | 'assistant';
  name: string | null;
  content: string;
  createdAt: string;
  tokens: number;
  /** `created_at` in milliseconds, twelve hexadecimal digits. */
  moment: string;
  /** Thirteen hexadecimal digits of the SHA-256 of everything else: the same line is the same message. */
  hash: string;
  /** Whether the line comes from an export of this program; the rest is in such a line alone. */
  isExported: boolean;
  /** The id that the message had. */
  id: string | null;
  /** The id that its session had. */
  sessionId: string | null;
  agent: string | null;
  partial: boolean;
}

/** A line that was not taken; lines count from 1. */
export interface LineError {
  line: number;
  detail: string;
}

const text = (longest: number, takes = `takes 1 to ${longest.toLocaleString('en')} characters`) =>
  z
    .string(takes)
    .refine((value) => value.trim() !== '' && value.length <= longest, takes)
    .refine((value) => !value.includes('\0'), 'takes text without NUL characters');

const TIME = 'takes a time as ISO 8601 with its zone, such as 2025-03-04T18:02:11Z';
const lineSchema = z.object(
  {
    session: text(LONGEST_SESSION),
    title: text(LONGEST_SESSION).nullish(),
    role: z.enum(['user', 'assistant'], 'takes user or assistant'),
    name: text(LONGEST_NAME).nullish(),
    content: text(LONGEST_CONTENT),
    created_at: z.iso
      .datetime({ offset: true, error: TIME })
      .refine((time) => Date.parse(time) >= 0, 'takes a time from 1970 on')
      .refine(
        (time) => Date.parse(time) <= Date.now() + CLOCK_SKEW_MS,
        'takes a time that is not in the future',
      ),
  },
  'takes an object',
);

/** What a message's line of an export has beyond that; what does not fit is as if it were not there. */
const exportedSchema = z.object({
  type: z.literal('message'),
  id: z
    .uuidv7()
    .toLowerCase()
    .refine((id) => timeOf(id).getTime() <= Date.now() + CLOCK_SKEW_MS)
    .nullable()
    .catch(null),
  session_id: z.uuid().toLowerCase().nullable().catch(null),
  agent: text(LONGEST_NAME).nullable().catch(null),
  partial: z.boolean().catch(false),
});
/**
 * An answer can be empty, and longer than what is taken from elsewhere; the line's own limit holds. A title can be blank: it is the first
 * characters of a question.
 */
const exportedLineSchema = lineSchema.extend({
  title: text(LONGEST_SESSION).nullish().catch(null),
  content: z
    .string('takes text')
    .refine((value) => !value.includes('\0'), 'takes text without NUL characters'),
});
const OTHER_LINE = new RegExp(`^\\{"type":"(?:${OTHER_LINES.join('|')})"[,}]`);
const LONGEST_START = 40;

/** Reads one line of NDJSON. Fields that are not known are passed over, and so are the lines of an export that are no messages. */
export function parseLine(source: Buffer): ImportLine | { detail: string } | 'passed over' {
  if (OTHER_LINE.test(source.toString('latin1', 0, LONGEST_START))) return 'passed over';
  if (source.length > LONGEST_LINE) {
    return { detail: `The line is longer than ${LONGEST_LINE.toLocaleString('en')} bytes.` };
  }
  const json = readJson(source);
  const exported = exportedSchema.safeParse(json);
  const parsed = (exported.success ? exportedLineSchema : lineSchema).safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.path.join('.') || 'the line';
    return { detail: `${field}: ${issue?.message ?? 'does not fit'}.` };
  }
  const { session, title, role, name, content, created_at: time } = parsed.data;
  const createdAt = new Date(time);
  const stored = {
    session: session.toWellFormed(),
    role,
    name: name?.toWellFormed() ?? null,
    content: content.toWellFormed(),
  };
  return {
    ...stored,
    title: title?.toWellFormed() ?? null,
    createdAt: createdAt.toISOString(),
    tokens: estimateTokens(stored.content),
    moment: createdAt.getTime().toString(16).padStart(12, '0'),
    hash: createHash('sha256')
      .update(JSON.stringify(Object.values(stored)))
      .digest('hex')
      .slice(0, 13),
    ...whatElse(exported.data),
  };
}

function whatElse(exported: z.infer<typeof exportedSchema> | undefined) {
  if (!exported) return { isExported: false, id: null, sessionId: null, agent: null, partial: false };
  const { id, session_id: sessionId, agent, partial } = exported;
  return { isExported: true, id, sessionId, agent, partial };
}

/** Undefined for what is no JSON, which no schema takes. */
function readJson(source: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(source));
  } catch {
    return undefined;
  }
}

/**
 * Splits a stream into its lines, counted from 1, without their ends; blank lines are counted and passed over. Of a line that
 * is too long only the start is kept, still too long, so that no sender fills the memory.
 */
export async function* readLines(
  stream: AsyncIterable<Buffer>,
): AsyncGenerator<{ line: number; source: Buffer }> {
  let pieces: Buffer[] = [];
  let length = 0;
  let line = 1;
  const take = (piece: Buffer) => {
    if (length <= LONGEST_LINE) pieces.push(piece);
    length += piece.length;
  };
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      take(chunk.subarray(start, end));
      const source = Buffer.concat(pieces);
      if (!isBlank(source)) yield { line, source };
      pieces = [];
      length = 0;
      line += 1;
      start = end + 1;
    }
    take(chunk.subarray(start));
  }
  const source = Buffer.concat(pieces);
  if (!isBlank(source)) yield { line, source };
}

function isBlank(source: Buffer): boolean {
  return source.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
