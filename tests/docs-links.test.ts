import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

describe('the documentation', () => {
  it('links only to what is there, headings included', async () => {
    const texts = await documentation();
    const broken = [...texts].flatMap(([path, text]) =>
      linksOf(text)
        .filter((link) => !/^[a-z]+:/.test(link))
        .filter((link) => {
          const [file = '', heading] = link.split('#');
          const target = file === '' ? path : join(path, '..', file);
          if (!existsSync(target)) return true;
          return heading !== undefined && !headingsOf(texts.get(target) ?? '').includes(heading);
        })
        .map((link) => `${path} links to ${link}`),
    );
    expect(broken).toEqual([]);
    expect([...texts.values()].flatMap(linksOf).length).toBeGreaterThan(30);
  });

  it('names only commands and tests that are there', async () => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8'));
    const missing = [...(await documentation())].flatMap(([path, text]) => [
      ...[...text.matchAll(/npm run ([\w:-]+)/g)]
        .filter(([, name]) => !Object.hasOwn(scripts, name ?? ''))
        .map(([command]) => `${path}: there is no ${command}`),
      ...[...text.matchAll(/`(tests\/[\w./-]+)`/g)]
        .filter(([, test = '']) => !existsSync(test))
        .map(([, test]) => `${path}: there is no ${test}`),
    ]);
    expect(missing).toEqual([]);
  });
});

/** Every page for readers, by its path. */
async function documentation(): Promise<Map<string, string>> {
  const pages = (await readdir('docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name));
  const paths = ['README.md', 'CONTRIBUTING.md', 'bench/README.md', ...pages];
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')] as const)));
}

/** The targets of a page's links and pictures; code is no link. */
function linksOf(text: string): string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
  const written = [...prose.matchAll(/\]\(<?([^)>\s]+)>?\)/g), ...prose.matchAll(/(?:src|href)="([^"]+)"/g)];
  return written.map(([, target = '']) => target);
}

/** As GitHub names them: in small letters, with hyphens for blanks and nothing for other signs. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
