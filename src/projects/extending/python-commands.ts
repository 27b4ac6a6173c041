import type { PythonFacts } from './detect-python.ts';

/** The commands of a Python project's own tool. */
export interface PythonCommands {
  install: string[];
  /** Put before the name of an installed program. */
  prefix: string;
  test: string;
}

const FOR_DEVELOPMENT = ['dev', 'test', 'tests', 'testing'];

/** What installs the project with all that its checks need, and what runs its tests. */
export function pythonCommands(
  facts: PythonFacts,
  { needsPytest }: { needsPytest: boolean },
): PythonCommands {
  const lacksPytest = needsPytest && !facts.packages.has('pytest');
  if (facts.tool === 'uv') {
    // An extra is installed only where it is named; groups for development are.
    const extras = facts.extras
      .filter((name) => FOR_DEVELOPMENT.includes(name))
      .map((name) => ` --extra ${name}`);
    return {
      install: [`uv sync${extras.join('')}`],
      prefix: 'uv run ',
      test: lacksPytest ? 'uv run --with pytest pytest' : 'uv run pytest',
    };
  }
  if (facts.tool === 'poetry') {
    return {
      install: ['poetry install', ...(lacksPytest ? ['poetry run pip install pytest'] : [])],
      prefix: 'poetry run ',
      test: 'poetry run python -m pytest',
    };
  }
  return { install: pipCommands(facts, lacksPytest), prefix: '', test: 'python -m pytest' };
}

function pipCommands(facts: PythonFacts, lacksPytest: boolean): string[] {
  const { requirements, pyproject } = facts;
  const isPlain = facts.pyprojectText === null && !facts.hasSetupPy;
  if (lacksPytest && isPlain && requirements.includes('requirements.txt')) {
    // The file that comes with the first test names both.
    return ['pip install -r requirements-dev.txt'];
  }
  const extra = facts.extras.find((name) => FOR_DEVELOPMENT.includes(name));
  const groups = Object.keys(pyproject?.['dependency-groups'] ?? {});
  const group = groups.find((name) => FOR_DEVELOPMENT.includes(name));
  const isDevelopment = requirements.filter((path) => /dev|test/i.test(path));
  const files = [...requirements.filter((path) => path === 'requirements.txt'), ...isDevelopment];
  return [
    ...files.map((path) => `pip install -r ${path}`),
    ...(facts.isPackage ? [`pip install -e ${extra === undefined ? '.' : `".[${extra}]"`}`] : []),
    ...(group === undefined ? [] : [`pip install --group ${group}`]),
    ...(lacksPytest ? ['pip install pytest'] : []),
  ];
}
