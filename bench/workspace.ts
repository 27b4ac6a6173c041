import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { createExplorer, type SearchOptions } from '../src/workspace/explorer/explorer.ts';
import { parsePath } from '../src/workspace/sandbox/paths.ts';

const MEBIBYTE = 1024 * 1024;
const FILE_BYTES = 250_000;

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '100000' },
    megabytes: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '20' },
  },
});
const rounds = Number(values.rounds);
const folder = mkdtempSync(join(tmpdir(), 'tertulia-bench-workspace-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.on('SIGINT', () => process.exit(130));
const place = { root: folder, rootMayBeLink: false, descriptors: true };
const explorer = createExplorer();

/** Fills `wide` and `ruled` with many small files each, and `text` with files of words, one line in all of them odd. */
function makeTrees(files: number, bytes: number): void {
  for (const name of ['wide', 'ruled']) {
    mkdirSync(join(folder, name));
    for (let index = 0; index < files; index += 1) writeFileSync(join(folder, name, `file-${index}.txt`), '');
  }
  writeFileSync(
    join(folder, 'ruled', '.gitignore'),
    '*.log\n/dist/\nfile-*5.txt\n!file-15.txt\n**/cache/**\n',
  );
  const words = [
    'the',
    'garden',
    'invoice',
    'was',
    'settled',
    'mañana',
    'before',
    'passport',
    'and',
    'train',
  ];
  const count = Math.ceil(bytes / FILE_BYTES);
  for (let index = 0; index < count; index += 1) {
    const inner = join(folder, 'text', `part-${index % 50}`);
    mkdirSync(inner, { recursive: true });
    const file = openSync(join(inner, `notes-${index}.txt`), 'w');
    let text = index === Math.floor(count / 2) ? 'here is the Needle, number 4711\n' : '';
    for (let line = 0; text.length < FILE_BYTES; line += 1) {
      const picked = Array.from(
        { length: 9 },
        (_, word) => words[(index * 7 + line * 3 + word * word) % words.length],
      );
      text += `${picked.join(' ')} ${line}\n`;
    }
    writeSync(file, text);
    closeSync(file);
  }
}

function share(times: readonly number[], part: number): number {
  const sorted = times.toSorted((one, other) => one - other);
  return Number((sorted[Math.floor((sorted.length - 1) * part)] ?? 0).toFixed(1));
}

async function listFirstPage(path: string): Promise<number> {
  const started = performance.now();
  const { entries } = await explorer.list(place, parsePath(path));
  if (entries.length !== 1000) throw new Error(`a page of ${path} has ${entries.length} entries`);
  return performance.now() - started;
}

async function measureListing(path: string) {
  const fresh = createExplorer();
  const started = performance.now();
  await fresh.list(place, parsePath(path));
  const first = performance.now() - started;
  await fresh.close();
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) times.push(await listFirstPage(path));
  return {
    'first call ms': Number(first.toFixed(1)),
    'p50 ms': share(times, 0.5),
    'p95 ms': share(times, 0.95),
  };
}

async function measureSearch(options: SearchOptions) {
  const rest = process.memoryUsage.rss();
  let peak = rest;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 10);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const started = performance.now();
  let first: number | undefined;
  let summary = {};
  let bytes = 0;
  for await (const event of explorer.search(place, parsePath('text'), { timeoutMs: 60_000, ...options })) {
    first ??= performance.now() - started;
    if (event.type === 'summary')
      ({
        summary,
        summary: { bytes },
      } = event);
  }
  const total = performance.now() - started;
  delay.disable();
  clearInterval(watch);
  const { matches, truncated } = { matches: 0, truncated: null, ...summary };
  return {
    'first match ms': first === undefined ? '-' : Number(first.toFixed(0)),
    'total ms': Number(total.toFixed(0)),
    'MB/s': Number((bytes / 1e6 / (total / 1000)).toFixed(0)),
    'peak above rest, MiB': Number(((peak - rest) / MEBIBYTE).toFixed(0)),
    'event loop p99, ms': Number((delay.percentile(99) / 1e6).toFixed(1)),
    'event loop worst, ms': Number((delay.max / 1e6).toFixed(1)),
    matches,
    truncated,
  };
}

makeTrees(Number(values.files), Number(values.megabytes) * 1e6);
console.log(`The first page of a folder of ${values.files} files; ${rounds} of each`);
console.table({
  'without .gitignore': await measureListing('wide'),
  'with .gitignore': await measureListing('ruled'),
});

// A regular expression may try every way to share out these letters among its groups.
writeFileSync(join(folder, 'text', 'zz-hostile.txt'), `${'a'.repeat(60)}!\n`);
console.log(`Searches of ${values.megabytes} MB of text`);
console.table({
  'literal text': await measureSearch({ text: 'Needle, number', case_sensitive: true }),
  'literal text, again': await measureSearch({ text: 'Needle, number', case_sensitive: true }),
  'text in any case': await measureSearch({ text: 'needle, NUMBER' }),
  'text in any case, not ASCII': await measureSearch({ text: 'MAÑANA, needle' }),
  'regular expression': await measureSearch({ regex: 'needle,? \\w+ \\d{4}$' }),
  'many matches': await measureSearch({ text: 'mañana', limit: 10_000 }),
  'catastrophic, 2 s': await measureSearch({ regex: '^(a+)+$', pattern: '*.txt', timeoutMs: 2000 }),
});
await explorer.close();
