import { buildZip, type Part } from '../support/zip-builder.ts';

const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const WORD = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
const SHEET = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const SLIDES = 'http://schemas.openxmlformats.org/presentationml/2006/main';
const DRAWING = 'http://schemas.openxmlformats.org/drawingml/2006/main';

/** The files of an archive by their names; compressed, as programs write them. */
export type Files = Record<string, string>;

/** Packs files, in the order in which they are given. */
export function zipOf(files: Files, more: readonly Part[] = []): Buffer {
  const parts = Object.entries(files).map(([name, content]): Part => ({ name, content, method: 8 }));
  return buildZip([...parts, ...more]);
}

function contentTypes(main: string, type: string): string {
  return `${DECLARATION}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/${main}" ContentType="application/vnd.openxmlformats-officedocument.${type}.main+xml"/></Types>`;
}

/** A list of relationships: types with what they lead to, whose identities are rId1, rId2 and so on. */
function relationships(...targets: readonly (readonly [string, string])[]): string {
  const rows = targets.map(
    ([type, target], index) =>
      `<Relationship Id="rId${index + 1}" Type="${OFFICE}/relationships/${type}" Target="${target}"/>`,
  );
  return `${DECLARATION}<Relationships xmlns="${PACKAGE}/relationships">${rows.join('')}</Relationships>`;
}

/** The files of a Word document with this body. */
export function docxFiles(body: string, prologue = DECLARATION): Files {
  return {
    '[Content_Types].xml': contentTypes('word/document.xml', 'wordprocessingml.document'),
    '_rels/.rels': relationships(['officeDocument', 'word/document.xml']),
    'word/document.xml': `${prologue}<w:document xmlns:w="${WORD}"><w:body>${body}</w:body></w:document>`,
    'word/styles.xml': `${DECLARATION}<w:styles xmlns:w="${WORD}"><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>`,
    'word/_rels/document.xml.rels': relationships(['styles', 'styles.xml']),
  };
}

/** A paragraph of a Word document. */
export function wordParagraph(text: string, style?: string): string {
  const properties = style === undefined ? '' : `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`;
  return `<w:p>${properties}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
}

/** The files of a spreadsheet: its sheets by name, each as the XML of its rows. */
export function xlsxFiles(sheets: Record<string, string>, prologue = DECLARATION): Files {
  const names = Object.keys(sheets);
  const files: Files = {
    '[Content_Types].xml': contentTypes('xl/workbook.xml', 'spreadsheetml.sheet'),
    '_rels/.rels': relationships(['officeDocument', 'xl/workbook.xml']),
    'xl/workbook.xml': `${DECLARATION}<workbook xmlns="${SHEET}" xmlns:r="${OFFICE}/relationships"><sheets>${names.map((name, index) => `<sheet name="${name}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relationships(
      ...names.map((_, index) => ['worksheet', `worksheets/sheet${index + 1}.xml`] as const),
      ['styles', 'styles.xml'],
    ),
    'xl/styles.xml': `${DECLARATION}<styleSheet xmlns="${SHEET}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>`,
  };
  for (const [index, name] of names.entries()) {
    files[`xl/worksheets/sheet${index + 1}.xml`] =
      `${prologue}<worksheet xmlns="${SHEET}"><sheetData>${sheets[name]}</sheetData></worksheet>`;
  }
  return files;
}

/** A row of a spreadsheet; numbers stay numbers. */
export function sheetRow(number: number, cells: readonly (string | number)[]): string {
  const written = cells.map((cell, index) => {
    const at = `${String.fromCharCode(65 + index)}${number}`;
    return typeof cell === 'number'
      ? `<c r="${at}"><v>${cell}</v></c>`
      : `<c r="${at}" t="inlineStr"><is><t>${cell}</t></is></c>`;
  });
  return `<row r="${number}">${written.join('')}</row>`;
}

/** A slide: its title and the XML of what is below it. */
interface SlideFixture {
  title: string;
  body: string;
  notes?: string;
}

/** The files of a presentation. The parts are numbered from the last slide to the first, so that only the list says the order. */
export function pptxFiles(slides: readonly SlideFixture[], prologue = DECLARATION): Files {
  const numberOf = (index: number) => slides.length - index;
  const files: Files = {
    '[Content_Types].xml': contentTypes('ppt/presentation.xml', 'presentationml.presentation'),
    '_rels/.rels': relationships(['officeDocument', 'ppt/presentation.xml']),
    'ppt/presentation.xml': `${DECLARATION}<p:presentation xmlns:p="${SLIDES}" xmlns:r="${OFFICE}/relationships"><p:sldIdLst>${slides.map((_, index) => `<p:sldId id="${256 + index}" r:id="rId${index + 1}"/>`).join('')}</p:sldIdLst></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': relationships(
      ...slides.map((_, index) => ['slide', `slides/slide${numberOf(index)}.xml`] as const),
    ),
  };
  for (const [index, { title, body, notes }] of slides.entries()) {
    const number = numberOf(index);
    files[`ppt/slides/slide${number}.xml`] = slideXml('sld', slideShape(title, 'title') + body, prologue);
    if (notes === undefined) continue;
    files[`ppt/slides/_rels/slide${number}.xml.rels`] = relationships([
      'notesSlide',
      `../notesSlides/notesSlide${number}.xml`,
    ]);
    files[`ppt/notesSlides/notesSlide${number}.xml`] = slideXml(
      'notes',
      slideShape(notes, 'body') + slideShape('7', 'sldNum'),
      prologue,
    );
  }
  return files;
}

function slideXml(element: string, shapes: string, prologue: string): string {
  return `${prologue}<p:${element} xmlns:p="${SLIDES}" xmlns:a="${DRAWING}"><p:cSld><p:spTree>${shapes}</p:spTree></p:cSld></p:${element}>`;
}

/** A shape of a slide with one paragraph. */
export function slideShape(text: string, placeholder?: string): string {
  const kind = placeholder === undefined ? '' : `<p:ph type="${placeholder}"/>`;
  return `<p:sp><p:nvSpPr><p:nvPr>${kind}</p:nvPr></p:nvSpPr><p:txBody>${slideParagraph(text)}</p:txBody></p:sp>`;
}

function slideParagraph(text: string): string {
  return `<a:p><a:r><a:t>${text}</a:t></a:r></a:p>`;
}

/** A table of a slide. */
export function slideTable(rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => `<a:tc><a:txBody>${slideParagraph(text)}</a:txBody></a:tc>`;
  const written = rows.map((row) => `<a:tr>${row.map(cell).join('')}</a:tr>`).join('');
  return `<p:graphicFrame><a:graphic><a:graphicData><a:tbl>${written}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>`;
}

/** The files of a book: the bodies of its chapters by the titles in its table of contents. */
export function epubFiles(title: string, chapters: Record<string, string>, prologue = DECLARATION): Files {
  const titles = Object.keys(chapters);
  const items = titles.map(
    (_, index) =>
      `<item id="c${index}" href="text/chapter%20${index}.xhtml" media-type="application/xhtml+xml"/>`,
  );
  const files: Files = {
    mimetype: 'application/epub+zip',
    'META-INF/container.xml': `${DECLARATION}<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>`,
    'OEBPS/content.opf': `${prologue}<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>${title}</dc:title></metadata><manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>${items.join('')}</manifest><spine><itemref idref="nav"/>${titles.map((_, index) => `<itemref idref="c${index}"/>`).join('')}</spine></package>`,
    'OEBPS/nav.xhtml': `${DECLARATION}<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><body><nav epub:type="toc"><ol>${titles.map((name, index) => `<li><a href="text/chapter%20${index}.xhtml">${name}</a></li>`).join('')}</ol></nav></body></html>`,
  };
  for (const [index, name] of titles.entries()) {
    files[`OEBPS/text/chapter ${index}.xhtml`] =
      `${DECLARATION}<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>${chapters[name]}</body></html>`;
  }
  return files;
}
