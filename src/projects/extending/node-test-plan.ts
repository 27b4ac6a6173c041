import { posix } from 'node:path';
import { allPackages, type NodeFacts } from './detect-node.ts';
import type { Draft } from './draft.ts';
import { testFolderOf } from './test-files.ts';
import type { Subject } from './test-subject.ts';

/** A test framework of JavaScript. */
export type Framework = 'node' | 'vitest' | 'jest' | 'mocha';

/** What a first test will be written with, and where. */
export interface TestPlan {
  framework: Framework;
  /** Packages to add for development. */
  packages: Record<string, string>;
  path: string;
  /** How the test names the module: '../src/cart.ts'. */
  specifier: string;
}

const VITEST_FOR_VITE: Record<number, string> = { 3: '^0.34.0', 4: '^1.6.0', 5: '^3.2.0' };
const CURRENT_VITEST = '^5.1.0';
/** Vitest 5 needs Node 22.12, so that older versions of Node get the one before. */
const OLDER_VITEST = '^3.2.0';
/** Any of these lets Jest read TypeScript or ES modules. */
const JEST_TRANSFORMS = [
  'ts-jest',
  '@swc/jest',
  'babel-jest',
  '@babel/preset-env',
  'esbuild-jest',
  'next',
  'react-scripts',
  'jest-expo',
];
const STRIPPING_NODE: [number, number] = [22, 18];

/** Decides on the framework (the project's own if it works here) and the place of the first test. */
export function planTest(draft: Draft, facts: NodeFacts, subject: Subject): TestPlan {
  const framework = frameworkFor(draft, facts, subject);
  const isVitestNew = framework === 'vitest' && !('vitest' in allPackages(facts));
  const packages: Record<string, string> = isVitestNew ? { vitest: vitestRange(facts) } : {};
  const path = pathFor(draft, facts, subject, framework);
  if (framework === 'node' && needsNodeTypes(facts, path)) packages['@types/node'] = `^${facts.node}.0.0`;
  return { framework, packages, path, specifier: specifierFor(facts, subject, path, framework) };
}

function frameworkFor({ assumptions }: Draft, facts: NodeFacts, subject: Subject): Framework {
  const packages = allPackages(facts);
  const runsCommonJs = !subject.module.isEsm && !facts.isTypescript;
  if ('vitest' in packages) return 'vitest';
  if ('jest' in packages || 'react-scripts' in packages) {
    if (runsCommonJs || JEST_TRANSFORMS.some((name) => name in packages)) return 'jest';
    assumptions.push(
      'Jest is in package.json, but nothing that lets it read this code; the test does without it.',
    );
  }
  if ('mocha' in packages && (!facts.isTypescript || 'tsx' in packages || 'ts-node' in packages))
    return 'mocha';
  if ('vite' in packages || !subject.runsInNode) return 'vitest';
  return !facts.isTypescript || stripsTypes(facts) ? 'node' : 'vitest';
}

/** Node runs TypeScript by itself from 22.18 on; a version without a minor means its newest. */
function stripsTypes({ lowest, manifest }: NodeFacts): boolean {
  if (lowest === null) return true;
  const runsAlready = Object.values(manifest.scripts).some((script) => /\bnode\s[^&|]*\.m?ts\b/.test(script));
  const [major, minor] = lowest;
  return (
    runsAlready ||
    major > STRIPPING_NODE[0] ||
    (major === STRIPPING_NODE[0] && (minor ?? 99) >= STRIPPING_NODE[1])
  );
}

function vitestRange(facts: NodeFacts): string {
  const vite = /(\d+)/.exec(allPackages(facts).vite ?? '')?.[1];
  const forVite = vite === undefined ? undefined : VITEST_FOR_VITE[Number(vite)];
  if (forVite !== undefined) return forVite;
  return (facts.lowest?.[0] ?? facts.node) < 22 ? OLDER_VITEST : CURRENT_VITEST;
}

function pathFor(draft: Draft, facts: NodeFacts, subject: Subject, framework: Framework): string {
  const { name, ext } = posix.parse(subject.path);
  const isScript = framework === 'node' && !compilesForNode(facts, subject);
  const usual = framework === 'mocha' || framework === 'jest' ? ext : ext.replace('x', '');
  const file = `${name}.test${isScript ? '.mjs' : usual}`;
  const { paths } = draft.project.view;
  const own = testFolderOf(paths);
  const isInside = !isScript && own === null && buildsAll(facts) && subject.path.startsWith('src/');
  const folder = own ?? (framework === 'node' || framework === 'mocha' ? 'test' : 'tests');
  // A folder beside src would move everything in what tsc writes.
  return isInside ? posix.join(posix.dirname(subject.path), file) : `${folder}/${file}`;
}

/** Whether tsc takes the endings that Node needs (`./cart.ts`), where it compiles the tests at all; a test in JavaScript it leaves alone. */
function compilesForNode({ tsconfig }: NodeFacts, subject: Subject): boolean {
  if (tsconfig === null || !/ts$/.test(subject.path)) return true;
  const { allowImportingTsExtensions, rewriteRelativeImportExtensions } = tsconfig.compilerOptions;
  return allowImportingTsExtensions || rewriteRelativeImportExtensions || !coversFolder(tsconfig, 'test');
}

/** tsc compiles whatever is there, and writes it out. */
function buildsAll({ tsconfig, isTypescript }: NodeFacts): boolean {
  return (
    isTypescript && tsconfig !== null && coversFolder(tsconfig, 'test') && !tsconfig.compilerOptions.noEmit
  );
}

function coversFolder(tsconfig: NonNullable<NodeFacts['tsconfig']>, folder: string): boolean {
  const { include, files } = tsconfig;
  if (include === undefined) return files === undefined;
  return include.some((pattern) => {
    const first = pattern.replace(/^\.\//, '').split('/')[0] ?? '';
    return first === folder || first === '' || first === '.' || first.includes('*');
  });
}

function needsNodeTypes(facts: NodeFacts, path: string): boolean {
  if (
    !path.endsWith('ts') ||
    !facts.isTypescript ||
    facts.tsconfig === null ||
    '@types/node' in allPackages(facts)
  )
    return false;
  return coversFolder(facts.tsconfig, path.split('/')[0] ?? '');
}

/** As Node needs it, or as the project writes its own imports. */
function specifierFor(facts: NodeFacts, subject: Subject, path: string, framework: Framework): string {
  const relative = posix.relative(posix.dirname(path), subject.path);
  const full = relative.startsWith('.') ? relative : `./${relative}`;
  if (/jsx?$/.test(full)) return subject.module.isEsm ? full : full.replace(/\.js$/, '');
  if (framework === 'node') return full;
  const { module = '', moduleResolution = module } = facts.tsconfig?.compilerOptions ?? {};
  const needsJs = /node(?:16|18|20|next)/i.test(moduleResolution || module);
  const own =
    subject.module.imports.find((specifier) => /^\.\.?\//.test(specifier)) ?? (needsJs ? './x.js' : './x');
  if (/\.tsx?$/.test(own)) return full;
  return full.replace(/\.([cm]?)tsx?$/, /\.[cm]?js$/.test(own) ? '.$1js' : '');
}
