import { AsyncLocalStorage } from 'node:async_hooks';

/** What a log line belongs to, under the names that it has there. */
export interface Scope {
  request_id?: string;
  run_id?: string;
  user_id?: string;
}

/** Nothing is kept here between requests: each has a scope of its own, which follows it through all that it awaits. */
const scopes = new AsyncLocalStorage<Scope>();

/** Runs work whose log lines, however deep, carry these names. The same object may be added to later. */
export function inScope<Result>(scope: Scope, work: () => Result): Result {
  return scopes.run(scope, work);
}

/** What the code that is running belongs to; undefined for work of the server's own. */
export function currentScope(): Scope | undefined {
  return scopes.getStore();
}

/** Adds names to the scope that the code is running in, where there is one. */
export function noteInScope(names: Scope): void {
  const scope = scopes.getStore();
  if (scope) Object.assign(scope, names);
}
