import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { onTestFinished } from 'vitest';
import type { HistoryLine } from '../../src/history-files/history.ts';
import { openHistory } from '../../src/history-files/open-history.ts';

/** A folder with files, for one test; a file's name may have folders in it. */
export async function writeFiles(files: Record<string, string | Uint8Array>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tertulia-history-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** One file, for one test. */
export async function writeHistory(name: string, content: string | Uint8Array): Promise<string> {
  return join(await writeFiles({ [name]: content }), name);
}

/** A zip file with text files. */
export function zipOf(files: Record<string, string>): Uint8Array {
  const entries: Zippable = {};
  for (const [name, text] of Object.entries(files)) entries[name] = Buffer.from(text);
  return zipSync(entries);
}

type Choices = Parameters<typeof openHistory>[1];

/** Everything that a file gives: its messages, where they stand in it, and what was found besides. */
export async function readAll(path: string, choices?: Choices) {
  const history = await openHistory(path, choices);
  const texts: string[] = [];
  const places: string[] = [];
  for await (const { text, place } of history.lines) {
    texts.push(text);
    places.push(place);
  }
  const { leftOut, notes, faults, share } = history.findings;
  return {
    format: history.format,
    texts,
    places,
    lines: () => texts.map((text) => JSON.parse(text) as HistoryLine),
    leftOut: Object.fromEntries(leftOut),
    notes,
    faults,
    share,
  };
}
