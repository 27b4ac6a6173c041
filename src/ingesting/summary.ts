import type { LibraryEntry } from './library-calls.ts';
import type { FailedFile, Sending } from './send-files.ts';

/** So many failed files are named. */
export const MOST_NAMED = 20;

/** What came of it all. */
export interface Outcome {
  entry: LibraryEntry;
  /** Whether all was there before, just as it is. */
  isUnchanged: boolean;
  /** Undefined for what is in the workspace already. */
  sending: Sending | undefined;
  /** The first ones that failed, and how many there are in all. */
  failed: readonly FailedFile[];
  failures: number;
  /** Files of kinds that are not read. */
  unreadable: number;
  /** Links, and names that no workspace takes. */
  odd: number;
  milliseconds: number;
}

/** What the person reads at the end, in lines. */
export function summarize(outcome: Outcome): string[] {
  const { entry, failed, failures, unreadable, odd } = outcome;
  return [
    headline(outcome),
    ...(entry.type === 'folder' && entry.fault ? [entry.fault.detail] : []),
    ...(unreadable > 0 ? [`Skipped: ${files(unreadable)} (kinds that are not read, such as images)`] : []),
    ...(odd > 0 ? [`Skipped: ${files(odd)} (links, or names that no workspace takes)`] : []),
    ...(failures > 0 ? [`Failed: ${files(failures)}`] : []),
    ...failed.slice(0, MOST_NAMED).map(({ path, reason }) => `  ${path}: ${reason}`),
    ...(failures > MOST_NAMED ? [`  and ${(failures - MOST_NAMED).toLocaleString('en')} more`] : []),
  ];
}

function headline({ entry, isUnchanged, sending, milliseconds }: Outcome): string {
  const read = entry.type === 'folder' ? entry.files.ready : Number(entry.state === 'ready');
  const all = `${files(read)}, ${counted(entry.chunks, 'passage')}`;
  if (isUnchanged) return `Unchanged: ${all} in ${entry.path || 'the workspace'}.`;
  return `${all} in ${seconds(milliseconds)}${sending ? ` (${sentPart(sending)})` : ''}.`;
}

function sentPart({ sent, bytes, unchanged }: Sending): string {
  const there = unchanged > 0 ? `, ${unchanged.toLocaleString('en')} unchanged` : '';
  return `${sent.toLocaleString('en')} sent, ${(bytes / 1e6).toFixed(1)} MB${there}`;
}

function seconds(milliseconds: number): string {
  const whole = Math.round(milliseconds / 1_000);
  return whole < 120 ? `${Math.max(1, whole)} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function files(count: number): string {
  return counted(count, 'file');
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}
