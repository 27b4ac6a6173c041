import { ProblemError } from '../../errors.ts';
import { quoted } from '../../workspace/sandbox/names.ts';
import type { Workspace } from '../../workspace/workspace.ts';
import type { BlueprintFile } from '../blueprint/blueprint.ts';
import {
  type LoadedTemplate,
  parseTemplateFile,
  TEMPLATE_FILE,
  TEMPLATE_LIMITS,
  type Template,
  templateBlueprint,
} from './template.ts';

/** Where a person's own templates are, each a folder with a `template.json`. */
const FOLDER = '.templates';
const MOST_TEMPLATES = 100;
const LONGEST_DESCRIPTION = 64 * 1024;

/** A folder of templates as it was found: what it says, or why it cannot be used. */
export type FoundTemplate = { template: Template } | { id: string; fault: string };

/** Reads which templates a person has; one that is broken is named with its fault. */
export async function findWorkspaceTemplates(workspace: Workspace): Promise<FoundTemplate[]> {
  const folders = await entriesAt(workspace, FOLDER, { limit: MOST_TEMPLATES });
  return await Promise.all(
    folders.filter(({ type }) => type === 'folder').map(({ name }) => readTemplate(workspace, name)),
  );
}

async function readTemplate(workspace: Workspace, id: string): Promise<FoundTemplate> {
  try {
    const { text } = await workspace.readText(`${FOLDER}/${id}/${TEMPLATE_FILE}`, {
      maximum: LONGEST_DESCRIPTION,
    });
    const parsed = parseTemplateFile(text, { id, source: 'workspace' });
    return 'template' in parsed ? parsed : { id, fault: `${TEMPLATE_FILE} ${parsed.fault}` };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { id, fault: error.code === 'file_not_found' ? `it has no ${TEMPLATE_FILE}` : error.message };
  }
}

/**
 * Reads the files of a person's template.
 * @throws ProblemError `invalid_template` when there are too many, or they are too large.
 */
export async function loadWorkspaceTemplate(
  workspace: Workspace,
  template: Template,
): Promise<LoadedTemplate> {
  const folder = `${FOLDER}/${template.id}`;
  const { entries, fileBytes, bytes } = TEMPLATE_LIMITS;
  const listed = await entriesAt(workspace, folder, { recursive: true, limit: entries + 2 });
  const refuse = (why: string) =>
    new ProblemError('invalid_template', `The template ${quoted(template.id)} cannot be used: ${why}.`);
  const other = listed.find(({ type }) => type !== 'file' && type !== 'folder');
  if (other !== undefined) throw refuse(`${quoted(other.path)} is a link or a device`);
  if (listed.length > entries + 1) throw refuse(`it has more than ${entries} files and folders`);
  const files = listed.filter(({ type }) => type === 'file');
  if (files.reduce((total, { size }) => total + size, 0) > bytes) throw refuse('it is too large as a whole');
  const contents: BlueprintFile[] = [];
  for (const { path } of files) {
    const { bytes: content, executable } = await workspace.read(path, { maximum: fileBytes });
    contents.push({ path: path.slice(folder.length + 1), content, executable });
  }
  return { template, blueprint: templateBlueprint(template, contents) };
}

/** The entries of a folder, whatever `.gitignore` says; none where there is no such folder. */
async function entriesAt(
  workspace: Workspace,
  path: string,
  { recursive = false, limit }: { recursive?: boolean; limit: number },
) {
  try {
    return (await workspace.list(path, { all: true, recursive, limit })).entries;
  } catch (error) {
    if (error instanceof ProblemError && (error.code === 'file_not_found' || error.code === 'is_file'))
      return [];
    throw error;
  }
}
