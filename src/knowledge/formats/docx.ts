import mammoth from 'mammoth';
import type { DocumentSource, ParsedDocument } from '../document.ts';
import { htmlBlocks } from './html.ts';
import { repackOffice } from './office-parts.ts';
import { attributeOf, decodeXml, readXml } from './xml.ts';
import { openGuardedZip, type ZipParts } from './zip-guard.ts';

const PROPERTIES = 'docProps/core.xml';

/** Reads a Word document: headings, paragraphs, lists and tables; no pictures. Lines are counted over the text that is read. */
export async function parseDocx({ bytes }: DocumentSource): Promise<ParsedDocument> {
  const parts = await openGuardedZip(bytes);
  const { value } = await mammoth.convertToHtml(
    { buffer: repackOffice(parts) },
    {
      convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
      includeEmbeddedStyleMap: false,
      externalFileAccess: false,
    },
  );
  const { title, blocks } = htmlBlocks(value, { firstLine: 1, page: null, trail: [] });
  return { format: 'docx', title: titleOf(parts) ?? title, pages: null, blocks };
}

/** The title among the properties of an office document; null when there is none. */
export function titleOf(parts: ZipParts): string | null {
  if (!parts.has(PROPERTIES)) return null;
  let title: string | undefined;
  readXml(decodeXml(parts.read(PROPERTIES)), 'office', {
    open(name, attributes) {
      // A title in another language would have the same name.
      if (name === 'title' && attributeOf(attributes, 'lang') === undefined) title ??= '';
    },
    text(text) {
      if (title === '') title = text;
    },
    close(name) {
      if (name === 'title' && title === '') title = undefined;
    },
  });
  return title?.trim() || null;
}
