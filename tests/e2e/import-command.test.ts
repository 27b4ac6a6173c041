import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { writeHistory, zipOf } from '../history-files/read-lines.ts';
import { startCommand, startOnTerminal } from '../support/command.ts';
import { problem, startImportStub } from '../support/import-stub.ts';

/** Whether `script` of util-linux is there, which runs a program on a terminal of its own. */
const hasTerminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux');

const startImport = (args: string[], env?: Record<string, string>) =>
  startCommand('src/import.ts', args, env);
const run = async (args: string[], env?: Record<string, string>) => await startImport(args, env).end();

function ndjson(
  count: number,
  contentOf: (number: number) => string = (number) => `message ${number}`,
): string {
  return Array.from({ length: count }, (_, index) => {
    const created = new Date(Date.UTC(2024, 0, 1) + index).toISOString();
    return `${JSON.stringify({ session: 's', role: 'user', content: contentOf(index + 1), created_at: created })}\n`;
  }).join('');
}

describe('npm run import', () => {
  it('sends a file in order, 500 lines at a time, and says what became of it', async () => {
    const stub = await startImportStub();
    const text = ndjson(1_201);
    const { exitCode, out, err } = await run([await writeHistory('a.ndjson', text), '--url', stub.url]);
    expect(out).toContain('Imported 1,201 messages.');
    expect(err).toBe('');
    expect(exitCode).toBe(0);
    expect(stub.requests.map(({ lines }) => lines.length)).toEqual([500, 500, 201]);
    expect(stub.requests.flatMap(({ lines }) => lines)).toEqual(text.trimEnd().split('\n'));
    expect(stub.requests[0]).toMatchObject({
      url: '/memory/import',
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect(stub.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it('says when everything is there already, and how much of it is new', async () => {
    const stub = await startImportStub();
    const first = await writeHistory('a.ndjson', ndjson(3));
    await run([first, '--url', stub.url]);
    const again = await run([first, '--url', stub.url]);
    expect(again.out).toContain('Nothing new: 3 messages already there.');
    expect(again.exitCode).toBe(0);
    const longer = await run([await writeHistory('a.ndjson', ndjson(4)), '--url', stub.url]);
    expect(longer.out).toContain('Imported 1 message; 3 messages already there.');
  });

  it('names the lines that were refused by their numbers in the file, and fails', async () => {
    const stub = await startImportStub();
    const good = ndjson(600).split('\n');
    const text = [
      '',
      'not JSON',
      ...good.slice(0, 550),
      '',
      ndjson(1, () => 'bad').trim(),
      ...good.slice(550),
    ];
    const { exitCode, out } = await run([
      await writeHistory('a.ndjson', text.join('\n')),
      '--url',
      stub.url,
      '--format',
      'ndjson',
    ]);
    expect(out).toContain('Imported 600 messages.');
    expect(out).toContain('Errors: 2\n  line 2: is not JSON\n  line 554: content is bad\n');
    expect(exitCode).toBe(1);
  });

  it('imports a WhatsApp export, and says what was left out and what it had to guess', async () => {
    const stub = await startImportStub();
    const chat = '3/4/24, 9:05 p. m. - Ana: Hola\n3/4/24, 9:05 p. m. - Beto: <Multimedia omitido>\n';
    const zip = zipOf({ 'Chat de WhatsApp con Ana.txt': chat });
    const { exitCode, out } = await run([await writeHistory('chat.zip', zip), '--url', stub.url]);
    expect(out).toContain('as a WhatsApp chat');
    expect(out).toContain('The dates do not show whether');
    expect(out).toContain('Imported 1 message.\nLeft out:\n  1 media without text\n');
    expect(exitCode).toBe(0);
    expect(stub.requests[0]?.lines.map((line) => JSON.parse(line))).toEqual([
      {
        session: 'whatsapp:Ana',
        title: 'Ana',
        role: 'user',
        name: 'Ana',
        content: 'Hola',
        created_at: '2024-04-03T21:05:00.000Z',
      },
    ]);
    const file = await writeHistory('chat.zip', zip);
    const american = await run([file, '--url', stub.url, '--date-order', 'mdy'], { TZ: 'America/Bogota' });
    expect(american.out).not.toContain('The dates do not show');
    expect(JSON.parse(stub.requests[1]?.lines[0] ?? '').created_at).toBe('2024-03-05T02:05:00.000Z');
  });

  it('tries again what the server had no time for, or what the connection lost', async () => {
    const stub = await startImportStub([
      problem(503, { title: 'The server is stopping' }, { 'retry-after': '0' }),
      problem(429, {}, { 'retry-after': new Date().toUTCString() }),
      (response) => void response.destroy(),
    ]);
    const { exitCode, out, err } = await run([await writeHistory('a.ndjson', ndjson(2)), '--url', stub.url]);
    expect(out).toContain('Imported 2 messages.');
    expect(err).toBe('');
    expect(exitCode).toBe(0);
    expect(stub.requests).toHaveLength(4);
    expect(new Set(stub.requests.map(({ lines }) => lines.join('\n'))).size).toBe(1);
  });

  it('gives up after three retries, and at once when it should wait for long', async () => {
    const now = { 'retry-after': '0' };
    const busy = await startImportStub(Array.from({ length: 9 }, () => problem(503, { title: 'Busy' }, now)));
    const file = await writeHistory('a.ndjson', ndjson(2));
    const { exitCode, err } = await run([file, '--url', busy.url]);
    expect(err).toBe(`Nothing was imported: ${busy.url} answered 503 (Busy).\n`);
    expect(exitCode).toBe(1);
    expect(busy.requests).toHaveLength(4);

    const closed = await startImportStub([problem(503, {}, { 'retry-after': '3600' })]);
    expect((await run([file, '--url', closed.url])).exitCode).toBe(1);
    expect(closed.requests).toHaveLength(1);
  });

  it('stops at any other answer, and says what was imported so far', async () => {
    const refusal = problem(401, { title: 'No key', detail: 'This server wants an API key.', code: 'x' });
    const stub = await startImportStub([() => undefined, refusal]);
    const { exitCode, out, err } = await run([
      await writeHistory('a.ndjson', ndjson(1_200)),
      '--url',
      stub.url,
    ]);
    expect(out).toContain('Imported 500 messages.');
    expect(err).toBe(
      `The import stopped: ${stub.url} answered 401 (No key: This server wants an API key.). ` +
        'Running it again is safe; what is there is skipped.\n',
    );
    expect(exitCode).toBe(1);
    expect(stub.requests).toHaveLength(2);
  });

  it('imports what stands before the place where a file breaks off', async () => {
    const stub = await startImportStub();
    const message = { author: { role: 'user' }, content: { content_type: 'text', parts: ['Hello'] } };
    const whole = { id: 'c', title: 'Whole', create_time: 1, current_node: 'a', mapping: { a: { message } } };
    const file = await writeHistory('conversations.json', `[${JSON.stringify(whole)}, {"title": "Ha`);
    const { exitCode, out, err } = await run([file, '--url', stub.url]);
    expect(out).toContain('Imported 1 message.');
    expect(err).toBe('conversations.json ends in the middle; what stands before that was imported.\n');
    expect(exitCode).toBe(1);
  });

  it('sends the API key of the environment, below the path of the address', async () => {
    const stub = await startImportStub();
    const args = [await writeHistory('a.ndjson', ndjson(1)), '--url', `${stub.url}/tertulia/`];
    await run(args, { TERTULIA_API_KEY: 'k-1' });
    expect(stub.requests[0]?.url).toBe('/tertulia/memory/import');
    expect(stub.requests[0]?.headers.authorization).toBe('Bearer k-1');
  });

  it('finds the server by HOST and PORT, and says at once when it is not there', async () => {
    const file = await writeHistory('a.ndjson', ndjson(1));
    const stub = await startImportStub();
    const port = new URL(stub.url).port;
    expect((await run([file], { PORT: port })).exitCode).toBe(0);
    expect(stub.requests).toHaveLength(1);
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const address = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
    closed.close();
    await once(closed, 'close');
    const { exitCode, err } = await run([file, '--url', address]);
    expect(err).toBe(`Nothing was imported: no server is there at ${address}; start it with npm start.\n`);
    expect(exitCode).toBe(1);
  });

  it('ends an interrupted import after the request under way', async () => {
    const arrived = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const hold = () => {
      arrived.resolve();
      return answer.promise;
    };
    const stub = await startImportStub([hold]);
    const command = startImport([await writeHistory('a.ndjson', ndjson(1_200)), '--url', stub.url]);
    await arrived.promise;
    command.interrupt();
    await command.says('Stopping after the request that is under way.');
    answer.resolve();
    const { exitCode, out } = await command.end();
    expect(out).toContain('Imported 500 messages.\nInterrupted.');
    expect(exitCode).toBe(1);
    expect(stub.requests).toHaveLength(1);
  });

  it.skipIf(!hasTerminal)(
    'takes Ctrl+C on a terminal, where it shows a bar, for an interruption',
    async () => {
      const arrived = Promise.withResolvers<void>();
      const answer = Promise.withResolvers<void>();
      const stub = await startImportStub([
        () => {
          arrived.resolve();
          return answer.promise;
        },
      ]);
      const file = await writeHistory('a.ndjson', ndjson(1_200));
      const terminal = startOnTerminal(`"${process.execPath}" src/import.ts "${file}" --url ${stub.url}`);
      await arrived.promise;
      terminal.type('\u0003');
      await terminal.says('Stopping after the request that is under way.');
      answer.resolve();
      const { exitCode, out } = await terminal.end();
      expect(out).toContain('Imported 500 messages.\r\nInterrupted.');
      expect(exitCode).toBe(1);
      expect(stub.requests).toHaveLength(1);
    },
  );

  it('explains itself, and what was wrong with the command, in a line', async () => {
    expect(await run(['--help'])).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('--date-order'),
    });
    const wrong = async (...args: string[]) => {
      const { exitCode, err } = await run(args);
      expect(exitCode).toBe(1);
      return err;
    };
    expect(await wrong()).toBe('Give one file: npm run import -- <file>\n');
    expect(await wrong('a', '--format', 'html')).toBe(
      '--format got "html"; it takes ndjson or chatgpt or whatsapp.\n',
    );
    expect(await wrong('a', '--url', 'localhost:3000')).toContain('it takes an address like http');
    expect(await wrong('a', '--mee', 'x')).toContain("Unknown option '--mee'");
    expect(await wrong('/absent/a.txt', '--url', 'http://127.0.0.1:1')).toBe(
      'There is no file /absent/a.txt.\n',
    );
    expect((await run(['a'], { PORT: '0' })).err).toContain('say which with --url');
  });
});
