import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EMBEDDING_DIMENSIONS } from '../../../src/config.ts';
import { OFFLINE_EMBEDDING_NAME, OfflineEmbeddings } from '../../../src/models/offline/embeddings.ts';

const embeddings = new OfflineEmbeddings();

function cosine(one: number[], other: number[]): number {
  return one.reduce((sum, value, axis) => sum + value * (other[axis] ?? 0), 0);
}

async function likeness(one: string, other: string): Promise<number> {
  const [first = [], second = []] = await embeddings.embedDocuments([one, other]);
  return cosine(first, second);
}

describe('the offline embedder', () => {
  test('gives every text a finite vector of length 1 and 1536 dimensions, the same each time', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
      fc.lorem({ maxCount: 40 }),
    );
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const vector = await embeddings.embedQuery(value);
        expect(vector).toHaveLength(EMBEDDING_DIMENSIONS);
        expect(vector.every(Number.isFinite)).toBe(true);
        expect(Math.hypot(...vector)).toBeCloseTo(1, 9);
        expect(await embeddings.embedDocuments([value])).toEqual([vector]);
      }),
    );
  });

  test('gives these vectors under this name: whoever changes them changes the name', async () => {
    const vectors = await embeddings.embedDocuments([
      'My dog is called Luna.',
      '¿Cómo se llama mi perra?',
      '犬も歩けば棒に当たる',
      '😀',
      '',
    ]);
    const digest = createHash('sha256')
      .update(
        vectors
          .flat()
          .map((value) => value.toFixed(6))
          .join(),
      )
      .digest('hex');
    expect([OFFLINE_EMBEDDING_NAME, digest.slice(0, 16)]).toEqual([
      'offline-hash-1536-v1',
      'd2cfb9feb791385a',
    ]);
  });

  test.each([
    ['accents and capitals', 'Mi canción favorita', 'mi CANCION favorita'],
    ['plurals and gender', 'perros negros', 'perra negra'],
    ['English plurals', 'the white horses', 'a white horse'],
    ['stop words', 'the name of the dog', 'dog name'],
    ['form of writing', 'ﬁle ｎａｍｅ', 'file name'],
  ])('looks past %s', async (_, one, other) => {
    expect(await likeness(one, other)).toBeGreaterThan(0.7);
  });

  test.each([
    ['a misspelling', 'restaurant reservation', 'restaurnt reservaton'],
    ['another form of a word', 'la reunión programada', 'programar reuniones'],
    ['a cognate', 'the universal declaration', 'la declaración universal'],
  ])('stays near after %s', async (_, one, other) => {
    expect(await likeness(one, other)).toBeGreaterThan(0.25);
  });

  test('holds texts without a word in common to be unrelated', async () => {
    expect(Math.abs(await likeness('My sister plays the cello', 'invoice 4711 overdue'))).toBeLessThan(0.15);
    expect(Math.abs(await likeness('', 'hello'))).toBeLessThan(0.1);
  });

  test.each([
    ['What is my dog called?', 'My dog is called Luna.'],
    ['¿Cómo se llama mi perra?', 'Mi perra se llama Luna.'],
    ['when is the dentist appointment', 'The dentist gave me an appointment for Tuesday at nine.'],
    ['¿dónde aparqué el coche?', 'He aparcado el coche en la planta -2, plaza 31.'],
    ['犬の名前', '私の犬の名前はルナです'],
  ])('finds for "%s" the message that answers it', async (question, answer) => {
    const others = [
      'My cat is called Tom.',
      'Mi hermana se llama Ana y vive en Lugo.',
      'We should buy milk and bread on the way home.',
      'The meeting was moved to Thursday.',
      'Apunta: comprar pan, leche y huevos.',
      'I parked the bike behind the house.',
      '明日は雨が降るでしょう',
    ];
    const query = await embeddings.embedQuery(question);
    const [found = [], ...rest] = await embeddings.embedDocuments([answer, ...others]);
    const best = Math.max(...rest.map((vector) => cosine(query, vector)));
    expect(cosine(query, found)).toBeGreaterThan(best);
  });
});
