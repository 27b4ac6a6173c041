import { parse as parseToml } from 'smol-toml';
import type { PythonFacts } from './detect-python.ts';
import type { Draft } from './draft.ts';
import type { Plain } from './evaluate-expression.ts';
import { pythonCommands } from './python-commands.ts';
import { findPythonSubject, type PythonSubject } from './python-test-subject.ts';
import { inLineEndings } from './style.ts';
import { testFolderOf } from './test-files.ts';

/** Plans a first test with pytest, and what pytest needs to find the code. */
export async function addPythonTest(draft: Draft, facts: PythonFacts): Promise<void> {
  const { view } = draft.project;
  const subject = await findPythonSubject(view, facts);
  if (subject === null) {
    draft.assumptions.push(
      'No test was added: no module defines something and can be imported without starting the program. Move what is worth a test into a module of its own.',
    );
    return;
  }
  const folder = testFolderOf(view.paths) ?? 'tests';
  const path = `${folder}/test_${subject.module.split('.').at(-1)}.py`;
  draft.add(path, testText(draft, facts, subject));
  letPytestFindCode(draft, facts, folder);
  draft.assumptions.push(`The tests use pytest; the first one is about ${subject.path}.`);
  declarePytest(draft, facts);
  const commands = pythonCommands(facts, { needsPytest: true });
  draft.run.push(...commands.install, commands.test);
}

function testText(draft: Draft, facts: PythonFacts, subject: PythonSubject): string {
  const { module, source, thing, route, path } = subject;
  const { style } = draft.project;
  const name = module.split('.').at(-1) ?? module;
  const written = (value: Plain) => {
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    if (typeof value === 'number') return String(value);
    return style.quote === "'" && !value.includes("'") ? `'${value}'` : JSON.stringify(value);
  };
  if (thing?.call) {
    const call = `${thing.name}(${thing.call.args.map(written).join(', ')})`;
    // `is` for True and False, which `==` would take 1 and 0 for.
    const operator = typeof thing.call.result === 'boolean' ? 'is' : '==';
    return pytestText(style, `from ${module} import ${thing.name}`, `test_${snake(thing.name)}`, [
      `assert ${call} ${operator} ${written(thing.call.result)}`,
    ]);
  }
  if (source.app !== null && route !== null) {
    const { app } = source;
    const lines = routeLines(app, written(route), hasTestClient(facts));
    const imports = [
      ...(lines.needsClient ? ['from fastapi.testclient import TestClient', ''] : []),
      `from ${module} import ${app.name}`,
    ];
    return pytestText(style, imports.join('\n'), `test_get_${snake(route) || 'root'}`, lines.body);
  }
  const shown = thing ?? { name: source.app?.name ?? name, kind: 'value' as const };
  const from = `from ${module} import ${shown.name}`;
  if (thing?.value !== null && thing?.value !== undefined) {
    return pytestText(style, from, `test_${snake(shown.name)}`, [
      `assert ${shown.name} == ${written(thing.value)}`,
    ]);
  }
  const claim = {
    function: `assert callable(${shown.name})`,
    class: `assert isinstance(${shown.name}, type)`,
  };
  const line = shown.kind === 'value' ? `assert ${shown.name} is not None` : claim[shown.kind];
  return pytestText(
    style,
    from,
    `test_${snake(path.split('/').at(-1)?.replace('.py', '') ?? name)}_has_${snake(shown.name)}`,
    [line],
  );
}

function pytestText(
  { indent, finalNewline }: Draft['project']['style'],
  imports: string,
  name: string,
  body: string[],
): string {
  const text = [imports, '', '', `def ${name}():`, ...body.map((line) => indent + line)].join('\n');
  return finalNewline ? `${text}\n` : text;
}

function routeLines(
  app: { name: string; framework: 'flask' | 'fastapi' },
  path: string,
  hasClient: boolean,
): { body: string[]; needsClient: boolean } {
  if (app.framework === 'flask') {
    const body = [`response = ${app.name}.test_client().get(${path})`, 'assert response.status_code == 200'];
    return { body, needsClient: false };
  }
  // The test client of FastAPI needs one more package.
  if (!hasClient)
    return { body: [`assert ${path} in [route.path for route in ${app.name}.routes]`], needsClient: false };
  const body = [`response = TestClient(${app.name}).get(${path})`, 'assert response.status_code == 200'];
  return { body, needsClient: true };
}

function hasTestClient({ packages }: PythonFacts): boolean {
  return packages.has('httpx') || packages.has('fastapi[standard]') || packages.has('fastapi[all]');
}

function snake(text: string): string {
  return text
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
}

/** Code in src/, or in the project's own folder, is found by pytest where a setting says so. */
function letPytestFindCode(draft: Draft, facts: PythonFacts, folder: string): void {
  const { view, style } = draft.project;
  const isConfigured =
    facts.pyproject?.tool.pytest !== undefined ||
    ['pytest.ini', '.pytest.ini', 'tox.ini', 'setup.cfg'].some((path) => view.paths.includes(path));
  if (isConfigured) {
    if (facts.hasSrc)
      draft.assumptions.push('The settings of pytest were left as they are: they have to find src/.');
    return;
  }
  const root = facts.hasSrc ? 'src' : '.';
  const { pyprojectText } = facts;
  if (pyprojectText === null) {
    draft.add('pytest.ini', `[pytest]\npythonpath = ${root}\ntestpaths = ${folder}\n`);
    return;
  }
  const table = `[tool.pytest.ini_options]\npythonpath = ["${root}"]\ntestpaths = ["${folder}"]\n`;
  const content = `${pyprojectText.trimEnd()}${inLineEndings(`\n\n${table}`, lineEndingOf(pyprojectText, style.eol))}`;
  if (!isToml(content)) {
    draft.assumptions.push(
      `pyproject.toml was left as it is; pytest has to be told that the code is in "${root}".`,
    );
    return;
  }
  draft.change('pyproject.toml', pyprojectText, content);
  draft.assumptions.push('A table with the settings of pytest was added at the end of pyproject.toml.');
}

function isToml(text: string): boolean {
  try {
    parseToml(text.replace(/^\uFEFF/, ''));
    return true;
  } catch {
    // A `tool = { … }` on one line cannot be continued by a table.
    return false;
  }
}

function lineEndingOf(text: string, usual: '\n' | '\r\n'): '\n' | '\r\n' {
  return text.includes('\r\n') ? '\r\n' : text.includes('\n') ? '\n' : usual;
}

function declarePytest(draft: Draft, facts: PythonFacts): void {
  if (facts.packages.has('pytest')) return;
  const isPlain = facts.pyprojectText === null && !facts.hasSetupPy;
  const { requirements } = facts;
  if (isPlain && requirements.includes('requirements.txt') && !draft.has('requirements-dev.txt')) {
    draft.add('requirements-dev.txt', '-r requirements.txt\npytest\n');
    return;
  }
  const how = { uv: 'uv add --dev pytest', poetry: 'poetry add --group dev pytest', pip: null }[facts.tool];
  draft.assumptions.push(
    how === null
      ? 'pytest is not among the packages that the project asks for; it is installed by a command of its own.'
      : `pytest is not among the packages that the project asks for: ${how} puts it there.`,
  );
}
