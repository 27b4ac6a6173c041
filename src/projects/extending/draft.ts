import { ProblemError } from '../../errors.ts';
import { editManifest, type ManifestEdit } from './edit-manifest.ts';
import type { Project } from './project.ts';
import { inLineEndings } from './style.ts';

/** What is being put together for a project. Later extensions see what earlier ones have planned. */
export interface Draft {
  readonly project: Project;
  readonly kept: string[];
  readonly assumptions: string[];
  readonly run: string[];
  /** The scripts of package.json, those planned included. */
  readonly scripts: Record<string, string>;
  has(path: string): boolean;
  /** Plans a new file; its lines are ended as the project ends them. */
  add(path: string, content: string): void;
  change(path: string, previous: string, content: string): void;
  setScript(name: string, command: string): void;
  addDevDependency(name: string, range: string): void;
  editManifest(edit: ManifestEdit): void;
  /** All planned files by path, package.json among them where it was edited. */
  files(): { path: string; content: string; previous: string | null }[];
}

export function startDraft(project: Project): Draft {
  const planned = new Map<string, { content: string; previous: string | null }>();
  const edits: ManifestEdit[] = [];
  const { stack, style, view } = project;
  const scripts = stack?.kind === 'node' ? { ...stack.manifest.scripts } : {};
  return {
    project,
    scripts,
    kept: [],
    assumptions: [],
    run: [],
    has: (path) => planned.has(path) || view.paths.includes(path),
    add(path, content) {
      planned.set(path, { content: inLineEndings(content, style.eol), previous: null });
    },
    change(path, previous, content) {
      planned.set(path, { content, previous });
    },
    setScript(name, command) {
      scripts[name] = command;
      edits.push({ path: ['scripts', name], value: command, after: ['build', 'main', 'version', 'name'] });
    },
    addDevDependency(name, range) {
      edits.push({
        path: ['devDependencies', name],
        value: range,
        after: ['dependencies', 'scripts', 'version', 'name'],
      });
    },
    editManifest: (edit) => void edits.push(edit),
    files() {
      const all = [...planned].map(([path, file]) => ({ path, ...file }));
      if (stack?.kind !== 'node' || edits.length === 0) return all;
      const content = editedManifest(stack.manifestText, edits);
      return [...all, { path: 'package.json', content, previous: stack.manifestText }];
    },
  };
}

function editedManifest(source: string, edits: readonly ManifestEdit[]): string {
  try {
    return editManifest(source, edits);
  } catch (error) {
    const fields = [...new Set(edits.map(({ path }) => String(path[0])))].join(', ');
    throw new ProblemError('invalid_request', `package.json cannot be changed: look at its ${fields}.`, {
      cause: error,
    });
  }
}
