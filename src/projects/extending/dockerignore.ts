import type { Stack } from './project.ts';

const ALWAYS = ['.git', '.github', '.env', '.env.*', '!.env.example', '*.log', 'Dockerfile', '.dockerignore'];
const LEFT_OUT: Record<Stack['kind'], string[]> = {
  node: ['node_modules', 'dist', 'build', 'coverage', '.next', '.cache'],
  python: [
    '.venv',
    'venv',
    '__pycache__',
    '**/__pycache__',
    '**/*.pyc',
    '.pytest_cache',
    '.mypy_cache',
    '.ruff_cache',
    'dist',
    'build',
    '*.egg-info',
  ],
  go: ['bin', '*.out', '**/*_test.go'],
  rust: ['target'],
  java: ['target', 'build', '.gradle', '.idea'],
  static: ['node_modules', 'README.md', 'LICENSE', '.editorconfig', '.gitignore'],
};

/** What an image does not need, and what must not get into one; a folder that the project itself has stays. */
export function dockerignoreText({ kind }: Stack, paths: readonly string[]): string {
  const leftOut = LEFT_OUT[kind].filter((name) => !paths.some((path) => path.startsWith(`${name}/`)));
  return `${[...leftOut, ...ALWAYS].join('\n')}\n`;
}
