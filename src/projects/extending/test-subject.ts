import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { allPackages, type NodeFacts } from './detect-node.ts';
import { type KnownCall, knownCallOf, literalValue, type Plain, seemsSecret } from './evaluate-expression.ts';
import { findRoute, type Route } from './http-route.ts';
import type { ProjectView } from './project-view.ts';
import { readSource } from './read-source.ts';
import { type ExportedThing, readModule, type ScriptModule } from './script-module.ts';

/** What a first test says about a thing that a module exports. */
type Claim =
  | ({ kind: 'call' } & KnownCall)
  | { kind: 'constant'; value: Plain }
  | { kind: 'route'; route: Route }
  | { kind: 'function' }
  | { kind: 'value' };

/** The module to test first, what it exports, and what is known about that. */
export interface Subject {
  path: string;
  module: ScriptModule;
  thing: ExportedThing;
  claim: Claim;
  /** Node can load it as it is: no JSX, no enums, each import with its ending. */
  runsInNode: boolean;
}

/** More modules than this are not looked at. */
const MOST_MODULES = 80;
const MOST_DEPTH = 200;
const SOURCE = /\.(?:[cm]?[jt]s|[jt]sx)$/;
const ASIDE =
  /\.d\.[cm]?ts$|\.(?:test|spec|stories|config|min)\.|(?:^|\/)(?:tests?|__tests__|spec|e2e|scripts?|bin|examples?|migrations?|dist|build|out|coverage|public|static|docs?|\.[^/]+)\/|(?:^|\/)(?:eslint|vite-env|setup|gulpfile|gruntfile)[^/]*$/i;
/** TypeScript that is more than types, so that leaving the types out does not make it JavaScript. */
const NOT_ERASABLE =
  /^[ \t]*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s|^[ \t]*(?:export\s+)?namespace\s+\w+|constructor\s*\([^)]*\b(?:private|public|protected|readonly)\s|^[ \t]*@\w+|^[ \t]*import\s+\w+\s*=|^[ \t]*export\s*=/m;
const RANKS: Claim['kind'][] = ['call', 'route', 'function', 'constant', 'value'];

/** Finds the module of a project that a first test is best about; null where none can be loaded by itself. */
export async function findSubject(view: ProjectView, facts: NodeFacts): Promise<Subject | null> {
  const entry = entryOf(view, facts);
  // A package within the project has tests of its own.
  const inner = view.paths.flatMap((path) => /^(.+\/)package\.json$/.exec(path)?.[1] ?? []);
  const candidates = view.paths
    .filter(
      (path) => SOURCE.test(path) && !ASIDE.test(path) && !inner.some((folder) => path.startsWith(folder)),
    )
    .toSorted((a, b) => Number(b === entry) - Number(a === entry) || depthOf(a) - depthOf(b))
    .slice(0, MOST_MODULES);
  const reader = startReading(view, facts);
  let best: { subject: Subject; rank: number } | null = null;
  for (const path of candidates) {
    const module = await reader.read(path);
    const loads = module === null ? 'no' : await reader.loads(path);
    if (module === null || loads === 'no') continue;
    const runsInNode = loads === 'node';
    for (const thing of module.exports) {
      const claim = claimOf(thing, module, facts);
      // What Node loads as it is needs no other tool, which counts more than what is known of it.
      const rank = RANKS.indexOf(claim.kind) * 2 + (runsInNode ? 0 : 5);
      if (best === null || rank < best.rank) {
        best = { subject: { path, module, thing, claim, runsInNode }, rank };
      }
    }
  }
  return best?.subject ?? null;
}

/** The source of what package.json says is loaded or started: `dist/index.js` is made from `src/index.ts`. */
export function entryOf(view: ProjectView, { manifest }: Pick<NodeFacts, 'manifest'>): string | null {
  const named = [
    manifest.main,
    /^node\s+(?:--\S+\s+)*(\S+)/.exec(manifest.scripts.start ?? '')?.[1],
    'src/index.ts',
    'src/index.js',
    'index.js',
    'index.ts',
  ];
  for (const name of named) {
    if (name === undefined) continue;
    const path = posix.normalize(name);
    const inSource = path.replace(/^(?:dist|build|lib|out)\//, 'src/').replace(/\.([cm]?)js$/, '.$1ts');
    const found = [path, inSource, inSource.replace(/ts$/, 'tsx'), `${path}.js`].find((candidate) =>
      view.paths.includes(candidate),
    );
    if (found !== undefined) return found;
  }
  return null;
}

function claimOf(thing: ExportedThing, module: ScriptModule, facts: NodeFacts): Claim {
  const call = thing.short && knownCallOf(thing.short, 'script');
  if (call) return { kind: 'call', ...call };
  const route = findRoute(thing, module, allPackages(facts));
  if (route) return { kind: 'route', route };
  if (thing.kind !== 'value') return { kind: 'function' };
  const isOpen = thing.literal !== null && !seemsSecret(thing.name);
  const value = isOpen ? literalValue(thing.literal ?? '', 'script') : null;
  return value === null ? { kind: 'value' } : { kind: 'constant', value };
}

function depthOf(path: string): number {
  return path.split('/').length;
}

type Loads = 'node' | 'bundler' | 'no';

/** Follows the imports of modules and remembers what it has read. */
function startReading(view: ProjectView, facts: NodeFacts) {
  const modules = new Map<string, ScriptModule | null>();
  const paths = new Set(view.paths);
  const packages = allPackages(facts);

  async function read(path: string): Promise<ScriptModule | null> {
    const known = modules.get(path);
    if (known !== undefined) return known;
    const text = await readSource(view, path);
    const module = text === null ? null : readModule(text);
    modules.set(path, module);
    return module;
  }

  /** Whether a module and all that it imports can be loaded, by Node alone or only by a bundler's means. */
  async function loads(path: string, seen = new Set<string>()): Promise<Loads> {
    if (seen.has(path)) return 'node';
    seen.add(path);
    const module = await read(path);
    if (module === null || module.actsOnLoad || seen.size > MOST_DEPTH) return 'no';
    // How JSX is to be read is a setting that only a project with Vite has for tests, too.
    if (/x$/.test(path) && !Object.hasOwn(packages, 'vite')) return 'no';
    let worst: Loads = canStrip(path, module) ? 'node' : 'bundler';
    for (const specifier of module.imports) {
      const found = await importLoads(path, specifier, seen);
      if (found === 'no') return 'no';
      if (found === 'bundler') worst = 'bundler';
    }
    return worst;
  }

  async function importLoads(from: string, specifier: string, seen: Set<string>): Promise<Loads> {
    if (!specifier.startsWith('.')) return isInstalled(specifier, packages) ? 'node' : 'no';
    const target = posix.normalize(posix.join(posix.dirname(from), specifier));
    if (paths.has(target)) {
      if (SOURCE.test(target)) return await loads(target, seen);
      return target.endsWith('.json') && !(await read(from))?.isEsm ? 'node' : 'bundler';
    }
    const found = guesses(target).find((guess) => paths.has(guess));
    if (found === undefined) return 'no';
    const isCommon = !(await read(from))?.isEsm && /\.c?js$/.test(found);
    const inner = await loads(found, seen);
    return inner === 'node' && !isCommon ? 'bundler' : inner;
  }

  return { read, loads };
}

/** What an import without an ending, or with the ending of what it is compiled to, may stand for. */
function guesses(target: string): string[] {
  const bare = target.replace(/\.([cm]?)jsx?$/, '');
  const endings = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.json'];
  return [bare, `${target}/index`, target].flatMap((stem) => endings.map((ending) => stem + ending));
}

function isInstalled(specifier: string, packages: Record<string, string>): boolean {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return specifier.startsWith('node:') || builtinModules.includes(specifier) || Object.hasOwn(packages, name);
}

function canStrip(path: string, module: ScriptModule): boolean {
  if (/x$/.test(path)) return false;
  return /js$/.test(path) || !NOT_ERASABLE.test(module.blanked);
}
