import { createHash } from 'node:crypto';
import { parseString } from 'whatsapp-chat-parser';
import { type Findings, HistoryFileError, type HistoryLine, leaveOut, type PlacedLine } from './history.ts';
import {
  type DateOrder,
  dateOrderOf,
  findStarts,
  inMainStyle,
  isPossible,
  type MessageStart,
} from './whatsapp-lines.ts';
import { cleanName, noticeAuthors, whatIsSaid } from './whatsapp-notices.ts';

/** Put before a line so that the parser does not take it for the beginning of a message: it has no width. */
const CONTINUED = '\u2060';
const LONGEST_NAME = 180;
const CHAT_NAME =
  /^(?:WhatsApp Chat|Chat de WhatsApp) ?(?:with|con|-|–) (?<name>.+?)(?: \(\d+\))?(?:\.txt|\.zip)?$/i;

interface WhatsAppFile {
  bytes: Buffer;
  /** Names that may say whose chat it is: of the file, and of the zip file or folder around it. */
  names: string[];
  /** The order that the person knows, instead of the one that the dates show. */
  dateOrder?: DateOrder | undefined;
}

/**
 * Reads the export of one WhatsApp chat. Its times have no zone; they are taken as times of this machine's zone.
 * @throws HistoryFileError when it has no messages, or when the date order that was given does not fit its dates.
 */
export async function* readWhatsApp(file: WhatsAppFile, findings: Findings): AsyncGenerator<PlacedLine> {
  const lines = new TextDecoder().decode(file.bytes).split(/\r\n|\r|\n/);
  const starts = messageStarts(lines, file, findings);
  const messages = parseMessages(lines, starts.found, starts.order);
  const notPersons = noticeAuthors(messages);
  const said = messages.map((message) => ({ ...whatIsSaid(message, notPersons), ...message }));
  const authors = said.flatMap(({ author, text }) => (author !== null && text ? cleanName(author) : []));
  const chat = chatName(file.names) ?? [...new Set(authors)].sort().join(', ');
  const seen = new Map<number, number>();
  for (const [index, { author, text, leftOut, date }] of said.entries()) {
    findings.share = (index + 1) / said.length;
    if (leftOut) leaveOut(findings, leftOut);
    // Times are whole seconds or minutes. The count tells messages apart; it includes what is left out, so that an
    // export with media and one without give a message the same time.
    const count = seen.get(date.getTime()) ?? 0;
    seen.set(date.getTime(), count + 1);
    if (author === null || text === '') continue;
    const line: HistoryLine = {
      session: `whatsapp:${shortened(chat)}`,
      title: shortened(chat),
      role: 'user',
      name: cleanName(author),
      content: text,
      created_at: new Date(date.getTime() + count).toISOString(),
    };
    yield { text: JSON.stringify(line), place: `line ${starts.found[index]?.number}` };
  }
}

/** Whether a text begins like the export of a chat. */
export function looksLikeWhatsApp(head: string): boolean {
  return findStarts(head.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/, 20)).length > 0;
}

function messageStarts(
  lines: string[],
  { dateOrder }: WhatsAppFile,
  findings: Findings,
): { found: MessageStart[]; order: DateOrder } {
  const all = findStarts(lines);
  const main = inMainStyle(all);
  if (main.length === 0) throw new HistoryFileError('The file has no messages of a WhatsApp chat.');
  const shown = dateOrderOf(main);
  if (dateOrder && shown.isProven && dateOrder !== shown.order) {
    const line = (main.find((start) => !isPossible(start, dateOrder)) ?? main[0])?.number;
    throw new HistoryFileError(`The date in line ${line} does not fit --date-order ${dateOrder}.`);
  }
  const order = dateOrder ?? shown.order ?? 'dmy';
  if (!dateOrder && !shown.order)
    findings.notes.push(
      'The dates do not show whether the day or the month comes first; they were read with the day first. ' +
        'If that is wrong, use --date-order mdy.',
    );
  const found = main.filter((start) => isPossible(start, order));
  const quoted = all.length - found.length;
  if (quoted > 0)
    findings.notes.push(
      `${quoted} ${quoted === 1 ? 'line begins' : 'lines begin'} with a date in another style than the messages; ` +
        'they were read as part of the message before.',
    );
  const before = lines.slice(0, (found[0]?.number ?? 1) - 1).filter((line) => line.trim() !== '');
  for (const _ of before) leaveOut(findings, 'lines before the first message');
  return { found, order };
}

function parseMessages(lines: string[], starts: MessageStart[], order: DateOrder) {
  const numbers = new Set(starts.map(({ number }) => number));
  const first = starts[0]?.number ?? 1;
  const text = lines
    .map((line, index) => (numbers.has(index + 1) ? line : `${CONTINUED}${line}`))
    .slice(first - 1)
    .join('\n');
  const messages = parseString(text, { daysFirst: order === 'dmy' });
  if (messages.length !== starts.length)
    throw new HistoryFileError(
      `The chat has ${starts.length} messages, but ${messages.length} were understood; please report this.`,
    );
  return messages.map((parsed) => ({
    ...parsed,
    message: parsed.message.replaceAll(`\n${CONTINUED}`, '\n'),
  }));
}

function chatName(names: string[]): string | undefined {
  return names.map((name) => CHAT_NAME.exec(name)?.groups?.name?.trim()).find((name) => name);
}

/** A long list of names is cut, and told apart from others by a short hash. */
function shortened(chat: string): string {
  if (chat.length <= LONGEST_NAME) return chat;
  const hash = createHash('sha256').update(chat).digest('hex').slice(0, 8);
  return `${chat.slice(0, LONGEST_NAME)}… ${hash}`;
}
