import { readChatGPT } from './chatgpt.ts';
import {
  type Findings,
  HISTORY_FORMATS,
  type History,
  HistoryFileError,
  type HistoryFormat,
  noFindings,
  type PlacedLine,
} from './history.ts';
import { readNdjson } from './ndjson.ts';
import { type Container, openContainer, type Part, readHead } from './parts.ts';
import { looksLikeWhatsApp, readWhatsApp } from './whatsapp.ts';
import type { DateOrder } from './whatsapp-lines.ts';

interface ReadingChoices {
  /** Instead of the format that the content shows. */
  format?: HistoryFormat | undefined;
  dateOrder?: DateOrder | undefined;
}

const CHATGPT_FILE = /^conversations(-\d+)?\.json$/i;
const WHATSAPP_FILE = /^_chat\.txt$|whatsapp.*\.txt$/i;
const NDJSON_FILE = /\.(ndjson|jsonl)$/i;

/**
 * Opens a file of chat history, an export's zip file or an unpacked export, and tells its format by what is in it.
 * @throws HistoryFileError when there is no such file, or its format is not known.
 */
export async function openHistory(path: string, choices: ReadingChoices = {}): Promise<History> {
  const container = await openContainer(path);
  const format = choices.format ?? (await formatOf(container));
  if (!format)
    throw new HistoryFileError(
      `${container.path} is no history that can be read; give its format with --format ${HISTORY_FORMATS.join('|')}.`,
    );
  const findings = noFindings();
  return { format, findings, lines: linesOf(container, format, { findings, ...choices }) };
}

async function formatOf(container: Container): Promise<HistoryFormat | undefined> {
  if (container.kind === 'file') return formatOfText(await readHead(container.path), container.name);
  if (container.parts.some(({ name }) => CHATGPT_FILE.test(name))) return 'chatgpt';
  return (await chatPart(container)) ? 'whatsapp' : undefined;
}

function formatOfText(head: string, name: string): HistoryFormat | undefined {
  if (looksLikeWhatsApp(head)) return 'whatsapp';
  const text = head.replace(/^\uFEFF/, '').trimStart();
  if (text.startsWith('[')) return 'chatgpt';
  const [firstLine = '', ...others] = text.split('\n');
  const isCutOff = others.length === 0 && text.startsWith('{');
  return isCutOff || isJson(firstLine) || NDJSON_FILE.test(name) ? 'ndjson' : undefined;
}

function isJson(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}

/** The text file that is the chat; documents that were sent in it may lie beside it. */
async function chatPart({ parts }: Container): Promise<Part | undefined> {
  const named = parts.find(({ name }) => WHATSAPP_FILE.test(name));
  if (named) return named;
  for (const part of parts.filter(({ name }) => name.toLowerCase().endsWith('.txt'))) {
    if (looksLikeWhatsApp((await part.read()).toString('utf8', 0, 64 * 1024))) return part;
  }
  return undefined;
}

async function* linesOf(
  container: Container,
  format: HistoryFormat,
  { findings, dateOrder }: ReadingChoices & { findings: Findings },
): AsyncGenerator<PlacedLine> {
  if (format === 'ndjson') {
    if (container.kind !== 'file')
      throw new HistoryFileError(`${container.path} is a ${container.kind}; give the NDJSON file in it.`);
    yield* readNdjson(container.path, findings);
  } else if (format === 'chatgpt') {
    const parts = container.kind === 'file' ? container.parts : container.parts.filter(isChatGPTFile);
    if (parts.length === 0) throw new HistoryFileError(`${container.path} has no conversations.json.`);
    yield* readChatGPT(parts, findings);
  } else {
    const part = container.kind === 'file' ? container.parts[0] : await chatPart(container);
    if (!part) throw new HistoryFileError(`${container.path} has no text of a WhatsApp chat.`);
    const names = [part.name, container.name];
    yield* readWhatsApp({ bytes: await part.read(), names, dateOrder }, findings);
  }
}

function isChatGPTFile({ name }: Part): boolean {
  return CHATGPT_FILE.test(name);
}
