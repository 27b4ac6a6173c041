/** WhatsApp puts this mark before what it wrote itself in an iPhone's export. */
const MARK = '\u200E';

const DELETED =
  /^(this message was deleted( by admin .+)?|you deleted this message( as admin)?|se eliminó este mensaje|eliminaste este mensaje|este mensaje (fue eliminado|se eliminó)|(un|el) admin.* eliminó este mensaje)\.?$/i;
const EDITED =
  /\s*\u200E?<(this message was edited|se editó este mensaje|este mensaje (se editó|fue editado))\.?>\s*$/i;
const KIND =
  '(?:image|photo|video|video note|audio|sticker|gif|document|contact card|imagen|foto|v[ií]deo|nota de v[ií]deo|documento|tarjeta de contacto)';
/** What stands for a picture or a recording; the text around it stays. */
const MEDIA = [
  /^\u200E?<[^<>\n]+ (?:omitted|omitid[oa]s?)>/i,
  new RegExp(`(?:^|\u200E)${KIND} (?:omitted|omitid[oa])$`, 'i'),
  /(?:^|\u200E)<(?:attached|adjunto|archivo adjunto): [^<>\n]+>/i,
  /^\u200E?[^\n]+\.\w{1,5} \((?:file attached|archivo adjunto)\)$/im,
];
const NOTICE =
  /end-to-end encrypted|cifrad[oa]s de extremo a extremo|security code|código de seguridad|^(missed )?(group )?(voice|video|silenced)[a-z ]* call|^(video)?llamada|^waiting for this message|^esperando (el|este) mensaje|^(you|your|tú|tu|creaste|añadiste|eliminaste|cambiaste|saliste|te uniste|se te añadió)\b/i;
/** Written by WhatsApp's app, but with something that a person wanted to say. */
const SAID_BY_APP = /^(location|ubicación|live location|poll|encuesta)/i;
const DIRECTIONS = /[\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/** A message as it stands in the export; the author is null in a notice of WhatsApp's. */
export interface WrittenMessage {
  author: string | null;
  message: string;
}

/** What a message says, and what is left out of it. */
export interface Said {
  text: string;
  leftOut?: string;
}

/** The author's name without the marks for the writing direction, and without the tilde before one who is no contact. */
export function cleanName(author: string): string {
  return author.replace(DIRECTIONS, '').trim().replace(/^~\s*/, '');
}

/** The authors that are not persons: an iPhone's export has a group's notices in the name of the group. */
export function noticeAuthors(messages: WrittenMessage[]): Set<string> {
  const authors = new Set(messages.flatMap(({ author }) => author ?? []));
  for (const { author, message } of messages) {
    const isNotice = message.startsWith(MARK) && !SAID_BY_APP.test(unmarked(message)) && !hasMedia(message);
    if (author !== null && !isNotice) authors.delete(author);
  }
  return authors;
}

/** Takes out of a message what nobody said. */
export function whatIsSaid(written: WrittenMessage, notPersons: Set<string>): Said {
  const { author, message } = written;
  if (author === null || notPersons.has(author) || isUnclosed(author))
    return { text: '', leftOut: 'system notices' };
  if (isNotice(cleanName(author), message)) return { text: '', leftOut: 'system notices' };
  const unedited = message.replace(EDITED, '');
  if (DELETED.test(unmarked(unedited))) return { text: '', leftOut: 'deleted messages' };
  const text = unmarked(MEDIA.reduce((rest, pattern) => rest.replace(pattern, ''), unedited));
  if (hasMedia(unedited))
    return { text, leftOut: text === '' ? 'media without text' : 'media whose text was kept' };
  return text === '' ? { text, leftOut: 'empty messages' } : { text };
}

function unmarked(message: string): string {
  return message.replaceAll(MARK, '').trim();
}

function hasMedia(message: string): boolean {
  return MEDIA.some((pattern) => pattern.test(message.replace(EDITED, '')));
}

function isNotice(author: string, message: string): boolean {
  if (!message.startsWith(MARK)) return false;
  const text = unmarked(message);
  if (DELETED.test(text)) return false;
  return text.replace(/^~\s*/, '').startsWith(`${author} `) || NOTICE.test(text);
}

/** A notice like `Ana changed the subject to "Trip: Lisbon"` is taken for something that `Ana … "Trip` said. */
function isUnclosed(author: string): boolean {
  const count = (pattern: RegExp) => author.match(pattern)?.length ?? 0;
  return count(/"/g) % 2 === 1 || count(/“/g) > count(/”/g) || count(/«/g) > count(/»/g);
}
