import { allPackages, type NodeFacts } from './detect-node.ts';
import type { Draft } from './draft.ts';
import { hasPackages, isNoTest, nodeCommands } from './node-commands.ts';
import { type Framework, planTest, type TestPlan } from './node-test-plan.ts';
import { testText } from './node-test-text.ts';
import { findSubject } from './test-subject.ts';

const COMMANDS: Record<Framework, string> = {
  node: 'node --test',
  vitest: 'vitest run',
  jest: 'jest',
  mocha: 'mocha',
};
const NAMES: Record<Framework, string> = {
  node: "Node's own test runner",
  vitest: 'Vitest',
  jest: 'Jest',
  mocha: 'Mocha',
};

/** Plans a first test in JavaScript or TypeScript, and the script that runs it. */
export async function addNodeTest(draft: Draft, facts: NodeFacts): Promise<void> {
  const { style, view } = draft.project;
  const subject = await findSubject(view, facts);
  if (subject === null) {
    draft.assumptions.push(
      'No test was added: no module exports something and can be loaded without starting the program. Move what is worth a test into a module of its own.',
    );
    return;
  }
  const plan = planTest(draft, facts, subject);
  const isEsm = subject.module.isEsm || (facts.isTypescript && plan.framework === 'vitest');
  draft.add(plan.path, testText({ plan, subject, style, isEsm, isTypescript: /tsx?$/.test(plan.path) }));
  for (const [name, range] of Object.entries(plan.packages)) draft.addDevDependency(name, range);
  const isNewScript = isNoTest(draft.scripts.test);
  const command =
    facts.manifest.dependencies['react-scripts'] && plan.framework === 'jest'
      ? 'react-scripts test'
      : COMMANDS[plan.framework];
  if (isNewScript) draft.setScript('test', command);
  draft.assumptions.push(
    `The tests use ${NAMES[plan.framework]}${reasonFor(plan.framework, facts)}; the first one is about ${subject.path}.`,
  );
  const isRun = isNewScript || runsNewTest(draft.scripts.test ?? '', plan);
  sayWhatToRun(draft, facts, {
    added: Object.keys(plan.packages),
    test: isRun ? nodeCommands(facts).test : plan.framework === 'node' ? command : `npx ${command}`,
  });
  if (!isRun) {
    draft.assumptions.push(
      `The script "test" of package.json was left as it is; the new test is run by ${command}.`,
    );
  }
}

/** Whether a script that is there finds the new test as well. */
function runsNewTest(script: string, { framework, path }: TestPlan): boolean {
  if (framework !== 'node') return script.includes(framework) || script.includes('react-scripts');
  return /\bnode\b.*--test\s*$/.test(script) || script.includes(`${path.split('/')[0]}/`);
}

function reasonFor(framework: Framework, facts: NodeFacts): string {
  if (framework !== 'node' && Object.hasOwn(allPackages(facts), framework))
    return ', because package.json has it';
  if (framework === 'vitest' && Object.hasOwn(allPackages(facts), 'vite'))
    return ', because the project uses Vite';
  if (framework !== 'node') return '';
  return facts.isTypescript
    ? ', which runs TypeScript as it is from Node 22.18 on'
    : ', which needs no package';
}

function sayWhatToRun(
  { run, assumptions }: Draft,
  facts: NodeFacts,
  { added, test }: { added: string[]; test: string },
): void {
  const commands = nodeCommands(facts);
  if (added.length > 0) {
    run.push(commands.update);
    if (facts.lockFile !== null) {
      assumptions.push(
        `${facts.lockFile} does not have ${added.join(' and ')} yet: ${commands.update} writes it.`,
      );
    }
  } else if (hasPackages(facts)) run.push(commands.install);
  run.push(test);
}
