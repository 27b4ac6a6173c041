/** What a document can be, told by its content and, for texts, by its name. */
export const FORMATS = [
  'markdown',
  'text',
  'code',
  'html',
  'csv',
  'json',
  'yaml',
  'pdf',
  'docx',
  'xlsx',
  'pptx',
  'epub',
  'email',
] as const;
export type Format = (typeof FORMATS)[number];

/** Why a document could not be read; docs/knowledge.md explains each. */
export const DOCUMENT_FAULTS = [
  'not_supported',
  'too_large',
  'encrypted',
  'broken',
  'expands_too_much',
  'nested_too_deep',
  'took_too_long',
  'out_of_memory',
  'no_text',
  'not_readable',
] as const;
export type DocumentFaultCode = (typeof DOCUMENT_FAULTS)[number];

/** A document cannot be read, for a reason that its owner is told: a sentence that names no path of the host. */
export class DocumentFault extends Error {
  override readonly name = 'DocumentFault';
  readonly code: DocumentFaultCode;

  constructor(code: DocumentFaultCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }
}

/**
 * The smallest piece of a document that is never cut, unless it is longer than a chunk: a line of code, a paragraph, a table row.
 * Blocks come in the order of the document.
 */
export interface Block {
  /** As it is quoted: the lines of the file as they are, or the text read from a format that has no lines. */
  text: string;
  /** The first and the last of its lines, from 1: of the file, or of the text read from it where the format has no lines. */
  startLine: number;
  endLine: number;
  /** Page or slide, from 1; null where the format has none. */
  page: number | null;
  /** The headings above it, outermost first: a section, a sheet, a class and a function. */
  trail: string[];
  /**
   * How strongly it is parted from the block before it: 0 within a paragraph, 1 between paragraphs, rows or statements, more for the
   * beginnings of sections, 9 at most. A long document is cut where this is highest.
   */
  parting: number;
  /** The header of the table that it is a row of; it is repeated in each chunk of the table. */
  header?: string;
}

/** A document as blocks. */
export interface ParsedDocument {
  format: Format;
  title: string | null;
  /** How many pages or slides; null where the format has none. */
  pages: number | null;
  blocks: Block[];
}

/** A passage of a document that is found and quoted as a whole. */
export interface Chunk {
  text: string;
  startLine: number;
  endLine: number;
  page: number | null;
  trail: string[];
  tokenCount: number;
  /** SHA-256 of the text in hex: what has the same is not embedded again. */
  hash: string;
}

/** A document that was read. */
export interface ReadDocument {
  format: Format;
  title: string | null;
  pages: number | null;
  chunks: Chunk[];
}

/** A file to be read: its path says its name only, and is not opened. */
export interface DocumentSource {
  path: string;
  bytes: Uint8Array;
}
