import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFiles } from '../history-files/read-lines.ts';
import { startCommand, startOnTerminal } from '../support/command.ts';
import { type Place, startPlace } from '../support/servers.ts';

const PROGRAM = 'src/ingest.ts';
const BROKEN_PDF = '%PDF-1.4 and then nothing';
/** Whether `script` of util-linux is there, which runs a program on a terminal of its own. */
const hasTerminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux');
const PIXEL = new Uint8Array([0x89, 0x50, 0x4e, 0x47]);

let place: Place;
let server: Awaited<ReturnType<Place['start']>>;
beforeAll(async () => {
  place = await startPlace();
  server = await place.start({ env: { LOG_LEVEL: 'warn' } });
});
afterAll(async () => {
  await place.remove();
});

/** The command as it is run in the server's own folder: with the same configuration. */
function start(...args: string[]) {
  const { port } = new URL(server.url);
  return startCommand(PROGRAM, args, { PORT: port, WORKSPACE_DIR: place.workspace, ...place.database.env });
}
const run = async (...args: string[]) => await start(...args).end();

async function putIntoWorkspace(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(place.workspace, path, '..'), { recursive: true });
    await writeFile(join(place.workspace, path), text);
  }
}

/** What is below a folder of the workspace. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(place.workspace, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(place.workspace, folder).length + 1))
    .sort();
}

async function search(query: string, path: string): Promise<{ path: string; text: string }[]> {
  return (await server.post('/file-consultant/search', { query, path })).body;
}

describe('npm run ingest', () => {
  it('sends a folder, waits until it is read, and tells what is in it now', async () => {
    const folder = await writeFiles({
      'boat.md': '# The boat\n\nIt lies in the harbour of Cartagena.\n',
      'deep/below/notes.txt': 'The key is under the third flowerpot.\n',
      'picture.png': PIXEL,
    });
    const { exitCode, out, err } = await run(folder, '--to', 'library/plain');
    expect(err).toBe('');
    expect(out).toContain(`Sending 2 files to library/plain in the workspace of ${server.url}`);
    expect(out).toMatch(/2 files, 2 passages in \d+ s \(2 sent, 0\.0 MB\)\./);
    expect(out).toContain('Skipped: 1 file (kinds that are not read, such as images)\n');
    expect(exitCode).toBe(0);
    expect(await filesIn('library/plain')).toEqual(['boat.md', 'deep/below/notes.txt']);
    const found = await search('where is the key', 'library/plain');
    expect(found[0]?.path).toBe('library/plain/deep/below/notes.txt');
  });

  it('says that nothing has changed, and sends and reads only what has', async () => {
    const folder = await writeFiles({ 'one.md': 'The first one.', 'two.md': 'The second one.' });
    const to = ['--to', 'library/again'];
    expect((await run(folder, ...to)).exitCode).toBe(0);
    const again = await run(folder, ...to);
    expect(again.out).toContain('Unchanged: 2 files, 2 passages in library/again.');
    expect(again.exitCode).toBe(0);
    await writeFile(join(folder, 'two.md'), 'The second one, with a lighthouse.');
    const changed = await run(folder, ...to);
    expect(changed.out).toMatch(/2 files, 2 passages in \d+ s \(1 sent, 0\.0 MB, 1 unchanged\)\./);
    expect((await search('lighthouse', 'library/again'))[0]?.path).toBe('library/again/two.md');
    const { body: changes } = await server.get('/file-admin/changes?path=library/again/one.md');
    expect(changes).toHaveLength(1);
  });

  it('reads what is in the workspace where it is, and copies nothing', async () => {
    await putIntoWorkspace({ 'papers/a.md': 'A paper on glaciers.', 'papers/b.md': 'A paper on deserts.' });
    const { exitCode, out } = await run(join(place.workspace, 'papers'));
    expect(out).toContain(`Reading papers in at ${server.url}`);
    expect(out).toMatch(/2 files, 2 passages in \d+ s\.\n/);
    expect(exitCode).toBe(0);
    expect((await readdir(place.workspace)).sort()).not.toContain('a.md');
    expect((await search('glaciers', 'papers'))[0]?.path).toBe('papers/a.md');
    expect((await run(join(place.workspace, 'papers'))).out).toContain(
      'Unchanged: 2 files, 2 passages in papers.',
    );
    const { out: refusal, err } = await run(join(place.workspace, 'papers'), '--pattern', '*.md');
    expect(refusal).toBe('');
    expect(err).toMatch(/^--pattern is for what has to be sent, and .* is in the workspace already/);
  });

  it('names each file that could not be read, with the reason, and fails', async () => {
    const folder = await writeFiles({
      'good.md': 'All is well.',
      'broken.pdf': BROKEN_PDF,
      'co:lon.md': 'x',
    });
    const { exitCode, out } = await run(folder, '--to', 'library/broken');
    expect(out).toMatch(/1 file, 1 passage in \d+ s \(2 sent, 0\.0 MB\)\./);
    expect(out).toContain('Skipped: 1 file (links, or names that no workspace takes)\n');
    expect(out).toMatch(/Failed: 1 file\n {2}library\/broken\/broken\.pdf: It .*\.\n$/);
    expect(exitCode).toBe(1);
    const again = await run(folder, '--to', 'library/broken');
    expect(again.out).toContain('Unchanged: 1 file, 1 passage in library/broken.');
    expect(again.out).toContain('Failed: 1 file\n');
    expect(again.exitCode).toBe(1);
  });

  it('names twenty failed files and counts the others', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 27 }, (_, index) => [`broken-${String(index).padStart(2, '0')}.pdf`, BROKEN_PDF]),
    );
    const { out } = await run(await writeFiles(files), '--to', 'library/many');
    expect(out).toContain('Failed: 27 files\n');
    expect(out).toContain('library/many/broken-19.pdf');
    expect(out).not.toContain('library/many/broken-20.pdf');
    expect(out).toMatch(/\n {2}and 7 more\n$/);
  });

  it('sends a single file', async () => {
    const folder = await writeFiles({ 'small.md': 'A small file.' });
    const small = await run(join(folder, 'small.md'));
    expect(small.out).toMatch(/^Sending small\.md to library\/small\.md in .*\n1 file, 1 passage in 1 s/);
    expect(small.exitCode).toBe(0);
    expect((await run(join(folder, 'small.md'))).out).toContain(
      'Unchanged: 1 file, 1 passage in library/small.md.',
    );
    expect((await run(join(folder, 'small.md'), '--to', 'notes/', '--no-wait')).exitCode).toBe(0);
    expect(await filesIn('notes')).toEqual(['small.md']);
  });

  it('sends a file of more than 5 MiB as well', async () => {
    const line = 'harbour,boat,lighthouse,keeper\n';
    const folder = await writeFiles({ 'long.csv': line.repeat(Math.ceil(5.3e6 / line.length)) });
    const { exitCode, out } = await run(join(folder, 'long.csv'), '--to', 'tables', '--no-wait');
    expect(out).not.toContain('was not sent');
    expect(exitCode).toBe(0);
    expect(await filesIn('tables')).toEqual(['long.csv']);
    const { body: documents } = await server.get('/file-consultant/documents?path=tables/long.csv');
    expect(documents).toMatchObject([{ path: 'tables/long.csv', type: 'file' }]);
    await server.call('DELETE', `/file-consultant/documents/${documents[0].id}`);
  });

  it('passes over what is hidden, ignored or installed, but not what a pattern asks for', async () => {
    const folder = await writeFiles({
      'read.md': 'Read me.',
      '.env': 'SECRET=1',
      '.hidden/also.md': 'Hidden.',
      '.git/config.md': 'Of git.',
      'node_modules/dependency/readme.md': 'Of a dependency.',
      '.gitignore': 'dist/\n',
      'dist/built.md': 'Built.',
      'dist/built.txt': 'Built.',
    });
    expect((await run(folder, '--to', 'library/passed')).exitCode).toBe(0);
    expect(await filesIn('library/passed')).toEqual(['read.md']);
    expect((await run(folder, '--to', 'library/chosen', '--pattern', '**/*.md')).exitCode).toBe(0);
    expect(await filesIn('library/chosen')).toEqual([
      '.hidden/also.md',
      'dist/built.md',
      'node_modules/dependency/readme.md',
      'read.md',
    ]);
    const { exitCode, out } = await run(join(folder, 'node_modules'));
    expect(out).toContain('1 file, 1 passage');
    expect(exitCode).toBe(0);
    expect(await filesIn('library/node_modules')).toEqual(['dependency/readme.md']);
  });

  it('does not wait when it is told so, and says where to ask', async () => {
    const folder = await writeFiles({ 'later.md': 'Later.' });
    const { exitCode, out } = await run(folder, '--to', 'library/later', '--no-wait');
    const id = /library\/later is being read in; GET \/file-consultant\/documents\/(\S+) tells/.exec(
      out,
    )?.[1];
    expect(exitCode).toBe(0);
    await expect
      .poll(async () => (await server.get(`/file-consultant/documents/${id}`)).body.state)
      .toBe('ready');
  });

  it('stops waiting when it is interrupted, and the server goes on', async () => {
    const held = Promise.withResolvers<object>();
    place.fake.onEmbeddings(() => held.promise);
    const folder = await writeFiles({ 'slow.md': 'The tortoise wins.', 'slower.md': 'The snail as well.' });
    const command = start(folder, '--to', 'library/slow');
    await command.says('0 of 2 files read');
    command.interrupt();
    const { exitCode, out } = await command.end();
    expect(out).toMatch(
      /The server goes on \(0 of 2 files read\); GET \/file-consultant\/documents\/\S+ tells/,
    );
    expect(exitCode).toBe(1);
    held.resolve({});
    const id = /documents\/(\S+) tells/.exec(out)?.[1];
    await expect
      .poll(async () => (await server.get(`/file-consultant/documents/${id}`)).body.state, {
        timeout: 20_000,
      })
      .toBe('ready');
  });

  it.skipIf(!hasTerminal)(
    'takes Ctrl+C for an interruption under its second progress bar as well',
    async () => {
      const held = Promise.withResolvers<object>();
      place.fake.onEmbeddings(() => held.promise);
      const folder = await writeFiles({ 'slow.md': 'The tortoise wins again.' });
      const command = `"${process.execPath}" ${PROGRAM} "${folder}" --to library/terminal --url ${server.url}`;
      const terminal = startOnTerminal(command);
      await terminal.says('0 of 1 files read');
      terminal.type('\u0003');
      const { exitCode, out } = await terminal.end();
      held.resolve({});
      expect(out).toContain('The server goes on (0 of 1 files read)');
      expect(exitCode).toBe(1);
    },
  );

  it('sends to the server that --url names, also what is in the workspace', async () => {
    await putIntoWorkspace({ 'here/a.md': 'Here.' });
    const folder = join(place.workspace, 'here');
    const { exitCode, out } = await startCommand(PROGRAM, [folder, '--url', server.url], {}).end();
    expect(out).toContain('Sending 1 file to library/here');
    expect(exitCode).toBe(0);
    expect(await filesIn('library/here')).toEqual(['a.md']);
  });

  it('explains itself, and what was wrong, in a line', async () => {
    expect(await run('--help')).toMatchObject({ exitCode: 0, out: expect.stringContaining('--pattern') });
    const wrong = async (...args: string[]) => {
      const { exitCode, err } = await run(...args);
      expect(exitCode).toBe(1);
      return err;
    };
    const folder = await writeFiles({ 'picture.png': PIXEL });
    expect(await wrong()).toBe('Give one file or folder: npm run ingest -- <path>\n');
    expect(await wrong('/absent/a')).toBe('There is no file or folder /absent/a.\n');
    expect(await wrong(folder)).toBe(
      `There is nothing to read in ${folder} (1 file is of a kind that is not read, such as images).\n`,
    );
    expect(await wrong(folder, '--pattern', '**/*.md')).toBe(
      `Nothing that can be read in ${folder} matches **/*.md.\n`,
    );
    expect(await wrong(folder, '--pattern', '[')).toMatch(/^--pattern got "\["; it takes a glob/);
    expect(await wrong(join(folder, 'picture.png'), '--to', '../up')).toMatch(
      /^The path "\.\.\/up\/picture\.png" cannot be used: it climbs/,
    );
  });

  it('says at once when no server is there', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const address = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
    closed.close();
    await once(closed, 'close');
    const folder = await writeFiles({ 'a.md': 'A.' });
    const { exitCode, out, err } = await run(folder, '--url', address);
    expect(out).toBe('');
    expect(err).toBe(`Nothing was read in: no server is there at ${address}; start it with npm start.\n`);
    expect(exitCode).toBe(1);
  });
});
