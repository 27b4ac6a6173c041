import { ContextOverflowError } from '@langchain/core/errors';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProblemError } from '../../src/errors.ts';
import { isRefusal, isTooLong, toModelProblem } from '../../src/models/failures.ts';

function refusal(status: number, fields: Record<string, unknown> = {}): Error {
  return Object.assign(new Error(`${status} ${fields.message ?? ''}`), { status, ...fields });
}

function system(code: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}

describe('toModelProblem', () => {
  test('keeps a problem as it is, also as the cause of another error', () => {
    const problem = new ProblemError('model_timeout', 'Too slow.');
    expect(toModelProblem(problem)).toBe(problem);
    expect(toModelProblem(new Error('wrapped', { cause: problem }))).toBe(problem);
  });

  test('keeps the error as the cause', () => {
    const error = refusal(500);
    expect(toModelProblem(error).cause).toBe(error);
  });

  test.each([
    ['TimeoutError', Object.assign(new Error('Request timed out.'), { name: 'TimeoutError' })],
    ['a slow connection', system('UND_ERR_CONNECT_TIMEOUT')],
    ['headers that do not come', system('UND_ERR_HEADERS_TIMEOUT')],
    ['a deadline signal', AbortSignal.abort(new DOMException('late', 'TimeoutError')).reason],
    ['408', refusal(408)],
    ['504', refusal(504)],
  ])('takes %s for a time-out', (_, error) => {
    expect(toModelProblem(error).code).toBe('model_timeout');
  });

  test.each([
    ['ECONNREFUSED', /refused/],
    ['ENOTFOUND', /host name is not known/],
    ['ECONNRESET', /cut/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /could not be reached/],
  ])('says what %s means', (code, sentence) => {
    expect(toModelProblem(system(code))).toMatchObject({
      code: 'model_failed',
      message: expect.stringMatching(sentence),
    });
  });

  test('passes on how long to wait', () => {
    const headers = new Headers({ 'retry-after': '7' });
    expect(toModelProblem(refusal(429, { headers }))).toMatchObject({ retryAfterSeconds: 7 });
    expect(toModelProblem(refusal(503, { headers }))).toMatchObject({ retryAfterSeconds: 7 });
  });

  test('names the settings of the model that failed', () => {
    expect(toModelProblem(refusal(401)).message).toContain('OPENAI_API_KEY');
    expect(toModelProblem(refusal(401), 'embeddings').message).toContain('EMBEDDING_API_KEY');
    expect(toModelProblem(refusal(404), 'embeddings').message).toContain('EMBEDDING_MODEL');
  });

  test('takes a cancelled call for what it is, in each of its forms', () => {
    const forms = [new Error('AbortError'), new Error('Aborted'), AbortSignal.abort().reason];
    for (const form of forms) expect(toModelProblem(form).message).toContain('cancelled');
  });

  test('has a sentence for everything, with nothing in it of what was thrown', () => {
    const secret = fc.constantFrom(
      'sk-live-51H8aZ',
      'Bearer abc123',
      'http://user:pass@host',
      '/home/me/.env',
    );
    const thrown = fc.oneof(
      secret,
      fc.anything(),
      secret.map((text) => new Error(text)),
      secret.map((text) => new TypeError(text, { cause: new Error(text) })),
      secret.map((text) => new SyntaxError(text)),
      fc.record({
        status: fc.integer({ min: 100, max: 599 }),
        message: secret,
        code: secret,
        type: secret,
        error: secret,
      }),
      secret.map((text) => ({ code: text, message: text })),
    );
    fc.assert(
      fc.property(thrown, fc.constantFrom('chat' as const, 'embeddings' as const), (error, subject) => {
        const { code, message } = toModelProblem(error, subject);
        expect(['model_failed', 'model_timeout']).toContain(code);
        expect(message).toMatch(/^The .*\.$/);
        expect(message).not.toMatch(/sk-live|abc123|pass@|\.env/);
      }),
    );
  });

  test('ends on an error that is its own cause', () => {
    const error = new Error('round');
    error.cause = error;
    expect(toModelProblem(error).code).toBe('model_failed');
  });
});

describe('isTooLong', () => {
  test.each([
    [400, "This model's maximum context length is 8192 tokens, however you requested 9000 tokens"],
    [400, 'The decoder prompt (length 600) is longer than the maximum model length of 512.'],
    [413, 'Input validation error: `inputs` must have less than 512 tokens. Given: 600'],
    [500, 'input is too large to process. increase the physical batch size'],
    [400, 'the input length exceeds the context length'],
    [400, 'Requested 400000 tokens, max 300000 tokens per request (max_tokens_per_request)'],
  ])('knows a %i that says: %s', (status, message) => {
    expect(isTooLong(refusal(status, { message }))).toBe(true);
    expect(isRefusal(refusal(status, { message }))).toBe(false);
  });

  test("knows LangChain's own class", () => {
    expect(isTooLong(new ContextOverflowError())).toBe(true);
  });

  test('does not take a rate limit, another refusal or our own problem for it', () => {
    expect(isTooLong(refusal(429, { message: 'Request too large for tokens per minute' }))).toBe(false);
    expect(isTooLong(refusal(400, { message: 'Invalid value' }))).toBe(false);
    expect(isRefusal(refusal(400, { message: 'Invalid value' }))).toBe(true);
    expect(isTooLong(new ProblemError('model_failed', 'too long'))).toBe(false);
  });
});
