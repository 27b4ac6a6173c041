import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EMBEDDING_DIMENSIONS } from '../../src/config.ts';
import { ProblemError } from '../../src/errors.ts';
import { createEmbeddings } from '../../src/models/embeddings.ts';
import { createServerEmbeddings } from '../../src/models/server-embeddings.ts';
import type { EmbeddingSettings } from '../../src/models/settings.ts';
import { type FakeOpenAI, type FakeOpenAIOptions, startFakeOpenAI } from '../support/fake-openai.ts';
import { type EmbeddingReply, fakeVector } from '../support/fake-openai-embeddings.ts';
import type { EmbeddingRequest } from '../support/fake-openai-rules.ts';
import { openGate } from '../support/limits.ts';

let fake: FakeOpenAI;
const started: FakeOpenAI[] = [];
beforeEach(async () => {
  fake = await start();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

async function start(options: FakeOpenAIOptions = {}): Promise<FakeOpenAI> {
  const server = await startFakeOpenAI(options);
  started.push(server);
  return server;
}

type Tuning = Partial<Omit<Extract<EmbeddingSettings, { provider: 'openai' }>, 'provider'>> & {
  maxConcurrency?: number;
};

function create(server: FakeOpenAI = fake, { maxConcurrency = 4, ...tuning }: Tuning = {}) {
  const settings = {
    provider: 'openai' as const,
    apiKey: 'test-key',
    baseUrl: server.baseUrl,
    model: 'fake-embed',
    timeoutMs: 5_000,
    maxRetries: 0,
    maxInputTokens: 8_000,
    batchSize: 32,
    ...tuning,
  };
  return createServerEmbeddings(settings, openGate(maxConcurrency));
}

/** The texts that were sent, request by request. */
function sent(server: FakeOpenAI = fake): string[][] {
  // A test that looks at them has had them accepted by the fake, so they are of this form.
  return server.requests.map(({ body }) => [(body as EmbeddingRequest).input].flat());
}

function cosine(one: number[], other: number[]): number {
  const dot = one.reduce((sum, value, axis) => sum + value * (other[axis] ?? 0), 0);
  return dot / (Math.hypot(...one) * Math.hypot(...other));
}

async function problemOf(call: Promise<unknown>): Promise<ProblemError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ProblemError))
    throw new Error('The call did not fail with a problem.', { cause: error });
  return error;
}

describe('embedding', () => {
  test('gives each text its vector, in order, over several requests', async () => {
    const texts = Array.from({ length: 70 }, (_, index) => `text number ${index}\nwith a second line`);
    const model = create();
    const vectors = await model.documents.embedDocuments(texts);
    for (const [index, text] of texts.entries())
      expect(cosine(vectors[index] ?? [], fakeVector(text))).toBeCloseTo(1, 5);
    expect(sent().map((batch) => batch.length)).toEqual([32, 32, 6]);
    expect(sent().flat()).toContain(texts[0]);
    expect(model).toMatchObject({ name: 'fake-embed', kind: 'neural' });
    expect(fake.refusals).toEqual([]);
  });

  test('puts vectors that come in another order where they belong', async () => {
    fake.embeddings.enqueue({ reversed: true });
    const [first = []] = await create().documents.embedDocuments(['one', 'two', 'three']);
    expect(cosine(first, fakeVector('one'))).toBeCloseTo(1, 5);
  });

  test('reads plain numbers from a server that knows no base64', async () => {
    const plain = await start({ ignoresEncoding: true });
    const vector = await create(plain).queries.embedQuery('one');
    expect(cosine(vector, fakeVector('one'))).toBeCloseTo(1, 5);
  });

  test('never sends a blank text, and gives it a vector near to nothing', async () => {
    const [blank = [], word = [], empty] = await create().documents.embedDocuments([' \n\t', 'word', '']);
    expect(sent()).toEqual([['word']]);
    expect(blank).toHaveLength(EMBEDDING_DIMENSIONS);
    expect(empty).toEqual(blank);
    expect(Math.abs(cosine(blank, word))).toBeLessThan(0.1);
    expect(await create().queries.embedQuery('')).toEqual(blank);
    expect(fake.requests).toHaveLength(1);
  });
});

describe('vectors of another length', () => {
  test.each([1, 384, 1024, 1535])(
    'are padded from %i with zeros, which keeps their angles',
    async (dimensions) => {
      const server = await start({ nativeDimensions: dimensions });
      const vectors = await create(server).documents.embedDocuments(['one two', 'two three']);
      for (const vector of vectors) {
        expect(vector).toHaveLength(EMBEDDING_DIMENSIONS);
        expect(vector.slice(dimensions).every((value) => value === 0)).toBe(true);
      }
      const angle = cosine(fakeVector('one two', dimensions), fakeVector('two three', dimensions));
      expect(cosine(vectors[0] ?? [], vectors[1] ?? [])).toBeCloseTo(angle, 4);
    },
  );

  test('are asked for again at 1536 when they are longer, and at once from then on', async () => {
    const server = await start({ nativeDimensions: 3072 });
    const model = create(server);
    expect(await model.queries.embedQuery('one')).toHaveLength(EMBEDDING_DIMENSIONS);
    expect(await model.documents.embedDocuments(['two'])).toHaveLength(1);
    const asked = server.requests.map(({ body }) => (body as EmbeddingRequest).dimensions);
    expect(asked).toEqual([undefined, 1536, 1536]);
    expect(server.refusals).toEqual([]);
  });

  test('may be found too long by several requests at once', async () => {
    const server = await start({ nativeDimensions: 3072 });
    const vectors = await create(server, { batchSize: 1 }).documents.embedDocuments([
      'one',
      'two',
      'three',
      'four',
    ]);
    expect(vectors.map((vector) => vector.length)).toEqual([1536, 1536, 1536, 1536]);
  });

  test('are a clear failure when the server cannot or does not shorten them', async () => {
    const refusing = await start({ nativeDimensions: 3072, refusesDimensions: true });
    expect((await problemOf(create(refusing).queries.embedQuery('one'))).message).toContain(
      'cannot be asked for fewer',
    );
    fake.onEmbeddings(() => ({ dimensions: 3072 }));
    expect((await problemOf(create().queries.embedQuery('one'))).message).toContain(
      '3072 dimensions where 1536',
    );
  });

  test('are a failure when the model changes between two answers', async () => {
    const model = create();
    fake.embeddings.enqueue({ dimensions: 768 }, { dimensions: 1024 });
    await model.documents.embedDocuments(['one']);
    const problem = await problemOf(model.queries.embedQuery('two'));
    expect(problem.message).toContain('1024 dimensions after vectors of 768');
  });
});

describe('an answer that cannot be used', () => {
  const spoiled: [string, EmbeddingReply, RegExp][] = [
    ['too few vectors', { count: 1 }, /1 vectors for 2 texts/],
    ['too many vectors', { count: 3 }, /3 vectors for 2 texts/],
    ['no vectors', { count: 0 }, /0 vectors for 2 texts/],
    ['a number that is none', { spoil: 'not-a-number' }, /not all numbers/],
    ['zeros', { spoil: 'zeros' }, /all zeros/],
    ['vectors of different lengths', { vectors: [[1, 2], [1]] }, /different lengths/],
    ['empty vectors', { vectors: [[], []] }, /empty/],
    ['malformed JSON', 'malformed', /not JSON/],
    ['other JSON', { status: 200, body: { object: 'list' } }, /does not follow the OpenAI protocol/],
    ['a cut connection', 'cut', /was cut/],
    ['a 401', { status: 401 }, /EMBEDDING_API_KEY/],
    ['a 500', { status: 500 }, /failed \(500\)/],
  ];
  test.each(spoiled)('is a model_failed for %s', async (_, reply, sentence) => {
    fake.embeddings.enqueue(reply);
    const problem = await problemOf(create().documents.embedDocuments(['one', 'two']));
    expect(problem.code).toBe('model_failed');
    expect(problem.message).toMatch(sentence);
  });

  test('is a model_failed for null in place of a number', async () => {
    const plain = await start({ ignoresEncoding: true });
    plain.embeddings.enqueue({ spoil: 'not-a-number' });
    expect((await problemOf(create(plain).queries.embedQuery('one'))).message).toContain('not all numbers');
  });

  test.each<EmbeddingReply>([{ delayMs: 2_000 }, { stall: true }])(
    'is a model_timeout when late: %o',
    async (reply) => {
      fake.onEmbeddings(() => reply);
      expect((await problemOf(create(fake, { timeoutMs: 50 }).queries.embedQuery('one'))).code).toBe(
        'model_timeout',
      );
    },
  );
});

describe('trying again', () => {
  test('is done once for a query and as often as set for documents', async () => {
    fake.onEmbeddings(() => ({ status: 500, headers: { 'retry-after-ms': '1' } }));
    const model = create(fake, { maxRetries: 2 });
    await problemOf(model.queries.embedQuery('one'));
    expect(fake.requests).toHaveLength(2);
    await problemOf(model.documents.embedDocuments(['one']));
    expect(fake.requests).toHaveLength(5);
  });

  test('is given up at once for a query that would have to wait long', async () => {
    fake.onEmbeddings(() => ({ status: 429, headers: { 'retry-after': '2' } }));
    const problem = await problemOf(create(fake, { maxRetries: 2 }).queries.embedQuery('one'));
    expect(problem.retryAfterSeconds).toBe(2);
    expect(fake.requests).toHaveLength(1);
  });

  test('keeps to the cap on calls in flight, queries and documents together', async () => {
    fake.onEmbeddings(() => ({ delayMs: 5 }));
    const model = create(fake, { maxConcurrency: 2, batchSize: 1 });
    const queries = Array.from({ length: 6 }, (_, index) => model.queries.embedQuery(`query ${index}`));
    await Promise.all([model.documents.embedDocuments(['a', 'b', 'c', 'd', 'e', 'f']), ...queries]);
    expect(fake.mostInFlight).toBe(2);
  });
});

describe('a text over the limit', () => {
  const prose = fc
    .array(
      fc.constantFrom(
        'perro ',
        'luna. ',
        'What a day! ',
        'línea\n',
        '\n\n',
        '犬も歩けば。',
        '😀 ',
        'x'.repeat(90),
        ' '.repeat(40),
      ),
      {
        minLength: 1,
        maxLength: 60,
      },
    )
    .map((pieces) => pieces.join(''));

  test('is sent in parts that lose nothing, fit, and break no character', async () => {
    await fc.assert(
      fc.asyncProperty(prose, fc.integer({ min: 20, max: 200 }), async (text, maxInputTokens) => {
        fake.requests.length = 0;
        const [vector = []] = await create(fake, { maxInputTokens }).documents.embedDocuments([text]);
        const parts = sent().flat();
        const withoutBlanks = (value: string) => value.replaceAll(/\s/g, '');
        expect(withoutBlanks(parts.join(''))).toBe(withoutBlanks(text));
        for (const part of parts) {
          expect(part.trim()).not.toBe('');
          expect(part.isWellFormed()).toBe(true);
          expect(Buffer.byteLength(part) / 4).toBeLessThanOrEqual(maxInputTokens);
        }
        expect(vector).toHaveLength(EMBEDDING_DIMENSIONS);
        expect(parts.length > 1 ? Math.hypot(...vector) : 1).toBeCloseTo(1, 6);
      }),
      { numRuns: 40 },
    );
    expect(fake.refusals).toEqual([]);
  });

  test('gets the mean of its parts, weighted by their length', async () => {
    fake.onEmbeddings(({ input }) => ({
      vectors: [input].flat().map((part) => (part.startsWith('a') ? [3, 0] : [0, 5])),
    }));
    const text = `${'a'.repeat(60)}\n\n${'b'.repeat(30)}`;
    const [vector = []] = await create(fake, { maxInputTokens: 25 }).documents.embedDocuments([text]);
    expect(sent()).toEqual([[`${'a'.repeat(60)}\n\n`, 'b'.repeat(30)]]);
    const [along = 0, across = 0] = vector;
    expect(along / across).toBeCloseTo(22 / 10, 5);
  });

  test('is halved when the server finds it too long all the same, without harm to its neighbours', async () => {
    const strict = await start({ maxInputTokens: 50 });
    const long = 'palabra tras palabra. '.repeat(40);
    const vectors = await create(strict).documents.embedDocuments(['one', long, 'two']);
    expect(cosine(vectors[0] ?? [], fakeVector('one'))).toBeCloseTo(1, 5);
    expect(cosine(vectors[1] ?? [], fakeVector(long))).toBeGreaterThan(0.9);
    expect(cosine(vectors[2] ?? [], fakeVector('two'))).toBeCloseTo(1, 5);
  });

  test('is given up after a bounded number of halvings', async () => {
    const impossible = await start({ maxInputTokens: 0 });
    const problem = await problemOf(create(impossible).documents.embedDocuments(['word '.repeat(500)]));
    expect(problem.message).toMatch(/longer than the embedding model can take/);
    expect(impossible.requests.length).toBeLessThan(100);
  });
});

test('without a provider the offline embedder serves', async () => {
  const model = await createEmbeddings({ provider: 'offline' }, openGate(1));
  expect(model).toMatchObject({ name: 'offline-grams-v1', kind: 'lexical' });
  if (model.kind !== 'lexical') throw new Error('the offline embedder is a lexical one');
  expect(model.embedText('hola').size).toBeGreaterThan(1);
});
