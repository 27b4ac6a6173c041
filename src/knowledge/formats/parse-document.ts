import { ProblemError } from '../../errors.ts';
import { decodeText } from '../../workspace/text/file-text.ts';
import { DocumentFault, type DocumentSource, type Format, type ParsedDocument } from '../document.ts';
import { decodeMarkup } from './declared-encoding.ts';
import { parseDelimited } from './delimited.ts';
import { detectFormat } from './detect.ts';
import { parseDocx } from './docx.ts';
import { parseEmail } from './email.ts';
import { parseEpub } from './epub.ts';
import { parseHtml } from './html.ts';
import { parseJson } from './json.ts';
import { parseMarkdown } from './markdown.ts';
import { parsePdf } from './pdf.ts';
import { parsePlainText } from './plain-text.ts';
import { parsePptx } from './pptx.ts';
import { parseSourceCode } from './source-code.ts';
import { parseXlsx } from './xlsx.ts';
import { parseYaml } from './yaml.ts';

interface TextSource {
  path: string;
  text: string;
}

type TextFormat = Exclude<Format, 'pdf' | 'docx' | 'xlsx' | 'pptx' | 'epub' | 'email'>;

const TEXT_PARSERS: Record<TextFormat, (source: TextSource) => ParsedDocument | Promise<ParsedDocument>> = {
  markdown: parseMarkdown,
  text: parsePlainText,
  code: parseSourceCode,
  html: parseHtml,
  csv: parseDelimited,
  json: parseJson,
  yaml: parseYaml,
};

const PARSERS: Record<Format, (source: DocumentSource) => Promise<ParsedDocument>> = {
  pdf: parsePdf,
  docx: parseDocx,
  xlsx: parseXlsx,
  pptx: parsePptx,
  epub: parseEpub,
  email: parseEmail,
  markdown: (source) => parseText(source, 'markdown'),
  text: (source) => parseText(source, 'text'),
  code: (source) => parseText(source, 'code'),
  html: (source) => parseText(source, 'html'),
  csv: (source) => parseText(source, 'csv'),
  json: (source) => parseText(source, 'json'),
  yaml: (source) => parseText(source, 'yaml'),
};

const NAMES: Record<Format, string> = {
  pdf: 'a PDF',
  docx: 'a Word document',
  xlsx: 'a spreadsheet',
  pptx: 'a presentation',
  epub: 'a book',
  email: 'an e-mail',
  markdown: 'Markdown',
  text: 'a text',
  code: 'source code',
  html: 'HTML',
  csv: 'a table',
  json: 'JSON',
  yaml: 'YAML',
};

/**
 * Reads a document of any format.
 *
 * @throws DocumentFault and nothing else, whatever the file holds.
 */
export async function parseDocument(source: DocumentSource): Promise<ParsedDocument> {
  let format: Format | undefined;
  try {
    format = await detectFormat(source);
    const document = await PARSERS[format](source);
    if (document.blocks.every(({ text }) => text.trim() === '')) {
      throw new DocumentFault('no_text', 'It holds no text.');
    }
    return document;
  } catch (error) {
    throw asFault(error, format);
  }
}

async function parseText(source: DocumentSource, format: TextFormat): Promise<ParsedDocument> {
  const { path, bytes } = source;
  const text = format === 'html' ? decodeMarkup(bytes, path) : decodeAny(source);
  return await TEXT_PARSERS[format]({ path, text });
}

/** XML and the like declare encodings too, and are read as texts. */
function decodeAny({ path, bytes }: DocumentSource): string {
  const isXml = bytes[0] === 0x3c && bytes[1] === 0x3f;
  return isXml ? decodeMarkup(bytes, path) : decodeText(bytes, path).text;
}

function asFault(error: unknown, format: Format | undefined): DocumentFault {
  if (error instanceof DocumentFault) return error;
  const options = { cause: error };
  if (error instanceof ProblemError && error.code === 'not_text') {
    return new DocumentFault('not_supported', 'It is a binary file of an unknown kind.', options);
  }
  if (error instanceof RangeError && error.message.includes('call stack')) {
    return new DocumentFault('nested_too_deep', 'Its parts are nested too deeply.', options);
  }
  if (error instanceof RangeError && /allocation failed|Invalid (string|array) length/.test(error.message)) {
    return new DocumentFault('out_of_memory', 'It takes more memory to read than there is.', options);
  }
  const kind = format === undefined ? 'a document' : NAMES[format];
  return new DocumentFault('broken', `It looks like ${kind}, but is damaged or not complete.`, options);
}
