import { describe, expect, test } from 'vitest';
import { chunkBlocks, MOST_TOKENS } from '../../src/knowledge/chunking/chunk-document.ts';
import type { ParsedDocument } from '../../src/knowledge/document.ts';
import { parseDelimited } from '../../src/knowledge/formats/delimited.ts';
import { parseHtml } from '../../src/knowledge/formats/html.ts';
import { parseJson } from '../../src/knowledge/formats/json.ts';
import { parseMarkdown } from '../../src/knowledge/formats/markdown.ts';
import { parsePlainText } from '../../src/knowledge/formats/plain-text.ts';
import { parseSourceCode } from '../../src/knowledge/formats/source-code.ts';
import { parseYaml } from '../../src/knowledge/formats/yaml.ts';
import { sentence } from './long-documents.ts';

const MANY = 100_000;
const MOST_MILLISECONDS = 10_000;

const PARSERS: Record<
  string,
  (source: { path: string; text: string }) => ParsedDocument | Promise<ParsedDocument>
> = {
  md: parseMarkdown,
  txt: parsePlainText,
  ts: parseSourceCode,
  java: parseSourceCode,
  css: parseSourceCode,
  html: parseHtml,
  csv: parseDelimited,
  json: parseJson,
  yaml: parseYaml,
};

describe('hostile texts are read in time', () => {
  test.each([
    ['md', 'long paragraphs', `${sentence(() => 0.5)}\n`.repeat(30_000)],
    ['md', 'many sections', `## A *heading*\n\n${sentence(() => 0.5)}\n\n- item\n\n`.repeat(20_000)],
    ['md', 'quotations in quotations', '>'.repeat(MANY)],
    ['md', 'brackets', `# ${'['.repeat(MANY)}`],
    ['md', 'lists in a line', '- '.repeat(MANY)],
    [
      'md',
      'lists in lists',
      Array.from({ length: 1_000 }, (_, depth) => `${' '.repeat(2 * depth)}- x`).join('\n'),
    ],
    ['md', 'fences', '- ```\n'.repeat(MANY)],
    ['md', 'white space', `a|b\n-${' '.repeat(1_000_000)}x`],
    ['txt', 'equal lines', 'same\n'.repeat(MANY)],
    ['txt', 'one word', 'x'.repeat(2_000_000)],
    ['txt', 'blank lines', '\n'.repeat(1_000_000)],
    ['ts', 'brackets', '({['.repeat(MANY)],
    ['java', 'classes in classes', 'class A{'.repeat(20_000)],
    ['css', 'rules in one line', '.a{b:c}'.repeat(50_000)],
    ['html', 'paragraphs', '<p>x<b>'.repeat(1_000)],
    ['csv', 'a quote that is never closed', `a,b\n"${'x,y\n'.repeat(MANY)}`],
    ['json', 'arrays in arrays', '['.repeat(1_000_000)],
    ['json', 'objects in objects', '{"a":\n'.repeat(MANY)],
    ['yaml', 'brackets', '['.repeat(MANY)],
    ['yaml', 'items in items', '- '.repeat(MANY)],
    [
      'yaml',
      'aliases of aliases',
      `${Array.from({ length: 40 }, (_, i) => `a${i}: &a${i} [*a${i - 1}, *a${i - 1}]`)
        .join('\n')
        .replaceAll('*a-1', 'x')}`,
    ],
  ])('%s: %s', { timeout: 2 * MOST_MILLISECONDS }, async (format, _, text) => {
    const start = performance.now();
    const { blocks } = (await PARSERS[format]?.({ path: `a.${format}`, text })) ?? { blocks: [] };
    const chunks = chunkBlocks(blocks);
    expect(performance.now() - start).toBeLessThan(MOST_MILLISECONDS);
    expect(chunks.every(({ tokenCount }) => tokenCount <= MOST_TOKENS)).toBe(true);
  });

  test('HTML nested too deep, or that repeats its formatting without end, is refused', () => {
    const parse = (text: string) => () => parseHtml({ path: 'a.html', text });
    expect(parse('<div>'.repeat(MANY))).toThrow(expect.objectContaining({ code: 'nested_too_deep' }));
    const open = Array.from({ length: 1_500 }, (_, index) => `<b a=${index}>`).join('');
    expect(parse(`<p>${open}</p>${'<p>x'.repeat(3_000)}`)).toThrow(
      expect.objectContaining({ code: 'expands_too_much' }),
    );
  });

  test('source code is parsed again after code that was too deep', async () => {
    await parseSourceCode({ path: 'a.ts', text: '('.repeat(MANY) });
    const { blocks } = await parseSourceCode({ path: 'a.ts', text: 'function f() {}' });
    expect(blocks[0]?.trail).toEqual(['f']);
  });
});
