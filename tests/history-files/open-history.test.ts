import { describe, expect, it } from 'vitest';
import { LONGEST_LINE_BYTES } from '../../src/history-files/history.ts';
import { readAll, writeFiles, writeHistory, zipOf } from './read-lines.ts';

const LINE = JSON.stringify({
  session: 's',
  role: 'user',
  content: 'hi',
  created_at: '2024-01-01T00:00:00Z',
});

describe('an NDJSON file', () => {
  it('gives its lines as they are, without blank ones, with their numbers', async () => {
    const text = `\uFEFF${LINE}\r\n\r\n  \nnot JSON\n${LINE}`;
    const { format, texts, places, share } = await readAll(await writeHistory('history.ndjson', text));
    expect(format).toBe('ndjson');
    expect(texts).toEqual([LINE, 'not JSON', LINE]);
    expect(places).toEqual(['line 1', 'line 4', 'line 5']);
    expect(share).toBe(1);
  });

  it('may have line separators of Unicode inside a text', async () => {
    const line = JSON.stringify({ content: 'one\u2028two\u2029three' });
    const { texts } = await readAll(await writeHistory('history.ndjson', `${line}\n${line}\n`));
    expect(texts).toEqual([line, line]);
  });

  it('may have letters that are cut where a piece of the file ends', async () => {
    const line = JSON.stringify({ content: 'ñ'.repeat(100_001) });
    const { texts } = await readAll(await writeHistory('history.ndjson', `${line}\n${line}\n`));
    expect(texts).toEqual([line, line]);
  });

  it('has a fault where a line is not UTF-8', async () => {
    const bytes = Buffer.concat([
      Buffer.from(`${LINE}\n`),
      Buffer.from([0x22, 0xf1, 0x22, 0x0a]),
      Buffer.from(LINE),
    ]);
    const { places, faults } = await readAll(await writeHistory('history.ndjson', bytes));
    expect(places).toEqual(['line 1', 'line 3']);
    expect(faults).toEqual({ count: 1, first: [{ place: 'line 2', detail: 'is not UTF-8' }] });
  });

  it('cuts a line that cannot be sent just behind the limit', async () => {
    const { texts, places } = await readAll(
      await writeHistory('history.ndjson', `{"a":"${'x'.repeat(LONGEST_LINE_BYTES * 2)}"}\n${LINE}\n`),
    );
    expect(texts.map(({ length }) => length)).toEqual([LONGEST_LINE_BYTES + 1, LINE.length]);
    expect(places).toEqual(['line 1', 'line 2']);
  });
});

describe('the format', () => {
  it('is told by the content, whatever the name is', async () => {
    const chat = '31/01/2024, 08:16 - Ana: hi';
    expect((await readAll(await writeHistory('a.json', LINE))).format).toBe('ndjson');
    expect((await readAll(await writeHistory('a.ndjson', '[]'))).format).toBe('chatgpt');
    expect((await readAll(await writeHistory('a.json', chat))).format).toBe('whatsapp');
    expect((await readAll(await writeHistory('a', zipOf({ 'Chat mit Ana.txt': chat })))).format).toBe(
      'whatsapp',
    );
  });

  it('is told by names that a zip file has in UTF-8 without saying so', async () => {
    const zip = Buffer.from(zipOf({ 'Chat de WhatsApp con Íñigo.txt': '31/01/2024, 08:16 - Ana: hi' }));
    // Bit 11 of the flags, in the entry's own header and in the list at the end, says that a name is UTF-8.
    zip.writeUInt8(zip.readUInt8(7) & ~8, 7);
    const listed = zip.indexOf('PK\u0001\u0002') + 9;
    zip.writeUInt8(zip.readUInt8(listed) & ~8, listed);
    const { lines } = await readAll(await writeHistory('chat.zip', zip));
    expect(lines()[0]?.session).toBe('whatsapp:Íñigo');
  });

  it('may be given', async () => {
    const path = await writeHistory('history.log', 'not JSON\n');
    await expect(readAll(path)).rejects.toThrow('--format ndjson|chatgpt|whatsapp');
    expect((await readAll(path, { format: 'ndjson' })).texts).toEqual(['not JSON']);
    await expect(readAll(path, { format: 'whatsapp' })).rejects.toThrow('no messages of a WhatsApp chat');
    await expect(readAll(path, { format: 'chatgpt' })).rejects.toThrow(
      'history.log is not a JSON array of conversations.',
    );
  });

  it('is not known for a folder or zip file without history', async () => {
    await expect(readAll(await writeFiles({ 'notes.txt': 'x' }))).rejects.toThrow('is no history');
    await expect(readAll(await writeHistory('a.zip', zipOf({ 'user.json': '{}' })))).rejects.toThrow(
      'is no history',
    );
  });

  it('is not looked for in a file that is missing or damaged', async () => {
    const folder = await writeFiles({ 'broken.zip': 'PK\u0003\u0004 and no more' });
    await expect(readAll(`${folder}/absent.txt`)).rejects.toThrow(`There is no file ${folder}/absent.txt.`);
    await expect(readAll(`${folder}/broken.zip`)).rejects.toThrow(`${folder}/broken.zip cannot be read`);
  });
});
