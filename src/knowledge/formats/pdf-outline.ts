import type { getDocumentProxy } from 'unpdf';

export type PdfDocument = Awaited<ReturnType<typeof getDocumentProxy>>;
type Outline = NonNullable<Awaited<ReturnType<PdfDocument['getOutline']>>>;

/** An outline with more entries, or deeper ones, says nothing about a page. */
const MAX_ENTRIES = 2000;
const MAX_DEPTH = 6;

/** A section of the document, and the page that it begins on. */
export interface Section {
  page: number;
  title: string;
  trail: string[];
}

/** The sections of the outline in their order; none without an outline. */
export async function outlineSections(pdf: PdfDocument): Promise<Section[]> {
  const entries: Section[] = [];
  try {
    await collect(pdf, (await pdf.getOutline()) ?? [], { trail: [], entries });
  } catch {
    // A damaged outline is no reason not to read the text.
    entries.length = 0;
  }
  return entries.toSorted((one, other) => one.page - other.page);
}

async function collect(
  pdf: PdfDocument,
  outline: Outline,
  { trail, entries }: { trail: string[]; entries: Section[] },
): Promise<void> {
  for (const { title, dest, items } of outline) {
    if (entries.length >= MAX_ENTRIES) return;
    const shown = title.replaceAll(/\s+/g, ' ').trim();
    const inner = shown === '' ? trail : [...trail, shown];
    const page = await pageOf(pdf, dest);
    if (page !== undefined) entries.push({ page, title: shown, trail: inner });
    if (trail.length < MAX_DEPTH) await collect(pdf, items, { trail: inner, entries });
  }
}

async function pageOf(pdf: PdfDocument, destination: Outline[number]['dest']): Promise<number | undefined> {
  try {
    const place: unknown =
      typeof destination === 'string' ? await pdf.getDestination(destination) : destination;
    if (!Array.isArray(place)) return undefined;
    const target: unknown = place[0];
    if (typeof target === 'number') return target + 1;
    if (!isReference(target)) return undefined;
    return (await pdf.getPageIndex(target)) + 1;
  } catch {
    return undefined;
  }
}

function isReference(value: unknown): value is { num: number; gen: number } {
  return typeof value === 'object' && value !== null && 'num' in value && 'gen' in value;
}
