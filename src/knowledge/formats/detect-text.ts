import { extname } from 'node:path';
import type { Format } from '../document.ts';
import { isSourceCode } from './source-code.ts';

const BY_EXTENSION: Readonly<Record<string, Format>> = {
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.mdx': 'markdown',
  '.html': 'html',
  '.htm': 'html',
  '.xhtml': 'html',
  '.csv': 'csv',
  '.tsv': 'csv',
  '.json': 'json',
  '.jsonl': 'json',
  '.ndjson': 'json',
  '.geojson': 'json',
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.eml': 'email',
};

/** How much of a text is looked at for what it is. */
const BEGINNING = 64 * 1024;
/** A text without an extension is tried as JSON up to this many characters. */
const LONGEST_JSON = 4 * 1024 * 1024;

const HTML =
  /^\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--[\s\S]{0,1000}?-->\s*)?<(?:!doctype\s+html|html[\s>]|head[\s>]|body[\s>])/i;
const MAIL_HEADER = /^([\w-]+):/;
const MAIL_MARKS = ['date', 'received', 'mime-version', 'message-id', 'return-path'];

/** Tells what a text is: by the extension of its name, and else by how it begins. */
export function detectText(path: string, text: string): Format {
  const byExtension = BY_EXTENSION[extname(path).toLowerCase()];
  if (byExtension !== undefined) return byExtension;
  if (isSourceCode(path)) return 'code';
  const beginning = text.slice(0, BEGINNING);
  if (HTML.test(beginning)) return 'html';
  if (isMail(beginning)) return 'email';
  return isJson(text) ? 'json' : 'text';
}

/** Whether it begins with the headers of an e-mail: who it is from, and at least one that only a program writes. */
function isMail(beginning: string): boolean {
  const names = new Set<string>();
  for (const line of beginning.split(/\r?\n/)) {
    if (line === '') break;
    if (/^[ \t]/.test(line) && names.size > 0) continue;
    const name = MAIL_HEADER.exec(line)?.[1];
    if (name === undefined) return false;
    names.add(name.toLowerCase());
  }
  return names.has('from') && MAIL_MARKS.filter((mark) => names.has(mark)).length > 0 && names.size > 2;
}

function isJson(text: string): boolean {
  if (text.length > LONGEST_JSON || !/^\s*[[{]/.test(text) || !/[\]}]\s*$/.test(text.slice(-BEGINNING)))
    return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
