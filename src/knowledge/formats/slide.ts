import { attributeOf, readXml } from './xml.ts';

/** A paragraph of a slide, or a row of a table in it. */
export interface SlidePart {
  text: string;
  /** The first row of the table that it is a row of. */
  header?: string;
}

/** The text of a slide. */
export interface Slide {
  title: string | undefined;
  parts: SlidePart[];
}

/** Placeholders whose text is the same on all slides (ECMA-376 part 1, 19.7.10). */
const REPEATED = ['sldNum', 'dt', 'ftr', 'hdr', 'sldImg'];
const TITLES = ['title', 'ctrTitle'];

interface State {
  slide: Slide;
  /** The kind of the placeholder that is read, or of a shape that is none. */
  placeholder: string;
  paragraph: string | undefined;
  isText: boolean;
  /** How many elements deep it is inside of an alternative for older programs, which says the same again. */
  fallbacks: number;
  cells: string[] | undefined;
  cell: string[] | undefined;
  header: string | undefined;
}

/** Reads the paragraphs and tables of a slide, or only those in placeholders of some kinds. */
export function readSlide(xml: string, only?: readonly string[]): Slide {
  const state: State = {
    slide: { title: undefined, parts: [] },
    placeholder: 'none',
    paragraph: undefined,
    isText: false,
    fallbacks: 0,
    cells: undefined,
    cell: undefined,
    header: undefined,
  };
  const isWanted = () => {
    if (state.fallbacks > 0) return false;
    return only === undefined ? !REPEATED.includes(state.placeholder) : only.includes(state.placeholder);
  };
  readXml(xml, 'office', {
    open(name, attributes) {
      if (name === 'Fallback') state.fallbacks += 1;
      if (name === 'ph') state.placeholder = attributeOf(attributes, 'type') ?? 'body';
      else open(state, name);
    },
    text(text) {
      if (state.isText && state.paragraph !== undefined && isWanted()) state.paragraph += text;
    },
    close(name) {
      if (name === 'Fallback') state.fallbacks -= 1;
      else close(state, name);
    },
  });
  return state.slide;
}

function open(state: State, name: string): void {
  if (name === 'sp' || name === 'graphicFrame') state.placeholder = 'none';
  else if (name === 'p') state.paragraph = '';
  else if (name === 't') state.isText = true;
  else if (name === 'br' && state.paragraph !== undefined) state.paragraph += '\n';
  else if (name === 'tbl') state.header = undefined;
  else if (name === 'tr') state.cells = [];
  else if (name === 'tc') state.cell = [];
}

function close(state: State, name: string): void {
  if (name === 't') state.isText = false;
  else if (name === 'p') endParagraph(state);
  else if (name === 'tc') endCell(state);
  else if (name === 'tr') endRow(state);
}

function endParagraph(state: State): void {
  const text = (state.paragraph ?? '').trim();
  state.paragraph = undefined;
  if (text === '') return;
  const { slide, cell } = state;
  if (cell !== undefined) cell.push(text);
  else if (!TITLES.includes(state.placeholder)) slide.parts.push({ text });
  else slide.title = slide.title === undefined ? text : `${slide.title}\n${text}`;
}

function endCell(state: State): void {
  state.cells?.push((state.cell ?? []).join(' ').replaceAll('\n', ' '));
  state.cell = undefined;
}

function endRow(state: State): void {
  const text = (state.cells ?? []).join(' | ');
  state.cells = undefined;
  if (text.replaceAll(/[ |]/g, '') === '') return;
  state.header ??= text;
  state.slide.parts.push({ text, header: state.header });
}
