import type { GitHubConnection } from './client.ts';

/** The groups of octokit's methods, for their types. */
export type Rest = GitHubConnection['rest'];

/** What one of octokit's methods answers with, as GitHub sends it. */
export type RawAnswer<Method extends (...parameters: never[]) => Promise<{ data: unknown }>> = Awaited<
  ReturnType<Method>
>['data'];

/** One item of a list that GitHub answers with. */
export type RawItem<Method extends (...parameters: never[]) => Promise<{ data: unknown[] }>> =
  RawAnswer<Method>[number];

/** Leaves out what is not given: GitHub takes `undefined` for no value, but its types do not. */
export function given<Values extends object>(
  values: Values,
): { [Key in keyof Values]?: Exclude<Values[Key], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  // Only values that were there are left, so that the cast says what the filter did.
  return Object.fromEntries(entries) as { [Key in keyof Values]?: Exclude<Values[Key], undefined> };
}
