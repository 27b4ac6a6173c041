import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import treeSitter from '@vscode/tree-sitter-wasm';
import type { Grammar } from './source-languages.ts';

/** A class, function or section in source code, on lines counted from 0; `depth` says how many others it is in. */
export interface Definition {
  name: string;
  firstLine: number;
  lastLine: number;
  depth: number;
}

type SyntaxNode = InstanceType<typeof treeSitter.Node>;
type Cursor = InstanceType<typeof treeSitter.TreeCursor>;
type Language = InstanceType<typeof treeSitter.Language>;

const PARSE_MILLISECONDS = 5_000;
/** Definitions are not looked for deeper in what is none: there are only statements and expressions. */
const DEEPEST_SEARCH = 4;
const LONGEST_NAME = 100;

/** What other definitions are in. */
const CONTAINERS =
  /^(?:class|module|singleton_class|(?:class|namespace|interface|trait|enum|struct|record|object|union|annotation_type)_(?:definition|declaration|specifier|item|statement)|abstract_class_declaration|file_scoped_namespace_declaration|internal_module|impl_item|mod_item|section|media_statement|supports_statement)$/;
const MEMBERS =
  /^(?:method|singleton_method|(?:function|method|constructor|destructor|operator|indexer)_(?:definition|declaration|item|statement)|local_function_statement|generator_function_declaration|class_method_definition|type_alias_declaration|type_item|macro_definition|delegate_declaration|rule_set)$/;
/** What belongs to the definition in it and begins before it. */
const WRAPPERS =
  /^(?:export_statement|decorated_definition|template_declaration|ambient_declaration|type_declaration|lexical_declaration|variable_declaration)$/;
const FUNCTION_VALUE = /^(?:arrow_function|function_expression|generator_function|class)$/;

const grammarFolder = dirname(createRequire(import.meta.url).resolve('@vscode/tree-sitter-wasm'));
const languages = new Map<Grammar, Promise<Language>>();
let isReady: Promise<void> | undefined;

/** The definitions in a source text in their order; `undefined` when it cannot be parsed in five seconds. */
export async function definitionsIn(text: string, grammar: Grammar): Promise<Definition[] | undefined> {
  isReady ??= treeSitter.Parser.init();
  await isReady;
  const language = await languageOf(grammar);
  const parser = new treeSitter.Parser();
  const deadline = performance.now() + PARSE_MILLISECONDS;
  try {
    parser.setLanguage(language);
    const tree = parser.parse(text, null, { progressCallback: () => performance.now() > deadline });
    if (tree === null) return undefined;
    const cursor = tree.walk();
    try {
      return collect(cursor, deadline);
    } finally {
      cursor.delete();
      tree.delete();
    }
  } finally {
    parser.delete();
  }
}

function languageOf(grammar: Grammar): Promise<Language> {
  const loaded =
    languages.get(grammar) ?? treeSitter.Language.load(join(grammarFolder, `tree-sitter-${grammar}.wasm`));
  languages.set(grammar, loaded);
  return loaded;
}

function collect(cursor: Cursor, deadline: number): Definition[] | undefined {
  const definitions: Definition[] = [];
  /** For each level of the tree: how many definitions it is in, how deep the search is, and where a wrapper began. */
  const levels = [{ depth: 0, search: 0, wrapperLine: -1 }];
  let goesDown = cursor.gotoFirstChild();
  if (!goesDown) return definitions;
  for (;;) {
    const level = levels.at(-1);
    if (level === undefined || performance.now() > deadline) return undefined;
    let below: { depth: number; search: number; wrapperLine: number } | undefined;
    if (cursor.nodeIsNamed) {
      const type = cursor.nodeType;
      const line = cursor.startPosition.row;
      const isContainer = CONTAINERS.test(type);
      if (isContainer || MEMBERS.test(type) || isNamedValue(cursor)) {
        const firstLine = level.wrapperLine === -1 ? line : level.wrapperLine;
        const name = nameOf(cursor.currentNode);
        definitions.push({ name, firstLine, lastLine: lastLineOf(cursor), depth: level.depth });
        below = { depth: level.depth + 1, search: isContainer ? 0 : DEEPEST_SEARCH - 2, wrapperLine: -1 };
      } else if (WRAPPERS.test(type)) {
        below = {
          ...level,
          search: level.search + 1,
          wrapperLine: level.wrapperLine === -1 ? line : level.wrapperLine,
        };
      } else if (level.search < DEEPEST_SEARCH) {
        below = { depth: level.depth, search: level.search + 1, wrapperLine: -1 };
      }
    }
    goesDown = below !== undefined && cursor.gotoFirstChild();
    if (goesDown && below !== undefined) levels.push(below);
    while (!goesDown && !cursor.gotoNextSibling()) {
      levels.pop();
      if (levels.length === 0 || !cursor.gotoParent()) return definitions;
    }
  }
}

/** The last line with something of the node on it: some grammars give a node the line break after it. */
function lastLineOf(cursor: Cursor): number {
  const { row, column } = cursor.endPosition;
  return column === 0 && row > cursor.startPosition.row ? row - 1 : row;
}

/** A variable with a function, or a type in Go: PowerShell calls another node so, which has no name. */
function isNamedValue(cursor: Cursor): boolean {
  if (cursor.nodeType === 'type_spec') return cursor.currentNode.childForFieldName('name') !== null;
  if (cursor.nodeType !== 'variable_declarator') return false;
  return FUNCTION_VALUE.test(cursor.currentNode.childForFieldName('value')?.type ?? '');
}

/** The name as it is written; where the grammar has none, the beginning of the definition. */
function nameOf(node: SyntaxNode): string {
  let declarator: SyntaxNode | null = node;
  for (let steps = 0; declarator !== null && steps < 10; steps += 1) {
    const named: SyntaxNode | null = declarator.childForFieldName('name');
    if (named !== null) return clipped(named.text);
    declarator = declarator.childForFieldName('declarator');
    if (declarator !== null && /identifier$/.test(declarator.type)) return clipped(declarator.text);
  }
  const named =
    node.childForFieldName('type') ??
    node.namedChildren.find((child) => child !== null && /name$|^type_identifier$/.test(child.type));
  return clipped(named?.text ?? node.text.slice(0, 2 * LONGEST_NAME).split(/[{\n]/, 1)[0] ?? '');
}

function clipped(name: string): string {
  return name.replaceAll(/\s+/g, ' ').trim().slice(0, LONGEST_NAME);
}
