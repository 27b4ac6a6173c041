import { blankScript, closingBracket } from './blank-script.ts';
import { type KnownCall, knownCallOf } from './evaluate-expression.ts';

/** A function of a Go package. */
export interface GoFunction {
  name: string;
  isExported: boolean;
  parameterCount: number;
  call: KnownCall | null;
}

/** The functions of a Go file that are no methods and have no type parameters. */
export function goFunctionsOf(text: string): GoFunction[] {
  const blanked = blankScript(text);
  return [...blanked.matchAll(/^func ([A-Za-z]\w*)\(/gm)].flatMap((match) => {
    const open = match.index + match[0].length - 1;
    const close = closingBracket(blanked, open);
    const name = match[1] ?? '';
    if (close < 0 || name === 'main' || name === 'init') return [];
    const parameters = parametersOf(text.slice(open + 1, close));
    const body = /^\s*(?:int\d*|string|bool)\s*\{\s*return ([^\n{}]+)\s*\}/.exec(text.slice(close + 1))?.[1];
    const isPlain = parameters.every(({ type }) => type !== null);
    const short = body !== undefined && isPlain ? { parameters, expression: body.trim() } : null;
    return [
      {
        name,
        isExported: /^[A-Z]/.test(name),
        parameterCount: countOf(blanked.slice(open + 1, close)),
        call: short && knownCallOf(short, 'go'),
      },
    ];
  });
}

/** The commas within the type of a parameter part nothing: `f func(a, b int)`. */
function countOf(list: string): number {
  const flat = list.replace(/[([{][^()[\]{}]*[)\]}]/g, '').replace(/[([{][^()[\]{}]*[)\]}]/g, '');
  return flat.split(',').filter((item) => item.trim() !== '').length;
}

/** `a, b int` gives its type to both. */
function parametersOf(list: string): { name: string; type: string | null }[] {
  if (list.trim() === '') return [];
  let type: string | null = null;
  return list
    .replace(/,\s*$/, '')
    .split(',')
    .toReversed()
    .map((item) => {
      const [name = '', given] = item.trim().split(/\s+/);
      if (given !== undefined) type = plainType(given);
      return { name, type };
    })
    .toReversed();
}

function plainType(name: string): string | null {
  if (/^int\d*$/.test(name)) return 'number';
  return name === 'string' ? 'string' : name === 'bool' ? 'boolean' : null;
}
