import type { PythonFacts } from './detect-python.ts';
import type { ProjectView } from './project-view.ts';
import { type PythonModule, type PythonThing, pythonModuleName, readPython } from './python-source.ts';
import { readSource } from './read-source.ts';

/** The Python module to test first, by the name under which it is imported. */
export interface PythonSubject {
  path: string;
  module: string;
  source: PythonModule;
  thing: PythonThing | null;
  /** A route of the module's HTTP app that surely answers with 200. */
  route: string | null;
}

const MOST_MODULES = 80;
const ASIDE =
  /(?:^|\/)(?:tests?|docs?|scripts?|examples?|migrations|build|\.[^/]+)\/|(?:^|\/)(?:setup|conftest|manage|noxfile|tasks|__main__|wsgi|asgi)\.py$/;
/** What every Python brings along, as far as programs often import it. */
const STANDARD = new Set(
  `__future__ abc argparse array ast asyncio base64 bisect calendar collections concurrent configparser contextlib
  copy csv ctypes dataclasses datetime decimal difflib email enum errno fnmatch fractions functools gc getpass glob
  gzip hashlib heapq hmac html http importlib inspect io ipaddress itertools json keyword locale logging math
  mimetypes multiprocessing numbers operator os pathlib pickle platform pprint queue random re secrets select shlex
  shutil signal socket sqlite3 ssl stat statistics string struct subprocess sys tempfile textwrap threading time
  timeit tomllib traceback types typing unicodedata unittest urllib uuid warnings weakref xml zipfile zlib zoneinfo`.split(
    /\s+/,
  ),
);

/** Finds the module that a first test is best about; null where none can be imported. */
export async function findPythonSubject(
  view: ProjectView,
  facts: PythonFacts,
): Promise<PythonSubject | null> {
  const candidates = view.paths
    .filter((path) => path.endsWith('.py') && !ASIDE.test(path) && /^[A-Za-z_][\w/]*\.py$/.test(path))
    .toSorted((a, b) => a.split('/').length - b.split('/').length)
    .slice(0, MOST_MODULES);
  const isDjango = view.paths.includes('manage.py');
  const own = new Set(candidates.flatMap((path) => pythonModuleName(path, facts).split('.').slice(0, 1)));
  let best: { subject: PythonSubject; rank: number } | null = null;
  for (const path of candidates) {
    const source = readPython((await readSource(view, path)) ?? '');
    const foreign = source.imports.filter((name) => name !== '.' && !own.has(name) && !STANDARD.has(name));
    const isMissing = foreign.some((name) => !isAskedFor(name, facts.packages));
    const thing = bestThing(source.things);
    const route = source.app === null ? undefined : source.routes[0];
    // Parts of Django can be imported only once its settings are loaded.
    if (isDjango && source.imports.includes('django')) continue;
    if (source.actsOnLoad || (thing === null && route === undefined && source.app === null)) continue;
    const rank = rankOf(thing, route) + foreign.length / 10 + (isMissing ? 20 : 0);
    const subject = { path, module: pythonModuleName(path, facts), source, thing, route: route ?? null };
    if (best === null || rank < best.rank) best = { subject, rank };
  }
  return best?.subject ?? null;
}

function rankOf(thing: PythonThing | null, route: string | undefined): number {
  if (thing?.call) return 0;
  if (route !== undefined) return 1;
  return thing?.kind === 'function' ? 2 : thing?.kind === 'class' ? 3 : 4;
}

function bestThing(things: readonly PythonThing[]): PythonThing | null {
  const open = things.filter(({ name }) => name === '__version__' || !name.startsWith('_'));
  const known = open.find(({ call }) => call !== null) ?? open.find(({ kind }) => kind === 'function');
  return known ?? open.find(({ kind }) => kind === 'class') ?? open[0] ?? null;
}

function isAskedFor(name: string, packages: ReadonlySet<string>): boolean {
  const folded = name.toLowerCase().replaceAll('_', '-');
  return [...packages].some((wanted) => wanted === folded || wanted.includes(folded));
}
