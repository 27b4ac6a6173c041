import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePath } from '../../src/workspace/sandbox/paths.ts';
import { createTree, makeFifo, nest, refusalOf, type Tree } from './tree.ts';

const HAS_GIT = spawnSync('git', ['--version']).status === 0;
const FILES = [
  'a.log',
  'keep.log',
  'build/out.js',
  'build/keep.log',
  'src/a.log',
  'src/build/deep/out.js',
  'src/build/deep/keep.log',
  'src/main.ts',
  'src/[x]/a.log',
  'src/[x]/b.txt',
  'src/#note',
  'src/!loud',
  'src/with space ',
  'foo/bar/baz/a.txt',
  'foo/bar/a.txt',
  'foo/a.txt',
  'Ñandú/a.log',
  'Ñandú/ñ.txt',
  'UPPER.LOG',
  '.hidden/a.log',
];

/** Rules by the folder of their file. */
const CASES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a name anywhere': { '': '*.log\n' },
  'a name that is included again': { '': '*.log\n!keep.log\n' },
  'a file in an excluded folder, which cannot be included again': {
    '': 'build/\n!build/keep.log\n!keep.log\n',
  },
  'a folder whose content is excluded': { '': 'build/*\n!build/keep.log\n' },
  'a rule with a slash in front': { '': '/a.log\n/build\n' },
  'a rule with a slash inside': { '': 'foo/bar\n' },
  'a rule for folders only': { '': 'a.log/\nfoo/\n' },
  'stars for folders': { '': '**/deep\nfoo/**/a.txt\n' },
  'stars at the end': { '': 'foo/**\n!foo/a.txt\n' },
  'everything but some': { '': '/*\n!/src\n/src/*\n!/src/main.ts\n' },
  'everything but folders and one kind': { '': '*\n!*/\n!*.ts\n' },
  'a deeper file that includes again': { '': '*.log\n', src: '!a.log\n' },
  'a deeper file that includes a folder again': { '': 'build/\n', src: '!build\n' },
  'a deeper file that excludes': { src: '*.log\n/build\n', foo: 'bar/baz\na.txt\n' },
  'a deeper file with a slash in front': { src: '/main.ts\n/deep\n' },
  'a deeper file that excludes all': { src: '*\n' },
  'a deeper file that excludes all but itself': { src: '*\n!.gitignore\n' },
  'a deeper file below a folder of odd name': { 'src/[x]': '*.log\n', Ñandú: 'ñ.txt\n' },
  'a deeper file with stars': { src: '**/keep.log\nbuild/**/out.js\n' },
  'a deeper rule of a slash alone': { src: '/\n' },
  'a deeper rule with spaces after a slash': { foo: 'bar/  \n' },
  'a deeper rule for two names': { foo: 'bar/a.txt   \n' },
  'comments, blank lines, spaces and escapes': {
    '': '# *.log\n\n   \n\\#note\n\\!loud\nwith\\ space\\ \na.log   \n',
  },
  'escapes in a deeper file': { src: '# main.ts\n\\#note\n\\!loud\nwith space\\ \n' },
  'line ends of Windows': { '': '*.log\r\n!keep.log\r\n', src: 'main.ts\r\n' },
  'no line end at the end': { '': '*.log', src: 'main.ts' },
  'a byte order mark': { '': '\uFEFF*.log\n', src: '\uFEFFmain.ts\n' },
  'question marks and classes': { '': '?.log\n[a-c].txt\nsrc/\\[x\\]/b.txt\n' },
  'names that differ in case': { '': '*.log\nupper.log\nFOO\n' },
  'a name with letters beyond ASCII': { '': 'Ñandú/\n' },
  'a hidden folder': { '': '.hidden\n' },
  'a slash in the middle of a star rule': { '': 'src/*/deep\n*/bar\n' },
  'a negation alone': { '': '!\n!a.log\n' },
  'a backslash at the end': { '': 'a.log\\\nkeep.log\n', src: 'main.ts\\\n' },
};

/** The files that git would take up. */
function filesOfGit(root: string): string[] {
  const options = { cwd: root, env: { PATH: process.env.PATH, HOME: root, GIT_CONFIG_NOSYSTEM: '1' } };
  execFileSync('git', ['init', '--quiet', '.'], options);
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--others', '--exclude-standard'],
    options,
  ).toString();
  return listed.split('\0').filter((path) => path !== '');
}

async function filesOf({ explorer, place }: Tree): Promise<string[]> {
  const { entries } = await explorer.list(place, parsePath(''), { recursive: true, limit: 10_000 });
  return entries.filter(({ type }) => type === 'file').map(({ path }) => path);
}

function withRules(
  rules: Readonly<Record<string, string>>,
  files: readonly string[],
): Record<string, string> {
  const written = Object.entries(rules).map(([folder, text]) => [join(folder, '.gitignore'), text] as const);
  return Object.fromEntries([...files.map((path) => [path, ''] as const), ...written]);
}

describe.skipIf(!HAS_GIT)('the rules of .gitignore mean what they mean to git', () => {
  test.each(Object.entries(CASES))('%s', async (_, rules) => {
    // A name with a space at its end cannot be a path of a workspace, but is shown by git all the same.
    const tree = await createTree(withRules(rules, FILES));
    const expected = filesOfGit(tree.root).filter((path) => !path.endsWith(' '));
    expect((await filesOf(tree)).sort()).toEqual(expected.sort());
  });

  test('whatever rules come together in three folders', async () => {
    const rule = fc.constantFrom(
      ...[
        'a',
        '/a',
        'a/',
        '!a',
        'a/b',
        '!a/b',
        '*',
        '!*',
        '**',
        'a/**',
        '**/b',
        '!**/b',
        'b/*',
        '!b/',
        '/*/b',
        '?',
      ],
      ...['!/a/b', '!*/', 'a/*/b', '[!a]', '!c', 'c', '**/a/**', '!**/a/', '/b/**/c'],
    );
    const text = fc.array(rule, { maxLength: 5 }).map((lines) => lines.join('\n'));
    const rules = fc.record({ '': text, a: text, 'a/b': text });
    const names = ['a', 'b', 'c'];
    const files = names.flatMap((one) =>
      names.flatMap((two) => names.map((file) => `${one}/${two}/d/${file}`)),
    );
    for (const each of fc.sample(rules, { numRuns: 60, seed: 5 })) {
      const tree = await createTree(withRules(each, [...files, 'c/c/a', 'b/c/c']));
      expect({ rules: each, files: (await filesOf(tree)).sort() }).toEqual({
        rules: each,
        files: filesOfGit(tree.root).sort(),
      });
    }
  });
});

describe('what .gitignore leaves out', () => {
  const files = {
    '.gitignore': 'node_modules/\n*.log\n',
    '.git/HEAD': 'ref',
    'a.log': 'needle',
    'a.txt': 'needle',
    'node_modules/pkg/index.js': 'needle',
    'node_modules/pkg/a.log': 'needle',
    'node_modules/.gitignore': 'pkg/a.log\n',
    'sub/.git/HEAD': 'ref',
    'sub/a.log': 'needle',
  };

  test('is neither listed nor searched unless all is wanted', async () => {
    const { paths, search } = await createTree(files);
    expect(await paths('', { recursive: true })).toEqual(['.gitignore', 'a.txt', 'sub']);
    expect(await paths('')).toEqual(['.gitignore', 'a.txt', 'sub']);
    expect((await search({ text: 'needle' })).matches.map(({ path }) => path)).toEqual(['a.txt']);
    expect(await paths('', { all: true })).toEqual([
      '.git',
      '.gitignore',
      'a.log',
      'a.txt',
      'node_modules',
      'sub',
    ]);
    expect((await search({ text: 'needle', all: true })).summary.matches).toBe(5);
  });

  test('keeps to rules from above the listed folder, up to the root', async () => {
    const { paths } = await createTree(files);
    expect(await paths('sub')).toEqual([]);
    expect(await paths('sub', { all: true })).toEqual(['sub/.git', 'sub/a.log']);
  });

  test('is shown when the caller names it, with the rules that are inside', async () => {
    const { paths, search } = await createTree(files);
    expect(await paths('node_modules', { recursive: true })).toEqual([
      'node_modules/.gitignore',
      'node_modules/pkg',
      'node_modules/pkg/index.js',
    ]);
    expect(await paths('node_modules/pkg')).toEqual(['node_modules/pkg/index.js']);
    expect(await paths('.git')).toEqual(['.git/HEAD']);
    expect((await search({ text: 'needle' }, 'a.log')).summary.matches).toBe(1);
  });

  test('does not change with what is no regular file, or a link', async () => {
    const { root, guard, paths } = await createTree({ 'a.log': '', 'fifo/a.log': '', 'folder/a.log': '' });
    await writeFile(join(guard, 'rules'), '*.log\n');
    await symlink(join(guard, 'rules'), join(root, '.gitignore'));
    makeFifo(join(root, 'fifo', '.gitignore'));
    await mkdir(join(root, 'folder', '.gitignore'));
    expect(await paths('', { pattern: '**/*.log' })).toEqual(['a.log', 'fifo/a.log', 'folder/a.log']);
  });

  test('is said in the first mebibyte of a file, by whole lines', async () => {
    const filler = `#${'x'.repeat(1023)}\n`.repeat(1023);
    const { paths } = await createTree({
      '.gitignore': `early\n${filler}late-and-cut${'?'.repeat(2000)}\nlate\n`,
      early: '',
      late: '',
      'late-and-cut': '',
    });
    expect(await paths()).toEqual(['.gitignore', 'late', 'late-and-cut']);
  });

  test('costs no more than the time there is when its rules take for ever', async () => {
    const rules = `${'**/d/'.repeat(12)}x\n`;
    const { root, paths, search } = await createTree({ '.gitignore': rules }, { listTimeoutMs: 300 });
    nest(root, 'd', 200);
    const { code, message } = await refusalOf(paths('', { recursive: true }));
    expect([code, message]).toEqual([
      'workspace_failed',
      expect.stringContaining('took longer than 0.3 seconds'),
    ]);
    expect((await search({ text: 'needle', timeoutMs: 300 })).summary.truncated).toBe('time');
    expect(await paths('', { recursive: true, all: true })).toHaveLength(202);
  });
});
