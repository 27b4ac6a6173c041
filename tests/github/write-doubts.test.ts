import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Opened, openOnFake } from './opened-github.ts';

let opened: Opened;

beforeEach(async () => {
  opened = await openOnFake();
});
afterEach(() => opened.close());

describe('A write that may have been sent by a process that has died', () => {
  it('is looked for by its mark, and not done again', async () => {
    const { account, fake, shop } = opened;
    fake.seed.commit(shop, { branch: 'topic', files: { 'a.txt': 'A\n' } });
    const target = fake.seed.pull(shop, { title: 'Old', head: 'topic', author: 'bob' }).number;
    fake.seed.commit(shop, { branch: 'other', files: { 'b.txt': 'B\n' } });
    const first = { mark: 'run-7.call_1' };
    const again = { ...first, again: true };
    for (const [options, repeated] of [
      [first, false],
      [again, true],
    ] as const) {
      const written = [
        await account.issues.create('ana/shop', { title: 'Cart' }, options),
        await account.issues.comment('ana/shop', target, 'Hello', options),
        await account.pulls.create('ana/shop', { title: 'Other', head: 'other', base: 'main' }, options),
        await account.pulls.review('ana/shop', target, { verdict: 'approve' }, options),
        await account.releases.create('ana/shop', { tag: 'v1' }, options),
        await account.repositories.create({ name: 'api' }, options),
        await account.branches.create('ana/shop', { name: 'new' }, options),
        await account.tags.create('ana/shop', { name: 'v2', message: 'Two' }, options),
      ];
      expect(written.map((result) => result.repeated)).toEqual(written.map(() => repeated));
    }
    expect(shop.issues.map(({ title }) => title)).toEqual(['Old', 'Cart', 'Other']);
    expect(shop.issues[0]?.comments).toHaveLength(1);
    expect(shop.issues[0]?.pull?.reviews).toHaveLength(1);
  });

  it('is done if it was not done before', async () => {
    const options = { mark: 'call-1', again: true };
    expect(await opened.account.issues.create('ana/shop', { title: 'Cart' }, options)).toMatchObject({
      repeated: false,
    });
    expect(opened.shop.issues).toHaveLength(1);
  });
});

describe('A mark', () => {
  it('stands in the body at GitHub and is hidden from who reads it', async () => {
    const { account, shop } = opened;
    const { number, body } = await account.issues.create(
      'ana/shop',
      { title: 'Cart', body: 'Empty' },
      { mark: 'call-1' },
    );
    expect(shop.issues[0]?.body).toBe('Empty\n\n<!-- tertulia:call-1 -->');
    expect(body).toBe('Empty');
    expect((await account.issues.read('ana/shop', number)).body).toBe('Empty');
  });

  it('that could end the comment it stands in is refused, and nothing is sent', async () => {
    const written = opened.account.issues.create('ana/shop', { title: 'Cart' }, { mark: 'a--><b>' });
    await expect(written).rejects.toMatchObject({ code: 'invalid_request' });
    expect(opened.count('issues/create')).toBe(0);
  });

  it('of another write does not pass for this one', async () => {
    const { account, shop } = opened;
    await account.issues.create('ana/shop', { title: 'Cart' }, { mark: 'call-1' });
    await account.issues.create('ana/shop', { title: 'Cart' }, { mark: 'call-10', again: true });
    expect(shop.issues).toHaveLength(2);
  });
});

describe('A write whose answer is lost', () => {
  it('is found among many that came before it', async () => {
    const { account, fake, shop } = opened;
    const { number } = fake.seed.issue(shop, { title: 'Busy', commentBodies: Array(150).fill('Me too') });
    fake.faults.add({ on: 'issues/create-comment', after: 'cut' });
    expect(await account.issues.comment('ana/shop', number, 'Hello')).toMatchObject({
      body: 'Hello',
      repeated: true,
    });
    expect(shop.issues[0]?.comments).toHaveLength(151);
  });

  it('is not repeated when GitHub cannot be asked whether it was done', async () => {
    const { account, fake, shop } = opened;
    fake.faults.add(
      { on: 'issues/create', after: 'cut' },
      { on: 'issues/list-for-repo', before: 'cut', times: 10 },
    );
    await expect(account.issues.create('ana/shop', { title: 'Cart' })).rejects.toMatchObject({
      code: 'github_timeout',
      message: expect.stringMatching(
        /^It is not known whether the issue "Cart" was opened; look before you repeat it\./,
      ),
    });
    expect(opened.count('issues/create')).toBe(1);
    expect(shop.issues).toHaveLength(1);
  });

  it('is given up when the second answer is lost as well and nothing is found', async () => {
    opened.fake.faults.add({ on: 'issues/create', before: 'cut', times: 9 });
    const written = opened.account.issues.create('ana/shop', { title: 'Cart' });
    await expect(written).rejects.toMatchObject({ code: 'github_timeout' });
    expect(opened.count('issues/create')).toBe(2);
  });

  it('is found when it arrives only after the second was refused', async () => {
    const { account, fake, shop } = opened;
    const sha = shop.git.refs.get('refs/heads/main') ?? '';
    fake.faults.add({ on: 'git/create-ref', after: 'cut' });
    // The list lags: the branch is not there the first two times.
    fake.faults.add({ on: 'git/get-ref', times: 2, answer: { status: 404, body: { message: 'Not Found' } } });
    expect(await account.branches.create('ana/shop', { name: 'late' })).toMatchObject({
      sha,
      repeated: true,
    });
    expect(opened.count('git/create-ref')).toBe(2);
  });

  it('is looked for after a failure of GitHub itself', async () => {
    opened.fake.faults.add({
      on: 'issues/create',
      answer: { status: 502, body: '<html>Bad gateway</html>' },
    });
    const written = await opened.account.issues.create('ana/shop', { title: 'Cart' });
    expect(written.repeated).toBe(true);
    expect(opened.shop.issues).toHaveLength(1);
  });

  it('is not looked for once the caller has gone', async () => {
    const stop = new AbortController();
    opened.fake.faults.add({ on: 'issues/create', after: 'hang' });
    const written = opened.account.issues.create('ana/shop', { title: 'Cart' }, { signal: stop.signal });
    await expect.poll(() => opened.count('issues/create')).toBe(1);
    stop.abort(new Error('The person has gone.'));
    await expect(written).rejects.toThrow('The person has gone.');
    expect(opened.count('issues/list-for-repo')).toBe(0);
  });
});

describe('A write that GitHub refused', () => {
  it('is not sent again', async () => {
    const written = opened.account.pulls.create('ana/shop', { title: 'X', head: 'nowhere', base: 'main' });
    await expect(written).rejects.toMatchObject({ code: 'github_refused' });
    expect(opened.count('pulls/create')).toBe(1);
  });

  it('because nothing could be reached is told as that', async () => {
    const unreachable = await openOnFake();
    await unreachable.close();
    const written = unreachable.account.issues.create('ana/shop', { title: 'X' });
    await expect(written).rejects.toMatchObject({
      code: 'github_failed',
      message: expect.stringMatching(/^GitHub could not be reached/),
    });
  });
});
