import { describe, expect, it } from 'vitest';
import { ProblemError } from '../../src/errors.ts';
import { errorRecord, failureName } from '../../src/logging/error-record.ts';
import { makeLogger } from '../../src/logging/logger.ts';
import { inScope } from '../../src/logging/scope.ts';
import { createLogSink } from '../support/logged.ts';

const CONTENT = 'what-a-person-wrote';

/** An error with fields, as drivers and clients throw them. */
function failureWith(fields: object, message = `it is about ${CONTENT}`): Error {
  return Object.assign(new Error(message), fields);
}

describe('what is logged of a failure', () => {
  it('has where it happened, and nothing of its message', () => {
    const record = errorRecord(new TypeError(`no ${CONTENT}\n    at ${CONTENT} (file:///x.ts:1:1)`));
    expect(record).toMatchObject({ type: 'TypeError', stack: expect.stringContaining('error-record.test') });
    expect(JSON.stringify(record)).not.toContain(CONTENT);
  });

  it('leaves the stack out where its head cannot be told from its frames', () => {
    const error = new Error(`no ${CONTENT}\n    at ${CONTENT} (file:///x.ts:1:1)`);
    expect(error.stack).toContain(CONTENT);
    error.message = 'rewritten';
    expect(errorRecord(error)).toEqual({ type: 'Error' });
  });

  it('has of the database its code and the names of its schema, not the values', () => {
    const record = errorRecord(
      failureWith({
        ...{ severity: 'ERROR', code: '23505', table: 'messages', constraint: 'messages_pkey' },
        ...{ detail: `Key (id)=(${CONTENT}) already exists.`, hint: CONTENT, where: CONTENT },
        ...{ query: `insert into t values ($1)`, params: [CONTENT], column: `${CONTENT} with blanks` },
      }),
    );
    expect(record).toMatchObject({ code: '23505', table: 'messages', constraint: 'messages_pkey' });
    expect(JSON.stringify(record)).not.toContain(CONTENT);
  });

  it('has the codes of the system and of Node, and none that a server made up', () => {
    expect(errorRecord(failureWith({ code: 'ENOSPC', syscall: 'write', path: CONTENT }))).toMatchObject({
      code: 'ENOSPC',
      syscall: 'write',
    });
    expect(errorRecord(failureWith({ code: 'ERR_INVALID_ARG_VALUE' }))).toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
    });
    const fromServer = errorRecord(failureWith({ code: CONTENT, status: 400, error: { message: CONTENT } }));
    expect(fromServer).toMatchObject({ status: 400 });
    expect(JSON.stringify(fromServer)).not.toContain(CONTENT);
  });

  it('says what our own failures of servers say, and of others only the code', () => {
    const cause = failureWith({});
    expect(errorRecord(new ProblemError('model_failed', 'It failed (500).', { cause }))).toMatchObject({
      code: 'model_failed',
      message: 'It failed (500).',
      cause: { type: 'Error' },
    });
    expect(errorRecord(new ProblemError('invalid_plan', CONTENT))).not.toHaveProperty('message');
  });

  it('ends where causes go round, and takes what is no error', () => {
    const round = new Error('round');
    round.cause = round;
    expect(JSON.stringify(errorRecord(round)).length).toBeLessThan(20_000);
    expect(errorRecord(CONTENT)).toEqual({ type: 'string' });
    expect(errorRecord(new AggregateError([failureWith({})], CONTENT)).errors).toHaveLength(1);
    expect(failureName(new ProblemError('model_timeout', CONTENT))).toBe('model_timeout');
    expect(failureName(CONTENT)).toBe('unknown');
  });
});

describe('a log line', () => {
  it('never takes the message of a failure for its own text', () => {
    const sink = createLogSink();
    const logger = makeLogger('trace', sink);
    logger.error(new Error(CONTENT));
    logger.warn({ err: new Error(CONTENT) });
    logger.info({ error: new Error(CONTENT) }, 'text');
    logger.error(new Error(CONTENT), 'text');
    logger.info({ req: { method: 'GET', url: CONTENT }, res: { statusCode: 200, headers: CONTENT } }, 'text');
    expect(sink.lines()).toHaveLength(5);
    expect(sink.text()).not.toContain(CONTENT);
  });

  it('carries the names of what it belongs to, wherever it is written', async () => {
    const sink = createLogSink();
    const logger = makeLogger('info', sink);
    logger.info('outside');
    await inScope({ request_id: 'r', user_id: 'ana' }, async () => {
      await Promise.resolve();
      logger.info({ run_id: 'x' }, 'inside');
    });
    const [outside, inside] = sink.lines();
    expect(outside).not.toHaveProperty('request_id');
    expect(inside).toMatchObject({ request_id: 'r', user_id: 'ana', run_id: 'x', msg: 'inside' });
  });
});
