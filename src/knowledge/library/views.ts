import type { DocumentState, KnowledgeFault } from '../../db/knowledge-schema.ts';
import type { Format } from '../document.ts';

/** A document as its owner sees it. */
export interface DocumentView {
  id: string;
  type: 'file';
  path: string;
  state: DocumentState;
  fault: KnowledgeFault | null;
  format: Format | null;
  title: string | null;
  pages: number | null;
  size: number;
  modifiedAt: Date;
  chunks: number;
  /** How many of the chunks have a vector; all of them where the embedder is a lexical one, which needs none. */
  embedded: number;
  readAt: Date | null;
  createdAt: Date;
}

/** How many documents of a folder are in which state. */
interface FolderCounts {
  total: number;
  ready: number;
  pending: number;
  failed: number;
}

/** A followed folder: how far its documents are. */
export interface FolderView {
  id: string;
  type: 'folder';
  path: string;
  state: 'reading' | 'ready' | 'failed';
  fault: KnowledgeFault | null;
  files: FolderCounts;
  /** Files of kinds that are not read, such as images. */
  skipped: number;
  chunks: number;
  scannedAt: Date | null;
  createdAt: Date;
}

/** What was removed from the index; no file is touched. */
export interface RemovalReceipt {
  documents: number;
  chunks: number;
}
