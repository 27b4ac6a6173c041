import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { World } from './world.ts';

/** Keys that are none: each should let nobody in. The first ones are not to be told apart. */
export async function makeBadKeys({ app, clients, keys }: World) {
  const secret = () => randomBytes(32).toString('base64url');
  const idPart = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
  const revoked = await app.makeKey({ user: 'ana', role: 'user' });
  await clients.root.call('DELETE', `/admin/keys/${revoked.id}`);
  const expired = await app.makeKey({ user: 'ana', role: 'user' });
  await app.runSql(
    `update api_keys set created_at = now() - interval '2 days', expires_at = now() - interval '1 day' where id = '${expired.id}'`,
  );
  return {
    unknown: {
      'with another secret': `ttl_${idPart(keys.ana.id)}_${secret()}`,
      'of no one': `ttl_${idPart(uuidv7())}_${secret()}`,
      'cut short': keys.ana.key.slice(0, -1),
      'of another form': 'sk-abcdefghijklmnopqrstuvwxyz',
    },
    ended: { revoked: revoked.key, expired: expired.key },
  };
}

export type BadKeys = Awaited<ReturnType<typeof makeBadKeys>>;
