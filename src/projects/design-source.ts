import { ProblemError } from '../errors.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { Blueprint } from './blueprint/blueprint.ts';
import { type Plan, parsePlan, planBlueprint } from './plans/plan.ts';
import type { LoadedTemplate } from './templates/template.ts';
import type { Templates } from './templates/templates.ts';

/** Where a project's files come from, before its placeholders are filled in. */
export interface Source {
  /** The template's id; null for a plan. */
  template: string | null;
  /** What it is, in a few words. */
  title: string;
  blueprint: Blueprint;
  /** The plan as it was made; null for a template. */
  plan: Plan | null;
  assumptions: string[];
  variables: Readonly<Record<string, unknown>>;
}

/** @throws ProblemError `template_not_found`, `invalid_template`. */
export async function fromTemplate(
  templates: Templates,
  workspace: Workspace,
  { id, variables }: { id: string; variables: Readonly<Record<string, unknown>> },
): Promise<Source> {
  return sourceOf(await templates.open(workspace, id), variables, []);
}

/** @throws ProblemError `project_unclear`, `no_template_fits`. */
export async function fromWords(
  templates: Templates,
  workspace: Workspace,
  { brief, variables }: { brief: string; variables: Readonly<Record<string, unknown>> },
): Promise<Source> {
  const { assumption, ...loaded } = await templates.choose(workspace, brief);
  return sourceOf(loaded, variables, assumption === null ? [] : [assumption]);
}

/** @throws ProblemError `invalid_plan`, with all that is wrong. */
export function fromPlan(value: unknown): Source {
  const parsed = parsePlan(value);
  if ('faults' in parsed) throw invalidPlan(parsed.faults);
  return sourceOfPlan(parsed.plan);
}

export function sourceOfPlan(plan: Plan): Source {
  return {
    template: null,
    title: plan.summary,
    blueprint: planBlueprint(plan),
    plan,
    assumptions: plan.assumptions ?? [],
    variables: {},
  };
}

/** The refusal of a plan, with all that is wrong with it. */
export function invalidPlan(faults: readonly string[]): ProblemError {
  return new ProblemError(
    'invalid_plan',
    `The plan cannot be used, and nothing was written. ${faults.map((fault) => `- ${fault}`).join('\n')}`,
  );
}

function sourceOf(
  { template, blueprint }: LoadedTemplate,
  variables: Readonly<Record<string, unknown>>,
  assumptions: string[],
): Source {
  return {
    ...{ template: template.id, title: template.title.en, blueprint, plan: null },
    ...{ assumptions, variables },
  };
}
