/** One step of a workflow: something that is used, or a command. */
export type Step =
  | { uses: string; name?: string; with?: Record<string, string | number> }
  | { run: string; name?: string };

/** A scalar of YAML, in quotes where it would be read as something else. */
function yamlScalar(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const isPlain =
    /^[A-Za-z./][\w ./@:+=,*^-]*$/.test(value) &&
    !/: |:$| #|\s$/.test(value) &&
    !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value);
  return isPlain ? value : JSON.stringify(value);
}

/** The text of a GitHub workflow with one job. */
export function workflowText(job: string, steps: readonly Step[]): string {
  return `name: CI

on:
  push:
    branches: [main, master]
  pull_request:

permissions:
  contents: read

concurrency:
  group: \${{ github.workflow }}-\${{ github.ref }}
  cancel-in-progress: true

jobs:
  ${job}:
    runs-on: ubuntu-latest
    timeout-minutes: 15
    steps:
${steps.map(stepText).join('\n')}
`;
}

function stepText(step: Step): string {
  const lines: string[] = [];
  if (step.name !== undefined) lines.push(`name: ${yamlScalar(step.name)}`);
  if ('run' in step) lines.push(`run: ${yamlScalar(step.run)}`);
  else {
    lines.push(`uses: ${step.uses}`);
    const settings = Object.entries(step.with ?? {});
    if (settings.length > 0) lines.push('with:');
    lines.push(...settings.map(([key, value]) => `  ${key}: ${yamlScalar(value)}`));
  }
  return lines.map((line, index) => `      ${index === 0 ? '- ' : '  '}${line}`).join('\n');
}
