import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGitHub } from '../../src/github/github.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { startFakeGitHub } from '../support/fake-github/fake-github.ts';
import type { FakeGitHub } from '../support/fake-github/scene.ts';

const SECRET = 'a secret of the webhook';
const TOKEN = 'ghp_q7Zr2LkV9xTb4NcW8yHd3JmS6fPa1GuE5oXi';
/** GitHub's pauses between requests, which nobody has to keep towards the fake. */
const AT_ONCE = { secondMs: 10, writeGapMs: 0, notificationGapMs: 0, searchGapMs: 0 };

let hub: FakeGitHub;
let app: TestApp;

beforeAll(async () => {
  hub = await startFakeGitHub({ tokens: { [TOKEN]: { login: 'ana', scopes: ['repo'] } } });
  app = await startTestApp({
    env: {
      ...{ GITHUB_TOKEN: TOKEN, GITHUB_API_URL: hub.baseUrl, GITHUB_WEBHOOK_SECRET: SECRET },
      LOG_LEVEL: 'trace',
    },
    github: openGitHub({ apiUrl: hub.baseUrl, timeoutMs: 5_000, pace: AT_ONCE }),
  });
});
afterAll(async () => {
  await app.stop();
  await hub.close();
});

const say = async (query: string) => (await app.ask(query)).body;
const approve = async ({ approvals }: { approvals: { code: string }[] }) =>
  say(`approve ${approvals[0]?.code}`);

/** A delivery as GitHub sends it: to whatever name the server has on the internet. */
async function deliver(payload: string, signature: string): Promise<number | undefined> {
  return await new Promise((resolve, reject) => {
    const sent = request(
      `${app.url}/github-admin/webhook`,
      {
        method: 'POST',
        headers: {
          ...{ host: 'tertulia.example.com', 'content-type': 'application/json', 'x-github-event': 'issues' },
          ...{ 'x-github-delivery': 'd1', 'x-hub-signature-256': signature },
        },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    sent.on('error', reject);
    sent.end(payload);
  });
}

describe('without a language model', () => {
  it('a project is made and published in one sentence, after approval, and then worked on', async () => {
    const asked = await say('create a static site called rosa and publish it on GitHub');
    expect(asked).toMatchObject({ status: 'awaiting_approval', approvals: [{ effect: 'publish' }] });
    expect(asked.approvals[0].preview).toMatch(
      /ana\/rosa[\s\S]*private[\s\S]*index\.html[\s\S]*\+<!doctype html>/i,
    );
    expect(hub.state.repositories.map(({ name }) => name)).not.toContain('rosa');
    const published = await approve(asked);
    expect(published.response).toMatch(/ana\/rosa/);

    const shown = await say('show me the repository ana/rosa');
    expect(shown.response).toContain('index.html');
    const issue = await say('open an issue in ana/rosa titled "The page is slow"');
    expect(issue.status).toBe('awaiting_approval');
    expect((await approve(issue)).response).toMatch(/#1|issues\/1/);
    expect((await say('list the open issues of ana/rosa')).response).toContain('The page is slow');
    expect(hub.violations).toEqual([]);
  });

  it('what is rejected never happens', async () => {
    const asked = await say('create a private repository called secreto');
    const rejected = await say(`reject ${asked.approvals[0].code}`);
    expect(rejected.status).toBe('completed');
    expect(hub.state.repositories.map(({ name }) => name)).not.toContain('secreto');
  });

  it('a repository whose files could not be pushed is said to be there', async () => {
    const asked = await say('create a static site called lirio and publish it on GitHub');
    const body = { message: 'Tree refused', documentation_url: 'https://docs.github.com/rest', errors: [] };
    hub.faults.add({ on: 'git/create-tree', answer: { status: 422, body } });
    const { response } = await approve(asked);
    expect(response).toMatch(/repository ana\/lirio is there, but its files are not pushed.*push_files/s);
    expect(hub.state.repositories.map(({ name }) => name)).toContain('lirio');
  });

  it('publishing again says that it is there already', async () => {
    const { status, response } = await say('publish rosa on GitHub');
    expect(status).toBe('completed');
    expect(response).toMatch(/there already/);
  });

  it('what GitHub delivers is remembered, and a question about the week is answered from it', async () => {
    expect((await app.call('PUT', '/github-admin/repos/ana/rosa/follow')).status).toBe(200);
    const repository = hub.state.repositories.find(({ name }) => name === 'rosa');
    const payload = JSON.stringify({
      action: 'opened',
      issue: {
        number: 7,
        title: 'The oven is cold',
        body: 'Since Monday.',
        html_url: 'https://github.com/ana/rosa/issues/7',
        created_at: new Date().toISOString(),
        updated_at: new Date().toISOString(),
        user: { login: 'luis' },
      },
      repository: { id: repository?.id, full_name: 'ana/rosa', name: 'rosa', private: true },
      sender: { login: 'luis' },
    });
    expect(await deliver(payload, 'sha256=0000')).toBe(401);
    const signature = `sha256=${createHmac('sha256', SECRET).update(payload).digest('hex')}`;
    expect(await deliver(payload, signature)).toBe(202);
    expect(await deliver(payload, signature)).toBe(202);
    await app.services.repositories.deliveries.settled();
    const { body: hits } = await app.post('/memory/search', { query: 'oven in ana/rosa' });
    const told = hits.filter(({ message }: { message: { content: string } }) =>
      /oven is cold/.test(message.content),
    );
    expect(told).toHaveLength(1);
    const { response } = await say('What happened in ana/rosa this week?');
    expect(response).toContain('The oven is cold');
    expect((await say('¿Qué ha pasado esta semana en ana/rosa?')).response).toContain('The oven is cold');
    expect((await say('What happened in ana/nowhere this week?')).response).not.toContain('The oven is cold');
  });

  it('the token is in no answer, message or event', async () => {
    const { body: history } = await app.get('/assistant/history?limit=200');
    const rows = await app.runSql(
      "select coalesce(string_agg(data::text, ''), '') as all_of_it from run_events",
    );
    const calls = await app.runSql(
      "select coalesce(string_agg(tool_calls::text, ''), '') as all_of_it from runs",
    );
    expect(JSON.stringify([history, rows, calls])).not.toContain(TOKEN);
    expect(JSON.stringify(rows)).toContain('rosa');
  });
});
