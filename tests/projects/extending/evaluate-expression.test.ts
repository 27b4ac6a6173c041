import { describe, expect, test } from 'vitest';
import { knownCallOf, literalValue } from '../../../src/projects/extending/evaluate-expression.ts';

function call(names: string, expression: string, dialect: 'script' | 'python' | 'go' = 'script') {
  const parameters = names.split(' ').map((name) => ({ name, type: null }));
  return knownCallOf({ parameters, expression }, dialect)?.result ?? null;
}

describe('a short function is worked out', () => {
  test.each([
    ['a b', 'a + b', 5],
    ['a b c', 'a + b * c', 14],
    ['a b c', '(a + b) * c - 1', 19],
    ['a b', 'a - b', -1],
    ['a b', 'a - b - 1', -2],
    ['a', '-a', -2],
    ['a', 'a % 2 === 0', true],
    ['a b', 'a > b ? a : b', 3],
    ['name', `\`Hello, \${name}!\``, 'Hello, Ada!'],
    ['name', "'Hello, ' + name", 'Hello, Ada'],
    ['text', 'text.trim().toUpperCase()', 'ADA'],
    ['text', 'text.trim().length', 3],
  ])('(%s) => %s', (names, expression, result) => {
    expect(call(names, expression)).toBe(result);
    // The engine itself is the judge of what we worked out.
    const args = expression.match(/["'`]|\.\w+\(/) ? ['Ada'] : [2, 3, 4];
    expect(new Function(...names.split(' '), `return ${expression}`)(...args)).toBe(result);
  });

  test.each([
    ['name', 'f"Hello, {name}!"', 'Hello, Ada!'],
    ['a b', 'a * b', 6],
    ['text', 'text.strip().lower()', 'ada'],
  ])('Python: %s: %s', (names, expression, result) => {
    expect(call(names, expression, 'python')).toBe(result);
  });
});

describe('what is not sure is left alone', () => {
  test.each([
    ['a', 'fetch(a)'],
    ['a', 'a.constructor.name'],
    ['a', 'a ? 1 : 2'],
    ['a b', 'a / b'],
    ['a', 'a ** 2'],
    ['a', 'a.b'],
    ['a', 'process.exit(1)'],
    ['a', 'a +'],
    ['a', `\`\${a.b}\``],
    ['a', 'new Date(a)'],
    ['a', 'a < 1 < 2'],
    ['a', '0 * -a'],
    ['a', 'a.toString()'],
    ['a', 'b'],
    ['a', '[a]'],
  ])('(%s) => %s', (names, expression) => {
    expect(call(names, expression)).toBeNull();
  });

  test('a division in Python and Go is another one', () => {
    expect(call('a b', 'a / b', 'python')).toBeNull();
    expect(call('a', '4 / a', 'go')).toBeNull();
    expect(call('a', "'x'", 'go')).toBeNull();
  });

  test('only a plain literal has a value', () => {
    expect(literalValue("'x'", 'script')).toBe('x');
    expect(literalValue('process.env.A', 'script')).toBeNull();
    expect(literalValue('"a" + "b"', 'script')).toBeNull();
  });
});
