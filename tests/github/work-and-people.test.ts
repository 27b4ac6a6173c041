import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Opened, openOnFake } from './opened-github.ts';

let opened: Opened;

beforeEach(async () => {
  opened = await openOnFake();
});
afterEach(() => opened.close());

describe('Releases', () => {
  it('are made, read, listed and deleted', async () => {
    const { releases } = opened.account;
    const made = await releases.create('ana/shop', { tag: 'v1.0.0', title: 'First', body: 'All of it.' });
    expect(made).toMatchObject({
      tag: 'v1.0.0',
      title: 'First',
      body: 'All of it.',
      isDraft: false,
      repeated: false,
    });
    expect(await releases.read('ana/shop')).toMatchObject({ id: made.id });
    expect(await releases.read('ana/shop', { tag: 'v1.0.0' })).toMatchObject({
      id: made.id,
      body: 'All of it.',
    });
    await releases.create('ana/shop', { tag: 'v1.1.0', draft: true });
    expect((await releases.list('ana/shop')).items.map(({ tag }) => tag).sort()).toEqual([
      'v1.0.0',
      'v1.1.0',
    ]);
    await releases.remove('ana/shop', made.id);
    await expect(releases.read('ana/shop', { tag: 'v1.0.0' })).rejects.toMatchObject({
      code: 'github_not_found',
    });
  });
});

describe('Releases with notes by GitHub', () => {
  it('are found after a lost answer, and show no mark above the notes', async () => {
    const { account, fake, shop } = opened;
    fake.faults.add({ on: 'repos/create-release', after: 'cut' });
    const input = { tag: 'v1', body: 'Look:', generateNotes: true };
    expect(await account.releases.create('ana/shop', input)).toMatchObject({ tag: 'v1', repeated: true });
    expect(shop.releases).toHaveLength(1);
    expect(shop.releases[0]?.body).not.toContain('tertulia');
  });
});

describe('Workflow runs', () => {
  it('are not started twice by a process that comes after one that has died', async () => {
    const run = opened.fake.seed.run(opened.shop, { name: 'CI', conclusion: 'failure' });
    const options = { attempt: run.attempt, again: true };
    expect(await opened.account.workflows.rerun('ana/shop', run.id, options)).toMatchObject({
      repeated: false,
    });
    expect(await opened.account.workflows.rerun('ana/shop', run.id, options)).toMatchObject({
      attempt: 2,
      repeated: true,
    });
    expect(opened.shop.runs[0]?.attempt).toBe(2);
  });

  it('are listed, read with their jobs, and run again', async () => {
    const run = opened.fake.seed.run(opened.shop, { name: 'CI', conclusion: 'failure' });
    const { workflows } = opened.account;
    expect((await workflows.listRuns('ana/shop', { branch: 'main' })).items).toMatchObject([
      { id: run.id, workflow: 'CI', conclusion: 'failure', attempt: 1 },
    ]);
    expect(await workflows.readRun('ana/shop', run.id)).toMatchObject({
      jobs: [{ name: 'build', conclusion: 'failure' }],
    });
    expect(await workflows.rerun('ana/shop', run.id, { failedOnly: true })).toMatchObject({ attempt: 2 });
  });

  it('give the end of a log, from a host that never gets the token', async () => {
    const log = Array.from(
      { length: 5_000 },
      (_, index) => `2026-01-01T00:00:00.0000000Z line ${index}`,
    ).join('\n');
    const run = opened.fake.seed.run(opened.shop, { name: 'CI', jobs: [{ log }] });
    const text = await opened.account.workflows.readLog('ana/shop', run.jobs[0]?.id ?? 0, {
      characters: 300,
    });
    expect(text).toMatch(/^\[\d+ characters before this … \]\nline \d+\n/);
    expect(text.endsWith('line 4998\nline 4999')).toBe(true);
    expect(text).not.toContain('2026-01-01T');
  });
});

describe('The search', () => {
  it('finds code with the lines around it', async () => {
    const found = await opened.account.search.code('items repo:ana/shop');
    expect(found).toMatchObject({
      items: [{ repository: 'ana/shop', path: 'src/cart.ts' }],
      isIncomplete: false,
    });
  });

  it('finds issues of several repositories', async () => {
    const other = opened.fake.seed.repository('ana/api');
    opened.fake.seed.issue(opened.shop, { title: 'Discount is wrong' });
    opened.fake.seed.issue(other, { title: 'No discount here' });
    const found = await opened.account.search.issues('discount is:open user:ana');
    expect(found.items.map(({ title }) => title).sort()).toEqual(['Discount is wrong', 'No discount here']);
  });
});

describe('People', () => {
  it('are the account itself, its organisations and those who may work on a repository', async () => {
    opened.fake.seed.organization('acme', { ana: 'member' });
    opened.fake.seed.user('bob');
    opened.shop.collaborators.set('bob', 'push');
    const { people } = opened.account;
    expect(await people.me()).toMatchObject({ login: 'ana', scopes: expect.arrayContaining(['repo']) });
    expect((await people.organisations()).items.map(({ login }) => login)).toEqual(['acme']);
    expect((await people.collaborators('ana/shop')).items).toEqual([
      { login: 'ana', role: 'admin' },
      { login: 'bob', role: 'write' },
    ]);
  });
});
