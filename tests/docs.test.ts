import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { currentLicensePage, isPermissive, productionDependencies } from '../scripts/dependency-licenses.ts';
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

  it('lists the licences of what comes with it, in docs/licenses.md, all of them permissive', async () => {
    const [page, lockFile] = await Promise.all([
      readFile('docs/licenses.md', 'utf8'),
      readFile('package-lock.json', 'utf8'),
    ]);
    expect(page === (await currentLicensePage()), 'docs/licenses.md is out of date: npm run licenses').toBe(
      true,
    );
    const dependencies = productionDependencies(lockFile);
    expect(dependencies.length).toBeGreaterThan(100);
    expect(dependencies.filter(({ license }) => !isPermissive(license))).toEqual([]);
    expect(['GPL-3.0-or-later', 'MIT AND GPL-2.0-only', 'none named'].filter(isPermissive)).toEqual([]);
  });
});

/** The sources that settings are defined in. */
async function readSettings(): Promise<string> {
  const groups = (await readdir('src/config')).filter((name) => name.endsWith('-settings.ts'));
  const files = ['src/config.ts', ...groups.map((name) => `src/config/${name}`)];
  return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n');
}
