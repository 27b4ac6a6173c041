import type { PythonFacts } from './detect-python.ts';
import type { ProjectView } from './project-view.ts';
import { pythonModuleName, readPython } from './python-source.ts';
import { readSource } from './read-source.ts';

/** How a Python program is started. */
export interface PythonStart {
  server: 'uvicorn' | 'gunicorn' | null;
  command: (port: number | null) => string[];
}

const MOST_FILES = 60;
const ASIDE = /(?:^|\/)(?:tests?|docs?|examples?|migrations)\//;

/** Null where nothing says how to start it. */
export async function pythonStart(view: ProjectView, facts: PythonFacts): Promise<PythonStart | null> {
  const files = view.paths
    .filter((path) => path.endsWith('.py') && !ASIDE.test(path))
    .toSorted((a, b) => a.split('/').length - b.split('/').length)
    .slice(0, MOST_FILES);
  for (const path of files) {
    const { app } = readPython((await readSource(view, path)) ?? '');
    if (app !== null) return serverStart(app.framework, `${pythonModuleName(path, facts)}:${app.name}`);
  }
  const made = await appOfFactory(view, files, facts);
  if (made !== null) return made;
  const factory = await flaskFactory(view, files, facts);
  if (factory !== null) return serverStart('flask', factory);
  const django = files.find((path) => path.endsWith('/wsgi.py'));
  if (django !== undefined && view.paths.includes('manage.py')) {
    return serverStart('flask', `${pythonModuleName(django, facts)}:application`);
  }
  const [command] = facts.commands;
  if (command !== undefined && facts.tool !== 'poetry') return { server: null, command: () => [command] };
  const main = files.find((path) => /^(?:src\/)?[A-Za-z_]\w*\/__main__\.py$/.test(path));
  if (main !== undefined)
    return {
      server: null,
      command: () => ['python', '-m', pythonModuleName(main, facts).replace(/\.__main__$/, '')],
    };
  const script = ['main.py', 'app.py', 'run.py', 'bot.py', '__main__.py'].find((path) =>
    view.paths.includes(path),
  );
  return script === undefined ? null : { server: null, command: () => ['python', script] };
}

function serverStart(framework: 'flask' | 'fastapi', target: string): PythonStart {
  return framework === 'flask'
    ? { server: 'gunicorn', command: (port) => ['gunicorn', '--bind', `0.0.0.0:${port ?? 8000}`, target] }
    : {
        server: 'uvicorn',
        command: (port) => ['uvicorn', target, '--host', '0.0.0.0', '--port', String(port ?? 8000)],
      };
}

/** `app = create_app(…)` at the top of a module; which framework it is, the packages say. */
async function appOfFactory(
  view: ProjectView,
  files: readonly string[],
  facts: PythonFacts,
): Promise<PythonStart | null> {
  const framework = (['fastapi', 'flask'] as const).find((name) => facts.runtimePackages.has(name));
  if (framework === undefined) return null;
  for (const path of files) {
    const name = /^(app|application)\s*=\s*(?:create|make|build|get)_\w+\(/m.exec(
      (await readSource(view, path)) ?? '',
    )?.[1];
    if (name !== undefined) return serverStart(framework, `${pythonModuleName(path, facts)}:${name}`);
  }
  return null;
}

/** `def create_app():` that makes a Flask app; gunicorn calls it by itself. */
async function flaskFactory(
  view: ProjectView,
  files: readonly string[],
  facts: PythonFacts,
): Promise<string | null> {
  for (const path of files) {
    const text = (await readSource(view, path)) ?? '';
    const name = /^def (create_app|make_app)\([^)]*\)/m.exec(text)?.[1];
    if (name !== undefined && /\bFlask\(/.test(text)) return `${pythonModuleName(path, facts)}:${name}()`;
  }
  return null;
}
