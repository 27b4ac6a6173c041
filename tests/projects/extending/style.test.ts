import { describe, expect, test } from 'vitest';
import { COMMONJS_SERVICE, extend, FLASK_SERVICE, TYPESCRIPT_SERVICE, VITE_SITE } from './sample-projects.ts';

describe('the style of what is added', () => {
  test('tabs, double quotes and semicolons are kept', async () => {
    const { text } = await extend(TYPESCRIPT_SERVICE, ['tests', 'editorconfig']);
    expect(text('test/cart.test.ts')).toBe(
      'import assert from "node:assert/strict";\nimport { test } from "node:test";\nimport { total } from "../src/cart.ts";\n\ntest("total(2, 3) is 6", () => {\n\tassert.equal(total(2, 3), 6);\n});\n',
    );
    expect(text('.editorconfig')).toContain('indent_style = tab');
  });

  test('four spaces, single quotes and no semicolons are kept', async () => {
    const { text } = await extend(COMMONJS_SERVICE, ['tests', 'editorconfig']);
    expect(text('test/greet.test.js')).toBe(
      "const assert = require('node:assert/strict')\nconst { test } = require('node:test')\nconst { greet } = require('../lib/greet')\n\ntest('greet(\"Ada\") is \"Hello, Ada!\"', () => {\n    assert.equal(greet('Ada'), 'Hello, Ada!')\n})\n",
    );
    expect(text('.editorconfig')).toContain('indent_style = space\nindent_size = 4\n');
  });

  test('the attributes of JSX do not count as quotes of the code', async () => {
    const { text } = await extend(VITE_SITE, ['tests']);
    expect(text('tests/App.test.ts')).toContain("import App from '../src/App'\n");
  });

  test('Windows line endings are kept in every new file', async () => {
    const { files } = await extend(FLASK_SERVICE, [
      'tests',
      'dockerfile',
      'ci',
      'license',
      'readme',
      'gitignore',
      'editorconfig',
    ]);
    expect(files.length).toBeGreaterThan(8);
    for (const { content } of files) expect(content).not.toMatch(/(?<!\r)\n/);
  });

  test('a missing newline at the end of the code is missing in new code, too', async () => {
    const files = Object.fromEntries(
      Object.entries(TYPESCRIPT_SERVICE).map(([path, text]) => [
        path,
        path.endsWith('.ts') ? text.trimEnd() : text,
      ]),
    );
    expect((await extend(files, ['tests'])).text('test/cart.test.ts')).toMatch(/\);$/);
  });

  test('what a formatter is set to counts more than what is measured', async () => {
    const prettier = {
      ...TYPESCRIPT_SERVICE,
      '.prettierrc': 'semi: false\nsingleQuote: true\ntabWidth: 3\nuseTabs: false\n',
    };
    expect((await extend(prettier, ['tests'])).text('test/cart.test.ts')).toContain(
      "test('total(2, 3) is 6', () => {\n   assert.equal(total(2, 3), 6)\n})\n",
    );
    const biome = {
      ...TYPESCRIPT_SERVICE,
      'biome.json':
        '{ "formatter": { "indentStyle": "space" }, "javascript": { "formatter": { "quoteStyle": "single" } } } // ours',
    };
    expect((await extend(biome, ['tests'])).text('test/cart.test.ts')).toContain(
      "test('total(2, 3) is 6', () => {\n  assert.equal(",
    );
  });

  test('.editorconfig says how lines go in and end, by the sections that are meant', async () => {
    const files = {
      ...TYPESCRIPT_SERVICE,
      '.editorconfig':
        'root = true\n[*.{js,ts}]\nindent_style = space\nindent_size = 8\nend_of_line = crlf\n[*.py]\nindent_size = 4\n',
    };
    expect((await extend(files, ['tests'])).text('test/cart.test.ts')).toContain(
      '() => {\r\n        assert.equal(total(2, 3), 6);\r\n',
    );
  });

  test('a line that would be too long is broken as a formatter would', async () => {
    const name = 'greetTheWholeFamilyWithAllOfItsNames';
    const files = {
      ...COMMONJS_SERVICE,
      'lib/greet.js': (COMMONJS_SERVICE['lib/greet.js'] ?? '').replaceAll('greet', name),
    };
    const lines = [`    assert.equal(`, `        ${name}('Ada'),`, `        'Hello, Ada!'`, '    )'].join(
      '\n',
    );
    const all = {
      ...files,
      '.prettierrc': '{ "semi": false, "singleQuote": true, "printWidth": 70, "tabWidth": 4 }',
    };
    expect((await extend(all, ['tests'])).text('test/greet.test.js')).toContain(lines.replace("!'", "!',"));
    const none = {
      ...files,
      '.prettierrc':
        '{ "trailingComma": "none", "semi": false, "singleQuote": true, "printWidth": 70, "tabWidth": 4 }',
    };
    expect((await extend(none, ['tests'])).text('test/greet.test.js')).toContain(lines);
  });

  test('a name with quotes stays a string', async () => {
    const files = {
      ...COMMONJS_SERVICE,
      'lib/greet.js': 'const MARK = "it\'s"\n\nmodule.exports = { MARK }\n',
    };
    const { text } = await extend(files, ['tests']);
    expect(text('test/greet.test.js')).toMatch(/MARK, (?:"it's"|'it\\'s')\)/);
  });
});

describe('package.json', () => {
  test('keeps its order and formatting, and has all changes of one call once', async () => {
    const { files, text } = await extend(TYPESCRIPT_SERVICE, ['tests', 'license']);
    expect(files.filter(({ path }) => path === 'package.json')).toHaveLength(1);
    const before = TYPESCRIPT_SERVICE['package.json'] ?? '';
    expect(text('package.json')).toBe(
      before
        .replace('"version": "1.0.0",\n', '"version": "1.0.0",\n\t"license": "MIT",\n')
        .replace('"build": "tsc -p .",\n', '"build": "tsc -p .",\n\t\t"test": "node --test",\n'),
    );
  });

  test('odd formatting stays where nothing is changed', async () => {
    const odd =
      '{\n   "name" : "odd",\n   "scripts" : { "start":"node a.js" },\n\n   "keywords":["a",\n "b"]\n}';
    const { text } = await extend({ 'package.json': odd, 'a.js': 'exports.ONE = 1;\n' }, [
      'license',
      'tests',
    ]);
    expect(JSON.parse(text('package.json'))).toEqual({
      name: 'odd',
      license: 'MIT',
      scripts: { start: 'node a.js', test: 'node --test' },
      keywords: ['a', 'b'],
    });
    expect(text('package.json')).toContain(
      '   "name" : "odd",\n   "license" : "MIT",\n   "scripts" : { "start":"node a.js", "test":"node --test" },\n',
    );
    expect(text('package.json')).toMatch(/\n\n {3}"keywords":\["a",\n "b"\]\n}$/);
  });

  test('what stands on one line stays there', async () => {
    const { text } = await extend({ 'package.json': '{"name":"x","version":"1.0.0"}' }, ['license']);
    expect(text('package.json')).toBe('{"name":"x","version":"1.0.0","license":"MIT"}');
  });

  test('a byte order mark and Windows line endings stay', async () => {
    const manifest = '\uFEFF{\r\n  "name": "x",\r\n  "version": "1.0.0"\r\n}\r\n';
    const { text } = await extend({ 'package.json': manifest }, ['license']);
    expect(text('package.json')).toBe(
      '\uFEFF{\r\n  "name": "x",\r\n  "version": "1.0.0",\r\n  "license": "MIT"\r\n}\r\n',
    );
  });

  test.each([
    ['groups', `[${'+(*)'.repeat(2_000)}!]`],
    ['stars', `[${'*a'.repeat(2_000)}!]`],
    ['braces', `[${'{,?}'.repeat(70)}!]`],
  ])('a section of .editorconfig with very many %s is passed over at once', async (_what, section) => {
    const start = performance.now();
    const { text } = await extend(
      {
        ...COMMONJS_SERVICE,
        '.editorconfig': `${section}\nindent_size = 7\n\n[*.{js,ts}]\nquote_type = single\n`,
      },
      ['tests'],
    );
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(text('test/greet.test.js')).toContain('\n    assert.equal(');
  });
});
