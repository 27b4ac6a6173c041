import type { NodeFacts } from './detect-node.ts';
import type { Draft } from './draft.ts';
import { hasPackages, isNoTest, nodeCommands } from './node-commands.ts';
import type { Step } from './workflow-text.ts';

/** Scripts that check something, in the order in which they are run; of each row the first that is there. */
const CHECKS = [
  ['format:check', 'check:format', 'check-format', 'prettier:check'],
  ['lint:check', 'lint:ci', 'lint'],
  ['check'],
  ['typecheck', 'type-check', 'types', 'check-types', 'check:types', 'tsc'],
];
const TESTS = ['test:ci', 'test', 'test:run', 'test:unit'];
/** A script that waits for changes does not end. */
const NEVER_ENDS = /--watch(?:All)?(?!=false|\w)|\bvitest\s+(?:--ui|watch)|\bnodemon\b/;
const CHANGES_FILES = /--(?:fix|write)\b/;

/** The steps for a Node project; null where it has no packages and no scripts to run. */
export function addCiForNode(draft: Draft, facts: NodeFacts): Step[] | null {
  const scripts = scriptsToRun(draft);
  if (scripts.length === 0 && !hasPackages(facts)) return null;
  const commands = nodeCommands(facts);
  const needsInstall =
    hasPackages(facts) ||
    facts.hasWorkspaces ||
    draft.files().some(({ path, content }) => path === 'package.json' && /"devDependencies"/.test(content));
  return [
    ...setupSteps(facts),
    ...(needsInstall ? [{ run: commands.install }] : []),
    ...scripts.map((script) => ({ run: script === 'test' ? commands.test : commands.run(script) })),
  ];
}

function scriptsToRun({ scripts, assumptions }: Draft): string[] {
  const own = (name: string) => Object.hasOwn(scripts, name);
  const checks = CHECKS.flatMap((row) => row.find(own) ?? []).filter(
    (name) => !NEVER_ENDS.test(scripts[name] ?? ''),
  );
  const changing = checks.filter((name) => CHANGES_FILES.test(scripts[name] ?? ''));
  if (changing.length > 0) {
    assumptions.push(
      `The workflow leaves out ${changing.join(' and ')}, which changes files instead of only checking them.`,
    );
  }
  const tests = TESTS.filter((name) => own(name) && !isNoTest(scripts[name]));
  const test = tests.find((name) => !NEVER_ENDS.test(scripts[name] ?? ''));
  if (tests.length > 0 && test === undefined) {
    assumptions.push(
      `The workflow leaves out ${tests.join(' and ')}, which waits for changes and does not end.`,
    );
  }
  if (tests.length === 0) assumptions.push('package.json has no test script, so the workflow runs no tests.');
  const build = own('build') && !NEVER_ENDS.test(scripts.build ?? '') ? ['build'] : [];
  return [
    ...checks.filter((name) => !changing.includes(name)),
    ...build,
    ...(test === undefined ? [] : [test]),
  ];
}

function setupSteps(facts: NodeFacts): Step[] {
  const { packageManager, lockFile, manifest, managerMajor } = facts;
  const node: Record<string, string | number> =
    facts.versionFile === null ? { 'node-version': facts.node } : { 'node-version-file': facts.versionFile };
  if (packageManager === 'bun') {
    // The tools that scripts start with `node` are there as well.
    return [{ uses: 'oven-sh/setup-bun@v2' }, { uses: 'actions/setup-node@v5', with: node }];
  }
  const cache: Record<string, string> =
    lockFile === null ? {} : { cache: packageManager === 'yarn-berry' ? 'yarn' : packageManager };
  const setup: Step = { uses: 'actions/setup-node@v5', with: { ...node, ...cache } };
  if (packageManager === 'pnpm') {
    const version: Step = { uses: 'pnpm/action-setup@v4' };
    return [
      manifest.packageManager === undefined ? { ...version, with: { version: managerMajor ?? 10 } } : version,
      setup,
    ];
  }
  return packageManager === 'yarn-berry' ? [{ run: 'corepack enable' }, setup] : [setup];
}
