import { posix } from 'node:path';
import type { Import, SourceFile } from './source-file.ts';

/**
 * The floors of the house, top to bottom. A file imports from its own folder or from a lower floor.
 * A new folder of `src/` gets its place here.
 */
const FLOORS = [
  ['server', 'import', 'ingest', 'keys'],
  ['app'],
  ['services', 'routes', 'channels', 'ingesting'],
  ['problems'],
  ['turns'],
  ['agents'],
  ['knowledge', 'projects', 'repositories'],
  ['memory', 'workspace', 'identity'],
  ['models', 'db', 'github', 'dates', 'history-files'],
  ['command-line'],
  ['config'],
  ['errors'],
];

/** Packages that belong to one layer, and the rooms that make up the layer. */
const PACKAGE_ROOMS = [
  { packages: ['fastify'], rooms: ['server', 'app', 'routes', 'channels', 'problems'], what: 'HTTP' },
  {
    packages: ['pg', 'drizzle-orm', '@electric-sql/pglite'],
    rooms: ['db', 'memory', 'turns', 'knowledge', 'workspace', 'repositories', 'identity'],
    what: 'SQL',
  },
];

const LINE_LIMITS = { src: 300, tests: 400 };
const ENVIRONMENT_READERS = [
  'src/config.ts',
  'src/server.ts',
  'src/import.ts',
  'src/ingest.ts',
  'src/keys.ts',
];
const BUILDERS = ['src/services.ts', 'src/app.ts', 'src/keys.ts'];
const EMPTY_WORDS = ['util', 'utils', 'helper', 'helpers', 'manager', 'managers', 'common', 'misc'];

/** `src/memory/recall.ts` is in the room `memory`, `src/app.ts` in the room `app`. */
function roomOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.ts$/, '');
}

function floorOf(room: string): number {
  return FLOORS.findIndex((rooms) => rooms.includes(room));
}

/** The imported file's path from the root of the repository; undefined for a package. */
function targetOf(file: SourceFile, { specifier }: Import): string | undefined {
  return specifier?.startsWith('.') ? posix.join(posix.dirname(file.path), specifier) : undefined;
}

function where(file: SourceFile, { line }: Import): string {
  return `${file.path}:${line}`;
}

/** A file imports only from its own folder or from a lower floor. Imports of types count. */
export function upwardImports(files: SourceFile[]): string[] {
  return files.flatMap((file) => {
    const room = roomOf(file.path);
    if (floorOf(room) < 0) {
      return [`${file.path}: "${room}" has no floor; give it one in FLOORS of tests/architecture/rules.ts.`];
    }
    return file.imports.flatMap((found) => {
      if (found.specifier === undefined) {
        return [
          `${where(file, found)} imports a computed path; write it out, so that its floor can be checked.`,
        ];
      }
      const target = targetOf(file, found);
      if (target === undefined || target === 'package.json') return [];
      if (!target.startsWith('src/')) {
        return [`${where(file, found)} imports ${target}, outside src/; move what it needs into src/.`];
      }
      const other = roomOf(target);
      if (other === room || floorOf(other) > floorOf(room)) return [];
      if (floorOf(other) < 0)
        return [`${where(file, found)} imports ${target}, but "${other}" has no floor.`];
      const relation = floorOf(other) === floorOf(room) ? 'beside' : 'above';
      return [
        `${where(file, found)} imports ${target}, but "${other}" is ${relation} "${room}"; move the shared part ` +
          'to a lower floor, or pass it in as a parameter.',
      ];
    });
  });
}

/** No file reaches itself by its imports. Imports of types count. */
export function importCycles(files: SourceFile[]): string[] {
  const targets = new Map(
    files.map((file) => [file.path, file.imports.flatMap((found) => targetOf(file, found) ?? [])]),
  );
  const finished = new Set<string>();
  const cycles: string[] = [];
  function follow(path: string, trail: string[]): void {
    const start = trail.indexOf(path);
    if (start >= 0) {
      const cycle = [...trail.slice(start), path].join(' > ');
      cycles.push(`${cycle} is an import cycle; move what both need into a file of its own.`);
    } else if (!finished.has(path)) {
      for (const target of targets.get(path) ?? []) follow(target, [...trail, path]);
      finished.add(path);
    }
  }
  for (const file of files) follow(file.path, []);
  return cycles;
}

/** HTTP stays at the edge, SQL in the rooms that store. */
export function misplacedPackages(files: SourceFile[]): string[] {
  return files.flatMap((file) =>
    file.imports.flatMap((found) =>
      PACKAGE_ROOMS.filter(
        ({ packages, rooms }) =>
          !rooms.includes(roomOf(file.path)) &&
          packages.some((name) => found.specifier === name || found.specifier?.startsWith(`${name}/`)),
      ).map(
        ({ rooms, what }) =>
          `${where(file, found)} imports ${found.specifier}, but ${what} belongs to ${rooms.join(', ')}; ` +
          'call a function of one of them instead.',
      ),
    ),
  );
}

/** drizzle is loaded by the one file that knows how to load it fast; its types may come from anywhere. */
export function slowPackages(files: SourceFile[]): string[] {
  return files.flatMap((file) =>
    file.imports
      .filter(
        ({ specifier, typeOnly }) =>
          !typeOnly && /^drizzle-orm($|\/(pg-core|node-postgres)$)/.test(specifier ?? ''),
      )
      .map(
        (found) =>
          `${where(file, found)} imports ${found.specifier}, which slows every start; import from db/drizzle.ts.`,
      ),
  );
}

/** Files stay short enough to be read at once. */
export function overlongFiles(files: SourceFile[]): string[] {
  return files.flatMap(({ path, lineCount }) => {
    const limit = path.startsWith('src/') ? LINE_LIMITS.src : LINE_LIMITS.tests;
    return lineCount > limit
      ? [`${path} has ${lineCount} lines, the limit is ${limit}; split it by what its parts are for.`]
      : [];
  });
}

/** The environment is read once, in config.ts; server.ts hands it over. */
export function environmentReads(files: SourceFile[]): string[] {
  return files
    .filter(({ path }) => !ENVIRONMENT_READERS.includes(path))
    .flatMap(({ path, environmentReads: lines }) =>
      lines.map(
        (line) => `${path}:${line} reads the environment; add a setting to src/config.ts and pass it in.`,
      ),
    );
}

/** A name says where a thing comes from: no default exports, no `export *`. */
export function namelessExports(files: SourceFile[]): string[] {
  return files.flatMap(({ path, exportedNames }) => [
    ...(exportedNames.includes('*')
      ? [`${path} has an "export *"; import from the file that has the thing.`]
      : []),
    ...(exportedNames.includes('default') ? [`${path} has a default export; export it by its name.`] : []),
  ]);
}

/** A file is named after what it is for, and these words say nothing. */
export function emptyNames(files: SourceFile[]): string[] {
  return files.flatMap(({ path }) => {
    const word = path.split(/[/.-]/).find((part) => EMPTY_WORDS.includes(part));
    return word ? [`${path}: "${word}" says nothing; name it after its main export.`] : [];
  });
}

/** Only the composition roots build things; everything else is given what it needs. */
export function buildingOutsideRoots(files: SourceFile[]): string[] {
  return files
    .filter(({ path }) => !BUILDERS.includes(path))
    .flatMap((file) =>
      file.imports.flatMap((found) => {
        const target = targetOf(file, found);
        if (target === undefined || BUILDERS.includes(target) || found.typeOnly) return [];
        if (roomOf(target) === roomOf(file.path)) return [];
        const factories = found.names.filter((name) => /^create[A-Z]/.test(name));
        return factories.map(
          (name) =>
            `${where(file, found)} imports ${name} from ${target}; build it in src/services.ts and pass it in ` +
            '(a function that builds no service needs another verb than "create").',
        );
      }),
    );
}

/** Each URL prefix has a test that speaks to it. */
export function untestedRoutes(files: SourceFile[], tests: SourceFile[]): string[] {
  const spoken = tests
    .filter(({ path }) => /^tests\/(routes|e2e)\/.*\.test\.ts$/.test(path))
    .flatMap(({ strings }) => strings);
  return files
    .filter(({ path, routeUrls }) => path.startsWith('src/routes/') && routeUrls.length > 0)
    .flatMap(({ path }) => {
      const prefix = `/${posix.basename(path, '.ts')}`;
      const isPrefix = new RegExp(`${prefix}(?![\\w.-])`);
      return spoken.some((string) => isPrefix.test(string))
        ? []
        : [`${path}: no test in tests/routes or tests/e2e requests ${prefix}; write one.`];
    });
}
