import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Opened, openOnFake } from './opened-github.ts';

let opened: Opened;

beforeEach(async () => {
  opened = await openOnFake();
});
afterEach(() => opened.close());

/** A branch with one more file, ready for a pull request. */
function addBranch(name = 'discount'): string {
  return opened.fake.seed.commit(opened.shop, {
    branch: name,
    files: { [`src/${name}.ts`]: 'export {};\n' },
    message: `Add ${name}`,
  });
}

describe('Repositories', () => {
  it('are listed, read, made, changed, archived and deleted', async () => {
    const { repositories } = opened.account;
    expect((await repositories.list()).items.map(({ name }) => name)).toEqual(['ana/shop']);
    expect(await repositories.read('ana/shop')).toMatchObject({
      name: 'ana/shop',
      visibility: 'public',
      defaultBranch: 'main',
      permission: 'admin',
      isArchived: false,
    });
    const made = await repositories.create({ name: 'api', description: 'The API', withReadme: true });
    expect(made).toMatchObject({
      name: 'ana/api',
      visibility: 'private',
      description: 'The API',
      repeated: false,
    });
    await repositories.update('ana/api', { description: 'Orders', hasWiki: false });
    expect(await repositories.setTopics('ana/api', ['orders', 'rest'])).toMatchObject({
      topics: ['orders', 'rest'],
    });
    expect(await repositories.setVisibility('ana/api', 'public')).toMatchObject({ visibility: 'public' });
    expect(await repositories.setArchived('ana/api', true)).toMatchObject({ isArchived: true });
    expect(await repositories.read('ana/api')).toMatchObject({
      description: 'Orders',
      topics: ['orders', 'rest'],
    });
    await repositories.remove('ana/api');
    await expect(repositories.read('ana/api')).rejects.toMatchObject({ code: 'github_not_found' });
  });

  it('are made in an organisation', async () => {
    opened.fake.seed.organization('acme', { ana: 'admin' });
    const made = await opened.account.repositories.create({ name: 'site', organisation: 'acme' });
    expect(made).toMatchObject({ name: 'acme/site', visibility: 'private' });
  });

  it('tell why GitHub refuses a name that is taken', async () => {
    const again = opened.account.repositories.create({ name: 'shop' });
    await expect(again).rejects.toMatchObject({
      code: 'github_refused',
      message: expect.stringContaining('name already exists on this account'),
    });
  });
});

describe('Issues', () => {
  it('are opened, read with their comments, changed, closed and opened again', async () => {
    const { issues } = opened.account;
    const { number } = await issues.create('ana/shop', {
      title: 'Cart is empty',
      body: 'It should not be.',
      labels: ['bug'],
    });
    await issues.comment('ana/shop', number, 'I see it too.');
    await issues.update('ana/shop', number, { title: 'The cart is empty' });
    expect(await issues.read('ana/shop', number)).toMatchObject({
      title: 'The cart is empty',
      body: 'It should not be.',
      labels: ['bug'],
      comments: [{ author: 'ana', body: 'I see it too.' }],
      commentsOmitted: 0,
    });
    expect(await issues.close('ana/shop', number, { reason: 'not_planned' })).toMatchObject({
      state: 'closed',
      stateReason: 'not_planned',
    });
    expect(await issues.reopen('ana/shop', number)).toMatchObject({ state: 'open' });
  });

  it('are listed without pull requests, by filters or by the search', async () => {
    const { fake, shop, account } = opened;
    fake.seed.issue(shop, { title: 'Cart is empty', labelNames: ['bug'] });
    fake.seed.issue(shop, { title: 'Add a discount', labelNames: ['enhancement'] });
    addBranch();
    fake.seed.pull(shop, { title: 'Discounts', head: 'discount' });
    const titles = async (filter?: Parameters<typeof account.issues.list>[1]) =>
      (await account.issues.list('ana/shop', filter)).items.map(({ title }) => title);
    expect(await titles()).toEqual(['Add a discount', 'Cart is empty']);
    expect(await titles({ labels: ['bug'] })).toEqual(['Cart is empty']);
    expect(await titles({ query: 'discount in:title' })).toEqual(['Add a discount']);
  });

  it('show the latest comments and count the ones before', async () => {
    const commentBodies = Array.from({ length: 130 }, (_, index) => `Comment ${index + 1}`);
    const { number } = opened.fake.seed.issue(opened.shop, { title: 'Long', commentBodies });
    const thread = await opened.account.issues.read('ana/shop', number, { comments: 40 });
    expect(thread.comments.map(({ body }) => body)).toEqual(commentBodies.slice(-40));
    expect(thread.commentsOmitted).toBe(90);
  });

  it('get and lose labels and people', async () => {
    const { labels } = opened.account;
    const { number } = opened.fake.seed.issue(opened.shop, { title: 'Cart' });
    expect(await labels.add('ana/shop', number, ['bug', 'urgent'])).toMatchObject({
      labels: ['bug', 'urgent'],
    });
    expect(await labels.remove('ana/shop', number, 'bug')).toMatchObject({ labels: ['urgent'] });
    expect(await labels.remove('ana/shop', number, 'bug')).toMatchObject({ labels: ['urgent'] });
    expect(await labels.set('ana/shop', number, ['question'])).toMatchObject({ labels: ['question'] });
    expect(await labels.assign('ana/shop', number, ['ana'])).toMatchObject({ assignees: ['ana'] });
    expect(await labels.unassign('ana/shop', number, ['ana'])).toMatchObject({ assignees: [] });
    expect((await labels.list('ana/shop')).items.map(({ name }) => name)).toContain('urgent');
    await expect(labels.remove('ana/shop', 99, 'bug')).rejects.toMatchObject({ code: 'github_not_found' });
  });
});

describe('Pull requests', () => {
  it('are opened, read with changes, checks and reviews, and merged', async () => {
    const { fake, shop, account } = opened;
    const sha = addBranch();
    fake.seed.check(shop, { sha, name: 'tests' });
    const pull = await account.pulls.create('ana/shop', {
      title: 'Discounts',
      body: 'See #1',
      head: 'discount',
      base: 'main',
    });
    await account.pulls.review('ana/shop', pull.number, { verdict: 'comment', body: 'Looks good.' });
    expect(await account.pulls.read('ana/shop', pull.number)).toMatchObject({
      title: 'Discounts',
      body: 'See #1',
      state: 'open',
      head: 'discount',
      headSha: sha,
      files: [
        {
          path: 'src/discount.ts',
          status: 'added',
          additions: 1,
          patch: expect.stringContaining('+export {};'),
        },
      ],
      checks: [{ name: 'tests', state: 'passing' }],
      checksState: 'passing',
      reviews: [{ state: 'commented', body: 'Looks good.' }],
    });
    const merged = await account.pulls.merge('ana/shop', pull.number, { method: 'squash', headSha: sha });
    expect(merged).toMatchObject({ sha: expect.stringMatching(/^[0-9a-f]{40}$/), repeated: false });
    const closed = await account.pulls.list('ana/shop', { state: 'closed', head: 'discount' });
    expect(closed.items).toMatchObject([{ number: pull.number, state: 'merged' }]);
  });

  it('are reviewed with remarks to lines, by somebody else', async () => {
    const { fake, shop, account } = opened;
    addBranch();
    const { number } = fake.seed.pull(shop, { title: 'Discounts', head: 'discount', author: 'bob' });
    const comments = [{ path: 'src/discount.ts', line: 1, body: 'Why empty?' }];
    const review = await account.pulls.review('ana/shop', number, {
      verdict: 'request_changes',
      body: 'Not yet.',
      comments,
    });
    expect(review).toMatchObject({ state: 'changes_requested', body: 'Not yet.' });
    expect(shop.issues.at(-1)?.pull?.reviews[0]?.comments).toMatchObject([{ line: 1, body: 'Why empty?' }]);
    expect(await account.pulls.review('ana/shop', number, { verdict: 'approve' })).toMatchObject({
      state: 'approved',
    });
  });

  it('get the new commits of their base, and are closed', async () => {
    const { fake, shop, account } = opened;
    const sha = addBranch();
    fake.seed.commit(shop, { files: { 'NEWS.md': 'News\n' } });
    const { number } = fake.seed.pull(shop, { title: 'Discounts', head: 'discount' });
    expect(await account.pulls.updateBranch('ana/shop', number)).toMatchObject({ headBefore: sha });
    expect((await account.pulls.read('ana/shop', number)).headSha).not.toBe(sha);
    expect(await account.pulls.update('ana/shop', number, { state: 'closed' })).toMatchObject({
      state: 'closed',
    });
  });

  it('are not merged when their head has moved or they conflict', async () => {
    const { fake, shop, account } = opened;
    const sha = fake.seed.commit(shop, { branch: 'other', files: { 'README.md': '# Other\n' } });
    fake.seed.commit(shop, { files: { 'README.md': '# Mine\n' } });
    const { number } = fake.seed.pull(shop, { title: 'Other', head: 'other' });
    const moved = account.pulls.merge('ana/shop', number, { headSha: '0'.repeat(40) });
    await expect(moved).rejects.toMatchObject({ code: 'github_conflict' });
    const conflict = account.pulls.merge('ana/shop', number, { headSha: sha });
    await expect(conflict).rejects.toMatchObject({ code: 'github_conflict' });
  });
});

describe('Branches, tags and commits', () => {
  it('are listed, made, moved and deleted', async () => {
    const { branches } = opened.account;
    const main = await branches.read('ana/shop', 'main');
    expect(await branches.create('ana/shop', { name: 'feature/x' })).toMatchObject({
      name: 'feature/x',
      sha: main.sha,
    });
    const taken = branches.create('ana/shop', { name: 'feature/x' });
    await expect(taken).rejects.toMatchObject({ code: 'github_conflict' });
    const sha = addBranch();
    expect(await branches.move('ana/shop', { name: 'feature/x', to: 'discount' })).toMatchObject({ sha });
    const backwards = branches.move('ana/shop', { name: 'feature/x', to: 'main' });
    await expect(backwards).rejects.toMatchObject({ code: 'github_conflict' });
    expect(await branches.move('ana/shop', { name: 'feature/x', to: 'main', force: true })).toMatchObject({
      sha: main.sha,
    });
    await branches.remove('ana/shop', 'feature/x');
    const names = (await branches.list('ana/shop')).items.map(({ name }) => name);
    expect(names.sort()).toEqual(['discount', 'main']);
    const gone = branches.remove('ana/shop', 'feature/x');
    await expect(gone).rejects.toMatchObject({ code: 'github_not_found' });
    const nowhere = branches.create('ana/shop', { name: 'y', from: 'nowhere' });
    await expect(nowhere).rejects.toMatchObject({ code: 'github_not_found' });
  });

  it('tags are made with a message or without, and deleted', async () => {
    const { tags, branches } = opened.account;
    const { sha } = await branches.read('ana/shop', 'main');
    expect(await tags.create('ana/shop', { name: 'v1' })).toMatchObject({ name: 'v1', sha });
    expect(await tags.create('ana/shop', { name: 'v2', message: 'The second' })).toMatchObject({
      name: 'v2',
      sha,
    });
    const names = (await tags.list('ana/shop')).items.map(({ name }) => name);
    expect(names.sort()).toEqual(['v1', 'v2']);
    await tags.remove('ana/shop', 'v1');
    expect((await tags.list('ana/shop')).items.map(({ name }) => name)).toEqual(['v2']);
  });

  it('commits are listed, read and compared', async () => {
    const { commits } = opened.account;
    const sha = addBranch();
    expect((await commits.list('ana/shop', { ref: 'discount' })).items.map(({ message }) => message)).toEqual(
      ['Add discount', 'Initial commit'],
    );
    expect(await commits.read('ana/shop', 'discount')).toMatchObject({
      sha,
      files: [{ path: 'src/discount.ts' }],
    });
    expect(await commits.compare('ana/shop', { base: 'main', head: 'discount' })).toMatchObject({
      status: 'ahead',
      aheadBy: 1,
      commits: [{ sha }],
      files: [{ path: 'src/discount.ts' }],
    });
  });
});

describe('Contents', () => {
  it('are read as text, as bytes, as folders and as a whole tree', async () => {
    const { contents } = opened.account;
    const picture = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255]);
    opened.fake.seed.commit(opened.shop, { files: { 'docs/a.png': picture } });
    expect(await contents.read('ana/shop', 'README.md')).toMatchObject({
      kind: 'file',
      text: '# Shop\n',
      size: 7,
    });
    expect(await contents.read('ana/shop', 'docs/a.png')).toMatchObject({ text: null, size: 6 });
    expect(Buffer.from(await contents.readBytes('ana/shop', 'docs/a.png'))).toEqual(picture);
    const top = await contents.read('ana/shop', '');
    expect(top.kind === 'folder' && top.entries.map(({ path }) => path).sort()).toEqual([
      'README.md',
      'docs',
      'src',
    ]);
    const paths = (await contents.tree('ana/shop')).entries
      .filter(({ kind }) => kind === 'file')
      .map(({ path }) => path);
    expect(paths.sort()).toEqual(['README.md', 'docs/a.png', 'src/cart.ts']);
    const below = await contents.tree('ana/shop', { folder: 'src' });
    expect(below.entries.map(({ path }) => path)).toEqual(['src/cart.ts']);
    expect(await contents.readme('ana/shop')).toMatchObject({ path: 'README.md', text: '# Shop\n' });
    await expect(contents.readBytes('ana/shop', 'src')).rejects.toMatchObject({ code: 'is_folder' });
    await expect(contents.read('ana/shop', '../x')).rejects.toMatchObject({ code: 'invalid_path' });
  });

  it('are read from a branch with a slash in its name', async () => {
    const files = { 'docs/more/a.md': 'A\n' };
    opened.fake.seed.commit(opened.shop, { branch: 'feature/docs', files });
    const options = { ref: 'feature/docs', folder: 'docs/more' };
    const { entries } = await opened.account.contents.tree('ana/shop', options);
    expect(entries.map(({ path }) => path)).toEqual(['docs/more/a.md']);
    const top = await opened.account.contents.read('ana/shop', '', { ref: 'feature/docs' });
    expect(top.kind === 'folder' && top.entries.map(({ path }) => path)).toContain('docs');
    const nowhere = opened.account.contents.tree('ana/shop', { folder: 'nowhere' });
    await expect(nowhere).rejects.toMatchObject({ code: 'github_not_found' });
  });

  it('over a megabyte come as blobs', async () => {
    const text = 'x'.repeat(1_200_000);
    opened.fake.seed.commit(opened.shop, { files: { 'large.txt': text } });
    const bytes = await opened.account.contents.readBytes('ana/shop', 'large.txt');
    expect(Buffer.from(bytes).toString()).toBe(text);
    expect(opened.count('git/get-blob')).toBe(1);
  });
});
