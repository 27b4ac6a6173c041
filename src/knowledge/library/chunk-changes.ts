import type { Chunk } from '../document.ts';

/** A chunk as it is stored. */
export interface StoredChunk {
  id: string;
  hash: string;
  heading: string;
}

/** A chunk that has to be stored; one that says the same under another heading lends it its vector. */
export interface AddedChunk {
  id: string;
  chunk: Chunk;
  heading: string;
  vectorOf: string | null;
}

/** What has to be done so that a document's stored chunks become those of its new content. */
export interface ChunkChanges {
  added: AddedChunk[];
  /** The chunk of each passage, in the order of the document. */
  order: string[];
}

/**
 * Compares by hash, so that a chunk whose text is the same keeps its id and with it its vector, wherever it stands now; under another
 * heading it becomes another chunk with the same vector.
 */
export function compareChunks(
  stored: readonly StoredChunk[],
  chunks: readonly Chunk[],
  newId: () => string,
): ChunkChanges {
  const kept = new Map<string, StoredChunk[]>();
  for (const one of stored.toReversed()) {
    const key = keyOf(one);
    const same = kept.get(key);
    if (same) same.push(one);
    else kept.set(key, [one]);
  }
  const sameText = new Map(stored.map((one) => [one.hash, one.id]));
  const changes: ChunkChanges = { added: [], order: [] };
  for (const chunk of chunks) {
    const heading = headingOf(chunk.trail);
    const same = kept.get(keyOf({ hash: chunk.hash, heading }))?.pop();
    const id = same?.id ?? newId();
    if (!same) changes.added.push({ id, chunk, heading, vectorOf: sameText.get(chunk.hash) ?? null });
    changes.order.push(id);
  }
  return changes;
}

/** The headings above a chunk as one text. */
function headingOf(trail: readonly string[]): string {
  return trail.join(' > ');
}

function keyOf({ hash, heading }: Pick<StoredChunk, 'hash' | 'heading'>): string {
  return `${hash} ${heading}`;
}
