import type { WrittenProject } from '../projects/projects.ts';
import type { Proposal } from '../projects/proposal.ts';
import type { FoundTemplate } from '../projects/templates/workspace-templates.ts';
import { treeText } from '../projects/tree-text.ts';
import type { Check } from '../projects/verify/check.ts';
import { counted } from './file-previews.ts';

const NAMES: Record<Check['name'], string> = {
  json: 'JSON',
  yaml: 'YAML',
  toml: 'TOML',
  typescript: 'TypeScript and JavaScript',
  python: 'Python',
  go: 'Go',
};
/** Of files that stay as they are, so many are named. */
const KEPT_SHOWN = 10;

/** What was written, what is in it, whether it was found right, how to start, and what was assumed. */
export function sayWritten(proposal: Proposal, written: WrittenProject): string {
  const { path, template, title } = proposal;
  const from = template === null ? `as planned (${title})` : `from the template ${template} (${title})`;
  const what = `${counted(written.files, 'file')}, ${written.bytes} bytes`;
  const undo =
    written.changeId === null
      ? 'Undoing the last request takes these files away again.'
      : 'One undo takes all of it away again.';
  return [`${path}/: made ${from}, ${what}.`, ...detailsOf(proposal), undo].join('\n');
}

/** What would be written. */
export function sayProposed(proposal: Proposal): string {
  const { path, template, title } = proposal;
  const from = template === null ? title : `the template ${template} (${title})`;
  return [`${path}/ would be made of ${from}. Nothing is written yet.`, ...detailsOf(proposal)].join('\n');
}

/** What a person who is to approve sees. */
export function describeProposal(proposal: Proposal, merge: boolean) {
  const { path, tree, existing, title } = proposal;
  const files = counted(existing === null ? tree.files.length : existing.adds.length, 'file');
  const into =
    existing !== null && !existing.isEmpty && merge ? 'into the folder that is there' : 'as a new folder';
  return {
    summary: `create the project ${path}/ (${title}) ${into}: ${files}`,
    preview: [treeOf(proposal), ...keptLines(proposal)].join('\n'),
  };
}

function detailsOf(proposal: Proposal): string[] {
  const { tree, path, checks, assumptions } = proposal;
  const start = [`cd ${/^[\w./-]+$/.test(path) ? path : `"${path}"`}`, ...tree.run];
  return [
    treeOf(proposal),
    ...keptLines(proposal),
    ...(checks.length === 0 ? [] : ['Checks:', ...checks.map((check) => `- ${sayCheck(check)}`)]),
    ...(tree.run.length === 0 ? [] : ['To start:', ...start.map((command) => `  ${command}`)]),
    ...(assumptions.length === 0 ? [] : ['Assumed:', ...assumptions.map((assumption) => `- ${assumption}`)]),
  ];
}

function treeOf({ path, tree }: Proposal): string {
  return treeText(path, [...tree.files.map((file) => file.path), ...tree.folders]);
}

function keptLines({ existing }: Proposal): string[] {
  if (existing === null || existing.keeps.length === 0) return [];
  const shown = existing.keeps.slice(0, KEPT_SHOWN).join(', ');
  const more = existing.keeps.length > KEPT_SHOWN ? ` and ${existing.keeps.length - KEPT_SHOWN} more` : '';
  return [`There already, and left as they are: ${shown}${more}.`];
}

/** A check in a line, or in several when something is wrong. */
export function sayCheck({ name, state, files, detail }: Check): string {
  const about = `${NAMES[name]}, ${counted(files, 'file')}`;
  if (state === 'skipped') return `${about}: not checked, because ${detail}`;
  if (state === 'failed') return `${about}: wrong:\n${detail}`;
  return detail === null ? `${about}: right` : `${about}: right (${detail})`;
}

/** The templates, each in a line; a broken one with its fault. */
export function sayTemplates(found: readonly FoundTemplate[]): string {
  const lines = found.map((one) => {
    if ('fault' in one) return `- ${one.id}: cannot be used, ${one.fault}`;
    const { id, title, description, variables } = one.template;
    const names = Object.keys(variables);
    return `- ${id} (${title.en}): ${description.en}${names.length === 0 ? '' : ` Variables: ${names.join(', ')}.`}`;
  });
  return [`${counted(found.length, 'template')}:`, ...lines].join('\n');
}
