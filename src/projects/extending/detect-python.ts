import { parse as parseToml } from 'smol-toml';
import { z } from 'zod';
import { ProblemError } from '../../errors.ts';
import type { ProjectView } from './project-view.ts';

const CURRENT_PYTHON = '3.13';
const VERSIONS = ['3.13', '3.12', '3.14', '3.11', '3.10', '3.9', '3.8'];

/** Longer ones mean nothing, and reading them by patterns would take too long. */
const shortText = z.string().max(1_000);
const names = z.array(z.unknown()).transform((list) => list.filter((item) => typeof item === 'string'));
const table = z.record(z.string(), z.unknown()).catch({});
const pyprojectSchema = z.object({
  project: z
    .object({
      name: shortText.optional().catch(undefined),
      description: shortText.optional().catch(undefined),
      license: z.unknown().optional(),
      'requires-python': shortText.optional().catch(undefined),
      dependencies: names.default([]).catch([]),
      'optional-dependencies': z.record(z.string(), names).default({}).catch({}),
      scripts: z.record(z.string(), z.string()).default({}).catch({}),
      authors: z
        .array(z.object({ name: shortText.optional() }))
        .default([])
        .catch([]),
    })
    .optional()
    .catch(undefined),
  'dependency-groups': z.record(z.string(), names).default({}).catch({}),
  tool: table.default({}),
});
type Pyproject = z.infer<typeof pyprojectSchema>;
const poetrySchema = z.object({
  name: shortText.optional().catch(undefined),
  description: shortText.optional().catch(undefined),
  license: z.string().optional().catch(undefined),
  authors: z.array(shortText).default([]).catch([]),
  dependencies: table.default({}),
  group: z
    .record(z.string(), z.object({ dependencies: table.default({}) }))
    .default({})
    .catch({}),
  'dev-dependencies': table.default({}),
  scripts: z.record(z.string(), z.string()).default({}).catch({}),
});

/** A project in Python. */
export interface PythonFacts {
  kind: 'python';
  tool: 'uv' | 'poetry' | 'pip';
  version: string;
  pyproject: Pyproject | null;
  pyprojectText: string | null;
  poetry: z.infer<typeof poetrySchema> | null;
  /** Files named requirements*.txt in the project's own folder. */
  requirements: string[];
  /** All packages that are asked for anywhere, folded: `flask`, `pytest`. */
  packages: Set<string>;
  /** Only those that the program itself needs. */
  runtimePackages: Set<string>;
  hasSetupPy: boolean;
  /** Its code is in src/. */
  hasSrc: boolean;
  /** It can be installed as a package. */
  isPackage: boolean;
  /** Names of the groups and extras for development. */
  extras: string[];
  /** Names of the commands that it installs. */
  commands: string[];
}

/** Null where nothing of Python is there. @throws ProblemError `invalid_request` where pyproject.toml is broken. */
export async function detectPython(view: ProjectView, assumptions: string[]): Promise<PythonFacts | null> {
  const requirements = view.paths.filter((path) => /^requirements[\w.-]*\.txt$/.test(path));
  const hasSetupPy = view.paths.includes('setup.py') || view.paths.includes('setup.cfg');
  const pyprojectText = view.paths.includes('pyproject.toml') ? await view.read('pyproject.toml') : null;
  const isAny = pyprojectText !== null || requirements.length > 0 || hasSetupPy;
  if (!isAny && !view.paths.some((path) => /^[^/]+\.py$/.test(path))) return null;
  const pyproject = pyprojectText === null ? null : parsePyproject(pyprojectText);
  const poetry = pyproject?.tool.poetry ? poetrySchema.parse(pyproject.tool.poetry) : null;
  const runtime = foldedNames([
    ...(pyproject?.project?.dependencies ?? []),
    ...Object.keys(poetry?.dependencies ?? {}),
    ...(await requirementLines(view, requirements.filter(isRuntimeFile))),
  ]);
  const development = foldedNames([
    ...Object.values(pyproject?.project?.['optional-dependencies'] ?? {}).flat(),
    ...Object.values(pyproject?.['dependency-groups'] ?? {}).flat(),
    ...Object.values(poetry?.group ?? {}).flatMap((group) => Object.keys(group.dependencies)),
    ...Object.keys(poetry?.['dev-dependencies'] ?? {}),
    ...(await requirementLines(
      view,
      requirements.filter((path) => !isRuntimeFile(path)),
    )),
  ]);
  return {
    kind: 'python',
    tool: toolOf(view, poetry !== null, assumptions),
    version: await versionOf(view, pyproject, poetry?.dependencies.python, assumptions),
    pyproject,
    pyprojectText,
    poetry,
    requirements,
    packages: new Set([...runtime, ...development]),
    runtimePackages: new Set(runtime),
    hasSetupPy,
    hasSrc: view.paths.some((path) => /^src\/.+\.py$/.test(path)) && !view.paths.includes('src/__init__.py'),
    isPackage: hasSetupPy || pyproject?.project !== undefined || poetry !== null,
    extras: Object.keys(pyproject?.project?.['optional-dependencies'] ?? {}),
    commands: Object.keys({ ...pyproject?.project?.scripts, ...poetry?.scripts }),
  };
}

function parsePyproject(source: string): Pyproject {
  try {
    return pyprojectSchema.parse(parseToml(source.replace(/^\uFEFF/, '')));
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new ProblemError('invalid_request', `pyproject.toml is not valid TOML: ${reason}`);
  }
}

function isRuntimeFile(path: string): boolean {
  return !/dev|test|lint|doc|ci/i.test(path);
}

async function requirementLines(view: ProjectView, paths: string[]): Promise<string[]> {
  const texts = await Promise.all(paths.map(async (path) => (await view.read(path)) ?? ''));
  return texts.flatMap((text) => text.split(/\r?\n/)).filter((line) => /^\s*[A-Za-z0-9]/.test(line));
}

/** `Flask[async]>=3` is asked for as `flask`; what is in brackets is kept as `flask[async]` beside it. */
function foldedNames(requirements: string[]): string[] {
  return requirements.flatMap((line) => {
    const [, name, extra] = /^\s*([\w.-]+)\s*(\[[^\]]*\])?/.exec(line) ?? [];
    if (name === undefined) return [];
    const folded = name.toLowerCase().replace(/[_.]/g, '-');
    return extra === undefined ? [folded] : [folded, folded + extra.toLowerCase().replace(/\s/g, '')];
  });
}

function toolOf(view: ProjectView, hasPoetry: boolean, assumptions: string[]): PythonFacts['tool'] {
  if (view.paths.includes('uv.lock')) {
    assumptions.push('uv, because there is a uv.lock.');
    return 'uv';
  }
  if (hasPoetry || view.paths.includes('poetry.lock')) {
    assumptions.push(`Poetry, because there is ${hasPoetry ? 'a [tool.poetry] table' : 'a poetry.lock'}.`);
    return 'poetry';
  }
  assumptions.push('pip, because neither uv nor Poetry has left a lock file.');
  return 'pip';
}

async function versionOf(
  view: ProjectView,
  pyproject: Pyproject | null,
  poetryPython: unknown,
  assumptions: string[],
): Promise<string> {
  const pinned = view.paths.includes('.python-version') ? await view.read('.python-version') : null;
  const exact = /^(3\.\d+)/.exec((pinned ?? '').trim())?.[1];
  if (exact !== undefined) {
    assumptions.push(`Python ${exact}, because of .python-version.`);
    return exact;
  }
  const range = pyproject?.project?.['requires-python'] ?? shortText.safeParse(poetryPython).data ?? '';
  const fitting = VERSIONS.find((version) => range !== '' && pythonFits(version, range));
  assumptions.push(
    fitting === undefined
      ? `Python ${CURRENT_PYTHON}, because the project does not say which version it needs.`
      : `Python ${fitting}, because pyproject.toml asks for "${range.slice(0, 60)}".`,
  );
  return fitting ?? CURRENT_PYTHON;
}

function pythonFits(version: string, range: string): boolean {
  const minor = Number(version.split('.')[1]);
  return range.split(',').every((part) => {
    const [, operator, bound] = /^\s*(>=|<=|>|<|==|~=|\^|~|!=)?\s*3(?:\.(\d+))?/.exec(part) ?? [];
    // `<4` and the like say nothing about the versions that are tried here.
    if (bound === undefined) return true;
    if (operator === '>=' || operator === '^') return minor >= Number(bound);
    if (operator === '>') return minor > Number(bound);
    if (operator === '<') return minor < Number(bound);
    if (operator === '<=') return minor <= Number(bound);
    if (operator === '!=') return minor !== Number(bound);
    if (operator === '~=') return /3\.\d+\.\d/.test(part) ? minor === Number(bound) : minor >= Number(bound);
    return minor === Number(bound);
  });
}
