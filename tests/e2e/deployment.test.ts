import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createClient } from '../support/client.ts';
import { collectEvents, openEvents } from '../support/event-stream.ts';
import { startNginx } from '../support/nginx.ts';
import { isInstalled } from '../support/programs.ts';
import { prepareRedis } from '../support/redis.ts';
import { type Place, startPlace } from '../support/servers.ts';

const missing = [
  inject('template').kind === 'server' ? '' : 'TEST_DATABASE_URL',
  isInstalled('nginx', '-v') ? '' : 'nginx',
  isInstalled('redis-server', '--version') ? '' : 'redis-server',
].filter(Boolean);
const canRun = missing.length === 0;
const reason = canRun ? '' : `: ${missing.join(' and ')} missing`;
const SOON = { timeout: 20_000, interval: 100 };
const MEGABYTE = 1024 * 1024;

let place: Place;
let redis: Awaited<ReturnType<typeof prepareRedis>>;
let nginx: Awaited<ReturnType<typeof startNginx>> | undefined;

beforeEach(async () => {
  if (!canRun) return;
  place = await startPlace();
  redis = await prepareRedis();
  await redis.start();
});
afterEach(async () => {
  await nginx?.stop();
  nginx = undefined;
  await redis?.kill();
  await place?.remove();
});

/** Two server processes as docker-compose.yml has them, and a client of the nginx in front of them. */
async function deploy(env: Record<string, string> = {}) {
  const patience = { RUN_LEASE_MS: '10000', DATABASE_TIMEOUT_MS: '30000' };
  const settings = { REDIS_URL: redis.url, TRUST_PROXY: 'loopback', ...patience, ...env };
  const [one, other] = await Promise.all([place.start({ env: settings }), place.start({ env: settings })]);
  const proxy = await startNginx([one.url, other.url]);
  nginx = proxy;
  const upstreams = async () => (await proxy.answers()).map(({ upstream }) => upstream);
  return { one, other, proxy, upstreams, client: createClient(proxy.url) };
}
const hostOf = (server: { url: string }) => new URL(server.url).host;

/** A request whose path is sent as it stands here, which `fetch` would tidy up first. */
async function statusOf(port: number, path: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  request({ host: '127.0.0.1', port, path }, (response) => {
    response.resume();
    resolve(response.statusCode);
  })
    .on('error', reject)
    .end();
  return await promise;
}

describe.skipIf(!canRun)(`two replicas behind nginx, with PostgreSQL and Redis${reason}`, () => {
  it('share a session: its questions alternate between them, and each knows what the other one was told', async () => {
    const { one, other, upstreams, client } = await deploy();
    place.fake.onChat(({ messages }) => ({ content: `Answer to ${messages.at(-1)?.content}` }));
    const { body: session } = await client.post('/sessions', undefined);
    for (let number = 0; number < 6; number += 1) {
      const { status, body } = await client.ask(`Question ${number}`, { session_id: session.id });
      expect({ status, response: body.response }).toEqual({
        status: 200,
        response: `Answer to Question ${number}`,
      });
    }
    const { body: history } = await client.get(
      `/assistant/history?session_id=${session.id}&limit=50&order=asc`,
    );
    expect(history).toHaveLength(12);
    const asked = (await upstreams()).slice(1, 7);
    expect(asked.filter((upstream) => upstream === hostOf(one))).toHaveLength(3);
    expect(asked.filter((upstream) => upstream === hostOf(other))).toHaveLength(3);
  });

  it('stream through the proxy at once, and go on with the stream on the other replica', async () => {
    const { proxy, client } = await deploy();
    place.fake.chat.enqueue({ content: 'One two three four five', stallAfter: true });
    const live = await openEvents(`${proxy.url}/assistant/ask`, { body: { query: 'Count', stream: true } });
    let runId = '';
    let last = '';
    // The model says nothing after these words, so a proxy that collects answers would never let them through.
    for await (const { event, id, data } of live.events) {
      if (event === 'run') runId = data.run_id;
      last = String(id);
      if (event === 'token') break;
    }
    await live.close();
    const rest = await openEvents(`${proxy.url}/runs/${runId}/events`, {
      headers: { 'last-event-id': last },
    });
    await client.post(`/runs/${runId}/cancel`, undefined);
    const resumed = await Array.fromAsync(rest.events);
    expect(Number(resumed[0]?.id)).toBe(Number(last) + 1);
    expect(resumed.at(-1)?.event).toMatch(/done|error/);
    const whole = await collectEvents(`${proxy.url}/runs/${runId}/events`);
    expect(whole.slice(-resumed.length)).toEqual(resumed);
    // The question and its end, then the resumed stream and the whole one: the proxy takes the replicas in turn.
    await expect.poll(async () => (await proxy.answers()).length, SOON).toBe(4);
    const answers = await proxy.answers();
    const [asked] = answers.filter(({ method }) => method === 'POST');
    const [followed] = answers.filter(({ method }) => method === 'GET');
    expect(followed?.upstream).not.toBe(asked?.upstream);
  });

  it('go on when one of them is killed, and no question that was sent is sent twice', async () => {
    const { one, proxy, upstreams, client } = await deploy();
    place.fake.onChat(({ messages }) => ({ content: `Answer to ${messages.at(-1)?.content}` }));
    await one.kill('SIGKILL');
    const queries = Array.from({ length: 8 }, (_, number) => `Question ${number}`);
    for (const query of queries) expect((await client.ask(query)).status).toBe(200);
    for (let count = 0; count < 8; count += 1)
      expect((await client.get('/assistant/history?limit=200')).status).toBe(200);
    const { body: history } = await client.get('/assistant/history?limit=200&order=asc');
    const said = history.filter(({ role }: { role: string }) => role === 'user');
    expect(said.map(({ content }: { content: string }) => content)).toEqual(queries);
    // The dead one was tried, and then left out.
    const tried = (await upstreams()).filter((upstream) => upstream.includes(hostOf(one)));
    expect(tried.length).toBeGreaterThan(0);
    expect(tried.length).toBeLessThan(8);
    expect(proxy.output.text).toContain('Connection refused');
  });

  it('say together that a session is busy', async () => {
    const { client, upstreams } = await deploy({ SESSION_QUEUE_LENGTH: '1' });
    const { promise: free, resolve: letGo } = Promise.withResolvers<void>();
    const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
    place.fake.onChat(async () => {
      isAsked();
      await free;
      return { content: 'Done' };
    });
    const { body: session } = await client.post('/sessions', undefined);
    const ask = (query: string) => client.ask(query, { session_id: session.id });
    const running = ask('First');
    await asked;
    const queued = ask('Second');
    const history = async () => (await client.get(`/assistant/history?session_id=${session.id}`)).body.length;
    await expect.poll(history, SOON).toBe(2);
    const from = (await upstreams()).length;
    const refused = [await ask('Third'), await ask('Fourth')];
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
      Array(2).fill([409, 'session_busy']),
    );
    expect(new Set((await upstreams()).slice(from, from + 2)).size).toBe(2);
    letGo();
    expect([(await running).status, (await queued).status]).toEqual([200, 200]);
  });

  it('keep to themselves what is for the network inside, and answer with problems also where the proxy does', async () => {
    const { one, other, proxy, client } = await deploy();
    for (const path of ['/metrics', '/metrics/', '//metrics', '/%6detrics', '/x/../metrics', '/metrics?x=1'])
      expect({ path, status: await statusOf(proxy.port, path) }).toEqual({ path, status: 404 });
    expect((await proxy.answers()).map(({ upstream }) => upstream)).toEqual(Array(6).fill(''));
    expect((await client.get('/metrics')).body).toMatchObject({ code: 'not_found', status: 404 });

    const huge = await client.call('PUT', '/file-admin/files/huge', { body: Buffer.alloc(66 * MEGABYTE) });
    expect(huge.body).toMatchObject({ code: 'body_too_large', status: 413 });
    await Promise.all([one.kill('SIGKILL'), other.kill('SIGKILL')]);
    const gone = await client.get('/health');
    expect(gone.headers.get('content-type')).toContain('application/problem+json');
    expect(gone).toMatchObject({ status: 502, body: { code: 'replica_gone', status: 502 } });
  });
});

describe.skipIf(!canRun)(`the limits of two replicas${reason}`, () => {
  const LIMIT = 20;
  const env = { RATE_LIMIT_PER_USER: String(LIMIT), RATE_LIMIT_PER_ADDRESS: '0' };
  /** How many of so many requests are let through, one after the other. */
  async function passed(client: ReturnType<typeof createClient>, requests: number): Promise<number> {
    let count = 0;
    for (let number = 0; number < requests; number += 1) {
      const { status, body, headers } = await client.get('/sessions');
      if (status === 200) count += 1;
      else {
        expect({ status, code: body.code }).toEqual({ status: 429, code: 'rate_limited' });
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      }
    }
    return count;
  }
  const limitsOf = async (client: ReturnType<typeof createClient>) =>
    (await client.get('/ready')).body.checks?.limits;

  it('hold across both of them', async () => {
    const { client, one, other } = await deploy(env);
    expect(await passed(client, 3 * LIMIT)).toBe(LIMIT);
    for (const replica of [one, other]) expect((await replica.get('/sessions')).status).toBe(429);
  });

  it('are per process while Redis is gone, which is said, and hold across both again afterwards', async () => {
    const { client, one, other } = await deploy(env);
    expect((await client.get('/sessions')).status).toBe(200);
    expect(await limitsOf(one)).toBe('ok');
    await redis.kill();
    const fallen = await passed(client, 4 * LIMIT);
    expect(fallen).toBeGreaterThanOrEqual(LIMIT);
    expect(fallen).toBeLessThanOrEqual(2 * LIMIT);
    for (const replica of [one, other]) {
      await expect.poll(() => limitsOf(replica), SOON).toMatch(/per process/);
      expect((await replica.get('/ready')).status).toBe(200);
      const { body } = await replica.get('/metrics');
      expect(body).toMatch(/^tertulia_redis_up 0$/m);
      expect(body).toMatch(/^tertulia_limit_refusals_total\{limit="requests_per_user"\} [1-9]/m);
    }
    await redis.start();
    for (const replica of [one, other]) await expect.poll(() => limitsOf(replica), SOON).toBe('ok');
    expect(await passed(client, 3 * LIMIT)).toBeLessThanOrEqual(LIMIT);
  });
});
