import type { NodeFacts } from './detect-node.ts';
import type { Draft } from './draft.ts';
import { hasPackages, isNoTest, nodeCommands } from './node-commands.ts';
import type { Stack } from './project.ts';
import { pythonCommands } from './python-commands.ts';
import { pythonStart } from './python-start.ts';
import { testFilesOf } from './test-files.ts';

const TOLD_SCRIPTS = ['build', 'dev', 'start', 'test', 'lint', 'check', 'typecheck', 'format'];

/** Plans a README.md that says what the project is and how it is installed, started and tested, unless there is one. */
export async function addReadme(draft: Draft): Promise<void> {
  const { view, stack, title, description } = draft.project;
  const present = view.paths.find((path) => /^readme(?:\.[\w-]+)?$/i.test(path));
  if (present !== undefined) {
    draft.kept.push(present);
    return;
  }
  const commands = stack === null ? [] : await commandsOf(draft, stack);
  const parts = [
    `# ${markdown(title)}`,
    ...(description === null ? [] : [markdown(description)]),
    ...(needed(stack) === null ? [] : [`Needs ${needed(stack)}.`]),
    ...(commands.length === 0 ? [] : [`## Getting started\n\n\`\`\`sh\n${commands.join('\n')}\n\`\`\``]),
    ...(licenseLine(draft) === null ? [] : [`## License\n\n${licenseLine(draft)}`]),
  ];
  draft.add('README.md', `${parts.join('\n\n')}\n`);
  if (description === null)
    draft.assumptions.push('README.md does not say what the project is for: nothing in the project does.');
}

/** Characters that Markdown would read as more than text. */
function markdown(text: string): string {
  return text.replace(/[\\`*_[\]<>#|]/g, '\\$&');
}

function needed(stack: Stack | null): string | null {
  switch (stack?.kind) {
    case 'node':
      return stack.packageManager === 'bun'
        ? 'Bun'
        : `Node.js ${range(stack.manifest.engines.node ?? String(stack.node))}`;
    case 'python':
      return `Python ${range(stack.pyproject?.project?.['requires-python'] ?? stack.version)}`;
    case 'go':
      return `Go ${stack.version}`;
    case 'java':
      return `Java ${stack.version}`;
    default:
      return null;
  }
}

/** `>=22` in words; another range as it is written. */
function range(written: string): string {
  const least = /^>=\s*(\d[\w.]*)$/.exec(written.trim())?.[1];
  return least === undefined ? markdown(written.replace(/\s+/g, ' ')) : `${least} or newer`;
}

async function commandsOf(draft: Draft, stack: Stack): Promise<string[]> {
  const { view } = draft.project;
  const hasTests =
    testFilesOf([...view.paths, ...draft.files().map(({ path }) => path)], stack.kind).length > 0;
  switch (stack.kind) {
    case 'node':
      return nodeLines(draft, stack);
    case 'python': {
      const { install, prefix, test } = pythonCommands(stack, { needsPytest: hasTests });
      const start = await pythonStart(view, stack);
      const words = start?.command(null) ?? [];
      const isDjango = words.at(-1)?.endsWith('.wsgi:application') && view.paths.includes('manage.py');
      const server = isDjango ? 'python manage.py runserver' : developmentCommand(words);
      const line = start?.server ? server : words.join(' ');
      const run = start === null ? [] : [prefix + line];
      return [...install, ...run, ...(hasTests ? [test] : [])];
    }
    case 'go':
      return [
        ...(stack.programs.length === 0 ? ['go build ./...'] : [`go run ./${stack.programs[0]}`]),
        'go test ./...',
      ];
    case 'rust':
      return [stack.binary === null ? 'cargo build' : 'cargo run', 'cargo test'];
    case 'java':
      return [stack.tool === 'maven' ? `${stack.command} verify` : `${stack.command} build`];
    case 'static':
      return [`python3 -m http.server 8000${stack.root === '' ? '' : ` --directory ${stack.root}`}`];
  }
}

/** On one's own machine a server of these is started by its framework. */
function developmentCommand(words: string[]): string {
  const target = (words[0] === 'gunicorn' ? words.at(-1) : words[1]) ?? '';
  return words[0] === 'gunicorn'
    ? `flask --app ${target.replace(/\(\)$/, '')} run`
    : `uvicorn ${target} --reload`;
}

function nodeLines(draft: Draft, facts: NodeFacts): string[] {
  const commands = nodeCommands(facts);
  const { scripts } = draft;
  const told = TOLD_SCRIPTS.filter(
    (name) => Object.hasOwn(scripts, name) && !(name === 'test' && isNoTest(scripts.test)),
  );
  return [
    ...(hasPackages(facts) ? [commands.update] : []),
    ...told.map((name) =>
      (name === 'test' ? commands.test : commands.run(name)).replace(/^npm run start$/, 'npm start'),
    ),
  ];
}

function licenseLine(draft: Draft): string | null {
  const { stack, view } = draft.project;
  const file = [...draft.files().map(({ path }) => path), ...view.paths].find((path) =>
    /^LICEN[CS]E(?:\.\w+)?$/i.test(path),
  );
  if (file === undefined) return null;
  const planned = draft.files().find(({ path }) => path === file);
  const id = stack?.kind === 'node' && planned === undefined ? stack.manifest.license : undefined;
  return `${id === undefined || !/^[\w.+-]+$/.test(id) ? 'See' : `${id}, see`} [${file}](${file}).`;
}
