import type { Stack } from './project.ts';

const TESTS: Partial<Record<Stack['kind'], RegExp>> = {
  node: /(?:^|\/)[^/]+[.-_](?:test|spec)\.(?:[cm]?[jt]s|[jt]sx)$|(?:^|\/)(?:tests?|__tests__|specs?|e2e|cypress)\/(?!(?:.*\/)?(?:fixtures?|support|helpers?|setup|mocks?|__mocks__)(?:\/|\.))[^.]*\.(?:[cm]?[jt]s|[jt]sx)$/,
  python: /(?:^|\/)(?:test_[^/]*|[^/]*_test|tests)\.py$/,
  go: /_test\.go$/,
  rust: /^tests\/[^/]+\.rs$/,
  java: /^src\/test\/.*\.(?:java|kt|groovy)$/,
};

/** The test files that a project has. */
export function testFilesOf(paths: readonly string[], kind: Stack['kind']): string[] {
  const pattern = TESTS[kind];
  return pattern ? paths.filter((path) => pattern.test(path)) : [];
}

/** The folder that a project keeps its tests in though none is there yet; null where there is no sign of one. */
export function testFolderOf(paths: readonly string[]): string | null {
  return (
    ['tests', 'test', '__tests__', 'spec'].find((folder) =>
      paths.some((path) => path.startsWith(`${folder}/`)),
    ) ?? null
  );
}
