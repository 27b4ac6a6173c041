import type { ProjectView } from './project-view.ts';

/** What is longer was not written by hand, and reading it by patterns would take too long. */
const MOST_CHARACTERS = 50_000;
const LONGEST_LINE = /[^\n]{3001}|\s{3001}/;

/** The text of a source file; null where there is none, or where a program seems to have written it. */
export async function readSource(view: ProjectView, path: string): Promise<string | null> {
  const text = await view.read(path);
  return text === null || text.length > MOST_CHARACTERS || LONGEST_LINE.test(text) ? null : text;
}
