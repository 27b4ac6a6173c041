import { createHmac, timingSafeEqual } from 'node:crypto';
import { ProblemError } from '../errors.ts';

const SIGNATURE = /^sha256=([0-9a-f]{64})$/i;

/**
 * Checks that a body was signed with the secret: https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
 * @throws ProblemError `webhook_refused`, the same one for whatever is wrong.
 */
export function refuseUnsigned(body: Buffer, signature: string | undefined, secret: string): void {
  const told = SIGNATURE.exec(signature ?? '')?.[1];
  const expected = createHmac('sha256', secret).update(body).digest();
  if (told !== undefined && timingSafeEqual(Buffer.from(told, 'hex'), expected)) return;
  throw new ProblemError('webhook_refused', 'The signature is missing, or is not that of the body.');
}
