import { describe, expect, it } from 'vitest';
import { readAll, writeFiles, writeHistory, zipOf } from './read-lines.ts';

const NARROW = '\u202F';
const MARK = '\u200E';

/** A time as this machine's zone has it, which is how WhatsApp writes times. */
const local = (...time: [number, number, number, number, number, number?, number?]) =>
  new Date(time[0], time[1] - 1, time[2], time[3], time[4], time[5] ?? 0, time[6] ?? 0).toISOString();

const ANDROID_SPANISH = `25/12/23, 9:05${NARROW}p.${NARROW}m. - Los mensajes y las llamadas están cifrados de extremo a extremo. Solo las personas en este chat pueden leerlos, escucharlos o compartirlos. Obtén más información.
25/12/23, 9:05${NARROW}p.${NARROW}m. - Ana Ruiz: ¡Feliz Navidad! 🎄
25/12/23, 9:05${NARROW}p.${NARROW}m. - Beto: Igualmente, Ana.

Te mando la lista:
- turrón
- sidra: dos botellas
25/12/23, 9:06${NARROW}p.${NARROW}m. - Ana Ruiz: <Multimedia omitido>
25/12/23, 9:07${NARROW}p.${NARROW}m. - Beto: Se eliminó este mensaje.
25/12/23, 9:07${NARROW}p.${NARROW}m. - Beto: IMG-20231225-WA0003.jpg (archivo adjunto)
La mesa puesta
26/12/23, 12:30${NARROW}a.${NARROW}m. - Ana Ruiz: Buenas noches <Se editó este mensaje.>
`;

const IPHONE_ENGLISH = `[3/14/24, 9:26:53${NARROW}PM] The Pi Club: ${MARK}Messages and calls are end-to-end encrypted. Only people in this chat can read, listen to, or share them.
[3/14/24, 9:26:53${NARROW}PM] The Pi Club: ${MARK}Ana created this group
[3/14/24, 9:26:54${NARROW}PM] Ana: Three point one four
[3/14/24, 9:26:54${NARROW}PM] Ana: one five nine 🥧
${MARK}[3/14/24, 9:27:10${NARROW}PM] Bob: ${MARK}image omitted
[3/14/24, 9:28:00${NARROW}PM] ~${NARROW}Carla: our pie ${MARK}image omitted
[3/14/24, 9:29:00${NARROW}PM] Bob: ${MARK}This message was deleted.
[3/14/24, 9:30:00${NARROW}PM] Ana: ${MARK}Location: https://maps.google.com/?q=41.38,2.17
[3/14/24, 9:31:00${NARROW}PM] Ana: ${MARK}Ana added Dora
[3/14/24, 9:32:00${NARROW}PM] Bob: ${MARK}<attached: 00000012-AUDIO-2024-03-14-21-32-00.opus>
[3/14/24, 9:33:00${NARROW}PM] \u202A+34${NARROW}600 11 22 33\u202C: Who is this?
[3/14/24, 9:34:00${NARROW}PM] Dora: ${MARK}Location: https://maps.google.com/?q=40.4,-3.7
`;

describe('a chat from an Android phone in Spanish', () => {
  it('gives its messages with names, several lines, and times of this zone', async () => {
    const path = await writeHistory('Chat de WhatsApp con Ana Ruiz.txt', ANDROID_SPANISH);
    const { format, lines, notes } = await readAll(path);
    expect(format).toBe('whatsapp');
    const common = { session: 'whatsapp:Ana Ruiz', title: 'Ana Ruiz', role: 'user' };
    expect(lines()).toEqual([
      {
        ...common,
        name: 'Ana Ruiz',
        content: '¡Feliz Navidad! 🎄',
        created_at: local(2023, 12, 25, 21, 5, 0, 1),
      },
      {
        ...common,
        name: 'Beto',
        content: 'Igualmente, Ana.\n\nTe mando la lista:\n- turrón\n- sidra: dos botellas',
        created_at: local(2023, 12, 25, 21, 5, 0, 2),
      },
      { ...common, name: 'Beto', content: 'La mesa puesta', created_at: local(2023, 12, 25, 21, 7, 0, 1) },
      { ...common, name: 'Ana Ruiz', content: 'Buenas noches', created_at: local(2023, 12, 26, 0, 30) },
    ]);
    expect(notes).toEqual([]);
  });

  it('says what was left out, and in which line each message stands', async () => {
    const path = await writeHistory('Chat de WhatsApp con Ana Ruiz.txt', ANDROID_SPANISH);
    const { leftOut, places, share } = await readAll(path);
    expect(leftOut).toEqual({
      'system notices': 1,
      'media without text': 1,
      'deleted messages': 1,
      'media whose text was kept': 1,
    });
    expect(places).toEqual(['line 2', 'line 3', 'line 10', 'line 12']);
    expect(share).toBe(1);
  });
});

describe('a group from an iPhone in English', () => {
  it('gives what persons said, and nothing that the app wrote', async () => {
    const { lines, leftOut } = await readAll(
      await writeHistory('WhatsApp Chat - The Pi Club.txt', IPHONE_ENGLISH),
    );
    expect(lines().map(({ name, content }) => `${name}: ${content}`)).toEqual([
      'Ana: Three point one four',
      'Ana: one five nine 🥧',
      'Carla: our pie',
      'Ana: Location: https://maps.google.com/?q=41.38,2.17',
      `+34${NARROW}600 11 22 33: Who is this?`,
      'Dora: Location: https://maps.google.com/?q=40.4,-3.7',
    ]);
    expect(lines().map(({ created_at }) => created_at)).toEqual([
      local(2024, 3, 14, 21, 26, 54),
      local(2024, 3, 14, 21, 26, 54, 1),
      local(2024, 3, 14, 21, 28),
      local(2024, 3, 14, 21, 30),
      local(2024, 3, 14, 21, 33),
      local(2024, 3, 14, 21, 34),
    ]);
    expect(leftOut).toEqual({
      'system notices': 3,
      'media without text': 2,
      'media whose text was kept': 1,
      'deleted messages': 1,
    });
  });

  it('is read from the zip file, whose name says whose chat it is', async () => {
    const zip = zipOf({
      '_chat.txt': IPHONE_ENGLISH,
      '00000013-Notes.txt': '3/3/24, 10:00 - Eve: not the chat',
    });
    const { lines } = await readAll(await writeHistory('WhatsApp Chat - The Pi Club (2).zip', zip));
    expect(lines()).toHaveLength(6);
    expect(lines()[0]).toMatchObject({ session: 'whatsapp:The Pi Club', name: 'Ana' });
  });

  it('is read from a zip file that macOS made, with its own files beside the chat', async () => {
    const zip = zipOf({
      'chat/WhatsApp Chat with Ana.txt': IPHONE_ENGLISH,
      '__MACOSX/chat/._WhatsApp Chat with Ana.txt': 'x',
    });
    expect((await readAll(await writeHistory('chat.zip', zip))).lines()).toHaveLength(6);
  });

  it('is named after the people in it when no file name says more', async () => {
    const folder = await writeFiles({ 'chat/_chat.txt': IPHONE_ENGLISH, 'chat/photo.jpg': '' });
    const { lines } = await readAll(`${folder}/chat`);
    expect(lines()[0]?.session).toBe(`whatsapp:+34${NARROW}600 11 22 33, Ana, Carla, Dora`);
  });
});

describe('a WhatsApp chat', () => {
  const read = async (text: string, dateOrder?: 'dmy' | 'mdy') =>
    await readAll(await writeHistory('WhatsApp Chat with Ana.txt', text), { dateOrder });

  it('in Spanish from an iPhone with 24 hours has the same shape', async () => {
    const { lines, leftOut } = await read(
      `[25/12/2023, 21:05:10] Ana: ${MARK}Los mensajes y las llamadas están cifrados de extremo a extremo.\r\n` +
        `[25/12/2023, 21:05:11] Ana: Hola\r\n[25/12/2023, 21:05:12] Beto: ${MARK}imagen omitida\r\n` +
        `[25/12/2023, 21:05:13] Ana: ${MARK}Eliminaste este mensaje.\r\n[25/12/2023, 21:06:00] Beto: ${MARK}Llamada perdida\r\n`,
    );
    expect(lines().map(({ content }) => content)).toEqual(['Hola']);
    expect(leftOut).toEqual({ 'system notices': 2, 'media without text': 1, 'deleted messages': 1 });
  });

  it('in English from an Android phone has the same shape', async () => {
    const { lines, leftOut } = await read(
      '31/01/2024, 08:15 - You created group "Walks"\n31/01/2024, 08:16 - Ana: <Media omitted>\n' +
        '31/01/2024, 08:16 - Ana changed the subject from "Walks" to "Walks: Sunday"\n' +
        '31/01/2024, 08:17 - Bob: This message was deleted\n31/01/2024, 08:18 - Bob: main.ts (the old one): see <this: that>\n',
    );
    expect(lines().map(({ name, content }) => [name, content])).toEqual([
      ['Bob', 'main.ts (the old one): see <this: that>'],
    ]);
    expect(leftOut).toEqual({ 'system notices': 2, 'media without text': 1, 'deleted messages': 1 });
  });

  it('keeps the messages that are quoted in a message', async () => {
    const { lines, notes } = await read(
      '31/01/2024, 08:15 - Ana: Look what he wrote:\n[30/1, 22:10] Eve: hm\n[30/01/2024, 22:10] Eve: I am leaving\n' +
        '12.5.2024 10:30 at the bar\n31/01/2024, 08:16 - Bob: Oh.\n31/01/2024, 08:17 - Ana: Yes.',
    );
    expect(lines().map(({ name, content }) => [name, content])).toEqual([
      [
        'Ana',
        'Look what he wrote:\n[30/1, 22:10] Eve: hm\n[30/01/2024, 22:10] Eve: I am leaving\n12.5.2024 10:30 at the bar',
      ],
      ['Bob', 'Oh.'],
      ['Ana', 'Yes.'],
    ]);
    expect(notes).toEqual([expect.stringMatching(/^2 lines begin with a date in another style/)]);
  });

  it('keeps a line with a date that cannot be in the message where it stands', async () => {
    const { lines } = await read(
      '31/01/2024, 08:15 - Ana: From America:\n12/25/2023, 08:15 - Eve: hi\n31/01/2024, 08:16 - Bob: Oh.',
    );
    expect(lines().map(({ content }) => content)).toEqual([
      'From America:\n12/25/2023, 08:15 - Eve: hi',
      'Oh.',
    ]);
  });

  it('is read in the order of dates that keeps time going forward', async () => {
    const days = ['02/01/24', '02/11/24', '03/02/24', '03/12/24', '04/01/24'];
    const { lines, notes } = await read(days.map((day) => `${day}, 10:00 - Ana: hi`).join('\n'));
    expect(lines().map(({ created_at }) => created_at)).toEqual([
      local(2024, 2, 1, 10, 0),
      local(2024, 2, 11, 10, 0),
      local(2024, 3, 2, 10, 0),
      local(2024, 3, 12, 10, 0),
      local(2024, 4, 1, 10, 0),
    ]);
    expect(notes).toEqual([]);
  });

  it('says so when the dates do not show their order, and takes the day first', async () => {
    const { lines, notes } = await read('03/04/24, 10:00 - Ana: hi\n04/05/24, 10:00 - Ana: there');
    expect(lines()[0]?.created_at).toBe(local(2024, 4, 3, 10, 0));
    expect(notes).toEqual([expect.stringContaining('--date-order mdy')]);
  });

  it('is read in the order of dates that the person gives', async () => {
    const { lines, notes } = await read('03/04/24, 10:00 - Ana: hi\n04/05/24, 10:00 - Ana: there', 'mdy');
    expect(lines()[0]?.created_at).toBe(local(2024, 3, 4, 10, 0));
    expect(notes).toEqual([]);
  });

  it('refuses an order of dates that does not fit', async () => {
    await expect(read('03/04/24, 10:00 - Ana: hi\n25/05/24, 10:00 - Ana: there', 'mdy')).rejects.toThrow(
      'The date in line 2 does not fit --date-order mdy.',
    );
  });

  it('takes a year in front for a date as ISO has it', async () => {
    const { lines, notes } = await read('2024-03-04, 10:00 - Ana: hi\n2024-04-05, 10:00 - Ana: there');
    expect(lines()[0]?.created_at).toBe(local(2024, 3, 4, 10, 0));
    expect(notes).toEqual([]);
  });

  it('gives a message the same time in an export with media and in one without', async () => {
    const withMedia = await read(
      '31/01/2024, 08:16 - Ana: IMG-1.jpg (file attached)\n31/01/2024, 08:16 - Ana: hi',
    );
    const without = await read('31/01/2024, 08:16 - Ana: <Media omitted>\n31/01/2024, 08:16 - Ana: hi');
    expect(withMedia.texts).toEqual(without.texts);
    expect(withMedia.texts).toHaveLength(1);
  });

  it('counts what stands before its first message', async () => {
    const { leftOut, places } = await read('Chat export\n\n31/01/2024, 08:16 - Ana: hi');
    expect(leftOut).toEqual({ 'lines before the first message': 1 });
    expect(places).toEqual(['line 3']);
  });
});
