import { chunkBlocks } from '../chunking/chunk-document.ts';
import { parseDocument } from '../formats/parse-document.ts';
import { serveDocuments } from './serve-documents.ts';

/** A title or heading that is longer is none. */
const LONGEST_HEADING = 300;

// The process that reads documents; reader.ts starts it.
serveDocuments(async (source) => {
  const { blocks, title, ...rest } = await parseDocument(source);
  const chunks = chunkBlocks(blocks).map((chunk) => ({ ...chunk, trail: chunk.trail.map(clip) }));
  return { ...rest, title: title && clip(title), chunks };
});

function clip(heading: string): string {
  return heading.slice(0, LONGEST_HEADING).replaceAll('\0', '').toWellFormed();
}
