import type { World } from './world.ts';

/** What Ana has for a case: ids and names by what they are called in its request. Her names begin with "anas-". */
export type Things = Record<string, string>;

/** A request, but for its method. */
export interface Shape {
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** How one route is tried. A route can have several cases. */
export interface IsolationCase {
  /** As OpenAPI names it: "GET /sessions/{id}". */
  route: string;
  /** Which of the route's cases it is, where there are several. */
  about?: string;
  /** Makes what of Ana's the request is about; it is called anew where a request uses it up. */
  make?: (world: World) => Promise<Things>;
  /** The request as Ana sends it, which succeeds. */
  request: (things: Things, world: World) => Shape;
  /**
   * What others get for the same request: `unknown`, the 404 of a thing that does not exist; `own`, an answer of their own, without
   * anything of Ana's; `admin`, 403 whatever it names, unless they are admins.
   */
  others: 'unknown' | 'own' | 'admin';
  /** Puts in order afterwards what these have changed of their own. */
  restore?: (world: World, who: ('ana' | 'bob' | 'root')[]) => Promise<void>;
}

/** The same id or name of something that does not exist, of the same length and time. */
export function unknownOf(value: string): string {
  if (/^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/.test(value))
    return `${value.slice(0, 24)}${value.slice(24).replaceAll(/./g, (digit) => (15 - Number.parseInt(digit, 16)).toString(16))}`;
  return value.replaceAll('anas-', 'nots-');
}
