import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDeliver } from '../../src/repositories/deliver.ts';
import { createDeliveryQueue, type DeliveryQueue } from '../../src/repositories/delivery-queue.ts';
import { createFollowing } from '../../src/repositories/following.ts';
import { ANA_TOKEN, openScene, type Scene, signed } from './scene.ts';

let scene: Scene;
let repositories: ReturnType<Scene['open']>;
beforeEach(async () => {
  scene = await openScene();
  repositories = scene.open();
  await repositories.tokens.put('ana', ANA_TOKEN);
  for (const name of ['shop', 'blog']) {
    scene.fake.seed.repository(`ana/${name}`, { files: { 'a.txt': 'a' } });
    await repositories.follow('ana', `ana/${name}`);
  }
});
afterEach(() => scene.close());

function issueOf(name: string, title: string) {
  const id = scene.fake.state.repositories.find((one) => one.name === name)?.id;
  return {
    ...{ action: 'opened', repository: { id, full_name: `ana/${name}` }, sender: { login: 'rosa' } },
    issue: { number: 1, title, created_at: '2026-01-01T10:00:00Z' },
  };
}

async function accept(name: string, title: string) {
  const delivery = signed('issues', issueOf(name, title));
  await repositories.deliveries.accept(delivery);
  return delivery.id;
}

/** The queue as another process has it. */
function queueOf(leaseMs = 60_000): DeliveryQueue {
  return createDeliveryQueue({ executor: scene.executor, owner: randomUUID(), leaseMs });
}

async function* asStream(chunks: Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

const titles = async () => (await scene.remembered('ana')).map(({ content }) => /“(.*)”/.exec(content)?.[1]);

describe('Deliveries', () => {
  it('of a repository are told in the order in which they came', async () => {
    const told = Array.from({ length: 8 }, (_, index) => `Number ${index}`);
    for (const title of told) await accept('shop', title);
    await repositories.deliveries.start();
    await repositories.deliveries.settled();
    expect(await titles()).toEqual(told);
  });

  it('are each taken by one process, those of a repository one after the other', async () => {
    const [first, second] = [await accept('shop', 'One'), await accept('shop', 'Two')];
    const other = await accept('blog', 'Three');
    const [here, there] = [queueOf(), queueOf()];
    const taken = await here.take();
    expect(taken?.id).toBe(first);
    expect((await there.take())?.id).toBe(other);
    expect(await there.take()).toBeUndefined();
    if (taken) await here.finish(taken, null);
    expect((await there.take())?.id).toBe(second);
  });

  it('are shared by several processes, each told once and in order', async () => {
    const told = { shop: [] as string[], blog: [] as string[] };
    const importLines: Scene['importer']['importLines'] = async (userId, lines) => {
      const chunks = await Array.fromAsync(lines);
      const { session, content } = JSON.parse(Buffer.concat(chunks).toString());
      const title = /“(.*)”/.exec(content)?.[1] ?? '';
      told[title.startsWith('shop') ? 'shop' : 'blog'].push(title);
      expect(session).toMatch(/^github:\d+$/);
      return scene.importer.importLines(userId, asStream(chunks));
    };
    const processes = Array.from({ length: 3 }, () => scene.open({ importer: { importLines } }));
    await Promise.all(processes.map(({ deliveries }) => deliveries.start()));
    const expected = { shop: [] as string[], blog: [] as string[] };
    for (let index = 0; index < 20; index += 1) {
      for (const name of ['shop', 'blog'] as const) {
        await processes[index % 3]?.deliveries.accept(signed('issues', issueOf(name, `${name} ${index}`)));
        expected[name].push(`${name} ${index}`);
      }
    }
    // Who finds nothing to take may have been told so while another one was still at work.
    await expect.poll(async () => (await titles()).length, { timeout: 30_000 }).toBe(40);
    expect(told).toEqual(expected);
  });

  it('wait for the one before them that failed, and others do not', async () => {
    const first = await accept('shop', 'One');
    await accept('shop', 'Two');
    const queue = queueOf();
    const taken = await queue.take();
    if (taken) await queue.giveBack(taken, 60_000);
    await accept('blog', 'Three');
    await repositories.deliveries.start();
    await repositories.deliveries.settled();
    expect(await titles()).toEqual(['Three']);
    await scene.runSql(`update github_deliveries set waits_until = null where id = '${first}'`);
    await repositories.deliveries.settled();
    expect((await titles()).toSorted()).toEqual(['One', 'Three', 'Two']);
  });
});

describe('A process that is killed', () => {
  /** What is left of one: a delivery that it had taken. */
  async function leaveTaken(how: 'before' | 'after') {
    await accept('shop', 'Left');
    await accept('shop', 'Next');
    const delivery = await queueOf().take();
    if (how === 'before' || !delivery) return;
    const following = createFollowing({ executor: scene.executor, account: repositories.account });
    const deliver = createDeliver({ following, importer: scene.importer });
    await deliver(delivery, new AbortController().signal);
  }

  it.each(['before', 'after'] as const)(
    'loses nothing and doubles nothing, if that was %s the message was stored',
    async (how) => {
      await leaveTaken(how);
      await repositories.deliveries.start();
      await repositories.deliveries.settled();
      expect(await titles()).toEqual(how === 'before' ? [] : ['Left']);
      // Its lease ends.
      await scene.runSql(
        `update github_deliveries set waits_until = now() - interval '1 second' where owner is not null`,
      );
      await repositories.deliveries.settled();
      expect(await titles()).toEqual(['Left', 'Next']);
    },
  );

  it('is not waited for where there can be no other one', async () => {
    await leaveTaken('before');
    const alone = scene.open({ isAlone: true });
    await alone.deliveries.start();
    await alone.deliveries.settled();
    expect(await titles()).toEqual(['Left', 'Next']);
  });

  it('and comes back has no say any more', async () => {
    await accept('shop', 'Slow');
    const [slow, quick] = [queueOf(0), queueOf()];
    const first = await slow.take();
    await scene.runSql(`update github_deliveries set waits_until = now() - interval '1 second'`);
    const second = await quick.take();
    expect(second?.id).toBe(first?.id);
    if (first) await slow.finish(first, null);
    if (first) await slow.keep(first);
    expect(await quick.take()).toBeUndefined();
    const [row] = await scene.runSql('select payload is null as done from github_deliveries');
    expect(row).toEqual({ done: false });
  });
});

describe('A delivery that fails', () => {
  /** A process whose memory takes nothing, as long as it is told so. */
  function failing() {
    const state = { fails: true };
    const importLines: Scene['importer']['importLines'] = async (...parameters) => {
      if (state.fails) throw new Error('the memory is full');
      return scene.importer.importLines(...parameters);
    };
    const process = scene.open({ importer: { importLines } });
    return { ...process, state };
  }

  const due = () => scene.runSql('update github_deliveries set waits_until = null where owner is null');
  const rows = () => scene.runSql('select attempts, payload is null as done, fault from github_deliveries');

  it('is tried again later', async () => {
    const { deliveries, state } = failing();
    await deliveries.start();
    await accept('shop', 'Hard');
    await deliveries.settled();
    expect(await rows()).toEqual([{ attempts: 1, done: false, fault: null }]);
    expect(scene.logged.join('')).toContain('it is tried again');
    state.fails = false;
    await due();
    await deliveries.settled();
    expect(await rows()).toEqual([{ attempts: 2, done: true, fault: null }]);
    expect(await titles()).toEqual(['Hard']);
  });

  it('is given up after eight attempts, and taken anew when GitHub is asked to send it again', async () => {
    const { deliveries, state } = failing();
    await deliveries.start();
    const delivery = signed('issues', issueOf('shop', 'Hopeless'));
    await deliveries.accept(delivery);
    for (let attempt = 1; attempt <= 9; attempt += 1) {
      await deliveries.settled();
      await due();
    }
    expect(await rows()).toEqual([{ attempts: 8, done: true, fault: 'internal' }]);
    state.fails = false;
    expect(await deliveries.accept(delivery)).toBe('accepted');
    await deliveries.settled();
    expect(await rows()).toEqual([{ attempts: 1, done: true, fault: null }]);
    expect(await deliveries.accept(delivery)).toBe('duplicate');
    expect(await titles()).toEqual(['Hopeless']);
  });

  it('is gone on with by others at once when its process is stopped', async () => {
    const begun = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const importLines: Scene['importer']['importLines'] = async () => {
      begun.resolve();
      await held.promise;
      throw new Error('the process ends');
    };
    const stopping = scene.open({ importer: { importLines } });
    await stopping.deliveries.start();
    await accept('shop', 'Handed on');
    const wake = stopping.deliveries.settled();
    await begun.promise;
    const closed = stopping.deliveries.close();
    held.resolve();
    await Promise.all([closed, wake]);
    expect(await rows()).toEqual([{ attempts: 0, done: false, fault: null }]);
    await repositories.deliveries.start();
    await repositories.deliveries.settled();
    expect(await titles()).toEqual(['Handed on']);
  });
});

it('Deliveries are forgotten after thirty days, unless they still wait', async () => {
  await accept('shop', 'Old');
  await repositories.deliveries.start();
  await repositories.deliveries.settled();
  await repositories.deliveries.close();
  const waiting = await accept('blog', 'Waiting');
  await scene.runSql(`update github_deliveries set received_at = now() - interval '31 days'`);
  await scene.runSql(
    `update github_deliveries set payload = '{}', waits_until = 'infinity' where id = '${waiting}'`,
  );
  const other = scene.open();
  await other.deliveries.start();
  await other.deliveries.settled();
  expect(await scene.runSql('select id from github_deliveries')).toEqual([{ id: waiting }]);
});
