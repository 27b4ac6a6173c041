import type { GoFacts } from './detect-go.ts';
import type { PythonFacts } from './detect-python.ts';
import type { Draft } from './draft.ts';
import { addCiForNode } from './node-workflow.ts';
import type { JavaFacts, RustFacts, Stack } from './project.ts';
import { pythonCommands } from './python-commands.ts';
import { testFilesOf } from './test-files.ts';
import { type Step, workflowText } from './workflow-text.ts';

const PRESENT =
  /^(?:\.(?:github|gitea|forgejo)\/workflows\/[^/]+\.ya?ml|\.gitlab-ci\.ya?ml|\.circleci\/.+|azure-pipelines\.ya?ml|Jenkinsfile|\.travis\.ya?ml|bitbucket-pipelines\.ya?ml|\.drone\.ya?ml|\.woodpecker(?:\/.+|\.ya?ml)|appveyor\.ya?ml|\.buildkite\/.+)$/;
const CHECKOUT: Step = { uses: 'actions/checkout@v5' };
const WORKFLOW = '.github/workflows/ci.yml';

/** Plans a GitHub workflow that does what the project can do: install, check, build, test. */
export async function addCi(draft: Draft, stack: Stack): Promise<void> {
  const present = draft.project.view.paths.filter((path) => PRESENT.test(path));
  if (present.length > 0) {
    draft.kept.push(...present.slice(0, 5));
    return;
  }
  const steps = stepsFor(draft, stack);
  if (steps === null) {
    draft.assumptions.push('No workflow was added: there is nothing to install, check, build or test.');
    return;
  }
  draft.add(WORKFLOW, workflowText(stack.kind === 'node' ? 'check' : 'test', [CHECKOUT, ...steps]));
  draft.assumptions.push(
    'The workflow is for GitHub Actions and runs for pull requests and for pushes to main or master.',
  );
}

function stepsFor(draft: Draft, stack: Stack): Step[] | null {
  switch (stack.kind) {
    case 'node':
      return addCiForNode(draft, stack);
    case 'python':
      return pythonSteps(draft, stack);
    case 'go':
      return goSteps(stack);
    case 'rust':
      return rustSteps(stack, draft.project.view.paths);
    case 'java':
      return javaSteps(stack);
    case 'static':
      return null;
  }
}

function pythonSteps(draft: Draft, facts: PythonFacts): Step[] {
  const { paths } = draft.project.view;
  const plannedTest = draft.files().some(({ path }) => /(?:^|\/)test_[^/]+\.py$/.test(path));
  const hasTests = plannedTest || testFilesOf(paths, 'python').length > 0;
  const usesUnittest =
    hasTests && !plannedTest && !facts.packages.has('pytest') && !hasPytestSettings(facts, paths);
  const commands = pythonCommands(facts, { needsPytest: hasTests && !usesUnittest });
  const folder = facts.hasSrc ? 'src' : '.';
  const steps: Step[] = [
    ...setupPython(facts, paths),
    ...commands.install.map((run) => ({ run })),
    ...(facts.packages.has('ruff') ? [{ name: 'Lint', run: `${commands.prefix}ruff check .` }] : []),
    ...(facts.packages.has('mypy') ? [{ name: 'Check types', run: `${commands.prefix}mypy ${folder}` }] : []),
  ];
  if (!hasTests) {
    draft.assumptions.push('There are no tests, so the workflow only checks that all Python files compile.');
    return [...steps, { name: 'Compile', run: `${commands.prefix}python -m compileall -q ${folder}` }];
  }
  return [
    ...steps,
    { name: 'Test', run: usesUnittest ? `${commands.prefix}python -m unittest discover` : commands.test },
  ];
}

function hasPytestSettings(facts: PythonFacts, paths: readonly string[]): boolean {
  return (
    facts.pyproject?.tool.pytest !== undefined ||
    paths.some((path) => /(?:^|\/)(?:pytest\.ini|conftest\.py)$/.test(path))
  );
}

function setupPython(facts: PythonFacts, paths: readonly string[]): Step[] {
  if (facts.tool === 'uv') {
    return [
      { uses: 'astral-sh/setup-uv@v7', with: { 'python-version': facts.version, 'enable-cache': 'true' } },
    ];
  }
  const version = { 'python-version': facts.version };
  if (facts.tool === 'poetry') {
    const cache: Record<string, string> = paths.includes('poetry.lock') ? { cache: 'poetry' } : {};
    return [
      { run: 'pipx install poetry' },
      { uses: 'actions/setup-python@v6', with: { ...version, ...cache } },
    ];
  }
  const source = facts.requirements[0] ?? (facts.pyprojectText === null ? undefined : 'pyproject.toml');
  const cache: Record<string, string> =
    source === undefined
      ? {}
      : { cache: 'pip', ...(source === 'pyproject.toml' ? { 'cache-dependency-path': source } : {}) };
  return [{ uses: 'actions/setup-python@v6', with: { ...version, ...cache } }];
}

function goSteps({ hasSum }: GoFacts): Step[] {
  const cache: Record<string, string> = hasSum ? {} : { cache: 'false' };
  return [
    { uses: 'actions/setup-go@v6', with: { 'go-version-file': 'go.mod', ...cache } },
    { run: 'go vet ./...' },
    { run: 'go build ./...' },
    { run: 'go test ./...' },
  ];
}

function rustSteps({ isLocked }: RustFacts, paths: readonly string[]): Step[] {
  const locked = isLocked ? ' --locked' : '';
  const isFormatted = paths.includes('rustfmt.toml') || paths.includes('.rustfmt.toml');
  return [
    ...(isFormatted ? [{ run: 'cargo fmt --check' }] : []),
    { run: `cargo build${locked}` },
    { run: `cargo test${locked}` },
  ];
}

function javaSteps({ tool, command, version }: JavaFacts): Step[] {
  // A script that was made on Windows has no right to be run.
  const run = command.startsWith('./') ? `sh ${command}` : command;
  return [
    {
      uses: 'actions/setup-java@v5',
      with: { distribution: 'temurin', 'java-version': version, cache: tool },
    },
    { run: tool === 'maven' ? `${run} --batch-mode verify` : `${run} build` },
  ];
}
