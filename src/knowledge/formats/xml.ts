import { SaxesParser } from 'saxes';
import { DocumentFault } from '../document.ts';

/** How deep elements may be nested: parsers that recurse need about ten calls for each. */
const MAX_DEPTH = 1000;

/** What to do with what is read; names are without their prefix. */
export interface XmlHandlers {
  open?(name: string, attributes: Record<string, string>): void;
  text?(text: string): void;
  close?(name: string): void;
}

/** How strictly XML is read: office documents have no document type at all, and books are often not well-formed. */
export type XmlRules = 'office' | 'book';

/**
 * Reads XML from its beginning to its end.
 *
 * @throws DocumentFault `broken`, `nested_too_deep`, and `expands_too_much` when it declares entities.
 */
export function readXml(text: string, rules: XmlRules, handlers: XmlHandlers = {}): void {
  const parser = new SaxesParser({ xmlns: false, position: false });
  let depth = 0;
  // It stops at the first error unless someone listens.
  if (rules === 'book') parser.on('error', () => undefined);
  parser.on('doctype', (declaration) => refuseDeclarations(declaration, rules));
  parser.on('opentag', ({ name, attributes }) => {
    depth += 1;
    if (depth > MAX_DEPTH) throw tooDeep();
    handlers.open?.(localName(name), attributes);
  });
  parser.on('closetag', ({ name }) => {
    depth -= 1;
    handlers.close?.(localName(name));
  });
  if (handlers.text !== undefined) {
    parser.on('text', handlers.text);
    parser.on('cdata', handlers.text);
  }
  try {
    parser.write(text).close();
  } catch (error) {
    if (error instanceof DocumentFault) throw error;
    throw new DocumentFault('broken', 'It is damaged: a part of it is not well-formed XML.', {
      cause: error,
    });
  }
}

/** An attribute by its name without a prefix, as `id` for `r:id`; one with that very name goes first. */
export function attributeOf(attributes: Record<string, string>, name: string): string | undefined {
  if (Object.hasOwn(attributes, name)) return attributes[name];
  return Object.entries(attributes).find(([key]) => localName(key) === name)?.[1];
}

/** The text of a part in XML, which is UTF-8 or, with its byte order mark, UTF-16. */
export function decodeXml(bytes: Uint8Array): string {
  const isBigEndian = bytes[0] === 0xfe && bytes[1] === 0xff;
  const isLittleEndian = bytes[0] === 0xff && bytes[1] === 0xfe;
  const encoding = isBigEndian ? 'utf-16be' : isLittleEndian ? 'utf-16le' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** Entities that stand for entities make gigabytes of a few lines. */
function refuseDeclarations(declaration: string, rules: XmlRules): void {
  if (/<!ENTITY/i.test(declaration)) {
    throw new DocumentFault('expands_too_much', 'It declares XML entities, which can expand without an end.');
  }
  if (rules === 'office') {
    throw new DocumentFault('broken', 'It is damaged: an office document has no XML document type.');
  }
}

function tooDeep(): DocumentFault {
  return new DocumentFault('nested_too_deep', `Its parts are nested deeper than ${MAX_DEPTH} levels.`);
}
