import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vitest/node';

/** One `import`, `export … from`, `import()` or `import type`; `specifier` is undefined when it is computed. */
export interface Import {
  specifier: string | undefined;
  names: string[];
  typeOnly: boolean;
  line: number;
}

/** What the rules need to know of a file. Lines count from 1. */
export interface SourceFile {
  path: string;
  lineCount: number;
  imports: Import[];
  /** Names that the file exports; `*` for `export *`. */
  exportedNames: string[];
  environmentReads: number[];
  /** URLs given to `.get('/…')`, `.post('/…')` and so on. */
  routeUrls: string[];
  /** String literals and pieces of templates, without the imports' specifiers. */
  strings: string[];
}

interface SyntaxNode {
  type: string;
  start: number;
  [field: string]: unknown;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ROUTE_METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options', 'all'];

/** Reads every TypeScript file below a folder of the repository. */
export function readSourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.split(sep).join('/')}`)
    .sort()
    .map((path) => parseSourceFile(path, readFileSync(join(ROOT, path), 'utf8')));
}

/** Parses one file with the parser that Vitest brings along; throws where the text is not TypeScript. */
export function parseSourceFile(path: string, text: string): SourceFile {
  const file: SourceFile = {
    path,
    lineCount: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports: [],
    exportedNames: [],
    environmentReads: [],
    routeUrls: [],
    strings: [],
  };
  const lineOf = (node: SyntaxNode) => text.slice(0, node.start).split('\n').length;
  const specifiers = new Set<unknown>();

  visit(parseAst(text, { lang: 'ts' }, path), (node) => {
    const found = importIn(node, lineOf(node));
    if (found) {
      file.imports.push(found);
      specifiers.add(sourceOf(node));
    }
    file.exportedNames.push(...exportsIn(node));
    if (readsEnvironment(node)) file.environmentReads.push(lineOf(node));
    const url = routeUrlIn(node);
    if (url !== undefined) file.routeUrls.push(url);
    const string = specifiers.has(node) ? undefined : stringIn(node);
    if (string !== undefined) file.strings.push(string);
  });
  return file;
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function nodesIn(value: unknown): SyntaxNode[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function visit(value: unknown, look: (node: SyntaxNode) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, look);
  } else if (isNode(value)) {
    look(value);
    for (const child of Object.values(value)) visit(child, look);
  }
}

function stringIn(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === 'Literal' && typeof value.value === 'string') return value.value;
  if (value.type !== 'TemplateElement') return undefined;
  const piece: unknown = value.value;
  return typeof piece === 'object' && piece !== null && 'cooked' in piece ? String(piece.cooked) : undefined;
}

/** A name as an identifier or as a string: `process.env` and `process['env']` are the same. */
function nameIn(value: unknown): string | undefined {
  return isNode(value) && value.type === 'Identifier' ? String(value.name) : stringIn(value);
}

function sourceOf(node: SyntaxNode): unknown {
  return node.type === 'TSExternalModuleReference' ? node.expression : node.source;
}

function importIn(node: SyntaxNode, line: number): Import | undefined {
  const specifier = stringIn(sourceOf(node));
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration': {
      if (specifier === undefined) return undefined;
      const typeOnly = node.importKind === 'type' || node.exportKind === 'type';
      const values = nodesIn(node.specifiers).filter((item) => item.importKind !== 'type');
      const names = values.map((item) => nameIn(item.imported ?? item.local) ?? '');
      return { specifier, names, typeOnly, line };
    }
    case 'ImportExpression':
    case 'TSExternalModuleReference':
      return { specifier, names: [], typeOnly: false, line };
    case 'TSImportType':
      return { specifier, names: [], typeOnly: true, line };
    default:
      return undefined;
  }
}

function exportsIn(node: SyntaxNode): string[] {
  if (node.type === 'ExportAllDeclaration') return ['*'];
  if (node.type === 'ExportDefaultDeclaration' || node.type === 'TSExportAssignment') return ['default'];
  if (node.type !== 'ExportNamedDeclaration') return [];
  const declared = isNode(node.declaration)
    ? [node.declaration.id, ...nodesIn(node.declaration.declarations).map((item) => item.id)]
    : [];
  const listed = nodesIn(node.specifiers).map((item) => item.exported);
  return [...declared, ...listed].flatMap((name) => nameIn(name) ?? []);
}

function isProcess(value: unknown): boolean {
  if (!isNode(value)) return false;
  return nameIn(value.type === 'MemberExpression' ? value.property : value) === 'process';
}

/** `process.env`, `const { env } = process`, `import { env } from 'node:process'`, `import.meta.env`. */
function readsEnvironment(node: SyntaxNode): boolean {
  if (node.type === 'MemberExpression') {
    const isImportMeta = isNode(node.object) && node.object.type === 'MetaProperty';
    return nameIn(node.property) === 'env' && (isImportMeta || isProcess(node.object));
  }
  if (node.type === 'VariableDeclarator') {
    const fields = isNode(node.id) ? nodesIn(node.id.properties) : [];
    return isProcess(node.init) && fields.some((field) => nameIn(field.key) === 'env');
  }
  const isProcessImport =
    node.type === 'ImportDeclaration' && /^(node:)?process$/.test(stringIn(node.source) ?? '');
  return isProcessImport && nodesIn(node.specifiers).some((item) => nameIn(item.imported) === 'env');
}

function routeUrlIn(node: SyntaxNode): string | undefined {
  if (node.type !== 'CallExpression' || !isNode(node.callee) || node.callee.type !== 'MemberExpression') {
    return undefined;
  }
  const method = nameIn(node.callee.property) ?? '';
  const first = nodesIn(node.arguments)[0];
  if (method === 'route') {
    const url = nodesIn(first?.properties).find((property) => nameIn(property.key) === 'url');
    return stringIn(url?.value);
  }
  const literal = stringIn(first) ?? stringIn(nodesIn(first?.quasis)[0]);
  return ROUTE_METHODS.includes(method) && literal?.startsWith('/') ? literal : undefined;
}
