import { ProblemError } from '../../errors.ts';
import { quoted } from '../../workspace/sandbox/names.ts';
import type { Workspace } from '../../workspace/workspace.ts';
import { loadBuiltinTemplates } from './builtin-templates.ts';
import { matchTemplate } from './match-template.ts';
import type { LoadedTemplate, Template } from './template.ts';
import { type FoundTemplate, findWorkspaceTemplates, loadWorkspaceTemplate } from './workspace-templates.ts';

/** A template that was chosen, and what was assumed in choosing it. */
export interface ChosenTemplate extends LoadedTemplate {
  assumption: string | null;
}

/** The templates of a person: those that come with the program, and those of the workspace, which may take their place. */
export async function openTemplates() {
  const builtin = await loadBuiltinTemplates();

  /** A person's own come first; a broken one is listed with its fault. */
  async function list(workspace: Workspace): Promise<FoundTemplate[]> {
    const own = await findWorkspaceTemplates(workspace);
    const taken = new Set(own.map((found) => ('template' in found ? found.template.id : found.id)));
    return [
      ...own,
      ...builtin.filter(({ template }) => !taken.has(template.id)).map(({ template }) => ({ template })),
    ];
  }

  /** @throws ProblemError `template_not_found`; `invalid_template` for one that is broken. */
  async function open(workspace: Workspace, id: string): Promise<LoadedTemplate> {
    const found = await list(workspace);
    const own = found.find((one) => ('template' in one ? one.template.id : one.id) === id);
    if (own === undefined) {
      throw new ProblemError(
        'template_not_found',
        `There is no template ${quoted(id)}. There are: ${named(found)}.`,
      );
    }
    if ('fault' in own) {
      throw new ProblemError('invalid_template', `The template ${quoted(id)} cannot be used: ${own.fault}.`);
    }
    if (own.template.source === 'workspace') return await loadWorkspaceTemplate(workspace, own.template);
    const loaded = builtin.find(({ template }) => template.id === id);
    if (loaded === undefined) throw new Error(`the template ${id} is listed and was not loaded`);
    return loaded;
  }

  /**
   * Chooses by a person's words.
   * @throws ProblemError `project_unclear` when they do not say which kind; `no_template_fits`.
   */
  async function choose(workspace: Workspace, brief: string): Promise<ChosenTemplate> {
    const usable = (await list(workspace)).flatMap((found) => ('template' in found ? [found.template] : []));
    const match = matchTemplate(brief, usable.map(matchable));
    if (match.kind === 'found') return { ...(await open(workspace, match.id)), assumption: match.assumption };
    if (match.kind === 'unclear') {
      throw new ProblemError(
        'project_unclear',
        `Those words do not say which kind of project: ${quoted(brief)}. There are: ${usable.map(({ title }) => title.en).join(', ')}.`,
      );
    }
    const what = match.missing === null ? `for ${quoted(brief)}` : `with ${match.missing}`;
    const near = match.near.length === 0 ? '' : ` The nearest: ${match.near.join(', ')}.`;
    throw new ProblemError('no_template_fits', `There is no template ${what}.${near}`);
  }

  return { list, open, choose };
}

export type Templates = Awaited<ReturnType<typeof openTemplates>>;

function matchable({ id, source, title, description, matches }: Template) {
  return {
    id,
    source,
    title: [title.en, title.es],
    description: [description.en, description.es],
    ...matches,
  };
}

function named(found: FoundTemplate[]): string {
  return found.map((one) => ('template' in one ? one.template.id : one.id)).join(', ');
}
