import type { AddressInfo } from 'node:net';
import swagger from '@fastify/swagger';
import Fastify, { type FastifyReply } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ProblemError } from '../../src/errors.ts';
import { sendProblem } from '../../src/routes/problems.ts';
import { problems } from '../../src/routes/schemas.ts';
import { fuzz } from '../support/fuzz/fuzz.ts';

type Answers = (given: { text: string; reply: FastifyReply }) => unknown;

/** Fuzzes a server with one route, and says what was found. */
async function found(answer: Answers, count = 160): Promise<string> {
  const app = Fastify().withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler(() => {
    throw new ProblemError('not_found', 'There is nothing.');
  });
  await app.register(swagger, { openapi: { openapi: '3.1.0' }, transform: jsonSchemaTransform });
  await app.register(async (routes) => {
    routes.withTypeProvider<ZodTypeProvider>().post(
      '/things',
      {
        schema: {
          body: z.strictObject({ text: z.string().max(1_000) }),
          response: { 200: z.object({ length: z.number() }), ...problems },
        },
      },
      // What the route answers is what is to be judged, so its type is nobody's business.
      async ({ body: { text } }, reply) => (await answer({ text, reply })) as never,
    );
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  try {
    const document = app.swagger() as unknown as Parameters<typeof fuzz>[0]['document'];
    await fuzz({ url, document, count, seed: 1, secrets: ['/srv/secret'], users: [{}], limitMs: 1_000 });
    return 'nothing';
  } catch (error) {
    return String(error);
  } finally {
    app.server.closeAllConnections();
    await app.close();
  }
}

const sendAsItIs = (reply: FastifyReply, body: object) =>
  reply.type('application/json').serializer(JSON.stringify).send(body);

describe('a run of many requests', () => {
  it('finds nothing wrong with a server that is right', async () => {
    expect(await found(({ text }) => ({ length: text.length }))).toBe('nothing');
  });

  it.each<[string, Answers, RegExp]>([
    ['a TypeError', () => (undefined as unknown as string).length, /500 internal/],
    [
      'a field that is not described',
      ({ reply }) => sendAsItIs(reply, { length: 1, internal_id: 7 }),
      /does not fit.*internal_id/,
    ],
    ['a field of another type', ({ reply }) => sendAsItIs(reply, { length: '1' }), /does not fit/],
    ['a field left out', ({ reply }) => sendAsItIs(reply, {}), /does not fit/],
    ['a status that is not described', ({ reply }) => sendAsItIs(reply.code(202), {}), /status 202/],
    [
      'a stack trace',
      () => {
        throw new ProblemError('invalid_path', new Error('x').stack ?? '');
      },
      /stack trace/,
    ],
    [
      'SQL',
      () => {
        throw new ProblemError('invalid_path', 'select id from messages where id = $1 failed');
      },
      /tells SQL/,
    ],
    [
      'a path of the host',
      ({ reply }) => sendAsItIs(reply, { length: 1, at: '/srv/secret/a' }),
      /holds \/srv\/secret/,
    ],
    [
      'an error that is no problem document',
      ({ reply }) =>
        reply.code(404).type('application/json').serializer(JSON.stringify).send({ error: 'no' }),
      /not as a problem/,
    ],
    [
      'a code that nobody knows',
      ({ reply }) =>
        reply
          .code(404)
          .type('application/problem+json')
          .serializer(JSON.stringify)
          .send({ code: 'gone', status: 404 }),
      /code gone/,
    ],
    ['a connection cut off', ({ reply }) => reply.raw.destroy(), /without an answer/],
  ])('finds %s', async (_what, answer, sign) => {
    const told = await found(answer);
    expect(told).toMatch(sign);
    expect(told).toMatch(/FUZZ_SEED=1,/);
    expect(told).toContain("'http://127.0.0.1:");
  });

  it('finds an answer that does not come, and only for the input that it does not come for', async () => {
    const told = await found(async ({ text }) => {
      if (text.length >= 1_000) await new Promise(() => undefined);
      return { length: text.length };
    }, 400);
    expect(told).toContain('no whole answer within 1000 ms');
    const bodies = [...told.matchAll(/printf %s '([^']+)'/g)].map(([, text = '']) =>
      JSON.parse(Buffer.from(text, 'base64').toString()),
    );
    expect(bodies).toEqual([{ text: expect.stringMatching(/^.{1000}$/su) }]);
  });
});
