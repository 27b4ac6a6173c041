import { isUtf8 } from 'node:buffer';
import { posix } from 'node:path';
import { shownBytes } from '../../workspace/tree-limits.ts';
import type { Blueprint, ProjectFile, ProjectTree } from './blueprint.ts';
import { treeFaults } from './check-tree.ts';
import type { ProjectNames } from './project-names.ts';
import { fillIn, resolveVariables, type Values } from './variables.ts';

/** Values in these stand inside double quotes, whose escapes all of these languages share with JSON. */
const QUOTING = new Set(
  '.json .jsonc .toml .yaml .yml .ts .tsx .mts .cts .js .jsx .mjs .cjs .py .go'.split(' '),
);
const MARKUP = new Set('.html .htm .xml .svg .vue'.split(' '));
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Fills in a blueprint. Everything that is wrong is told at once, each fault as a sentence that names where it is; a tree without
 * faults can be written.
 */
export function renderBlueprint(
  blueprint: Blueprint,
  { names, given }: { names: ProjectNames; given: Readonly<Record<string, unknown>> },
): { tree: ProjectTree } | { faults: string[]; of: 'variables' | 'files' } {
  const resolved = resolveVariables({ definitions: blueprint.variables, given, names });
  if ('faults' in resolved) return { ...resolved, of: 'variables' };
  const values = blueprint.usesNames ? resolved.values : declaredOnly(resolved.values, blueprint);
  const { bytes } = blueprint.limits;
  // A small file full of placeholders can become a huge one: what is over the limit is not even made.
  let room = bytes;
  const files = blueprint.files.map((file): ProjectFile => {
    const path = fillIn(file.path, values);
    const quote = quoteFor(posix.extname(path).toLowerCase());
    const content = renderContent(file.content, values, (value) => {
      const text = quote(value);
      room -= text.length;
      return room < 0 ? '' : text;
    });
    return { path, content, executable: file.executable };
  });
  if (room < 0)
    return {
      faults: [`files: they have more than ${shownBytes(bytes)} together with the values filled in`],
      of: 'files',
    };
  const folders = blueprint.folders.map((folder) => fillIn(folder, values));
  const faults = treeFaults({ files, folders }, blueprint.limits);
  if (faults.length > 0) return { faults, of: 'files' };
  return { tree: { files, folders, run: blueprint.run.map((command) => fillIn(command, values)) } };
}

function declaredOnly(values: Values, { variables }: Blueprint): Values {
  return new Map([...values].filter(([name]) => Object.hasOwn(variables, name)));
}

/** Bytes that are no text stay as they are. */
function renderContent(content: Buffer, values: Values, quote: (value: string) => string): Buffer {
  if (!content.includes('{{') || content.includes(0) || !isUtf8(content)) return content;
  return Buffer.from(fillIn(content.toString('utf8'), values, quote));
}

function quoteFor(extension: string): (value: string) => string {
  if (QUOTING.has(extension)) return (value) => JSON.stringify(value).slice(1, -1);
  if (MARKUP.has(extension)) return (value) => value.replaceAll(/[&<>"']/g, (mark) => ENTITIES[mark] ?? mark);
  return String;
}
