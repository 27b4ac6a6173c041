import type { ShortFunction } from './script-module.ts';

/** A value that can be written into a test as it is. */
export type Plain = string | number | boolean;

/** In which language an expression is written; they differ in strings, and in what `/` and `==` do. */
export type Dialect = 'script' | 'python' | 'go';

/** A call of a function and what it has to give. */
export interface KnownCall {
  args: Plain[];
  result: Plain;
}

const NUMBERS = [2, 3, 4, 5];
const WORDS = ['Ada', 'Grace', 'Linus', 'Edsger'];
const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?)|([fF]?"(?:[^"\\\n])*"|[fF]?'(?:[^'\\\n])*'|`[^`\\]*`)|([A-Za-z_$][\w$]*)|(===|!==|==|!=|<=|>=|[-+*/%()<>.?:]))/y;
const METHODS: Record<Dialect, Record<string, (text: string) => string>> = {
  script: {
    toUpperCase: (text) => text.toUpperCase(),
    toLowerCase: (text) => text.toLowerCase(),
    trim: (text) => text.trim(),
  },
  python: {
    upper: (text) => text.toUpperCase(),
    lower: (text) => text.toLowerCase(),
    strip: (text) => text.trim(),
  },
  go: {},
};

/**
 * Works out by hand what a short function gives for some plain arguments, without running any of it. Null
 * where the expression needs more than arithmetic, strings and comparisons of its own parameters.
 */
export function knownCallOf(short: ShortFunction, dialect: Dialect): KnownCall | null {
  const { parameters, expression } = short;
  if (parameters.length > NUMBERS.length || parameters.length === 0) return null;
  const seemsText = /["'`]|\.\w+\(/.test(expression);
  for (const untyped of seemsText ? [WORDS, NUMBERS] : [NUMBERS, WORDS]) {
    const args = parameters.map(({ type }, index) => argument(type, index, untyped));
    const names = new Map(parameters.map(({ name }, index) => [name, args[index] ?? 0]));
    const result = new Expression(expression, names, dialect).value();
    if (result !== null && isWritable(result)) return { args, result };
  }
  return null;
}

/** Whether a constant may hold what must not be copied into another file. */
export function seemsSecret(name: string): boolean {
  return /secret|passw|token|credential|private|api_?key|_key$|key$/i.test(name);
}

/** The value of a literal; null for anything else. */
export function literalValue(text: string, dialect: Dialect): Plain | null {
  if (!/^(?:-?\d+|"[^"\\]*"|'[^'\\]*'|true|false)$/.test(text)) return null;
  return new Expression(text, new Map(), dialect).value();
}

function argument(type: string | null, index: number, untyped: readonly Plain[]): Plain {
  const list = type === 'number' ? NUMBERS : type === 'string' ? WORDS : untyped;
  return type === 'boolean' ? true : (list[index] ?? 0);
}

function isWritable(value: Plain): boolean {
  return typeof value === 'number' ? Number.isSafeInteger(value) && !Object.is(value, -0) : true;
}

/** Stops the reading of an expression that has something else in it. */
class Unknown extends Error {}

/** Reads one expression, from the weakest operator to the strongest. */
class Expression {
  readonly #tokens: string[];
  readonly #names: ReadonlyMap<string, Plain>;
  readonly #dialect: Dialect;
  #at = 0;

  constructor(text: string, names: ReadonlyMap<string, Plain>, dialect: Dialect) {
    this.#tokens = tokensOf(text);
    this.#names = names;
    this.#dialect = dialect;
  }

  value(): Plain | null {
    try {
      const value = this.#choice();
      return this.#at === this.#tokens.length ? value : null;
    } catch (error) {
      if (error instanceof Unknown) return null;
      throw error;
    }
  }

  #take(...wanted: string[]): string | null {
    const token = this.#tokens[this.#at];
    if (token === undefined || !wanted.includes(token)) return null;
    this.#at += 1;
    return token;
  }

  #choice(): Plain {
    const condition = this.#comparison();
    if (this.#dialect !== 'script' || !this.#take('?')) return condition;
    const yes = this.#choice();
    if (!this.#take(':') || typeof condition !== 'boolean') throw new Unknown();
    const no = this.#choice();
    return condition ? yes : no;
  }

  #comparison(): Plain {
    const left = this.#sum();
    const operator = this.#take('===', '!==', '==', '!=', '<=', '>=', '<', '>');
    if (operator === null) return left;
    const right = this.#sum();
    if (typeof left !== typeof right) throw new Unknown();
    if (operator.startsWith('=')) return left === right;
    if (operator.startsWith('!')) return left !== right;
    if (typeof left === 'string') throw new Unknown();
    if (operator === '<') return left < right;
    if (operator === '>') return left > right;
    return operator === '<=' ? left <= right : left >= right;
  }

  #sum(): Plain {
    let left = this.#product();
    for (let sign = this.#take('+', '-'); sign !== null; sign = this.#take('+', '-')) {
      const right = this.#product();
      if (typeof left === 'number' && typeof right === 'number')
        left = sign === '+' ? left + right : left - right;
      else if (typeof left === 'string' && typeof right === 'string' && sign === '+') left += right;
      else throw new Unknown();
    }
    return left;
  }

  #product(): Plain {
    let left = this.#unary();
    for (let sign = this.#take('*', '/', '%'); sign !== null; sign = this.#take('*', '/', '%')) {
      const right = this.#unary();
      if (typeof left !== 'number' || typeof right !== 'number') throw new Unknown();
      // Elsewhere `/` makes another kind of number, or leaves out the rest.
      if (sign === '/' && this.#dialect !== 'script') throw new Unknown();
      if (sign === '%' && (left < 0 || right <= 0)) throw new Unknown();
      left = sign === '*' ? left * right : sign === '/' ? left / right : left % right;
    }
    return left;
  }

  #unary(): Plain {
    if (!this.#take('-')) return this.#member();
    const value = this.#member();
    if (typeof value !== 'number') throw new Unknown();
    return -value;
  }

  #member(): Plain {
    let value = this.#atom();
    while (this.#take('.')) {
      const name = this.#tokens[this.#at] ?? '';
      this.#at += 1;
      const method = Object.hasOwn(METHODS[this.#dialect], name) ? METHODS[this.#dialect][name] : undefined;
      if (typeof value !== 'string') throw new Unknown();
      if (name === 'length' && this.#dialect === 'script') value = value.length;
      else if (method && this.#take('(') && this.#take(')')) value = method(value);
      else throw new Unknown();
    }
    return value;
  }

  #atom(): Plain {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    if (token === undefined) throw new Unknown();
    if (token === '(') {
      const value = this.#choice();
      if (!this.#take(')')) throw new Unknown();
      return value;
    }
    if (/^\d+$/.test(token)) return Number(token);
    if (/^[fF]?["'`]/.test(token)) return this.#text(token);
    if (token === (this.#dialect === 'python' ? 'True' : 'true')) return true;
    if (token === (this.#dialect === 'python' ? 'False' : 'false')) return false;
    const value = this.#names.get(token);
    if (value === undefined) throw new Unknown();
    return value;
  }

  /** The text of a string, with the values of its holes, where these are names. */
  #text(token: string): string {
    const isFormatted = /^f/i.test(token);
    const mark = isFormatted ? token[1] : token[0];
    const inside = token.slice(isFormatted ? 2 : 1, -1);
    const isScript = this.#dialect === 'script';
    // One character in one language, a text in the other.
    if ((isFormatted && this.#dialect !== 'python') || (this.#dialect === 'go' && mark === "'"))
      throw new Unknown();
    if (mark === '`' && this.#dialect === 'python') throw new Unknown();
    if (!isFormatted && !(mark === '`' && isScript)) return inside;
    const filled = inside.replace(isFormatted ? /\{(\w+)\}/g : /\$\{\s*([\w$]+)\s*\}/g, (_, name: string) => {
      const value = this.#names.get(name);
      if (value === undefined || typeof value === 'boolean') throw new Unknown();
      return String(value);
    });
    if (isFormatted ? /[{}]/.test(filled) : filled.includes('${')) throw new Unknown();
    return filled;
  }
}

/** Empty where there is something that is no token of ours; then no value is found either. */
function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text);
    if (!match) return [];
    tokens.push(match[0].trim());
  }
  return tokens;
}
