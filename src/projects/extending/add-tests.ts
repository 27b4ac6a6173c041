import { addGoTest } from './add-go-test.ts';
import { addNodeTest } from './add-node-test.ts';
import { addPythonTest } from './add-python-test.ts';
import type { Draft } from './draft.ts';
import type { Stack } from './project.ts';
import { testFilesOf } from './test-files.ts';

/** Plans a first test of something that the project has, unless it has tests. */
export async function addTests(draft: Draft, stack: Stack): Promise<void> {
  const { paths } = draft.project.view;
  const [first, ...others] = testFilesOf(paths, stack.kind).toSorted(
    (a, b) => a.split('/').length - b.split('/').length,
  );
  if (first !== undefined) {
    const more = others.length === 1 ? 'one more test file' : `${others.length} more test files`;
    draft.kept.push(others.length === 0 ? first : `${first} and ${more}`);
    return;
  }
  if (stack.kind === 'node') return await addNodeTest(draft, stack);
  if (stack.kind === 'python') return await addPythonTest(draft, stack);
  if (stack.kind === 'go') return await addGoTest(draft);
  const what = { rust: 'a Rust crate', java: 'a Java project', static: 'pages without a build' }[stack.kind];
  draft.assumptions.push(`No test was added: for ${what} there is no first test that surely fits.`);
}
