/** An answer that the fake gives instead of its own. */
interface PlannedAnswer {
  status: number;
  /** Text is sent as it is, anything else as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
}

/**
 * What goes wrong with one request. Without acting: `answer` (any answer), `limit` (GitHub's own refusals of too many
 * requests), `before` (nothing comes back). After acting: `after` (the answer is lost, or breaks off
 * half way). `delay` waits first, in ms.
 */
interface FaultPlan {
  answer?: PlannedAnswer;
  limit?: 'primary' | 'secondary' | 'too-many';
  /** Seconds, for `limit`. */
  retryAfter?: number;
  before?: 'hang' | 'cut';
  after?: 'hang' | 'cut' | 'half';
  delay?: number;
}

/** A fault and the requests that it waits for. */
export interface Fault extends FaultPlan {
  /** An operationId (`issues/create`), or a method and a path in which `*` is one part and `**` any (`POST /repos/**`). */
  on: string;
  /** How many such requests go through first. */
  skip?: number;
  /** How many such requests it strikes; one if left out. */
  times?: number;
}

/** The faults still to come. */
export interface Faults {
  waiting: Fault[];
  add(...faults: Fault[]): void;
}

/** Faults of which none is planned yet. */
export function noFaults(): Faults {
  const faults: Faults = {
    waiting: [],
    add: (...more) => void faults.waiting.push(...more.map((fault) => ({ ...fault }))),
  };
  return faults;
}

/** Takes the fault that strikes a request, if one does. */
export function takeFault(
  faults: Faults,
  request: { method: string; path: string; operationId: string | undefined },
): Fault | undefined {
  for (const fault of faults.waiting) {
    if (!fits(fault.on, request)) continue;
    if ((fault.skip ?? 0) > 0) {
      fault.skip = (fault.skip ?? 0) - 1;
      continue;
    }
    fault.times = (fault.times ?? 1) - 1;
    if (fault.times === 0) faults.waiting.splice(faults.waiting.indexOf(fault), 1);
    return fault;
  }
  return undefined;
}

function fits(
  on: string,
  { method, path, operationId }: { method: string; path: string; operationId: string | undefined },
) {
  if (!on.includes(' ')) return on === operationId;
  const source = on
    .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, (stars) => (stars === '*' ? '[^/]+' : '.*'));
  return new RegExp(`^${source}$`).test(`${method} ${path}`);
}
