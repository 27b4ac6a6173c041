import { blankScript, closingBracket, topLevelOf } from './blank-script.ts';

/** A function as it is written, if it is short: what `evaluate-expression.ts` may work out. */
export interface ShortFunction {
  parameters: { name: string; type: string | null }[];
  expression: string;
}

/** A thing that a module exports; `name` is `default` for the default export and for `module.exports = …`. */
export interface ExportedThing {
  name: string;
  kind: 'function' | 'class' | 'value';
  /** Null where it needs more than its parameters, or is no function. */
  short: ShortFunction | null;
  /** What stands behind the `=`, for a value. */
  literal: string | null;
}

/** What can be told of a JavaScript or TypeScript module without running it. */
export interface ScriptModule {
  text: string;
  blanked: string;
  isEsm: boolean;
  /** As written: './cart.js', 'express'. Imports of types alone are left out. */
  imports: string[];
  exports: ExportedThing[];
  /** Loading it does more than to define things: it starts a server, reads arguments, needs a browser. */
  actsOnLoad: boolean;
}

const ACTS =
  /\.listen\s*\(|\bprocess\.(?:exit|argv|stdin)\b|\b(?:document|window|localStorage)\b|\bcreateRoot\s*\(|\.(?:connect|parse|parseAsync|setup)\s*\(|\bset(?:Interval|Timeout)\s*\(|\bfetch\s*\(|^[ \t]*(?:await|throw)\b|=\s*await\b|^[ \t]*if\s*\([^\n]*process\.env/m;
const BARE_CALL = /^[ \t]*(?:void\s+)?(?:\(\s*(?:async\s*)?(?:function\b|\()|[A-Za-z_$][\w$]*\s*\()/gm;
const KEYWORD_CALL = /^\s*(?:if|for|while|switch|function|class|require|describe|test|it)\b/;

/** Reads a module by its text alone. */
export function readModule(text: string): ScriptModule {
  const blanked = blankScript(text);
  const top = topLevelOf(blanked);
  const isEsm = /^[ \t]*(?:export\b|import\b(?!\s*\())/m.test(top);
  const bareCalls = [...top.matchAll(BARE_CALL)].some(([call]) => !KEYWORD_CALL.test(call));
  return {
    text,
    blanked,
    isEsm,
    imports: importsOf(text, blanked),
    exports: isEsm ? esmExports(text, blanked, top) : commonExports(text, blanked, top),
    actsOnLoad: ACTS.test(top) || bareCalls,
  };
}

function importsOf(text: string, blanked: string): string[] {
  const pattern =
    /(?:^[ \t]*import\b(?!\s+type\b)(?:[^;'"()=]*?\bfrom\b)?\s*|^[ \t]*export\s*[*{][^;'"()=]*?\bfrom\s*|\b(?:require|import)\s*\(\s*)(['"])( *)\1/gm;
  return [...blanked.matchAll(pattern)].map((match) => {
    const start = match.index + match[0].length - 1 - (match[2]?.length ?? 0);
    return text.slice(start, start + (match[2]?.length ?? 0));
  });
}

function esmExports(text: string, blanked: string, top: string): ExportedThing[] {
  const found: ExportedThing[] = [];
  const source = { text, blanked, top };
  for (const match of top.matchAll(
    /^[ \t]*export\s+(?:async\s+)?(?:function\s*\*?|const|let|var|class|abstract\s+class)\s*([A-Za-z_$][\w$]*)/gm,
  )) {
    if (match[1] && match[1] !== 'enum') found.push(declared(match[1], match[1], source));
  }
  const byDefault = /^[ \t]*export\s+default\s+(?:(?:async\s+)?(function)|(class)|([\w$]+))?/m.exec(top);
  if (byDefault) {
    const [, isFunction, isClass, name] = byDefault;
    if (isFunction || isClass) {
      found.push({ name: 'default', kind: isFunction ? 'function' : 'class', short: null, literal: null });
    } else if (name && name !== 'async') found.push(declared(name, 'default', source));
    else found.push({ name: 'default', kind: 'value', short: null, literal: null });
  }
  for (const match of top.matchAll(/^[ \t]*export\s*\{/gm)) {
    const open = match.index + match[0].length - 1;
    const close = closingBracket(blanked, open);
    // What comes from another module may be a type alone; that module is looked at itself.
    if (close < 0 || /^\s*from\b/.test(blanked.slice(close + 1))) continue;
    for (const item of blanked.slice(open + 1, close).split(',')) {
      const [, name, as] = /^\s*([A-Za-z_$][\w$]*)(?:\s+as\s+([\w$]+))?\s*$/.exec(item) ?? [];
      if (name && isDeclared(name, top)) found.push(declared(name, as ?? name, source));
    }
  }
  return found;
}

function commonExports(text: string, blanked: string, top: string): ExportedThing[] {
  const source = { text, blanked, top };
  const found: ExportedThing[] = [];
  for (const match of top.matchAll(/^[ \t]*(?:module\.)?exports\.([A-Za-z_$][\w$]*)\s*=\s*/gm)) {
    const rest = blanked.slice(match.index + match[0].length);
    const name = /^([A-Za-z_$][\w$]*)\s*;?\s*$/m.exec(rest.split('\n')[0] ?? '')?.[1];
    if (match[1]) found.push(name ? declared(name, match[1], source) : unnamed(match[1], rest));
  }
  const whole = /^[ \t]*module\.exports\s*=\s*/m.exec(top);
  if (!whole) return found;
  const start = whole.index + whole[0].length;
  if (blanked[start] !== '{') {
    const name = /^([A-Za-z_$][\w$]*)\s*;?\s*$/.exec((blanked.slice(start).split('\n')[0] ?? '').trim())?.[1];
    return [...found, name ? declared(name, 'default', source) : unnamed('default', blanked.slice(start))];
  }
  const close = closingBracket(blanked, start);
  const inside = topLevelOf(blanked.slice(start + 1, close < 0 ? undefined : close));
  for (const item of inside.split(',')) {
    const [, key, local] = /^\s*([A-Za-z_$][\w$]*)\s*(?::\s*([A-Za-z_$][\w$]*))?\s*$/.exec(item) ?? [];
    if (key) found.push(declared(local ?? key, key, source));
  }
  return found;
}

interface Source {
  text: string;
  blanked: string;
  top: string;
}

function isDeclared(name: string, top: string): boolean {
  return new RegExp(`\\b(?:function\\s*\\*?|const|let|var|class)\\s+${escaped(name)}(?![\\w$])`).test(top);
}

function unnamed(name: string, rest: string): ExportedThing {
  const isFunction = /^(?:async\s+)?(?:function\b|\([^)]*\)\s*(?::[^=]+)?=>|[\w$]+\s*=>)/.test(rest);
  const isClass = /^class\b/.test(rest);
  return { name, kind: isFunction ? 'function' : isClass ? 'class' : 'value', short: null, literal: null };
}

/** What the module's own declaration of `local` says about the thing that is exported as `name`. */
function declared(local: string, name: string, { text, blanked, top }: Source): ExportedThing {
  const word = `${escaped(local)}(?![\\w$])`;
  const isClass = new RegExp(`\\bclass\\s+${word}`).test(top);
  if (isClass) return { name, kind: 'class', short: null, literal: null };
  const asFunction = new RegExp(`(\\basync\\s+)?\\bfunction\\s*(\\*)?\\s*${word}\\s*(?=\\()`).exec(top);
  if (asFunction) {
    const isPlain = !asFunction[1] && !asFunction[2];
    const open = asFunction.index + asFunction[0].length;
    return { name, kind: 'function', short: isPlain ? shortAt(text, blanked, open) : null, literal: null };
  }
  const asValue = new RegExp(`\\b(?:const|let|var)\\s+${word}\\s*(?::[^=\\n]+)?=(?!=|>)\\s*`).exec(top);
  if (!asValue) return { name, kind: 'value', short: null, literal: null };
  const start = asValue.index + asValue[0].length;
  const { kind } = unnamed(name, top.slice(start));
  const isArrow = kind === 'function' && top[start] === '(';
  const literal = kind === 'value' ? (text.slice(start).split('\n')[0] ?? '').replace(/;?\s*$/, '') : null;
  return { name, kind, short: isArrow ? shortAt(text, blanked, start) : null, literal };
}

/** The function whose parameters open at `open`, if its body is one expression. */
function shortAt(text: string, blanked: string, open: number): ShortFunction | null {
  const close = closingBracket(blanked, open);
  if (close < 0) return null;
  const list = text.slice(open + 1, close);
  const parameters = list.trim() === '' ? [] : list.replace(/,\s*$/, '').split(',').map(parameterOf);
  if (parameters.some((parameter) => parameter === null)) return null;
  const named = parameters.flatMap((parameter) => (parameter ? [parameter] : []));
  const rest = text.slice(close + 1);
  const block =
    /^\s*(?::\s*[\w<>[\]| ]+)?\s*(?:=>)?\s*\{\s*return\s+([^;{}]*(?:\$\{\w+\}[^;{}]*)*?)\s*;?\s*\}/.exec(
      rest,
    );
  const arrow = /^\s*(?::\s*[\w<>[\]| ]+)?\s*=>\s*([^{(\n;][^\n;]*);?[ \t]*\r?(?:\n|$)/.exec(rest);
  const expression = block?.[1] ?? arrow?.[1];
  return expression === undefined ? null : { parameters: named, expression: expression.trim() };
}

function parameterOf(item: string): { name: string; type: string | null } | null {
  const [, name, type] =
    /^\s*([A-Za-z_$][\w$]*)\s*(?::\s*(string|number|boolean)\s*)?(?:=\s*[^=]+)?$/.exec(item) ?? [];
  return name === undefined ? null : { name, type: type ?? null };
}

function escaped(name: string): string {
  return name.replaceAll('$', '\\$');
}
