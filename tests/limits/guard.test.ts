import Fastify, { type FastifyBaseLogger } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { ProblemError } from '../../src/errors.ts';
import { guardRequests } from '../../src/limits/guard.ts';
import { sendProblem } from '../../src/routes/problems.ts';

const refused: string[] = [];
let close = async () => undefined as unknown;
afterEach(() => close());

/** A server whose callers are known by the header `x-key`, and counts how often it looked one up. */
async function start(lookUp: (key: unknown) => { id: string }) {
  const log = pino({ level: 'silent' });
  const app = Fastify({ loggerInstance: log as FastifyBaseLogger }).withTypeProvider<ZodTypeProvider>();
  close = () => app.close();
  refused.length = 0;
  let lookedUp = 0;
  app.setErrorHandler(sendProblem);
  app.decorateRequest('user');
  await guardRequests(app, {
    settings: readConfig({ MAX_EVENT_LOOP_DELAY_MS: '0' }).limits,
    redis: undefined,
    onRefused: (limit) => refused.push(limit),
    admit: async (request) => {
      lookedUp += 1;
      request.user = { role: 'user', ...lookUp(request.headers['x-key']) };
    },
    log,
  });
  app.get('/who', (request) => request.user);
  const ask = async (key: string) => await app.inject({ url: '/who', headers: { 'x-key': key } });
  return { ask, lookedUp: () => lookedUp };
}

describe('requests whose caller cannot be identified', () => {
  it('are so many from one address, then nobody there is looked up any more', async () => {
    const { ask, lookedUp } = await start((key) => {
      if (key === 'right') return { id: 'ana' };
      throw new ProblemError('user_header_not_allowed', 'Who is that?');
    });
    expect((await ask('right')).json()).toMatchObject({ id: 'ana' });
    for (let guess = 0; guess < 60; guess += 1) expect((await ask(`guess ${guess}`)).statusCode).toBe(403);
    const answer = await ask('one guess more');
    expect([answer.statusCode, answer.json().code]).toEqual([429, 'rate_limited']);
    expect(answer.json().detail).toContain('not identified');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect((await ask('right')).statusCode).toBe(429);
    expect(lookedUp()).toBe(61);
    expect(refused).toEqual(['failures_per_address', 'failures_per_address']);
  });

  it('are not those that failed for another reason', async () => {
    const { ask } = await start(() => {
      throw new ProblemError('database_failed', 'The database did not answer.');
    });
    for (let round = 0; round < 61; round += 1) expect((await ask('right')).statusCode).toBe(503);
    expect(refused).toEqual([]);
  });
});
