import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LEXICAL_DIMENSIONS } from '../../../src/config.ts';
import { embedText, embedWord, OFFLINE_EMBEDDING_NAME } from '../../../src/models/offline/embeddings.ts';

type Vector = Map<number, number>;

/** pgvector's limit. */
const MOST_ENTRIES = 16_000;

function cosine(one: Vector, other: Vector): number {
  const product = [...one].reduce((sum, [axis, value]) => sum + value * (other.get(axis) ?? 0), 0);
  return product / (lengthOf(one) * lengthOf(other));
}

function lengthOf(vector: Vector): number {
  return Math.sqrt([...vector.values()].reduce((sum, value) => sum + value * value, 0));
}

/** A question's vector where no word weighs more than another. */
function embedQuestion(text: string): Vector {
  const vector: Vector = new Map();
  for (const word of text.split(/\s+/))
    for (const [axis, value] of embedWord(word)) vector.set(axis, (vector.get(axis) ?? 0) + value);
  return vector;
}

function likeness(one: string, other: string): number {
  return cosine(embedText(one), embedText(other));
}

describe('the offline embedder', () => {
  test('gives every text a finite vector of length 1 that pgvector takes, the same each time', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
      fc.lorem({ maxCount: 40 }),
    );
    fc.assert(
      fc.property(text, (value) => {
        const vector = embedText(value);
        expect(vector.size).toBeGreaterThan(0);
        for (const [axis, entry] of vector) {
          expect(Number.isFinite(entry)).toBe(true);
          expect(Number.isInteger(axis) && axis >= 1 && axis <= LEXICAL_DIMENSIONS).toBe(true);
        }
        expect(lengthOf(vector)).toBeCloseTo(1, 9);
        expect(embedText(value)).toEqual(vector);
      }),
    );
  });

  test('keeps to the number of entries that pgvector takes, however long the text', () => {
    const words = Array.from({ length: 20_000 }, (_, number) => `word${number * 7919}`);
    const vector = embedText(words.join(' '));
    expect(vector.size).toBeLessThanOrEqual(MOST_ENTRIES);
    expect(lengthOf(vector)).toBeCloseTo(1, 9);
  });

  test('gives these vectors under this name: whoever changes them changes the name', () => {
    const vectors = [
      'My dog is called Luna.',
      '¿Cómo se llama mi perra?',
      '犬も歩けば棒に当たる',
      '😀',
      '',
    ].map(embedText);
    const digest = createHash('sha256')
      .update(
        vectors
          .map((vector) => [...vector].map(([axis, value]) => `${axis}:${value.toFixed(6)}`).join())
          .join(';'),
      )
      .digest('hex');
    expect([OFFLINE_EMBEDDING_NAME, digest.slice(0, 16)]).toEqual(['offline-grams-v1', 'd7b8c9bac29b2cc7']);
  });

  test.each([
    ['accents and capitals', 'Mi canción favorita', 'mi CANCION favorita'],
    ['plurals and gender', 'perros negros', 'perra negra'],
    ['English plurals', 'the white horses', 'a white horse'],
    ['stop words', 'the name of the dog', 'dog name'],
    ['form of writing', 'ﬁle ｎａｍｅ', 'file name'],
  ])('looks past %s', (_, one, other) => {
    expect(likeness(one, other)).toBeGreaterThan(0.6);
  });

  test.each([
    ['a misspelling', 'restaurant reservation', 'restaurnt reservaton'],
    ['another form of a word', 'la reunión programada', 'programar reuniones'],
    ['a cognate', 'the universal declaration', 'la declaración universal'],
  ])('stays near after %s', (_, one, other) => {
    expect(likeness(one, other)).toBeGreaterThan(0.25);
  });

  test('holds texts without a word in common to be unrelated', () => {
    expect(Math.abs(likeness('My sister plays the cello', 'invoice 4711 overdue'))).toBeLessThan(0.15);
    expect(Math.abs(likeness('', 'hello'))).toBeLessThan(0.1);
  });

  test.each([
    ['What is my dog called?', 'My dog is called Luna.'],
    ['¿Cómo se llama mi perra?', 'Mi perra se llama Luna.'],
    ['when is the dentist appointment', 'The dentist gave me an appointment for Tuesday at nine.'],
    ['¿dónde aparqué el coche?', 'He aparcado el coche en la planta -2, plaza 31.'],
    ['犬の名前', '私の犬の名前はルナです'],
  ])('finds for "%s" the message that answers it', (question, answer) => {
    const others = [
      'My cat is called Tom.',
      'Mi hermana se llama Ana y vive en Lugo.',
      'We should buy milk and bread on the way home.',
      'The meeting was moved to Thursday.',
      'Apunta: comprar pan, leche y huevos.',
      'I parked the bike behind the house.',
      '明日は雨が降るでしょう',
    ];
    const query = embedQuestion(question);
    const best = Math.max(...others.map((other) => cosine(query, embedText(other))));
    expect(cosine(query, embedText(answer))).toBeGreaterThan(best);
  });
});
