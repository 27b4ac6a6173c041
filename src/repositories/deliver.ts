import { ProblemError } from '../errors.ts';
import type { Importer } from '../memory/importer.ts';
import type { Delivery } from './delivery-queue.ts';
import { describeEvent } from './events/event-text.ts';
import { readPayload } from './events/payload.ts';
import { named } from './events/quoting.ts';
import { type Follower, type Following, sessionOf, titleOf } from './following.ts';

/** What the importer takes; GitHub's own are shorter. */
const LONGEST_NAME = 100;

interface DeliverNeeds {
  following: Pick<Following, 'followersOf' | 'rename' | 'mayRead'>;
  importer: Pick<Importer, 'importLines'>;
}

/** Makes what GitHub has sent a message of everyone who follows the repository and may read it; doing so twice changes nothing. */
export function createDeliver({ following, importer }: DeliverNeeds) {
  return async function deliver(delivery: Delivery, signal: AbortSignal): Promise<void> {
    const payload = readPayload(JSON.parse(delivery.payload));
    const { id, full_name: name } = payload.repository ?? {};
    if (id === undefined || name === undefined) return;
    await following.rename(id, name);
    const told = describeEvent(delivery.event, payload);
    if (told === null) return;
    const line = JSON.stringify({
      session: sessionOf(id),
      title: titleOf(name),
      role: 'user',
      name: named(payload.sender?.login).slice(0, LONGEST_NAME) || undefined,
      content: told.text,
      created_at: timeOf(told.at, delivery.receivedAt),
    });
    for (const follower of await following.followersOf(id)) {
      signal.throwIfAborted();
      if (!(await following.mayRead(follower, { id, name }, signal))) continue;
      await tell(follower, line);
    }
  };

  async function tell({ userId, lastErasure }: Follower, line: string): Promise<void> {
    try {
      const { errors } = await importer.importLines(userId, lineStream(line), lastErasure);
      if (errors[0]) throw new Error(`the message was not taken: ${errors[0].detail}`);
    } catch (error) {
      // Who has had everything erased follows no more.
      if (!(error instanceof ProblemError) || error.code !== 'memory_erased') throw error;
    }
  }
}

export type Deliver = ReturnType<typeof createDeliver>;

/** When it happened; by our clock at the latest when it came, since memory takes nothing of the future. */
function timeOf(told: string | undefined, receivedAt: string): string {
  const at = told === undefined ? Number.NaN : Date.parse(told);
  return at > 0 && at < Date.parse(receivedAt) ? new Date(at).toISOString() : receivedAt;
}

async function* lineStream(line: string): AsyncGenerator<Buffer> {
  yield Buffer.from(line);
}
