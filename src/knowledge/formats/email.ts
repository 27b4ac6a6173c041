import PostalMime, { type Address, type Email } from 'postal-mime';
import { DocumentFault, type DocumentSource, type ParsedDocument } from '../document.ts';
import { htmlBlocks } from './html.ts';
import { createTextBlocks, type TextBlocks } from './text-blocks.ts';

/** Reads an e-mail: who wrote it to whom, its text, and the names of what is attached. Lines are counted over the text that is read. */
export async function parseEmail({ bytes }: DocumentSource): Promise<ParsedDocument> {
  const email = await parsed(bytes);
  const title = email.subject?.replaceAll(/\s+/g, ' ').trim() || null;
  const trail = title === null ? [] : [title];
  const text = createTextBlocks();
  text.add(headersOf(email), { page: null, trail, parting: 0 });
  addBody(email, trail, text);
  const attached = email.attachments.map(
    ({ filename, mimeType }) => filename ?? `a part of type ${mimeType}`,
  );
  if (attached.length > 0) {
    text.add(`Attachments: ${attached.join(', ')}`, { page: null, trail, parting: 2 });
  }
  return { format: 'email', title, pages: null, blocks: text.blocks };
}

async function parsed(bytes: Uint8Array): Promise<Email> {
  try {
    return await PostalMime.parse(bytes);
  } catch (error) {
    // Its errors have no codes.
    if (!(error instanceof Error) || !error.message.includes('nesting depth')) throw error;
    throw new DocumentFault('nested_too_deep', 'Its parts are nested too deeply.', { cause: error });
  }
}

function headersOf({ from, to, cc, date, subject }: Email): string {
  const lines = [
    ['From', from === undefined ? '' : shown(from)],
    ['To', (to ?? []).map(shown).join(', ')],
    ['Cc', (cc ?? []).map(shown).join(', ')],
    ['Date', date ?? ''],
    ['Subject', subject ?? ''],
  ];
  return lines
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value?.replaceAll(/\s+/g, ' ').trim()}`)
    .join('\n');
}

function shown(address: Address): string {
  if (address.group !== undefined) return `${address.name}: ${address.group.map(shown).join(', ')}`;
  return address.name === '' ? address.address : `${address.name} <${address.address}>`;
}

function addBody({ text: plain, html }: Email, trail: string[], text: TextBlocks): void {
  if (plain !== undefined && plain.trim() !== '') {
    const paragraphs = plain.replaceAll(/\r\n?/g, '\n').split(/\n[ \t]*\n/);
    for (const [index, paragraph] of paragraphs.entries()) {
      text.add(paragraph.replace(/^\n+/, ''), { page: null, trail, parting: index === 0 ? 2 : 1 });
    }
  } else if (html !== undefined) {
    const { blocks, lines } = htmlBlocks(html, { firstLine: text.nextLine(), page: null, trail });
    text.append(blocks, lines);
  }
}
