/** How long one check may take. */
const CHECK_LIMIT_MS = 2_000;
/** How long one result is believed, so that probing costs nothing, however often it is done. */
const BELIEVED_MS = 1_000;

/** Resolves to the reason why no traffic should come, or to undefined. */
export type Check = () => Promise<string | undefined>;

/** Whether the server can answer, and what each check found: "ok", a note, or the reason why it cannot. */
export interface Readiness {
  isReady: boolean;
  checks: Record<string, string>;
}

interface ReadinessNeeds {
  /** By their names; one that finds a reason makes the server not ready. */
  checks: Record<string, Check>;
  /** What is known without asking, and makes the server not ready as well. */
  states: Record<string, () => string | undefined>;
  /** What is worth a word, but holds up no traffic. */
  notes: Record<string, () => string | undefined>;
  onFailure: (error: unknown, check: string) => void;
}

/** Tells whether this process can answer questions; all checks run at once, each at most once a second. */
export function createReadiness({ checks, states, notes, onFailure }: ReadinessNeeds) {
  const named = Object.entries(checks).map(
    ([name, check]) => [name, believed(name, check, onFailure)] as const,
  );

  return async (): Promise<Readiness> => {
    const checked = await Promise.all(named.map(async ([name, check]) => [name, await check()] as const));
    const found = [...checked, ...Object.entries(states).map(([name, state]) => [name, state()] as const)];
    const noted = Object.entries(notes).map(([name, note]) => [name, note()] as const);
    return {
      isReady: found.every(([, reason]) => reason === undefined),
      checks: Object.fromEntries([...found, ...noted].map(([name, reason]) => [name, reason ?? 'ok'])),
    };
  };
}

/** Runs a check at most once a second and never twice at a time, and waits for it for a limited time. */
function believed(name: string, check: Check, onFailure: ReadinessNeeds['onFailure']): Check {
  let running: Promise<string | undefined> | undefined;
  let latest: Promise<string | undefined> | undefined;
  let checkedAt = Number.NEGATIVE_INFINITY;

  async function run(): Promise<string | undefined> {
    try {
      return await check();
    } catch (error) {
      onFailure(error, name);
      return 'it failed; the log has the reason';
    } finally {
      running = undefined;
    }
  }

  return () => {
    if (latest === undefined || performance.now() - checkedAt > BELIEVED_MS) {
      checkedAt = performance.now();
      running ??= run();
      latest = limited(running);
    }
    return latest;
  };
}

async function limited(answer: Promise<string | undefined>): Promise<string | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve(`no answer within ${CHECK_LIMIT_MS} ms`), CHECK_LIMIT_MS);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
