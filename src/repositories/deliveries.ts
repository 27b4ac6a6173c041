import { ProblemError } from '../errors.ts';
import type { DeliveryQueue } from './delivery-queue.ts';
import type { DeliveryWorker } from './delivery-worker.ts';
import { readPayload } from './events/payload.ts';
import { refuseUnsigned } from './signature.ts';

/** GitHub sends nothing larger: https://docs.github.com/webhooks/webhook-events-and-payloads#payload-cap */
export const LARGEST_PAYLOAD = 25 * 1024 * 1024;

/** What a request to the webhook's address holds. */
interface Incoming {
  /** `X-GitHub-Delivery`. */
  id: string | undefined;
  /** `X-GitHub-Event`. */
  event: string | undefined;
  /** `X-Hub-Signature-256`. */
  signature: string | undefined;
  /** As it was sent, byte by byte. */
  body: Buffer;
}

interface DeliveriesNeeds {
  queue: Pick<DeliveryQueue, 'add'>;
  worker: DeliveryWorker;
  /** Without it nothing is taken. */
  secret: string | undefined;
}

/** Takes in what GitHub sends, to be made messages of in the background. */
export function createDeliveries({ queue, worker, secret }: DeliveriesNeeds) {
  /**
   * Stores a delivery, once, and answers at once.
   * @throws ProblemError `webhook_refused` if it is not signed, `not_found` if this server takes none, `body_too_large`.
   */
  async function accept({ id, event, signature, body }: Incoming): Promise<'accepted' | 'duplicate'> {
    if (!secret) throw new ProblemError('not_found', 'This server takes nothing from GitHub.');
    refuseUnsigned(body, signature, secret);
    if (body.length > LARGEST_PAYLOAD) {
      throw new ProblemError('body_too_large', `A delivery has at most ${LARGEST_PAYLOAD} bytes.`);
    }
    if (!/^[\w-]{1,100}$/.test(id ?? '') || !/^\w{1,100}$/.test(event ?? '')) {
      throw new ProblemError(
        'invalid_request',
        'A delivery has the headers X-GitHub-Delivery and X-GitHub-Event.',
      );
    }
    const payload = textOf(body);
    const repositoryId = readPayload(jsonOf(payload)).repository?.id ?? null;
    const delivery = { id: String(id), event: String(event), repositoryId, payload };
    const isNew = await queue.add(delivery);
    worker.wake();
    return isNew ? 'accepted' : 'duplicate';
  }

  const { start, close, settled } = worker;
  return { accept, start, close, settled };
}

/** JSON of UTF-8, as GitHub sends it where the webhook is set up for `application/json`. */
function textOf(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw notJson(cause);
  }
}

function jsonOf(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch (cause) {
    throw notJson(cause);
  }
}

function notJson(cause: unknown): ProblemError {
  return new ProblemError('invalid_request', 'The body is not JSON. Let the webhook send application/json.', {
    cause,
  });
}
