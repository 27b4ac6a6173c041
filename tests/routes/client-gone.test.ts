import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import { describe, expect, it } from 'vitest';
import { clientGone } from '../../src/routes/client-gone.ts';

/** An answer that is not sent yet. Nothing else of a reply is looked at. */
function replyNow(): FastifyReply {
  return { raw: new ServerResponse(new IncomingMessage(new Socket())) } as FastifyReply;
}

describe('a client that goes away', () => {
  it('is noticed when it goes', () => {
    const reply = replyNow();
    const signal = clientGone(reply);
    expect(signal.aborted).toBe(false);
    reply.raw.destroy();
    reply.raw.emit('close');
    expect(signal.aborted).toBe(true);
  });

  it('is noticed, too, when it went while the server found out who asks', () => {
    const reply = replyNow();
    reply.raw.destroy();
    expect(clientGone(reply).aborted).toBe(true);
  });
});
