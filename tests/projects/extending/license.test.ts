import { describe, expect, test } from 'vitest';
import { LICENSE_IDS } from '../../../src/projects/extending/extensions.ts';
import { COMMONJS_SERVICE, extend, PYTHON_PACKAGE, TYPESCRIPT_SERVICE } from './sample-projects.ts';

describe('the text of a licence', () => {
  test.each(LICENSE_IDS)('%s has no place left to fill in, but those in what it quotes', async (license) => {
    const { text } = await extend({}, ['license'], { license, holder: 'Ada $& Lovelace' });
    const own = text('LICENSE').split(/How to Apply These Terms/i)[0] ?? '';
    expect(own).not.toMatch(
      /<year>|<owner>|<copyright holders>|\[yyyy\]|\bYEAR\b|AUTHOR EMAIL|Internet Systems/,
    );
    expect(own).not.toMatch(/[ \t]\n|\r|\n\n\n\n/);
    expect(text('LICENSE')).toMatch(/[^\n]\n$/);
  });

  test.each([
    ['MIT', 'MIT License'],
    ['BSD-2-Clause', 'BSD 2-Clause License'],
    ['BSD-3-Clause', 'BSD 3-Clause License'],
    ['ISC', 'ISC License'],
    ['0BSD', 'BSD Zero Clause License'],
  ] as const)('%s begins with its name and the notice', async (license, title) => {
    const { text } = await extend({}, ['license'], { license, holder: 'Ada' });
    expect(text('LICENSE')).toMatch(
      new RegExp(`^${title}\n\nCopyright \\(c\\) 2026 Ada\n\n(?:Permission|Redistribution)`),
    );
  });

  test('ISC speaks of the author, not of its first user', async () => {
    const { text } = await extend({}, ['license'], { license: 'ISC', holder: 'Ada' });
    expect(text('LICENSE')).toContain('THE AUTHOR DISCLAIMS ALL WARRANTIES');
    expect(text('LICENSE')).not.toMatch(/\bISC (?:DISCLAIMS|BE)/);
  });

  test('Apache-2.0 has the notice at its end; the GPL is left word for word', async () => {
    const apache = await extend({}, ['license'], { license: 'Apache-2.0', holder: 'Ada' });
    expect(apache.text('LICENSE')).toContain('\nCopyright 2026 Ada\n');
    const gpl = await extend({}, ['license'], { license: 'GPL-3.0-only', holder: 'Ada' });
    expect(gpl.text('LICENSE')).not.toContain('Ada');
    expect(gpl.text('LICENSE')).toContain('Copyright (C) <year>  <name of author>');
  });
});

describe('the holder', () => {
  test('is the one that is given, on one line', async () => {
    const { text, assumptions } = await extend(TYPESCRIPT_SERVICE, ['license'], { holder: ' Acme\nInc. ' });
    expect(text('LICENSE')).toContain('2026 Acme Inc.\n');
    expect(assumptions.join()).not.toContain('holder');
  });

  test.each([
    [TYPESCRIPT_SERVICE, 'Ada Lovelace'],
    [PYTHON_PACKAGE, 'Grace Hopper'],
    [COMMONJS_SERVICE, 'greeter'],
  ])('else the author that is named, else the name of the project', async (files, holder) => {
    const { text, assumptions } = await extend(files, ['license']);
    expect(text('LICENSE')).toContain(`2026 ${holder}\n`);
    expect(assumptions.join()).toContain(`"${holder}"`);
  });
});

describe('the field in package.json', () => {
  test('is set where nothing is decided', async () => {
    const files = { 'package.json': '{\n  "name": "x",\n  "license": "UNLICENSED"\n}\n' };
    const { text } = await extend(files, ['license'], { license: 'MPL-2.0' });
    expect(text('package.json')).toBe('{\n  "name": "x",\n  "license": "MPL-2.0"\n}\n');
  });

  test('decides which licence it is where none is asked for', async () => {
    const files = { 'package.json': '{\n  "name": "x",\n  "license": "ISC"\n}\n' };
    const { text, files: planned } = await extend(files, ['license']);
    expect(text('LICENSE')).toMatch(/^ISC License/);
    expect(planned.map(({ path }) => path)).toEqual(['LICENSE']);
  });

  test('stays where it says something else, and that is told', async () => {
    const files = { 'package.json': '{\n  "name": "x",\n  "license": "EUPL-1.2"\n}\n' };
    const { files: planned, assumptions } = await extend(files, ['license'], { license: 'MIT' });
    expect(planned.map(({ path }) => path)).toEqual(['LICENSE']);
    expect(assumptions.join()).toContain('"EUPL-1.2"');
  });

  test('pyproject.toml is not changed, and it is told what belongs there', async () => {
    const { files, assumptions } = await extend(PYTHON_PACKAGE, ['license']);
    expect(files.map(({ path }) => path)).toEqual(['LICENSE']);
    expect(assumptions.join()).toContain('license = "MIT"');
  });
});
