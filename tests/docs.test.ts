import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../src/errors.ts';

describe('the documentation keeps up with the code', () => {
  it('explains every error code, with its status', async () => {
    const text = await readFile('docs/errors.md', 'utf8');
    const explained = new Map(
      [...text.matchAll(/^## (\w+)\n\n(\d{3})\. /gm)].map(([, code, status]) => [code, Number(status)]),
    );
    for (const [code, { status }] of Object.entries(ERRORS)) {
      expect(explained.get(code), `docs/errors.md needs "## ${code}" and below it "${status}. …"`).toBe(
        status,
      );
    }
    const known = Object.keys(ERRORS);
    expect([...explained.keys()].filter((code) => !known.includes(code ?? ''))).toEqual([]);
  });

  it('lists every setting, in docs/configuration.md', async () => {
    const [source, text] = await Promise.all([readSettings(), readFile('docs/configuration.md', 'utf8')]);
    const settings = [...source.matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name]) => name ?? '');
    expect(settings.length).toBeGreaterThan(20);
    expect(settings.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('has in .env.example only settings that exist', async () => {
    const [source, example] = await Promise.all([readSettings(), readFile('.env.example', 'utf8')]);
    const named = [...example.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name ?? '');
    expect(named.filter((name) => !source.includes(`  ${name}: `))).toEqual([]);
  });
});

/** The sources that settings are defined in. */
async function readSettings(): Promise<string> {
  const groups = (await readdir('src/config')).filter((name) => name.endsWith('-settings.ts'));
  const files = ['src/config.ts', ...groups.map((name) => `src/config/${name}`)];
  return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n');
}
