import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser';

/** One value to write into package.json; a new key comes after the first of `after` that is there. */
export interface ManifestEdit {
  path: readonly string[];
  value: string;
  after?: readonly string[];
}

/**
 * Writes values into the text of a package.json. Everything else in it stays, character by character.
 * @throws Error where something on the way to a value is no object.
 */
export function editManifest(source: string, edits: readonly ManifestEdit[]): string {
  const mark = source.startsWith('\uFEFF') ? '\uFEFF' : '';
  return mark + edits.reduce(applyOne, source.slice(mark.length));
}

function applyOne(source: string, { path, value, after = [] }: ManifestEdit): string {
  const root = parseTree(source);
  if (root?.type !== 'object') throw new Error('package.json is no object');
  const present = findNodeAtLocation(root, [...path]);
  if (present) return spliced(source, present.offset, present.length, JSON.stringify(value));
  const [outer = '', inner] = path;
  const parent = inner === undefined ? root : findNodeAtLocation(root, [outer]);
  if (parent)
    return withProperty(source, parent, { name: inner ?? outer, text: () => JSON.stringify(value), after });
  const key = JSON.stringify(inner);
  return withProperty(source, root, {
    name: outer,
    text: ({ indent, step, eol }) =>
      eol === ''
        ? `{ ${key}: ${JSON.stringify(value)} }`
        : `{${eol}${indent}${step}${key}: ${JSON.stringify(value)}${eol}${indent}}`,
    after,
  });
}

/** How the properties of an object are laid out; `eol` is empty where they stand on one line. */
interface Layout {
  indent: string;
  step: string;
  eol: string;
}

interface Property {
  name: string;
  text: (layout: Layout) => string;
  after: readonly string[];
}

function withProperty(source: string, parent: Node, { name, text, after }: Property): string {
  if (parent.type !== 'object') throw new Error('package.json has another value where an object belongs');
  const step = stepOf(source);
  const siblings = parent.children ?? [];
  const named = after.flatMap(
    (key) => siblings.find((sibling) => sibling.children?.[0]?.value === key) ?? [],
  );
  const before = named[0] ?? siblings.at(-1);
  if (!before) {
    const outer = lineIndent(source, parent.offset);
    const eol = eolOf(source);
    const layout = { indent: outer + step, step, eol };
    const property = `${JSON.stringify(name)}: ${text(layout)}`;
    const inside = eol === '' ? ` ${property} ` : `${eol}${layout.indent}${property}${eol}${outer}`;
    return spliced(source, parent.offset, parent.length, `{${inside}}`);
  }
  const lead = source.slice(0, before.offset);
  const isOnOwnLine = /\n[ \t]*$/.test(lead);
  const layout = {
    indent: isOnOwnLine ? lineIndent(source, before.offset) : '',
    step,
    eol: isOnOwnLine ? eolOf(source) : '',
  };
  const comma = isOnOwnLine
    ? `,${layout.eol}${layout.indent}`
    : `,${/,(\s*)"/.exec(source)?.[1]?.replace(/\s+/g, ' ') ?? ''}`;
  const colon = colonOf(source, before);
  return spliced(
    source,
    before.offset + before.length,
    0,
    `${comma}${JSON.stringify(name)}${colon}${text(layout)}`,
  );
}

function spliced(source: string, offset: number, length: number, text: string): string {
  return source.slice(0, offset) + text + source.slice(offset + length);
}

/** What stands between the neighbour's key and its value: `: `, `:` or ` : `. */
function colonOf(source: string, property: Node): string {
  const [key, value] = property.children ?? [];
  const between = key && value ? source.slice(key.offset + key.length, value.offset) : ': ';
  return /^ ?: ?$/.test(between) ? between : ': ';
}

function lineIndent(source: string, offset: number): string {
  const line = source.slice(source.lastIndexOf('\n', offset - 1) + 1, offset);
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}

/** What the first key is indented by. */
function stepOf(source: string): string {
  return /^\s*\{\s*?\n([ \t]+)"/.exec(source)?.[1] ?? '  ';
}

function eolOf(source: string): string {
  if (!source.trim().includes('\n')) return '';
  return source.includes('\r\n') ? '\r\n' : '\n';
}
