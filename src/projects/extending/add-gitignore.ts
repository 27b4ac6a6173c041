import { allPackages } from './detect-node.ts';
import type { Draft } from './draft.ts';
import type { Stack } from './project.ts';

const ALWAYS = ['.env', '.env.*', '!.env.example', '.DS_Store'];
const LINES: Record<Stack['kind'], string[]> = {
  node: ['node_modules/', 'dist/', 'build/', 'coverage/', '*.tsbuildinfo', '*.log'],
  python: [
    '__pycache__/',
    '*.py[cod]',
    '.venv/',
    'venv/',
    'build/',
    'dist/',
    '*.egg-info/',
    '.pytest_cache/',
    '.mypy_cache/',
    '.ruff_cache/',
    '.coverage',
    'htmlcov/',
  ],
  go: ['/bin/', '*.test', '*.out', 'coverage.txt'],
  rust: ['/target/'],
  java: ['target/', 'build/', '.gradle/', '*.class', '.idea/', '*.iml'],
  static: ['node_modules/', '*.log'],
};
const MORE: [string, string[]][] = [
  ['next', ['.next/', 'next-env.d.ts']],
  ['nuxt', ['.nuxt/', '.output/']],
  ['astro', ['.astro/']],
  ['@sveltejs/kit', ['.svelte-kit/']],
  ['@11ty/eleventy', ['_site/']],
  ['@playwright/test', ['playwright-report/', 'test-results/']],
];

/** Plans a .gitignore, unless there is one; what the project itself keeps is not in it. */
export function addGitignore(draft: Draft, stack: Stack): void {
  const { paths } = draft.project.view;
  if (paths.includes('.gitignore')) {
    draft.kept.push('.gitignore');
    return;
  }
  const isBerry = stack.kind === 'node' && stack.packageManager === 'yarn-berry';
  const more = stack.kind === 'node' ? MORE.filter(([name]) => name in allPackages(stack)) : [];
  const all = [
    ...LINES[stack.kind],
    ...more.flatMap(([, lines]) => lines),
    ...(isBerry ? ['.yarn/*', '!.yarn/releases', '!.yarn/patches', '!.yarn/plugins', '.pnp.*'] : []),
    ...(stack.kind === 'rust' && stack.binary === null && !stack.isLocked ? ['Cargo.lock'] : []),
    ...ALWAYS,
  ];
  const present = all.filter((line) => hasFolder(paths, line));
  if (present.length > 0) {
    draft.assumptions.push(
      `.gitignore does not name ${present.join(' and ')}, because the project has files there.`,
    );
  }
  const lines = all.filter((line) => !present.includes(line));
  draft.add('.gitignore', `${lines.join('\n')}\n`);
  if (paths.includes('.env'))
    draft.assumptions.push(
      '.env is left out of Git now; if it was committed before, its secrets have to be changed.',
    );
}

/** A folder of sources may be called "build" or "dist". */
function hasFolder(paths: readonly string[], line: string): boolean {
  const folder = line.replace(/^\//, '');
  return (
    /^[\w-]+\/$/.test(folder) &&
    paths.some((path) => path.startsWith(folder) && !path.startsWith('node_modules/'))
  );
}
