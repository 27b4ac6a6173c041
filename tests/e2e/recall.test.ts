import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { contentsById, createPerson, type Person } from '../support/person.ts';

/** So long that no search here depends on how busy the machine is. */
const PATIENT = { RECALL_DEADLINE_MS: '30000' };
const WITHIN = 1e-9;
const MODES = ['recent', 'similar', 'hybrid'];

let app: TestApp;
let people = 0;
beforeAll(async () => {
  app = await startTestApp({ env: PATIENT });
});
afterAll(() => app.stop());

function newPerson(): Person {
  people += 1;
  return createPerson(app, `person-${people}`);
}

describe('words, offline', () => {
  const DOCTOR = 'El médico cambió la reunión al jueves';
  const LORRIES = 'Compré dos camiones de juguete para Íñigo';
  const GARDENS = 'The twins were running through the gardens';
  const FILE = 'Mira notes/todo.md antes de salir';
  const ADDRESS = 'Escribe a marta.gil@example.org por la factura';
  const TRAIN = 'The train leaves at 10:30 from platform two';
  const VALENTINA = 'Valentina moved to Guadalajara';
  const RODRIGO = 'Rodrigo perdió las llaves en Kensington';
  const RESTAURANT = 'The restaurant reservation is under the name Okafor';
  const PASSWORD = 'La contraseña del ordenador está en el cajón';
  let person: Person;
  beforeAll(async () => {
    person = newPerson();
    const told = [DOCTOR, LORRIES, GARDENS, FILE, ADDRESS, TRAIN, VALENTINA, RODRIGO, RESTAURANT, PASSWORD];
    await person.tell(...told);
  });

  it.each([
    ['Spanish with its accents', '¿Cuándo es la reunión con el médico?', DOCTOR],
    ['Spanish without them', 'cuando es la reunion con el medico', DOCTOR],
    ['Spanish in capitals', 'REUNIÓN MÉDICO', DOCTOR],
    ['accents that are letters and signs apart', 'reunio\u0301n me\u0301dico', DOCTOR],
    ['a Spanish plural', '¿Qué reuniones tengo con médicos?', DOCTOR],
    ['a Spanish singular', 'camión para inigo', LORRIES],
    ['an English stem', 'Who runs in a garden?', GARDENS],
    ['another form of an English verb', 'Who ran? gardening', GARDENS],
    ['a file’s name without its folder', 'todo.md', FILE],
    ['a file’s whole path', 'What is in notes/todo.md?', FILE],
    ['an e-mail address', 'marta.gil@example.org', ADDRESS],
    ['the name in an e-mail address', 'the address of Marta Gil', ADDRESS],
    ['the domain of an e-mail address', 'example.org', ADDRESS],
    ['a time of day', 'What leaves at 10:30?', TRAIN],
    ['a time of day alone', '10:30', TRAIN],
    ['a Spanish question about an English message', '¿Dónde vive Valentina ahora?', VALENTINA],
    ['an English question about a Spanish message', 'What did Rodrigo lose in Kensington?', RODRIGO],
  ])('finds first by %s', async (_name, query, content) => {
    expect((await person.found(query))[0]).toBe(content);
  });

  it.each([
    ['restaurnt reservaton', RESTAURANT],
    ['contrasena del ordenadro', PASSWORD],
    ['Guadaljara', VALENTINA],
  ])('finds what was misspelt: %s', async (query, content) => {
    const [best] = await person.hits(query);
    expect(best).toMatchObject({ message: { content }, via: expect.arrayContaining(['similar']) });
  });
});

describe('who and when', () => {
  const VALVE = 'The boiler needs a new valve';
  const GATE = 'The gate squeaks';
  const FLOOR = 'The notary is on the third floor';
  const PRICE = 'The notary costs forty euros';
  let person: Person;
  beforeAll(async () => {
    person = newPerson();
    await person.tell(
      { content: PRICE, name: 'Luis', created_at: '2024-11-05T10:00:00Z' },
      { content: 'We booked the cabin', name: 'Luis', created_at: '2025-02-03T10:00:00Z' },
      { content: VALVE, name: 'Ana', created_at: '2025-03-14T10:00:00Z' },
      { content: FLOOR, name: 'Luis', created_at: '2025-03-18T10:00:00Z' },
      { content: 'The trip to Oaxaca was long', name: 'Luis', created_at: '2025-05-05T10:00:00Z' },
      { content: GATE, name: 'Zoë', created_at: '2025-06-02T10:00:00Z' },
      { content: 'We booked the ferry', name: 'Luis', created_at: '2025-07-07T10:00:00Z' },
    );
  });

  it.each([
    ['its speaker', 'What did Ana say?', VALVE],
    ['its speaker without the accent', '¿Qué dijo Zoe?', GATE],
    ['its month', 'What was it that broke in March, says Ana?', VALVE],
    ['its month in Spanish', '¿Qué pasó en marzo con Ana?', VALVE],
    ['its weekday', '¿Qué dijo Ana el viernes?', VALVE],
    ['its weekday in English', 'What was said on a Friday?', VALVE],
    ['its day and year', 'June 2, 2025', GATE],
  ])('finds a message by %s, of which it says nothing', async (_name, query, content) => {
    expect((await person.found(query))[0]).toBe(content);
  });

  it.each([
    'Which notary in March 2025?',
    '¿Qué notary en marzo de 2025?',
    'the notary between March 10, 2025 and March 20, 2025',
  ])('puts what is from the time first and hides nothing: %s', async (query) => {
    const hits = await person.hits(query);
    const [inTime, outside] = [FLOOR, PRICE].map((content) =>
      hits.findIndex(({ message }) => message.content === content),
    );
    expect(inTime).toBe(0);
    expect(outside).toBeGreaterThan(0);
    expect(hits[inTime!]?.via).toContain('time');
    expect(hits[outside!]?.via).not.toContain('time');
    expect(hits.find(({ message }) => message.content === VALVE)?.via).toContain('time');
  });

  it.each([
    ['What did we book before the trip?', 'We booked the cabin', 'We booked the ferry'],
    ['What did we book after the trip?', 'We booked the ferry', 'We booked the cabin'],
  ])('prefers the right side of an event: %s', async (query, preferred, other) => {
    const hits = await person.hits(query);
    const contents = hits.map(({ message }) => message.content);
    expect(contents).toContain(other);
    expect(contents.indexOf(preferred)).toBeLessThan(contents.indexOf(other));
    const viaOf = (content: string) => hits.find(({ message }) => message.content === content)?.via;
    expect(viaOf(preferred)).toContain('time');
    expect(viaOf(other)).not.toContain('time');
  });
});

describe('what is said beside, and said again', () => {
  it('finds an answer by the words of the message before it', async () => {
    const person = newPerson();
    await person.tell(
      { session: 'stay', role: 'assistant', content: 'The blue cottage or the harbour flat?' },
      { session: 'stay', content: 'yes, the second one' },
      'An unrelated remark about tea',
    );
    const hits = await person.hits('cottage or harbour flat');
    expect(hits.map(({ message }) => message.content)).toEqual([
      'The blue cottage or the harbour flat?',
      'yes, the second one',
    ]);
    expect(hits[1]).toMatchObject({ via: ['neighbour'], legs: {} });
  });

  it.each([
    ['hybrid', 3],
    ['hybrid', 300],
    ['similar', 3],
    ['similar', 300],
  ])('keeps the newest copy, once, and other hits still come: %s, %i copies', async (memory, count) => {
    const person = newPerson();
    const copies = Array.from({ length: count }, (_, index) => ({
      session: `copy ${index % 7}`,
      content: 'Good morning team',
      created_at: new Date(Date.parse('2025-02-01T08:00:00Z') + index * 60_000).toISOString(),
    }));
    await person.tell(
      { content: 'The team has a new morning rota', created_at: '2025-01-05T08:00:00Z' },
      ...copies,
      { content: 'Good morning team', name: 'Ana', created_at: '2025-01-06T08:00:00Z' },
    );
    const hits = await person.hits('good morning team', { limit: 5, memory });
    const kept = hits.find(({ message }) => message.name === null && message.content.startsWith('Good'));
    expect(kept?.message.created_at).toBe(copies.at(-1)?.created_at);
    const contents = hits.map(({ message: { name, content } }) => `${name ?? 'user'}: ${content}`);
    expect(contents.toSorted()).toEqual([
      'Ana: Good morning team',
      'user: Good morning team',
      'user: The team has a new morning rota',
    ]);
  });

  it('brings with a question its answer, even where that is no hit itself', async () => {
    const person = newPerson();
    const EXCHANGES = 25;
    const pairs = Array.from({ length: EXCHANGES }, (_, index) => [
      { session: `day ${index}`, content: `Where was the canoe left on day ${index}?` },
      { session: `day ${index}`, role: 'assistant' as const, content: `Behind boathouse number ${index}` },
    ]);
    await person.tell(...pairs.flat());
    const { body } = await person.ask('Where was the canoe left?', { session_id: 'new' });
    const contents = await contentsById(person);
    const { body: run } = await person.get(`/runs/${body.run_id}`);
    const recalled = new Set(idsOf(run.recalled).map((id) => contents.get(id)));
    const answers = run.recalled.filter(({ via }: { via: string[] }) => via.join() === 'exchange');
    expect(answers.length).toBeGreaterThan(0);
    for (const [question, answer] of pairs)
      expect(recalled.has(answer?.content)).toBe(recalled.has(question?.content));
  });
});

describe('explaining', () => {
  let person: Person;
  beforeAll(async () => {
    person = newPerson();
    await person.tell(
      { session: 'pets', content: 'My dogs love other dogs', created_at: '2025-03-04T08:00:00Z' },
      { session: 'pets', role: 'assistant', content: 'How nice', created_at: '2025-03-04T08:01:00Z' },
      { session: 'pets', content: 'The vet was kind', created_at: '2025-03-04T08:02:00Z' },
      { content: 'Otro perro llegó', created_at: '2025-04-04T08:00:00Z' },
    );
  });

  it.each(['hybrid', 'similar', 'recent'])(
    'gives the parts that a score is the sum of: %s',
    async (memory) => {
      const session_id = (await person.hits('dogs'))[0]?.message.session_id;
      const query = 'What did the dog and the vett do in March 2025?';
      const { headers, body: hits } = await person.search(query, { explain: true, memory, session_id });
      expect(hits.length).toBeGreaterThan(0);
      for (const { score, explanation } of hits) {
        const { own, context, session, time } = explanation;
        expect(Math.abs(own + context + session + time - score)).toBeLessThan(WITHIN);
        expect(explanation.took_ms.total).toBeGreaterThan(0);
      }
      const legs = { hybrid: ['total', 'recent', 'similar', 'text'] }[memory] ?? ['total', memory];
      expect(Object.keys(hits[0].explanation.took_ms)).toEqual(legs);
      const named = headers.get('server-timing')?.matchAll(/(\w+);dur=[\d.]+/g) ?? [];
      expect([...named].map(([, leg]) => leg)).toEqual(legs);
    },
  );

  it('names the words that a message has, how often, and how telling they are', async () => {
    const [best] = await person.hits('Do my dogs like the vet?', { explain: true });
    const dog = best?.explanation?.terms.find(({ language }) => language === 'english');
    expect(dog).toEqual({ term: 'dog', language: 'english', frequency: 2, weight: expect.any(Number) });
    // BM25's inverse document frequency of a word that one of four messages has.
    expect(dog?.weight).toBeCloseTo(Math.log(1 + (4 - 1 + 0.5) / (1 + 0.5)), 6);
    expect(best?.explanation?.context).toBeGreaterThan(0);
  });

  it('is silent unless asked', async () => {
    const { headers, body } = await person.search('dogs');
    expect(body[0]).not.toHaveProperty('explanation');
    expect(headers.get('server-timing')).toBeNull();
  });
});

describe('odd questions', () => {
  const CANOE = 'The canoe is behind the mill, says O\'Hara & "Bo" \\ b:*';
  const TOLD = [CANOE, 'The 👩‍🚀🎉 party', '¿¡...!?', 'What is it?'];
  let person: Person;
  let talker: Person;
  beforeAll(async () => {
    person = newPerson();
    talker = newPerson();
    await person.tell(...TOLD);
    await talker.tell(...TOLD);
  });

  const manyWords = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(' ');
  const ODD = [
    ['only stop words', 'what is it and what was that'],
    ['only Spanish stop words', 'qué es lo que es de la'],
    ['only emoji', '👩‍🚀🎉'],
    ['only punctuation', '¿¡...!? --- ;;'],
    ['only a backslash', '\\'],
    ['only a quote', "'"],
    ['one long word', 'x'.repeat(32_000)],
    ['as long as allowed', 'canoe mill '.repeat(3_000).slice(0, 32_000)],
    ['32,000 emoji halves', '🎉'.repeat(16_000)],
    ['thousands of distinct words', manyWords(5_000)],
    ['half of a surrogate pair', 'canoe \ud83c'],
    ['marks without letters', '\u0301\u0301 \u200d \u202e'],
    ['another script', '独木舟在哪里 где каноэ'],
    ['placeholders and SQL', "$1 ? '; drop table messages; --"],
  ] as const;

  it.each(ODD)('are answered: %s', async (_name, query) => {
    for (const memory of MODES) {
      const { status, headers, body } = await person.search(query, { memory, explain: true });
      expect({ status, degraded: headers.get('degraded') }).toEqual({ status: 200, degraded: null });
      expect(Array.isArray(body)).toBe(true);
    }
    const turn = await talker.ask(query, { session_id: 'new' });
    expect(turn).toMatchObject({ status: 200, body: { status: 'completed', degraded: [] } });
  });

  it.each([
    ['operators of a text search', 'a & ! | b:* canoe <-> (mill'],
    ['quotes and backslashes', `'canoe' "mill" \\ ''`],
    ['a negation', '!canoe'],
    ['its last words', `${manyWords(5_000)} canoe mill`],
    ['its first words', `canoe mill ${manyWords(5_000)}`],
    ['capitals and line breaks', 'CANOE\n\t\r\nMILL'],
    ['curly quotes', 'O’Hara’s canoe'],
  ])('find what their words say: %s', async (_name, query) => {
    expect((await person.found(query))[0]).toBe(CANOE);
  });

  it.each([
    ['a NUL', 'canoe \0 mill'],
    ['nothing but blanks', ' \n '],
    ['more than 32,000 characters', 'x'.repeat(32_001)],
  ])('are refused for %s', async (_name, query) => {
    expect(await person.search(query)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });
});

describe('modes and limits', () => {
  const WORDS = ['canoe', 'paddle', 'mill', 'river', 'rope', 'bridge', 'heron', 'reeds', 'lock', 'barge'];
  const TOLD = 120;
  let person: Person;
  beforeAll(async () => {
    person = newPerson();
    const told = Array.from({ length: TOLD }, (_, index) => ({
      session: `trip ${index % 4}`,
      content: `The ${WORDS[index % 10]} by the ${WORDS[(index * 7 + 3) % 10]}, note ${index}`,
      created_at: new Date(Date.parse('2025-02-01T08:00:00Z') + index * 60_000).toISOString(),
    }));
    await person.tell(...told);
  });

  it.each(['similar', 'hybrid'])('gives at most as many as asked for, best first: %s', async (memory) => {
    for (const limit of [1, 7, 100]) {
      const hits = await person.hits('the canoe by the rivr', { memory, limit });
      const scores = hits.map(({ score }) => score);
      expect(hits.length).toBeLessThanOrEqual(limit);
      expect(scores).toEqual(scores.toSorted((one, other) => other - one));
      if (limit < 100) expect(hits).toHaveLength(limit);
      if (memory === 'hybrid') continue;
      expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
      expect(hits.every(({ via }) => via.join() === 'similar')).toBe(true);
    }
  });

  it('refuses other limits', async () => {
    for (const limit of [0, 101, 1.5])
      expect((await person.search('canoe', { limit })).body.code).toBe('invalid_request');
  });

  it('recalls the last five of the session, whatever was asked', async () => {
    const session_id = (await person.hits('note 7', { limit: 1 }))[0]?.message.session_id;
    const { body: history } = await person.get(`/assistant/history?session_id=${session_id}&limit=5`);
    const ids = history.map(({ id }: { id: string }) => id);
    const hits = await person.hits('heron', { memory: 'recent', session_id, limit: 5 });
    expect(hits.map(({ message }) => message.id).toSorted()).toEqual(ids.toSorted());
    const { body } = await person.ask('heron?', { memory: 'recent', session_id });
    const { body: run } = await person.get(`/runs/${body.run_id}`);
    expect(idsOf(run.recalled).toSorted()).toEqual(ids.toSorted());
  });

  it('finds nothing for someone who never said anything', async () => {
    for (const memory of MODES) {
      const stranger = newPerson();
      expect(await stranger.search('canoe in March', { memory, explain: true })).toMatchObject({
        status: 200,
        body: [],
      });
      expect(await stranger.ask('canoe?', { memory })).toMatchObject({ status: 200, body: { recalled: [] } });
    }
  });
});

function idsOf(recalled: { message_id: string }[]): string[] {
  return recalled.map(({ message_id }) => message_id);
}
