import type { PythonFacts } from './detect-python.ts';
import type { DockerPlan } from './docker-plan.ts';
import { commandLine, copyLine } from './docker-text.ts';
import type { Draft } from './draft.ts';
import { findPort } from './listening-port.ts';
import { type PythonStart, pythonStart } from './python-start.ts';

/** Plans the image of a Python program: the packages are installed in one stage and run in another. */
export async function pythonDockerfile(draft: Draft, facts: PythonFacts): Promise<DockerPlan> {
  const { view } = draft.project;
  const start = await pythonStart(view, facts);
  if (start === null) {
    return {
      reason:
        'nothing says how to start it (no web app, no __main__.py, no main.py, no script in pyproject.toml), so it is taken for a library.',
    };
  }
  const found = await findPort(view, /\.py$/, null);
  const port =
    start.server === null ? found.port : (found.port ?? { uvicorn: 8000, gunicorn: 8000 }[start.server]);
  const isMissing = start.server !== null && !hasServer(facts, start.server);
  if (isMissing) {
    draft.assumptions.push(
      `${start.server} is not among the packages of the project, so the Dockerfile installs it.`,
    );
  }
  return { lines: dockerLines(draft, facts, { start, port, isMissing }), port };
}

function hasServer({ runtimePackages }: PythonFacts, server: string): boolean {
  const comesAlong = runtimePackages.has('fastapi[standard]') || runtimePackages.has('fastapi[all]');
  return (
    runtimePackages.has(server) ||
    (server === 'uvicorn' && (comesAlong || runtimePackages.has('uvicorn[standard]')))
  );
}

function dockerLines(
  draft: Draft,
  facts: PythonFacts,
  { start, port, isMissing }: { start: PythonStart; port: number | null; isMissing: boolean },
): string[] {
  const image = `python:${facts.version}-slim`;
  return [
    `FROM ${image} AS build`,
    'WORKDIR /app',
    ...installLines(draft, facts),
    ...(isMissing ? [`RUN /venv/bin/pip install --no-cache-dir ${start.server}`] : []),
    '',
    `FROM ${image}`,
    'ENV PATH=/venv/bin:$PATH \\',
    '    PYTHONUNBUFFERED=1 \\',
    `    PYTHONDONTWRITEBYTECODE=1${facts.hasSrc ? ' \\' : ''}`,
    ...(facts.hasSrc ? ['    PYTHONPATH=/app/src'] : []),
    'WORKDIR /app',
    'RUN useradd --system --uid 10001 --no-create-home app',
    'COPY --from=build /venv /venv',
    'COPY . .',
    'USER app',
    ...(port === null ? [] : [`EXPOSE ${port}`]),
    commandLine(start.command(port)),
  ];
}

function installLines({ project, assumptions }: Draft, facts: PythonFacts): string[] {
  const { paths } = project.view;
  const venv = 'RUN python -m venv /venv';
  if (facts.tool === 'uv') {
    const locked = paths.includes('uv.lock') ? ' --locked' : '';
    return [
      venv,
      'RUN pip install --no-cache-dir uv',
      'ENV UV_PROJECT_ENVIRONMENT=/venv',
      'COPY . .',
      `RUN uv sync${locked} --no-dev --no-editable --inexact`,
    ];
  }
  if (facts.tool === 'poetry') {
    return [
      venv,
      'RUN pip install --no-cache-dir poetry',
      'ENV VIRTUAL_ENV=/venv PATH=/venv/bin:$PATH',
      copyLine(
        ['pyproject.toml', 'poetry.lock'].filter((path) => paths.includes(path)),
        './',
      ),
      'RUN poetry install --only main --no-root',
    ];
  }
  const requirements =
    facts.requirements.find((path) => path === 'requirements.txt') ?? facts.requirements[0];
  if (requirements !== undefined) {
    return [
      venv,
      copyLine([requirements], './'),
      `RUN /venv/bin/pip install --no-cache-dir -r ${requirements}`,
    ];
  }
  if (facts.isPackage) return [venv, 'COPY . .', 'RUN /venv/bin/pip install --no-cache-dir .'];
  assumptions.push('The project asks for no packages, so the image has Python alone.');
  return [venv];
}
