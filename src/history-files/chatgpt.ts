import { z } from 'zod';
import { type ChatGPTMessage, type Conversation, conversation, mediaPart } from './chatgpt-export.ts';
import {
  addFault,
  type Findings,
  HistoryFileError,
  type HistoryLine,
  leaveOut,
  type PlacedLine,
} from './history.ts';
import { arrayElements } from './json-array.ts';
import type { Part } from './parts.ts';

const TEXT_TYPES = ['text', 'multimodal_text'];
const LONGEST_TITLE = 200;
/** Reasons for what has no `content_type` of its own name. */
const TYPE_REASONS: Record<string, string> = {
  code: 'tool calls',
  thoughts: 'thoughts',
  reasoning_recap: 'thoughts',
};

/** What becomes of a message: its text, or why it is left out; no reason where its parts are counted one by one. */
type Verdict = { text: string } | { reason: string | undefined };

/**
 * Reads the conversations of a ChatGPT export, each as it stands: from its current message up to its first one.
 * A conversation that cannot be read is a fault, and the others go on.
 * @throws HistoryFileError when a file is no array of conversations, or ends in the middle of it.
 */
export async function* readChatGPT(parts: Part[], findings: Findings): AsyncGenerator<PlacedLine> {
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const part of parts) {
    const bytes = await part.read();
    try {
      for (const { text, end } of arrayElements(bytes)) {
        findings.share = (before + end) / total;
        yield* conversationLines(text, findings);
      }
    } catch (error) {
      if (!(error instanceof HistoryFileError)) throw error;
      throw new HistoryFileError(`${part.name} ${error.message}.`, { cause: error });
    }
    before += part.size;
  }
}

function conversationLines(json: string, findings: Findings): PlacedLine[] {
  const given = parseJson(json);
  const parsed = conversation.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') || 'it';
    addFault(findings, nameOf(given), `is not as ChatGPT writes it (${where}: ${issue?.message})`);
    return [];
  }
  const place = nameOf(parsed.data);
  const trail = trailOf(parsed.data);
  const fault = faultOf(parsed.data, trail);
  if (fault) {
    addFault(findings, place, fault);
    return [];
  }
  countAbandoned(parsed.data, trail, findings);
  return linesOf(parsed.data, trail, findings).map((line, index) => ({
    text: JSON.stringify(line),
    place: `${place}, message ${index + 1}`,
  }));
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // What is not JSON fits no schema either, and is reported as such.
    return undefined;
  }
}

function nameOf(given: unknown): string {
  const titled = z.object({ title: z.string().trim().min(1) }).safeParse(given);
  return titled.success ? `conversation "${titled.data.title}"` : 'a conversation without title';
}

/** The ids from the current node up to the root, or to where they go in a circle. */
function trailOf({ mapping, current_node: current }: Conversation): Set<string> {
  const trail = new Set<string>();
  let id = current && mapping[current] ? current : newestEnd(mapping);
  while (id && mapping[id] && !trail.has(id)) {
    trail.add(id);
    id = mapping[id]?.parent ?? undefined;
  }
  return trail;
}

/** The newest message that nothing follows, for a conversation that does not say where it stands. */
function newestEnd(mapping: Conversation['mapping']): string | undefined {
  const parents = new Set(Object.values(mapping).map(({ parent }) => parent));
  const ends = Object.entries(mapping).filter(([id]) => !parents.has(id));
  return ends.sort(([, a], [, b]) => (b.message?.create_time ?? 0) - (a.message?.create_time ?? 0))[0]?.[0];
}

function faultOf(given: Conversation, trail: Set<string>): string | undefined {
  const root = [...trail].at(-1) ?? '';
  if (trail.has(given.mapping[root]?.parent ?? '')) return 'has messages that go in a circle';
  if (!given.conversation_id && !given.id) return 'has no id';
  const isTimed = [...trail].some((id) => given.mapping[id]?.message?.create_time != null);
  if (trail.size > 0 && given.create_time == null && !isTimed) return 'has no time';
  return undefined;
}

function countAbandoned({ mapping }: Conversation, trail: Set<string>, findings: Findings): void {
  for (const [id, { message }] of Object.entries(mapping)) {
    if (message && !trail.has(id) && 'text' in judge(message))
      leaveOut(findings, 'messages on abandoned branches');
  }
}

function linesOf(given: Conversation, trail: Set<string>, findings: Findings): HistoryLine[] {
  const messages = [...trail].reverse().flatMap((id) => given.mapping[id]?.message ?? []);
  const start = given.create_time ?? messages.find(({ create_time: time }) => time != null)?.create_time ?? 0;
  const title = given.title?.trim().slice(0, LONGEST_TITLE).trim();
  const lines: HistoryLine[] = [];
  let time = toMs(start) - 1;
  let last = Number.NEGATIVE_INFINITY;
  for (const message of messages) {
    const verdict = judge(message);
    countMedia(message, findings);
    time = message.create_time == null ? time + 1 : toMs(message.create_time);
    if ('reason' in verdict) {
      if (verdict.reason) leaveOut(findings, verdict.reason);
      continue;
    }
    // The order of the conversation holds, also where two clocks disagreed.
    time = Math.max(time, last + 1);
    last = time;
    lines.push({
      session: `chatgpt:${given.conversation_id ?? given.id}`,
      ...(title ? { title } : {}),
      role: message.author.role === 'assistant' ? 'assistant' : 'user',
      content: verdict.text,
      created_at: new Date(time).toISOString(),
    });
  }
  return lines;
}

function toMs(seconds: number): number {
  return Math.round(seconds * 1_000);
}

function judge(message: ChatGPTMessage): Verdict {
  const { role } = message.author;
  const type = message.content?.content_type ?? 'text';
  if (role !== 'user' && role !== 'assistant') return { reason: `${role} messages` };
  if (message.metadata?.is_visually_hidden_from_conversation) return { reason: 'hidden messages' };
  if (!TEXT_TYPES.includes(type)) return { reason: TYPE_REASONS[type] ?? `messages of the type "${type}"` };
  if (message.recipient && message.recipient !== 'all') return { reason: 'tool calls' };
  const parts = message.content?.parts ?? [];
  const text = parts
    .map(textOf)
    .filter((part) => part.trim() !== '')
    .join('\n\n');
  if (text === '') return { reason: parts.some(isWordless) ? undefined : 'empty messages' };
  return { text };
}

/** The words of a part, which may have been spoken. */
function textOf(part: unknown): string {
  return typeof part === 'string' ? part : (mediaPart.safeParse(part).data?.text ?? '');
}

function isWordless(part: unknown): boolean {
  return typeof part !== 'string' && textOf(part) === '';
}

function countMedia(message: ChatGPTMessage, findings: Findings): void {
  if (message.author.role !== 'user' && message.author.role !== 'assistant') return;
  for (const part of (message.content?.parts ?? []).filter(isWordless)) {
    leaveOut(findings, mediaReason(mediaPart.safeParse(part).data?.content_type ?? ''));
  }
}

function mediaReason(type: string): string {
  if (type.startsWith('image')) return 'images';
  return /audio|video/.test(type) ? 'recordings' : 'other attachments';
}
