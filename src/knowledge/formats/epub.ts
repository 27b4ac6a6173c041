import { posix } from 'node:path';
import { type Block, DocumentFault, type DocumentSource, type ParsedDocument } from '../document.ts';
import { decodeMarkup } from './declared-encoding.ts';
import { type BookPackage, chapterTitles, readPackage } from './epub-package.ts';
import { htmlBlocks } from './html.ts';
import { createTextBlocks } from './text-blocks.ts';
import { attributeOf, decodeXml, readXml } from './xml.ts';
import { openGuardedZip, type ZipParts } from './zip-guard.ts';

const CONTAINER = 'META-INF/container.xml';
const ENCRYPTION = 'META-INF/encryption.xml';

/** An element without content, as XHTML has it; HTML knows no such thing and would take what follows for the content. */
const EMPTY_ELEMENT = /<([a-z][\w:-]*)((?:\s[^<>]*)?)\/>/gi;
const VOID_ELEMENT = /^(area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)$/i;

/** Reads a book, chapter by chapter in its reading order. Lines are counted over the text that is read. */
export async function parseEpub({ bytes }: DocumentSource): Promise<ParsedDocument> {
  const parts = await openGuardedZip(bytes);
  const book = readPackage(parts, packageName(parts));
  refuseEncrypted(parts, book);
  const titles = chapterTitles(parts, book);
  const text = createTextBlocks();
  for (const chapter of book.chapters) {
    const title = titles.get(chapter);
    const html = withoutEmptyElements(decodeMarkup(parts.read(chapter), chapter));
    const trail = title === undefined ? [] : [title];
    const { blocks, lines } = htmlBlocks(html, { firstLine: text.nextLine(), page: null, trail });
    text.append(chapterBlocks(blocks), lines);
  }
  return { format: 'epub', title: book.title, pages: null, blocks: text.blocks };
}

/** Begins a chapter with its first block, and says its title once where the heading is the same as in the table of contents. */
function chapterBlocks(blocks: readonly Block[]): Block[] {
  return blocks.map((block, index) => {
    const [chapter, heading] = block.trail;
    const trail = chapter !== undefined && chapter === heading ? block.trail.slice(1) : block.trail;
    return { ...block, trail, parting: index === 0 ? 9 : block.parting };
  });
}

function packageName(parts: ZipParts): string {
  if (!parts.has(CONTAINER))
    throw new DocumentFault('broken', 'It is damaged: it does not say where its text is.');
  let path: string | undefined;
  readXml(decodeXml(parts.read(CONTAINER)), 'book', {
    open(name, attributes) {
      if (name === 'rootfile') path ??= attributeOf(attributes, 'full-path');
    },
  });
  return posix.normalize(path ?? '');
}

/** Fonts are often scrambled, which does not matter; chapters are encrypted in books that only one shop's program opens. */
function refuseEncrypted(parts: ZipParts, { chapters }: BookPackage): void {
  if (!parts.has(ENCRYPTION)) return;
  readXml(decodeXml(parts.read(ENCRYPTION)), 'book', {
    open(name, attributes) {
      if (name !== 'CipherReference') return;
      const path = posix.normalize(attributeOf(attributes, 'URI') ?? '');
      if (chapters.includes(path)) {
        throw new DocumentFault(
          'encrypted',
          'It is protected, so that only the program it was sold for can read it.',
        );
      }
    },
  });
}

function withoutEmptyElements(xhtml: string): string {
  return xhtml.replaceAll(EMPTY_ELEMENT, (whole, name: string, attributes: string) =>
    VOID_ELEMENT.test(name) ? whole : `<${name}${attributes}></${name}>`,
  );
}
