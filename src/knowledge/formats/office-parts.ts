import { posix } from 'node:path';
import { zipSync } from 'fflate';
import { attributeOf, decodeXml, readXml } from './xml.ts';
import type { ZipParts } from './zip-guard.ts';

/** One part of an office document that another one refers to. */
export interface Relationship {
  id: string;
  /** The last word of its type, as `slide`. */
  type: string;
  /** The name of the part in the archive. */
  target: string;
}

/**
 * Packs the XML of an office document anew, after each part was found well-formed, without entities and not too deep: a parser with an
 * unzipper of its own then sees nothing that was not looked at, and no pictures.
 *
 * @throws DocumentFault `broken`, `nested_too_deep`, `expands_too_much`.
 */
export function repackOffice(parts: ZipParts, check?: (name: string, text: string) => void): Buffer {
  const kept: Record<string, Uint8Array> = {};
  for (const name of parts.names) {
    if (!/\.(xml|rels)$/i.test(name)) continue;
    const text = decodeXml(parts.read(name));
    if (check === undefined) readXml(text, 'office');
    else check(name, text);
    // In UTF-16, as it may have been, some parsers would not read it, and others read it in another way.
    kept[name] = Buffer.from(text.replace(/(<\?xml[^>]*encoding=["'])[^"']*/i, '$1UTF-8'));
  }
  const packed = zipSync(kept, { level: 0 });
  return Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
}

/** What a part refers to inside the document; the empty name stands for the document as a whole. */
export function relationshipsOf(parts: ZipParts, name: string): Relationship[] {
  const folder = posix.dirname(name);
  const list = posix.join(folder, '_rels', `${posix.basename(name)}.rels`);
  if (!parts.has(list)) return [];
  const found: Relationship[] = [];
  readXml(decodeXml(parts.read(list)), 'office', {
    open(element, attributes) {
      if (element !== 'Relationship' || attributeOf(attributes, 'TargetMode') === 'External') return;
      const target = attributeOf(attributes, 'Target') ?? '';
      const type = attributeOf(attributes, 'Type') ?? '';
      found.push({
        id: attributeOf(attributes, 'Id') ?? '',
        type: type.slice(type.lastIndexOf('/') + 1),
        target: posix.resolve('/', folder, target).slice(1),
      });
    },
  });
  return found;
}
