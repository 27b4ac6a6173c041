import { afterAll, beforeAll, expect, it } from 'vitest';
import { ANA_TOKEN, BOB_TOKEN, openScene, type Scene, signed } from './scene.ts';

let scene: Scene;
let repositories: ReturnType<Scene['open']>;
beforeAll(async () => {
  scene = await openScene();
  repositories = scene.open();
  await repositories.tokens.put('ana', ANA_TOKEN);
  await repositories.tokens.put('bob', BOB_TOKEN);
  await repositories.deliveries.start();
});
afterAll(() => scene.close());

let made = 0;
/** A private repository of ana's. */
function newRepository() {
  made += 1;
  const name = `ana/private-${made}`;
  return { name, repository: scene.fake.seed.repository(name, { private: true, files: { 'a.txt': 'a' } }) };
}

async function tell(repository: { id: number }, name: string, title = 'News') {
  const payload = {
    ...{ action: 'opened', repository: { id: repository.id, full_name: name }, sender: { login: 'rosa' } },
    issue: { number: 1, title, body: null, created_at: '2026-01-01T10:00:00Z' },
  };
  expect(await repositories.deliveries.accept(signed('issues', payload))).toBe('accepted');
  await repositories.deliveries.settled();
}

/** Makes as if the token had last been seen to read the repository so many hours ago. */
async function checkedHoursAgo(hours: number, userId: string) {
  await scene.runSql(
    `update github_follows set checked_at = now() - interval '${hours} hours' where user_id = '${userId}'`,
  );
}

const titlesOf = async (userId: string) =>
  (await scene.remembered(userId)).map(({ content }) => /“(.*)”/.exec(content)?.[1]);

it('follows a repository under any of its names, once', async () => {
  const { name } = newRepository();
  expect(await repositories.follow('ana', name.toUpperCase())).toEqual({ repository: name });
  expect(await repositories.follow('ana', `https://github.com/${name}`)).toEqual({ repository: name });
  expect(await repositories.followed('ana')).toEqual([
    { repository: name, sessionId: null, followedAt: expect.any(Date) },
  ]);
  expect(await repositories.followed('bob')).toEqual([]);
});

it('lets nobody follow what their token cannot read', async () => {
  const { name } = newRepository();
  await expect(repositories.follow('bob', name)).rejects.toMatchObject({ code: 'github_not_found' });
  await expect(repositories.follow('nobody', name)).rejects.toMatchObject({ code: 'github_not_configured' });
  expect(await repositories.followed('bob')).toEqual([]);
});

it('follows no more on request, and says when there is nothing to stop', async () => {
  const { name, repository } = newRepository();
  await repositories.follow('ana', name);
  await repositories.unfollow('ana', name.toUpperCase());
  await expect(repositories.unfollow('ana', name)).rejects.toMatchObject({ code: 'github_not_found' });
  const before = await titlesOf('ana');
  await tell(repository, name, 'Unheard');
  expect(await titlesOf('ana')).toEqual(before);
});

it('keeps one conversation for each repository, whatever it is called meanwhile', async () => {
  const { name, repository } = newRepository();
  await repositories.follow('ana', name);
  await tell(repository, name, 'Before');
  repository.formerNames.push(name);
  repository.name = `renamed-${made}`;
  const newName = `ana/renamed-${made}`;
  await tell(repository, newName, 'After');
  const followed = (await repositories.followed('ana')).find((one) => one.repository === newName);
  const sessions = await scene.runSql(
    `select id, title from chat_sessions where user_id = 'ana' and imported_as = 'github:${repository.id}'`,
  );
  expect(sessions).toEqual([{ id: followed?.sessionId, title: `GitHub: ${newName}` }]);
  const messages = await scene.runSql(
    `select content from messages where session_id = '${followed?.sessionId}'`,
  );
  expect(messages.length).toBe(2);
});

it('keeps the title that its owner gave the conversation', async () => {
  const { name, repository } = newRepository();
  await repositories.follow('ana', name);
  await tell(repository, name);
  const which = `user_id = 'ana' and imported_as = 'github:${repository.id}'`;
  await scene.runSql(`update chat_sessions set title = 'Mine' where ${which}`);
  await tell(repository, `ana/other-name-${made}`, 'Later');
  expect(await scene.runSql(`select title from chat_sessions where ${which}`)).toEqual([{ title: 'Mine' }]);
});

it('tells those who have lost access nothing more of a repository', async () => {
  const { name, repository } = newRepository();
  repository.collaborators.set('bob', 'pull');
  await repositories.follow('bob', name);
  await tell(repository, name, 'Seen');
  repository.collaborators.delete('bob');
  await checkedHoursAgo(2, 'bob');
  await tell(repository, name, 'Unseen');
  expect(await titlesOf('bob')).toEqual(['Seen']);
  repository.collaborators.set('bob', 'pull');
  await tell(repository, name, 'Seen again');
  expect((await titlesOf('bob')).toSorted()).toEqual(['Seen', 'Seen again']);
});

it('asks for the access once in a while only', async () => {
  const { name, repository } = newRepository();
  await repositories.follow('ana', name);
  await checkedHoursAgo(2, 'ana');
  const sent = scene.fake.requests.length;
  await tell(repository, name, 'One');
  await tell(repository, name, 'Two');
  expect(scene.fake.requests.slice(sent).map(({ operationId }) => operationId)).toEqual(['repos/get']);
});

it.each([
  [2, true],
  [25, false],
])('believes what GitHub said %i hours ago for a day, where it cannot be asked', async (hours, isTold) => {
  const { name, repository } = newRepository();
  repository.collaborators.set('bob', 'pull');
  await repositories.follow('bob', name);
  await checkedHoursAgo(hours, 'bob');
  scene.fake.faults.add({ on: 'repos/get', answer: { status: 503, body: {} }, times: 3 });
  await tell(repository, name, `Unchecked for ${hours} hours`);
  scene.fake.faults.waiting.length = 0;
  expect((await titlesOf('bob')).includes(`Unchecked for ${hours} hours`)).toBe(isTold);
  await repositories.unfollow('bob', name);
});
