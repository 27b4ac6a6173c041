import { describe, expect, test } from 'vitest';
import { chunkBlocks } from '../../src/knowledge/chunking/chunk-document.ts';
import type { Block, ParsedDocument } from '../../src/knowledge/document.ts';
import { parseDelimited } from '../../src/knowledge/formats/delimited.ts';
import { htmlBlocks, parseHtml } from '../../src/knowledge/formats/html.ts';
import { parseJson } from '../../src/knowledge/formats/json.ts';
import { parseMarkdown } from '../../src/knowledge/formats/markdown.ts';
import { parsePlainText } from '../../src/knowledge/formats/plain-text.ts';
import { isSourceCode, parseSourceCode } from '../../src/knowledge/formats/source-code.ts';
import { parseYaml } from '../../src/knowledge/formats/yaml.ts';
import { createRandom, longMarkdown, longSource, longText } from './long-documents.ts';

function blockWith(document: { blocks: Block[] }, text: string): Block {
  const block = document.blocks.find((candidate) => candidate.text.includes(text));
  if (block === undefined) throw new Error(`No block has ${text}.`);
  return block;
}

/** Texts of more than one blank line in a row are quoted with one. */
function quotedLines(lines: readonly string[], start: number, end: number): string {
  return lines
    .slice(start - 1, end)
    .map((line) => (line.trim() === '' ? '' : line))
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n');
}

describe('lines are quoted as they are', () => {
  const random = createRandom(7);
  const keys = Array.from(
    { length: 300 },
    (_, index) => `key${index}:\n  name: value ${index}\n  list:\n    - one\n`,
  );
  const cases: [string, string[], (text: string) => ParsedDocument | Promise<ParsedDocument>][] = [
    ['Markdown', longMarkdown(random, 60), (text) => parseMarkdown({ path: 'a.md', text })],
    ['text', longText(random, 100), (text) => parsePlainText({ path: 'a.txt', text })],
    ['code', longSource(random, 60), (text) => parseSourceCode({ path: 'a.ts', text })],
    ['YAML', keys.join('').split('\n'), (text) => parseYaml({ path: 'a.yaml', text })],
    ['JSON', JSON.stringify(keys, null, 1).split('\n'), (text) => parseJson({ path: 'a.json', text })],
  ];
  test.each(cases)('of %s, each in one block and in order', async (_, lines, parse) => {
    const { blocks } = await parse(lines.join('\r\n'));
    let last = 0;
    for (const block of blocks) {
      expect(block.startLine).toBeGreaterThan(last);
      expect(block.text).toBe(lines.slice(block.startLine - 1, block.endLine).join('\n'));
      expect(
        lines
          .slice(last, block.startLine - 1)
          .join('')
          .trim(),
      ).toBe('');
      last = block.endLine;
    }
    expect(lines.slice(last).join('').trim()).toBe('');
    for (const chunk of chunkBlocks(blocks)) {
      const header = blocks.find(
        ({ text, header: own }) => own !== undefined && text === own && chunk.text.startsWith(own),
      );
      const source = quotedLines(lines, chunk.startLine, chunk.endLine);
      expect([source, `${header?.text}\n${source}`]).toContain(chunk.text);
    }
  });
});

describe('Markdown', () => {
  const document = parseMarkdown({
    path: 'a.md',
    text: '---\ntitle: "The title"\n---\n# One *two* [l](x)\n\npara\nlazy\n\n- a\n  - b\n\n  more\n- c\n\n```js\n# no\n\n```\nSet\n---\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n### Sub ##\n> quote\nlazy\n\n<div>\n# no\n</div>\n',
  });

  test('takes its title from the front matter, or from the first heading', () => {
    expect(document.title).toBe('The title');
    expect(parseMarkdown({ path: 'a.md', text: 'x\n\n# Its `code`' }).title).toBe('Its code');
  });

  test('gives the headings above as the trail, without their marks', () => {
    expect(blockWith(document, 'para')).toMatchObject({
      trail: ['One two l'],
      parting: 1,
      startLine: 6,
      endLine: 7,
    });
    expect(blockWith(document, 'Set')).toMatchObject({ trail: ['One two l', 'Set'], parting: 8 });
    expect(blockWith(document, 'quote').trail).toEqual(['One two l', 'Set', 'Sub']);
  });

  test('keeps items, code and HTML together', () => {
    expect(document.blocks.map(({ text }) => text)).toEqual(
      expect.arrayContaining(['- a\n  - b\n\n  more', '- c', '```js\n# no\n\n```', '<div>\n# no\n</div>']),
    );
  });

  test('gives the rows of a table their header', () => {
    expect(blockWith(document, '| 3')).toMatchObject({ text: '| 3 | 4 |', header: '| a | b |\n|---|---|' });
  });
});

describe('source code', () => {
  test('is parted at classes and methods, with their remarks and decorators', async () => {
    const text =
      'import x\n\n# about A\n@dec\nclass A:\n    x = 1\n    # m\n    def f(self):\n        pass\n\ndef g(): pass\n';
    const { blocks } = await parseSourceCode({ path: 'a.py', text });
    const found = blocks.map(({ startLine, trail, parting }) => [startLine, trail.join('.'), parting]);
    expect(found).toContainEqual([3, 'A', 7]);
    expect(found).toContainEqual([5, 'A', 0]);
    expect(found).toContainEqual([7, 'A.f', 5]);
    expect(found).toContainEqual([9, 'A.f', 0]);
    expect(found).toContainEqual([11, 'g', 7]);
  });

  test.each([
    ['a.ts', 'export class A<T> {\n  get m() {}\n}', 'A.m'],
    ['a.tsx', 'export const F = () => {\n  return <b />;\n};', 'F'],
    ['a.js', 'export default class A {\n  m() {\n  }\n}', 'A.m'],
    ['a.java', 'class A {\n  int m() { return 1; }\n}', 'A.m'],
    ['a.cs', 'namespace N {\n class A {\n  int M() { return 1; }\n }\n}', 'N.A.M'],
    ['a.cpp', 'namespace n {\nint A::m() {\n}\n}', 'n.A::m'],
    ['a.go', 'package a\nfunc (p *A) M() {\n}\n', 'M'],
    ['a.rs', 'impl A {\n fn m() {}\n}', 'A.m'],
    ['a.rb', 'module M\n class A\n  def m\n  end\n end\nend', 'M.A.m'],
    ['a.php', '<?php\nclass A {\n function m() {}\n}', 'A.m'],
    ['a.sh', 'f() {\n echo\n}', 'f'],
    ['a.ps1', 'class A {\n [void] M() {}\n}', 'A.M'],
    ['a.css', '@media x {\n .d { e: f }\n}', '@media x..d'],
    ['a.ini', '[part]\na=b', '[part]'],
  ])('names what a line is in, in %s', async (path, text, trail) => {
    const { blocks } = await parseSourceCode({ path, text });
    expect(blocks.map((block) => block.trail.join('.'))).toContain(trail);
  });

  test('without a grammar is parted by its indentation', async () => {
    const { blocks } = await parseSourceCode({
      path: 'a.sql',
      text: 'select 1;\n\nselect 2\n        from x;',
    });
    expect(blocks.map(({ parting }) => parting)).toEqual([7, 7, 0]);
  });

  test('is told by the name of its file', () => {
    expect(['a/b.TS', 'Makefile', 'x.sql', 'x.kt'].every(isSourceCode)).toBe(true);
    expect(['a.md', 'ts', 'a.txt', 'constructor'].some(isSourceCode)).toBe(false);
  });
});

describe('HTML', () => {
  const html =
    '<title>A  title</title>\n<nav>no</nav><h1>One <b>two</b></h1>\n<p>Text <i>in</i>\n two<br>lines</p><script>no</script><p hidden>no</p>\n<ol><li>a<li>b</ol><pre>\nx\n  y\n</pre><table><tr><th>k<th>v\n<tr><td>1<td>2</table>';

  test('is read as text with its headings, lists and tables', () => {
    const { title, blocks } = parseHtml({ path: 'a.html', text: html });
    expect(title).toBe('A title');
    expect(blocks.map(({ text, startLine, endLine }) => [text, startLine, endLine])).toEqual([
      ['One two', 2, 2],
      ['Text in two\nlines', 3, 4],
      ['1. a', 5, 5],
      ['2. b', 5, 5],
      ['x\n  y', 6, 7],
      ['k | v', 8, 8],
      ['1 | 2', 9, 9],
    ]);
    expect(blocks.at(-1)).toMatchObject({ header: 'k | v', trail: ['One two'] });
  });

  test('counts the lines of its text when it is a part of a document', () => {
    const { blocks, lines } = htmlBlocks(html, { firstLine: 11, page: 2, trail: ['Book'] });
    expect(lines).toBe(9);
    expect(blocks[1]).toMatchObject({ startLine: 12, endLine: 13, page: 2, trail: ['Book', 'One two'] });
    expect(blocks.at(-1)).toMatchObject({ startLine: 19, endLine: 19 });
  });
});

describe('tables and data', () => {
  test('a table of delimited values is read by rows with their header', () => {
    const { blocks } = parseDelimited({ path: 'a.csv', text: 'name;age\n"x\ny";2\n\nz;3\n' });
    expect(blocks.map(({ text, startLine, endLine }) => [text, startLine, endLine])).toEqual([
      ['name;age', 1, 1],
      ['"x\ny";2', 2, 3],
      ['z;3', 5, 5],
    ]);
    expect(blocks.every(({ header }) => header === 'name;age')).toBe(true);
    expect(parseDelimited({ path: 'a.csv', text: '1,2\n3,4' }).blocks[0]).not.toHaveProperty('header');
  });

  test('JSON and YAML have the path of keys as the trail', () => {
    const json = parseJson({
      path: 'a.json',
      text: JSON.stringify({ a: { b: [1, { c: 2 }] }, d: 1 }, null, 2),
    });
    expect(blockWith(json, '"c"').trail).toEqual(['a', 'b']);
    expect(blockWith(json, '"b"')).toMatchObject({ trail: ['a', 'b'], parting: 4 });
    expect(blockWith(json, '"d"')).toMatchObject({ trail: [], parting: 6 });
    const yaml = parseYaml({
      path: 'a.yaml',
      text: 'a:\n  # why\n  b:\n    - x: &q 1\n      y: |\n        text\n---\ne: *q\n',
    });
    expect(blockWith(yaml, 'text').trail).toEqual(['a', 'b']);
    expect(blockWith(yaml, '# why')).toMatchObject({ trail: ['a', 'b'], parting: 4 });
    expect(blockWith(yaml, '---')).toMatchObject({ trail: [], parting: 7 });
  });

  test('each line of JSON lines is a block', () => {
    expect(parseJson({ path: 'a.jsonl', text: '{"a":1}\n{"a":2}\n' }).blocks).toHaveLength(2);
  });

  test('chapters and underlined lines are the headings of a text', () => {
    const text = 'CHAPTER I. Loomings\n\nCall me.\n\nNotes\n-----\nx';
    expect(blockWith(parsePlainText({ path: 'a', text }), 'x').trail).toEqual([
      'CHAPTER I. Loomings',
      'Notes',
    ]);
  });
});
