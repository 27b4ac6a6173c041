import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeHistory } from '../history-files/read-lines.ts';
import { startTestApp, TEST_USER_HEADER, type TestApp } from '../support/app.ts';
import { createImportingUser, type ImportingUser, line, lines, toNdjson } from '../support/imports.ts';

/** The importer's own limits. */
const LONGEST_LINE = 2_000_000;
const LONGEST_CONTENT = 200_000;
const BATCH = 500;
const COMMAND_LIMIT_MS = 30_000;
const SOON = { timeout: 20_000, interval: 50 };

let server: TestApp;
/** Each test is a user of its own. */
let app: ImportingUser;

beforeAll(async () => {
  server = await startTestApp();
});
afterAll(() => server.stop());
beforeEach(() => {
  app = createImportingUser(server);
});

const good = (content: string) => JSON.stringify(line(content));
const without = (field: string) => JSON.stringify({ ...line('bad'), [field]: undefined });
const withField = (field: string, value: unknown) => JSON.stringify({ ...line('bad'), [field]: value });

const CONTENT = 'content: takes 1 to 200,000 characters.';
const TIME = 'created_at: takes a time as ISO 8601 with its zone, such as 2025-03-04T18:02:11Z.';
const NUL = 'takes text without NUL characters.';
const OBJECT = 'the line: takes an object.';

const BAD_LINES: [string, string | Buffer, string][] = [
  ['is not JSON', '{"session":', OBJECT],
  ['is a list', `[${good('bad')}]`, OBJECT],
  ['is null', 'null', OBJECT],
  ['is two objects', `${good('bad')}${good('bad')}`, OBJECT],
  [
    'is not UTF-8',
    Buffer.concat([Buffer.from(good('bad').slice(0, -2)), Buffer.from([0xc3, 0x22, 0x7d])]),
    OBJECT,
  ],
  ['has no session', without('session'), 'session: takes 1 to 200 characters.'],
  ['has a blank session', withField('session', ' \t'), 'session: takes 1 to 200 characters.'],
  [
    'has a session that is too long',
    withField('session', 's'.repeat(201)),
    'session: takes 1 to 200 characters.',
  ],
  ['has a session that is no text', withField('session', 7), 'session: takes 1 to 200 characters.'],
  ['has a blank title', withField('title', ''), 'title: takes 1 to 200 characters.'],
  ['has no role', without('role'), 'role: takes user or assistant.'],
  ['has an unknown role', withField('role', 'system'), 'role: takes user or assistant.'],
  ['has a name that is too long', withField('name', 'n'.repeat(101)), 'name: takes 1 to 100 characters.'],
  ['has no content', without('content'), CONTENT],
  ['has blank content', withField('content', ' \n\u00a0'), CONTENT],
  ['has content that is too long', withField('content', 'x'.repeat(LONGEST_CONTENT + 1)), CONTENT],
  ['has NUL in its content', withField('content', 'a\0b'), `content: ${NUL}`],
  ['has NUL in its session', withField('session', 'a\0b'), `session: ${NUL}`],
  ['has NUL in its title', withField('title', 'a\0b'), `title: ${NUL}`],
  ['has NUL in its name', withField('name', 'a\0b'), `name: ${NUL}`],
  ['has no time', without('created_at'), TIME],
  ['has a time without zone', withField('created_at', '2024-03-14T21:26:53'), TIME],
  ['has a day that there is not', withField('created_at', '2024-02-30T21:26:53Z'), TIME],
  ['has a number for a time', withField('created_at', 1_710_451_613), TIME],
  [
    'is from before 1970',
    withField('created_at', '1969-12-31T23:59:59Z'),
    'created_at: takes a time from 1970 on.',
  ],
  [
    'is from the future',
    withField('created_at', new Date(Date.now() + 600_000).toISOString()),
    'created_at: takes a time that is not in the future.',
  ],
  ['is too long', `{${' '.repeat(LONGEST_LINE)}}`, 'The line is longer than 2,000,000 bytes.'],
];

describe('a line', () => {
  it.each(BAD_LINES)('that %s is named, and those beside it are stored', async (_what, source, detail) => {
    const body = [`${good('before')}\n`, source, `\n${good('after')}\n`].map((part) => Buffer.from(part));
    const answer = await app.sendBytes(Buffer.concat(body));
    const errors = [{ line: 2, detail }];
    expect(answer).toMatchObject({ status: 200, body: { imported: 2, skipped: 0, failed: 1, errors } });
    expect(await app.contents()).toEqual(['before', 'after']);
  });

  it('is counted from 1, with those that are blank, and named once', async () => {
    const bad = withField('role', 'system');
    const { body } = await app.sendBytes(`${bad}\n\n${good('a')}\n${JSON.stringify({})}\n \t\r\n\r\n${bad}`);
    expect(body).toMatchObject({ imported: 1, failed: 3 });
    expect(body.errors.map((error: { line: number }) => error.line)).toEqual([1, 4, 7]);
  });

  it('keeps its number behind one that is much too long', async () => {
    const long = withField('content', 'x'.repeat(3 * LONGEST_LINE));
    const { body } = await app.sendBytes(`${long}\n${good('between')}\n${long}\nnot JSON\n${good('last')}`);
    expect(body).toMatchObject({ imported: 2, failed: 3 });
    expect(body.errors.map((error: { line: number }) => error.line)).toEqual([1, 3, 4]);
    expect(await app.contents()).toEqual(['between', 'last']);
  });

  it('may have lone surrogates, which are replaced, and fields that are not known', async () => {
    const odd = String.raw`{"session":"s\ud800","title":"t\udc00","role":"user","name":"n\ud800","content":"c\ud800!","created_at":"2024-03-14T21:26:53Z","mood":{"a":1}}`;
    expect((await app.send([odd])).body).toEqual({ imported: 1, skipped: 0, failed: 0, errors: [] });
    expect((await app.send([odd])).body).toMatchObject({ imported: 0, skipped: 1 });
    const session = await app.sessionOf('t\ufffd');
    expect(await app.history(session)).toMatchObject([{ name: 'n\ufffd', content: 'c\ufffd!' }]);
  });

  it.each(['session', 'name', 'content'])(
    'with a lone surrogate in its %s is the same as with what replaces it',
    async (field) => {
      await app.expectImport([line('a', { name: 'n', [field]: 'x\ud800' })], 1);
      await app.expectImport([line('a', { name: 'n', [field]: 'x\ufffd' })], 0);
    },
  );

  it('is taken with everything as long as it may be, and as early', async () => {
    const longest = {
      session: 's'.repeat(200),
      title: 't'.repeat(200),
      name: 'n'.repeat(100),
      content: '\u20ac word '.repeat(LONGEST_CONTENT / 7).padEnd(LONGEST_CONTENT, 'x'),
      created_at: '1970-01-01T00:00:00Z',
    };
    expect((await app.send([line('', longest)])).body).toMatchObject({ imported: 1, failed: 0 });
    const [stored] = await app.history(await app.sessionOf(longest.title));
    expect(stored).toMatchObject({
      name: longest.name,
      content: longest.content,
      created_at: '1970-01-01T00:00:00.000Z',
    });
  });

  it('may end as Windows ends lines, and the last one need not end', async () => {
    const body = `\ufeff${lines(3)
      .map((one) => JSON.stringify(one))
      .join('\r\n')}`;
    expect((await app.sendBytes(body)).body).toEqual({ imported: 3, skipped: 0, failed: 0, errors: [] });
    expect((await app.send(lines(3))).body).toMatchObject({ imported: 0, skipped: 3 });
  });
});

describe('a body', () => {
  it('may be empty, or blank', async () => {
    for (const body of ['', '\n', ' \r\n\n\t'])
      expect(await app.sendBytes(body)).toMatchObject({
        status: 200,
        body: { imported: 0, skipped: 0, failed: 0, errors: [] },
      });
    expect((await app.get('/sessions')).body).toEqual([]);
  });

  it.each(['application/x-ndjson', 'application/jsonl; charset=utf-8', 'application/x-jsonlines'])(
    'is taken as %s',
    async (type) => {
      expect((await app.sendBytes(good('a'), type)).body).toMatchObject({ imported: 1 });
    },
  );

  it.each([
    ['application/json', good('a')],
    ['application/json', toNdjson(lines(2))],
    ['text/plain', good('a')],
    ['application/octet-stream', good('a')],
    ['multipart/form-data; boundary=x', good('a')],
  ])('is refused as %s, with what is taken instead', async (type, body) => {
    const { status, headers, body: problem } = await app.sendBytes(body, type);
    expect([400, 415]).toContain(status);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(problem.code).toMatch(/^(invalid_request|unsupported_media_type)$/);
    expect(problem.detail).toContain('application/x-ndjson');
    expect(await app.history()).toEqual([]);
  });

  it('has to be there', async () => {
    const { status, body } = await app.call('POST', '/memory/import');
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid_request' });
    expect(body.detail).toContain('application/x-ndjson');
  });

  it('with more than a thousand bad lines has the first thousand told, and all of them counted', async () => {
    const bad = withField('role', 'system');
    const given = lines(1_300).flatMap((one) => [bad, one]);
    const { body } = await app.send(given);
    expect(body).toMatchObject({ imported: 1_300, skipped: 0, failed: 1_300 });
    expect(body.errors).toHaveLength(1_000);
    expect(body.errors.map((error: { line: number }) => error.line)).toEqual(
      Array.from({ length: 1_000 }, (_, index) => 2 * index + 1),
    );
  });

  it('may have many long messages, which are stored in the time that the database has', async () => {
    const own = await startTestApp({ env: { DATABASE_TIMEOUT_MS: '2500' } });
    const user = createImportingUser(own);
    try {
      await user.expectImport(lines(250, { content: 'harbour '.repeat(LONGEST_CONTENT / 8) }), 250);
    } finally {
      await own.stop();
    }
  });

  it('that breaks off leaves what was stored, and the whole again completes it', async () => {
    const all = lines(2 * BATCH + 200);
    const sending = request(`${server.url}/memory/import`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', [TEST_USER_HEADER]: app.user },
    });
    const broken = once(sending, 'error');
    sending.write(toNdjson(all.slice(0, BATCH + 100)));
    sending.write(JSON.stringify(all[BATCH + 100]).slice(0, 20));
    await expect.poll(async () => (await app.contents()).length, SOON).toBe(BATCH);
    sending.destroy(new Error('the connection breaks off'));
    await broken;
    // What is stored gets its vectors as after any import.
    await app.embedded();
    expect(await app.contents()).toEqual(all.slice(0, BATCH).map(({ content }) => content));
    await app.expectImport(all, BATCH + 200);
    expect(await app.contents()).toEqual(all.map(({ content }) => content));
  });
});

const MARCH = Date.UTC(2024, 2, 14, 21, 26) / 1_000;
const CHATGPT = JSON.stringify([
  {
    id: 'c-1',
    title: 'Birthday plans',
    create_time: MARCH,
    current_node: 'b',
    mapping: {
      a: { message: said('user', 'My nephew Teo turns nine in June.', MARCH), children: ['b'] },
      b: {
        message: said('assistant', 'Then a kite would be a fine present for Teo.', MARCH + 5),
        parent: 'a',
      },
    },
  },
]);
const WHATSAPP = [
  '[14/03/2024, 21:26:53] Ana: The spare key is under the blue flowerpot.',
  '[14/03/2024, 21:27:10] Beto: Thanks!',
  '[15/03/2024, 08:00:00] Ana: And the boiler needs a new valve.',
].join('\n');

function said(role: string, text: string, time: number) {
  return { author: { role }, content: { content_type: 'text', parts: [text] }, create_time: time };
}

/** Runs the command as `npm run import -- …` does, as whoever the server takes it for. */
async function runImport(file: string, url: string) {
  const child = spawn(process.execPath, ['src/import.ts', file, '--url', url], {
    env: { PATH: process.env.PATH, TZ: 'UTC' },
    timeout: COMMAND_LIMIT_MS,
  });
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.err += text;
  });
  const [exitCode] = await once(child, 'close');
  return { exitCode, ...output };
}

describe('npm run import, with the server itself', () => {
  it.each([
    {
      name: 'notes.ndjson',
      content: toNdjson([...lines(1_201), line('My locker code is 4821.', { name: 'Dora' })]),
      counted: '1,202 messages',
      title: 'diary',
      question: 'What is the locker code?',
      answer: 'In what you brought me, Dora said on 2024-03-14: "My locker code is 4821."',
    },
    {
      name: 'WhatsApp Chat with Ana.txt',
      content: WHATSAPP,
      counted: '3 messages',
      title: 'Ana',
      question: 'Where is the spare key?',
      answer: 'In what you brought me, Ana said on 2024-03-14: "The spare key is under the blue flowerpot."',
    },
    {
      name: 'conversations.json',
      content: CHATGPT,
      counted: '2 messages',
      title: 'Birthday plans',
      question: 'When does my nephew Teo turn nine?',
      answer: 'You told me on 2024-03-14: "My nephew Teo turns nine in June."',
    },
  ])('brings $name along, once, to be asked about', async ({ name, content, counted, title, ...asking }) => {
    const own = await startTestApp();
    const local = createImportingUser(own, 'local');
    try {
      const file = await writeHistory(name, content);
      const first = await runImport(file, own.url);
      expect(first).toMatchObject({ exitCode: 0, err: '' });
      expect(first.out).toContain(`Imported ${counted}.`);
      const before = await local.history();
      const session = await local.sessionOf(title);
      expect(new Set(before.map((message) => message.session_id))).toEqual(new Set([session]));
      const again = await runImport(file, own.url);
      expect(again).toMatchObject({ exitCode: 0, err: '' });
      expect(again.out).toContain(`Nothing new: ${counted} already there.`);
      expect(await local.history()).toEqual(before);
      const { body } = await local.ask(asking.question);
      expect(body).toMatchObject({ model: 'offline', response: asking.answer });
      expect(body.session_id).not.toBe(session);
    } finally {
      await own.stop();
    }
  });
});
