import { type Block, DocumentFault, type DocumentSource, type ParsedDocument } from '../document.ts';
import { titleOf } from './docx.ts';
import { relationshipsOf } from './office-parts.ts';
import { readSlide, type SlidePart } from './slide.ts';
import { createTextBlocks, type TextBlocks } from './text-blocks.ts';
import { decodeXml, readXml } from './xml.ts';
import { openGuardedZip, type ZipParts } from './zip-guard.ts';

/** Reads a presentation, slide by slide with the speaker's notes. Lines are counted over the text that is read. */
export async function parsePptx({ bytes }: DocumentSource): Promise<ParsedDocument> {
  const parts = await openGuardedZip(bytes);
  const slides = slideNames(parts);
  const text = createTextBlocks();
  for (const [index, name] of slides.entries()) addSlide(parts, { name, page: index + 1 }, text);
  return { format: 'pptx', title: titleOf(parts), pages: slides.length, blocks: text.blocks };
}

/** The parts with the slides, in the order in which they are shown. */
function slideNames(parts: ZipParts): string[] {
  const main = relationshipsOf(parts, '').find(({ type }) => type === 'officeDocument')?.target;
  const presentation = main ?? 'ppt/presentation.xml';
  if (!parts.has(presentation)) throw new DocumentFault('broken', 'It is damaged: it has no list of slides.');
  const targets = new Map(relationshipsOf(parts, presentation).map(({ id, target }) => [id, target]));
  const names: string[] = [];
  readXml(decodeXml(parts.read(presentation)), 'office', {
    open(element, attributes) {
      if (element !== 'sldId') return;
      // Its other attribute is an `id` without a prefix.
      const id = Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1];
      const name = targets.get(id ?? '');
      if (name !== undefined && parts.has(name)) names.push(name);
    },
  });
  return names;
}

function addSlide(parts: ZipParts, { name, page }: { name: string; page: number }, text: TextBlocks): void {
  const slide = readSlide(decodeXml(parts.read(name)));
  const title = slide.title?.replaceAll(/\s+/g, ' ').trim() || `Slide ${page}`;
  const before = text.blocks.length;
  const partingAt = (inside: Block['parting']) => (text.blocks.length === before ? 7 : inside);
  if (slide.title !== undefined) text.add(slide.title, { page, trail: [title], parting: 7 });
  for (const { header, text: paragraph } of slide.parts) {
    const place = { page, trail: [title], parting: partingAt(1) };
    text.add(paragraph, header === undefined ? place : { ...place, header });
  }
  const notes = relationshipsOf(parts, name).find(({ type }) => type === 'notesSlide')?.target;
  if (notes === undefined || !parts.has(notes)) return;
  for (const [index, paragraph] of notesIn(decodeXml(parts.read(notes))).entries()) {
    text.add(paragraph.text, {
      page,
      trail: [title, 'Notes'],
      parting: partingAt(index === 0 ? 3 : 1),
    });
  }
}

function notesIn(xml: string): SlidePart[] {
  return readSlide(xml, ['body']).parts;
}
