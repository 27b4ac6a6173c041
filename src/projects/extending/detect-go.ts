import type { ProjectView } from './project-view.ts';
import { readSource } from './read-source.ts';

const CURRENT_GO = '1.25';

/** A Go module. */
export interface GoFacts {
  kind: 'go';
  module: string;
  /** Without the patch: 1.24. */
  version: string;
  hasSum: boolean;
  /** Folders of programs ('' for the module's own); the first is the one to start. */
  programs: string[];
}

/** Null where there is no go.mod. */
export async function detectGo(view: ProjectView, assumptions: string[]): Promise<GoFacts | null> {
  if (!view.paths.includes('go.mod')) return null;
  const text = (await view.read('go.mod')) ?? '';
  const version = /^go\s+(\d+\.\d+)/m.exec(text)?.[1];
  assumptions.push(
    version === undefined
      ? `Go ${CURRENT_GO}, because go.mod does not say which version it needs.`
      : `Go ${version}, because of go.mod.`,
  );
  return {
    kind: 'go',
    module: /^module\s+"?([^\s"]+)/m.exec(text)?.[1] ?? view.name,
    version: version ?? CURRENT_GO,
    hasSum: view.paths.includes('go.sum'),
    programs: await programsOf(view),
  };
}

async function programsOf(view: ProjectView): Promise<string[]> {
  const candidates = view.paths.filter(
    (path) => /^(?:[^/]+\.go|cmd\/(?:[^/]+\/)?[^/]+\.go)$/.test(path) && !path.endsWith('_test.go'),
  );
  const folders = new Set<string>();
  for (const path of candidates) {
    const text = (await readSource(view, path)) ?? '';
    if (!/^package main\b/m.test(text) || !/^func main\(\)/m.test(text)) continue;
    folders.add(path.split('/').slice(0, -1).join('/'));
  }
  return [...folders].toSorted((a, b) => a.length - b.length || a.localeCompare(b));
}
