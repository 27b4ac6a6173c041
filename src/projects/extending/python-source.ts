import { type KnownCall, knownCallOf, literalValue, type Plain, seemsSecret } from './evaluate-expression.ts';

/** A thing that a Python module defines and others may use. */
export interface PythonThing {
  name: string;
  kind: 'function' | 'class' | 'value';
  call: KnownCall | null;
  value: Plain | null;
}

/** What can be told of a Python module without running it. */
export interface PythonModule {
  /** First words of what is imported: `os`, `flask`; '.' for its own package. */
  imports: string[];
  things: PythonThing[];
  /** Loading it does more than to define things. */
  actsOnLoad: boolean;
  /** The name of the HTTP app and the framework that makes it. */
  app: { name: string; framework: 'flask' | 'fastapi' } | null;
  /** Paths of GET routes that need nothing. */
  routes: string[];
}

const ACTS =
  /^(?:\w[\w.]*\.run\(|input\(|sys\.exit|raise |main\(|\w+\.parse_args|while |\w+ = input\()|^[^#\n]*\bsys\.argv/m;

/** Reads a Python module by its text alone. */
export function readPython(text: string): PythonModule {
  const code = withoutStrings(text);
  const main = /^if __name__\s*==/m.exec(code)?.index ?? code.length;
  const top = code.slice(0, main);
  const outer = top
    .split('\n')
    .filter((line) => /^\S/.test(line))
    .join('\n');
  const app = /^(\w+)\s*(?::\s*\w+\s*)?=\s*(Flask|FastAPI)\(/m.exec(top);
  return {
    imports: [...top.matchAll(/^(?:from\s+(\.|\w+)|import\s+(\w+))/gm)].map(
      ([, from, plain]) => from ?? plain ?? '',
    ),
    things: thingsOf(text.replaceAll('\r\n', '\n'), top),
    actsOnLoad: ACTS.test(outer),
    app: app?.[1] ? { name: app[1], framework: app[2] === 'Flask' ? 'flask' : 'fastapi' } : null,
    routes: routesOf(text.replaceAll('\r\n', '\n')),
  };
}

/** The same lines without the insides of texts in three quotes, which may look like code. */
function withoutStrings(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/("""|''')[\s\S]*?\1/g, (string) => `""${string.replace(/[^\n]/g, '')}`);
}

function thingsOf(text: string, top: string): PythonThing[] {
  const found: PythonThing[] = [];
  for (const [, name = ''] of top.matchAll(/^def ([A-Za-z]\w*)\(/gm)) {
    found.push({ name, kind: 'function', call: callOf(name, text), value: null });
  }
  for (const [, name = ''] of top.matchAll(/^async def ([A-Za-z]\w*)\(/gm)) {
    found.push({ name, kind: 'function', call: null, value: null });
  }
  for (const [, name = ''] of top.matchAll(/^class ([A-Za-z]\w*)\b/gm)) {
    found.push({ name, kind: 'class', call: null, value: null });
  }
  for (const [, name = '', literal = ''] of top.matchAll(
    /^(__version__|[A-Z][A-Z0-9_]+)\s*(?::\s*\w+\s*)?=\s*(\S.*)$/gm,
  )) {
    const value = seemsSecret(name) ? null : literalValue(literal.trim(), 'python');
    found.push({ name, kind: 'value', call: null, value });
  }
  return found;
}

/** Only what has no decorator, and after a description nothing but one `return`. */
function callOf(name: string, text: string): KnownCall | null {
  const match = new RegExp(
    `(^|\\n)(@[^\\n]*\\n)?def ${name}\\(([^()]*)\\)\\s*(?:->\\s*[\\w\\[\\], .]+)?:\\n(?:[ \\t]+(?:"""[^"]*"""|'''[^']*'''|"[^"\\n]*")\\n)?[ \\t]+return ([^\\n]+)(?=\\n|$)(?!\\n+[ \\t])`,
  ).exec(text);
  if (!match || match[2] !== undefined) return null;
  const [, , , list = '', expression = ''] = match;
  const parameters = list.trim() === '' ? [] : list.replace(/,\s*$/, '').split(',').map(parameterOf);
  const named = parameters.flatMap((parameter) => (parameter ? [parameter] : []));
  if (named.length !== parameters.length) return null;
  return knownCallOf({ parameters: named, expression: expression.replace(/\s+#.*$/, '').trim() }, 'python');
}

function parameterOf(item: string): { name: string; type: string | null } | null {
  const [, name, type] = /^\s*([A-Za-z_]\w*)\s*(?::\s*(str|int|float|bool)\s*)?(?:=[^=]+)?$/.exec(item) ?? [];
  if (name === undefined) return null;
  return {
    name,
    type: type === undefined ? null : type === 'str' ? 'string' : type === 'bool' ? 'boolean' : 'number',
  };
}

/** Routes whose function has no parameters and answers with a literal right away. */
function routesOf(text: string): string[] {
  const pattern =
    /^@\w+\.(?:route|get)\(\s*["'](\/[\w./-]*)["']\s*\)\n(?:async )?def \w+\(\s*\)[^\n]*:\n(?:[ \t]+"""[^"]*"""\n)?[ \t]+return\s+(?:["'{[]|jsonify\()/gm;
  return [...text.matchAll(pattern)].map(([, path = '/']) => path);
}

/** `src/shop/cart.py` is imported as `shop.cart` where src/ is a folder of code and no package itself. */
export function pythonModuleName(path: string, { hasSrc }: { hasSrc: boolean }): string {
  return (hasSrc ? path.replace(/^src\//, '') : path)
    .replace(/(?:\/__init__)?\.py$/, '')
    .replaceAll('/', '.');
}
