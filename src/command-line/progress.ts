import { progress, settings } from '@clack/prompts';

/** What the person reads after Ctrl+C. */
export const STOPPING = 'Stopping after the request that is under way.';

const LINE_INTERVAL_MS = 2_000;
const FULL = 100;
const CTRL_C = '\u0003';

/** Shows how far a command is. */
export interface Progress {
  /** `share` is from 0 to 1. */
  show: (share: number, text: string) => void;
  end: () => void;
}

/** A bar on a terminal; otherwise now and then a line, at most one every two seconds. `doing` says what is under way. */
export function showProgress(print: (line: string) => void, doing = 'sending'): Progress {
  return process.stdout.isTTY ? progressBar(doing) : progressLines(print);
}

function progressBar(doing: string): Progress {
  const release = keepInterruptions();
  const bar = progress({ max: FULL, cancelMessage: STOPPING });
  let shown = 0;
  bar.start(doing);
  return {
    show: (share, text) => {
      const percent = Math.floor(share * FULL);
      bar.advance(percent - shown, text);
      shown = percent;
    },
    end: () => {
      bar.clear();
      release();
    },
  };
}

/**
 * The bar reads keys and would end the process, with success, at Ctrl+C; it has to be the signal that it always is.
 * Returns what ends this, so that the next bar does not signal twice.
 */
function keepInterruptions(): () => void {
  if (!process.stdin.isTTY) return () => undefined;
  settings.aliases.delete(CTRL_C);
  settings.aliases.delete('escape');
  const interrupt = (key: string | undefined) => {
    if (key === CTRL_C) process.kill(process.pid, 'SIGINT');
  };
  process.stdin.on('keypress', interrupt);
  return () => void process.stdin.off('keypress', interrupt);
}

function progressLines(print: (line: string) => void): Progress {
  let last = performance.now();
  return {
    show: (share, text) => {
      if (performance.now() - last < LINE_INTERVAL_MS) return;
      last = performance.now();
      print(`${Math.floor(share * FULL)}%  ${text}`);
    },
    end: () => undefined,
  };
}

/** Shows how many rows of a database a work has come through. */
export async function showRows<Result>(
  { print, doing }: { print: (line: string) => void; doing: string },
  work: (onRows: (done: number, all: number, table: string) => void) => Promise<Result>,
): Promise<Result> {
  const shown = showProgress(print, doing);
  try {
    return await work((done, all, table) =>
      shown.show(done / Math.max(1, all), `${done.toLocaleString('en')} rows, now of ${table}`),
    );
  } finally {
    shown.end();
  }
}
