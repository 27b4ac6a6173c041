import { posix } from 'node:path';
import { attributeOf, decodeXml, readXml } from './xml.ts';
import type { ZipParts } from './zip-guard.ts';

const CHAPTER_TYPES = ['application/xhtml+xml', 'text/html', 'application/xml'];
const NCX_TYPE = 'application/x-dtbncx+xml';

/** What the package document of a book says (EPUB 3.3, 5). */
export interface BookPackage {
  title: string | null;
  /** The names of the chapters in the archive, in reading order. */
  chapters: string[];
  /** Its table of contents; the one of EPUB 3, or else the one of EPUB 2. */
  nav: string | undefined;
  ncx: string | undefined;
}

interface Item {
  path: string;
  type: string;
  isNav: boolean;
}

/**
 * Reads the package document of a book.
 *
 * @throws DocumentFault `broken` when it is missing.
 */
export function readPackage(parts: ZipParts, name: string): BookPackage {
  const items = new Map<string, Item>();
  const spine: string[] = [];
  let title: string | undefined;
  let isTitle = false;
  readXml(decodeXml(parts.read(name)), 'book', {
    open(element, attributes) {
      const attribute = (key: string) => attributeOf(attributes, key) ?? '';
      isTitle = element === 'title' && title === undefined;
      if (element === 'itemref') spine.push(attribute('idref'));
      if (element !== 'item') return;
      const isNav = attribute('properties').split(/\s+/).includes('nav');
      items.set(attribute('id'), {
        path: resolved(name, attribute('href')),
        type: attribute('media-type'),
        isNav,
      });
    },
    text(text) {
      if (isTitle) title = (title ?? '') + text;
    },
    close() {
      isTitle = false;
    },
  });
  const listed = [...items.values()].filter(({ path }) => parts.has(path));
  const chapters = spine
    .map((id) => items.get(id))
    .filter((item) => item !== undefined)
    .filter(({ path, type, isNav }) => !isNav && CHAPTER_TYPES.includes(type) && parts.has(path))
    .map(({ path }) => path);
  return {
    title: title?.replaceAll(/\s+/g, ' ').trim() || null,
    // Named twice, a large chapter would be read again and again.
    chapters: [...new Set(chapters)],
    nav: listed.find(({ isNav }) => isNav)?.path,
    ncx: listed.find(({ type }) => type === NCX_TYPE)?.path,
  };
}

/** What the table of contents calls the chapters, by their names in the archive. */
export function chapterTitles(parts: ZipParts, { nav, ncx }: BookPackage): Map<string, string> {
  if (nav !== undefined) return navTitles(decodeXml(parts.read(nav)), nav);
  if (ncx !== undefined) return ncxTitles(decodeXml(parts.read(ncx)), ncx);
  return new Map();
}

function navTitles(xml: string, nav: string): Map<string, string> {
  const titles = new Map<string, string>();
  let link: { path: string; text: string } | undefined;
  readXml(xml, 'book', {
    open(name, attributes) {
      const target = attributeOf(attributes, 'href');
      if (name === 'a' && target !== undefined) link = { path: resolved(nav, target), text: '' };
    },
    text(text) {
      if (link !== undefined) link.text += text;
    },
    close(name) {
      if (name !== 'a' || link === undefined) return;
      keepFirst(titles, link);
      link = undefined;
    },
  });
  return titles;
}

function ncxTitles(xml: string, ncx: string): Map<string, string> {
  const titles = new Map<string, string>();
  let label: string | undefined;
  readXml(xml, 'book', {
    open(name, attributes) {
      if (name === 'navLabel') label = '';
      if (name !== 'content') return;
      keepFirst(titles, { path: resolved(ncx, attributeOf(attributes, 'src') ?? ''), text: label ?? '' });
      label = undefined;
    },
    text(text) {
      if (label !== undefined) label += text;
    },
  });
  return titles;
}

/** Sections of a chapter come after it, with the same file. */
function keepFirst(titles: Map<string, string>, { path, text }: { path: string; text: string }): void {
  const title = text.replaceAll(/\s+/g, ' ').trim();
  if (title !== '' && !titles.has(path)) titles.set(path, title);
}

/** The name in the archive of what a file in it refers to. */
function resolved(from: string, reference: string): string {
  const [path = ''] = reference.split('#');
  return posix.join(posix.dirname(from), decoded(path));
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // A percent sign that stands for itself.
    return path;
  }
}
