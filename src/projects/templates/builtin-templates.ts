import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BlueprintFile } from '../blueprint/blueprint.ts';
import { type LoadedTemplate, parseTemplateFile, TEMPLATE_FILE, templateBlueprint } from './template.ts';

const FOLDER = fileURLToPath(new URL('../../../templates/', import.meta.url));
/** In the order in which they are proposed where several fit. */
const IDS = [
  'typescript-library',
  'fastify-api',
  'typescript-cli',
  'react-vite',
  'static-site',
  'python-package',
  'fastapi-service',
  'go-service',
  'assistant-backend',
];
const OWNER_EXECUTES = 0o100;

/** Loads the templates that come with the program; a fault in one is a fault of ours. */
export async function loadBuiltinTemplates(): Promise<LoadedTemplate[]> {
  return await Promise.all(IDS.map(loadTemplate));
}

async function loadTemplate(id: string): Promise<LoadedTemplate> {
  const folder = join(FOLDER, id);
  const parsed = parseTemplateFile(await readFile(join(folder, TEMPLATE_FILE), 'utf8'), {
    id,
    source: 'builtin',
  });
  if ('fault' in parsed) throw new Error(`the template ${id} of this program is broken: ${parsed.fault}`);
  return { template: parsed.template, blueprint: templateBlueprint(parsed.template, await filesIn(folder)) };
}

async function filesIn(folder: string): Promise<BlueprintFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  return await Promise.all(
    paths.map(async (path) => ({
      path: relative(folder, path).split(sep).join('/'),
      content: await readFile(path),
      executable: ((await stat(path)).mode & OWNER_EXECUTES) !== 0,
    })),
  );
}
