import fc from 'fast-check';
import picomatch from 'picomatch';
import { describe, expect, it } from 'vitest';
import { pathPattern } from '../../src/knowledge/search/path-pattern.ts';

/** What PostgreSQL and JavaScript read alike, which is all that is used. */
const matches = (glob: string, path: string) => new RegExp(pathPattern(glob), 'u').test(path);

describe('a path as a filter', () => {
  it.each([
    ['docs', ['docs/a.md', 'docs/b/c.md', 'docs'], ['docs2/a.md', 'x/docs/a.md', 'docs.md']],
    ['./docs/', ['docs/a.md'], ['docs2/a.md']],
    ['docs/a+b (1).md', ['docs/a+b (1).md'], ['docs/aab (1).md', 'docs/a+b 1.md']],
    ['.', ['anything', 'docs/a.md'], []],
    ['docs/**/*.md', ['docs/a.md', 'docs/b/c/d.md'], ['docs/a.txt', 'a.md', 'docs/a.md/x']],
    ['**/*.{ts,tsx}', ['a.ts', 'x/y.tsx'], ['a.tsy', 'a.md']],
    ['docs/?.md', ['docs/a.md', 'docs/é.md'], ['docs/ab.md', 'docs/.md/x']],
    ['docs/[ab].md', ['docs/a.md'], ['docs/c.md']],
    ['docs/[!ab].md', ['docs/c.md'], ['docs/a.md', 'docs//.md']],
    ['a{b', ['axb'], ['ab']],
  ])('%s', (glob, yes, no) => {
    expect(yes.filter((path) => !matches(glob, path))).toEqual([]);
    expect(no.filter((path) => matches(glob, path))).toEqual([]);
  });

  it('takes globs as picomatch does', () => {
    const name = fc.constantFrom('a', 'b', 'ab', 'a.md', 'b.ts', 'a.b.md', 'docs');
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
    const part = fc.constantFrom(
      '*',
      '*.md',
      'a*',
      '**',
      '?',
      '?.ts',
      'docs',
      '{a,b}',
      '{a,b}.md',
      '[ab]*',
      '*.*',
    );
    // Of what ends in a star and `/**` picomatch says now this, now that about the folder itself.
    const isDisputed = (text: string) => /\*\*\/\*\*|\*\/\*\*$/.test(text);
    const glob = fc
      .array(part, { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('/'))
      .filter((text) => /[*?{[]/.test(text) && !isDisputed(text));
    fc.assert(
      fc.property(glob, path, (pattern, where) => {
        expect(matches(pattern, where), `${pattern} and ${where}`).toBe(
          picomatch(pattern, { dot: true })(where),
        );
      }),
      { numRuns: 3_000 },
    );
  });
});
