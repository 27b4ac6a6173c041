import { z } from 'zod';
import { type Manifest, parseManifest } from './manifest.ts';
import { CURRENT_NODE, lowestNode, nodeMajorFor } from './node-version.ts';
import type { ProjectView } from './project-view.ts';
import { readJsonc } from './read-jsonc.ts';

/** A program that installs the packages of a Node project. */
type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'yarn-berry' | 'bun';

const tsconfigSchema = z.object({
  include: z.array(z.string()).optional().catch(undefined),
  files: z.array(z.string()).optional().catch(undefined),
  compilerOptions: z
    .object({
      outDir: z.string().optional().catch(undefined),
      rootDir: z.string().optional().catch(undefined),
      noEmit: z.boolean().default(false).catch(false),
      module: z.string().optional().catch(undefined),
      moduleResolution: z.string().optional().catch(undefined),
      allowImportingTsExtensions: z.boolean().default(false).catch(false),
      rewriteRelativeImportExtensions: z.boolean().default(false).catch(false),
    })
    .default({ noEmit: false, allowImportingTsExtensions: false, rewriteRelativeImportExtensions: false }),
});
type Tsconfig = z.infer<typeof tsconfigSchema>;

/** A project with a package.json. */
export interface NodeFacts {
  kind: 'node';
  manifest: Manifest;
  manifestText: string;
  packageManager: PackageManager;
  /** Null where no lock file says which versions are meant. */
  lockFile: string | null;
  /** The package manager's own major version, where something tells it. */
  managerMajor: number | null;
  node: number;
  /** .nvmrc or .node-version. */
  versionFile: string | null;
  /** The lowest version that has to work; null where nothing is said. */
  lowest: [number, number | null] | null;
  isTypescript: boolean;
  /** package.json says that `.js` files are ES modules. */
  isModule: boolean;
  tsconfig: Tsconfig | null;
  hasWorkspaces: boolean;
}

const LOCK_FILES: [string, PackageManager][] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
];

/** Null where there is no package.json. @throws ProblemError `invalid_request` where it is broken. */
export async function detectNode(view: ProjectView, assumptions: string[]): Promise<NodeFacts | null> {
  if (!view.paths.includes('package.json')) return null;
  const manifestText = await view.read('package.json');
  if (manifestText === null) return null;
  const manifest = parseManifest(manifestText);
  const tsconfig = await readTsconfig(view);
  const isTypescript =
    tsconfig !== null ||
    'typescript' in { ...manifest.dependencies, ...manifest.devDependencies } ||
    view.paths.some((path) => /^(?:src|lib|app)\/.*\.(?:ts|tsx|mts)$/.test(path));
  return {
    kind: 'node',
    manifest,
    manifestText,
    ...(await packageManagerOf(view, manifest, assumptions)),
    ...(await nodeVersionOf(view, manifest, assumptions)),
    isTypescript,
    isModule: manifest.type === 'module',
    tsconfig,
    hasWorkspaces: manifest.workspaces !== undefined || view.paths.includes('pnpm-workspace.yaml'),
  };
}

/** All packages that package.json names, those for development too. */
export function allPackages({ manifest }: Pick<NodeFacts, 'manifest'>): Record<string, string> {
  return {
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
    ...manifest.devDependencies,
    ...manifest.dependencies,
  };
}

async function readTsconfig(view: ProjectView): Promise<Tsconfig | null> {
  if (!view.paths.includes('tsconfig.json')) return null;
  const parsed = tsconfigSchema.safeParse(readJsonc((await view.read('tsconfig.json')) ?? ''));
  return parsed.success ? parsed.data : tsconfigSchema.parse({});
}

async function packageManagerOf(view: ProjectView, manifest: Manifest, assumptions: string[]) {
  const [lockFile, byLock] = LOCK_FILES.find(([name]) => view.paths.includes(name)) ?? [null, null];
  const [, named, major] = /^(npm|pnpm|yarn|bun)@(\d+)/.exec(manifest.packageManager ?? '') ?? [];
  const manager = isManager(named) ? named : (byLock ?? 'npm');
  const own = lockFile !== null && (byLock === manager || named === undefined) ? lockFile : null;
  if (named !== undefined) assumptions.push(`${named}, because package.json names it as packageManager.`);
  else if (lockFile !== null) assumptions.push(`${manager}, because there is a ${lockFile}.`);
  else assumptions.push('npm, because no lock file says otherwise.');
  const lockText = own !== null && own !== 'bun.lockb' ? ((await view.read(own)) ?? '') : '';
  const isBerry =
    manager === 'yarn' &&
    ((major !== undefined && Number(major) > 1) ||
      view.paths.includes('.yarnrc.yml') ||
      /^__metadata:/m.test(lockText));
  return {
    packageManager: isBerry ? ('yarn-berry' as const) : manager,
    lockFile: own,
    managerMajor: major === undefined ? pnpmMajorOf(lockText) : Number(major),
  };
}

function isManager(name: string | undefined): name is 'npm' | 'pnpm' | 'yarn' | 'bun' {
  return name === 'npm' || name === 'pnpm' || name === 'yarn' || name === 'bun';
}

/** The pnpm that wrote the lock file; versions 9 and 10 write the same form. */
function pnpmMajorOf(lockText: string): number | null {
  const form = /^lockfileVersion: '?(\d+)/m.exec(lockText)?.[1];
  if (form === undefined) return null;
  return { 5: 7, 6: 8, 9: 10 }[form] ?? null;
}

async function nodeVersionOf(view: ProjectView, manifest: Manifest, assumptions: string[]) {
  for (const versionFile of ['.nvmrc', '.node-version']) {
    if (!view.paths.includes(versionFile)) continue;
    const [, major, minor] = /^v?(\d+)(?:\.(\d+))?/.exec(((await view.read(versionFile)) ?? '').trim()) ?? [];
    if (major === undefined) continue;
    assumptions.push(`Node ${major}, because of ${versionFile}.`);
    return { node: Number(major), versionFile, lowest: versionPair(major, minor) };
  }
  const [, major, minor] = /^(\d+)(?:\.(\d+))?/.exec(manifest.volta.node ?? '') ?? [];
  if (major !== undefined) {
    assumptions.push(`Node ${major}, because package.json names it for Volta.`);
    return { node: Number(major), versionFile: null, lowest: versionPair(major, minor) };
  }
  const range = manifest.engines.node;
  const fitting = range === undefined ? null : nodeMajorFor(range);
  if (range !== undefined && fitting !== null) {
    assumptions.push(`Node ${fitting}, because package.json asks for "${range.slice(0, 60)}".`);
    return { node: fitting, versionFile: null, lowest: lowestNode(range) };
  }
  assumptions.push(`Node ${CURRENT_NODE}, because the project does not say which version it needs.`);
  return { node: CURRENT_NODE, versionFile: null, lowest: null };
}

function versionPair(major: string, minor: string | undefined): [number, number | null] {
  return [Number(major), minor === undefined ? null : Number(minor)];
}
