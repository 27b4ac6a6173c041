import type { EntryVersion } from '../../db/workspace-schema.ts';
import { ProblemError } from '../../errors.ts';
import { WRITE_LIMIT } from '../change-file.ts';
import { etagOf } from '../sandbox/etags.ts';
import { asProblem } from '../sandbox/file-errors.ts';
import { type OpenFile, openFile, readSpan } from '../sandbox/open-file.ts';
import { parsePath } from '../sandbox/paths.ts';
import { holdWorkspace, openSpot, type Space } from '../sandbox/space.ts';
import { type Comparison, unifiedDiff } from '../text/compare.ts';
import { decodeText } from '../text/file-text.ts';
import { type History, holds, keepFile, openHistory, openKept } from './history.ts';
import type { ChangeFilter, JournalEntry } from './journal-reader.ts';
import { settleAll } from './settle.ts';
import { measureKept, undoHeld } from './undo.ts';

/** What was undone, the latest change first; `skipped` names the changes that were left, and why. */
export interface Undoing {
  undone: JournalEntry[];
  skipped: { id: string; path: string; detail: string }[];
}

/** The journal of one user's workspace, and what can be done with it. */
export interface Changes {
  /** A page of changes, the latest first. */
  list(filter: ChangeFilter): Promise<JournalEntry[]>;
  /** @throws ProblemError `change_not_found`. */
  find(id: string): Promise<JournalEntry>;
  /** What a change did to a text, as a unified diff; undefined where that is no text, or not kept. */
  diff(change: JournalEntry): Promise<Comparison | undefined>;
  /** @throws ProblemError `change_not_found`, `already_undone`, `changed_since`, `content_gone`. */
  undo(id: string, options?: { signal?: AbortSignal | undefined }): Promise<Undoing>;
  /** Undoes all changes of a run, or none; with `skipChanged` all that can be. */
  undoRun(runId: string, options?: UndoRunOptions): Promise<Undoing>;
  /** Undoes the last run that changed something, or the last change that belongs to no run. */
  undoLast(options?: UndoRunOptions): Promise<Undoing>;
  /** What the last change of a path left there; undefined where there was none. */
  lastKnown(path: string): Promise<{ version: EntryVersion; at: Date } | undefined>;
  /** Keeps what a file holds for a day, so that what changed since can be shown. */
  keep(path: string, etag: string): Promise<void>;
  /** A text that the workspace has held; undefined where it is no text, or not kept. */
  keptText(etag: string, path: string): Promise<string | undefined>;
  /** Whether a tool call, whose process is gone, changed something. */
  tookEffect(callId: string): Promise<boolean>;
}

interface UndoRunOptions {
  skipChanged?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** What was found out about changes before the workspace was held. */
type Kept = Map<string, EntryVersion | undefined>;

const SKIPPABLE = ['changed_since', 'content_gone', 'name_collision'];

/** Makes the view of the journal that one user has. */
export function createChanges(space: Space): Changes {
  const { journal, userId, author } = space;

  async function find(id: string): Promise<JournalEntry> {
    const change = await journal.find(userId, id);
    if (change === undefined) throw new ProblemError('change_not_found', `There is no change ${id}.`);
    return change;
  }

  /** Undoes changes, the latest first, while nobody else changes the workspace. */
  async function undoAll(
    changes: JournalEntry[],
    { kept, ...options }: UndoRunOptions & { kept: Kept },
  ): Promise<Undoing> {
    const undone: JournalEntry[] = [];
    const skipped: Undoing['skipped'] = [];
    for (const change of changes) {
      try {
        undone.push(
          await find(
            await undoHeld(space, { change, signal: options.signal, measured: kept.get(change.id) }),
          ),
        );
      } catch (failure) {
        const error = asProblem(failure, change.path);
        if (options.skipChanged === true && error instanceof ProblemError && SKIPPABLE.includes(error.code)) {
          skipped.push({ id: change.id, path: change.path, detail: error.message });
          continue;
        }
        // All or nothing: what was undone is done again. Where that fails, the first failure is still the one to tell.
        await redo(undone).catch(() => undefined);
        throw error;
      }
    }
    return { undone, skipped };
  }

  async function redo(undone: JournalEntry[]): Promise<void> {
    for (const { id } of undone.toReversed()) await undoHeld(space, { change: await find(id) });
  }

  /** What somebody could not write the end of is settled first, so that it can be undone. */
  function held<Result>(options: UndoRunOptions, change: () => Promise<Result>): Promise<Result> {
    return holdWorkspace(space, parsePath(''), {
      signal: options.signal,
      async change() {
        await settleAll(space);
        return await change();
      },
    });
  }

  /** Undoes what `choose` finds, when the workspace is held; what takes long to look at is looked at before. */
  async function undoChosen(
    choose: () => Promise<JournalEntry[]>,
    missing: string,
    options: UndoRunOptions,
  ): Promise<Undoing> {
    const kept: Kept = new Map();
    for (const change of await choose())
      kept.set(change.id, await measureKept(space, change, options.signal));
    return await held(options, async () => {
      const changes = await choose();
      if (changes.length === 0) throw new ProblemError('change_not_found', missing);
      return await undoAll(changes, { ...options, kept });
    });
  }

  return {
    list: (filter) => journal.list(userId, filter),
    find,
    diff: (change) => diffOf(space, change),
    undo: (id, options = {}) => undoChosen(async () => [await find(id)], '', options),
    undoRun: (runId, options = {}) => {
      const missing = `The run ${runId} has no change that could be undone.`;
      return undoChosen(() => journal.openOf(userId, runId), missing, options);
    },
    undoLast: (options = {}) => {
      const missing = 'There is no change that could be undone.';
      return undoChosen(() => journal.lastDone(userId, author.runId), missing, options);
    },
    lastKnown: (path) => journal.lastKnown(userId, path),
    async tookEffect(callId) {
      const pending = await journal.pendingOf(userId, callId);
      if (pending) await held({}, async () => undefined);
      return await journal.hasChanged(userId, callId);
    },
    async keep(text, etag) {
      const path = parsePath(text);
      await using spot = await openSpot(space, path);
      await using file = await openFile(spot.folder, spot.name, path);
      await using history = await openHistory(space);
      if (file.stats.size <= WRITE_LIMIT) await keepFile(history, file, etag);
    },
    async keptText(etag, path) {
      await using history = await openHistory(space);
      return await textOf(await openKept(history, etag), { etag, path });
    },
  };
}

async function diffOf(space: Space, change: JournalEntry): Promise<Comparison | undefined> {
  const { operation, path, fromPath, before, after, left } = change;
  if (operation === 'moved' && before === null && left === null) return undefined;
  await using history = await openHistory(space);
  const [older, newer] = left === null ? [before, after] : [after, left];
  if (older?.type === 'folder' || newer?.type === 'folder') return undefined;
  const name = left === null ? path : (fromPath ?? path);
  const from = older && (await textOf(await openVersion(history, change, older), { etag: older.etag, path }));
  const to = newer && (await textOf(await openKept(history, newer.etag), { etag: newer.etag, path }));
  if (from === undefined || to === undefined) return undefined;
  return unifiedDiff(
    { name: from === null ? '/dev/null' : name, text: from ?? '' },
    { name: to === null ? '/dev/null' : name, text: to ?? '' },
  );
}

/** What a file held before a change: kept as a content, or, where it was deleted, as the file that it was. */
async function openVersion(
  history: History,
  { id, operation }: JournalEntry,
  { etag }: { etag: string },
): Promise<OpenFile | undefined> {
  if (operation !== 'deleted') return await openKept(history, etag);
  return (await holds(history.removed, id)) ? await openFile(history.removed, id, parsePath(id)) : undefined;
}

/** The text of a kept file, which is closed; undefined where it is not whole, binary or too large. */
async function textOf(
  opened: OpenFile | undefined,
  { etag, path }: { etag: string; path: string },
): Promise<string | undefined> {
  if (opened === undefined) return undefined;
  await using file = opened;
  const size = Number(file.stats.size);
  if (size > WRITE_LIMIT) return undefined;
  const bytes = await readSpan(file.handle, { start: 0, length: size }, undefined);
  if (etagOf(bytes) !== etag) return undefined;
  try {
    return decodeText(bytes, path).text;
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}
