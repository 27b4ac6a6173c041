import type { Answer } from '../support/client.ts';
import type { Things } from './isolation-case.ts';
import { MARK, WORD, type World } from './world.ts';

const TEXT = `The ${WORD} is ${MARK}.`;

function expectDone(answer: Answer, what: string): Answer {
  if (answer.status < 200 || answer.status > 299)
    throw new Error(`Ana could not make ${what}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer;
}

/** A conversation of Ana's with an answered question. */
export async function makeSession({ clients }: World): Promise<Things> {
  const { body } = expectDone(await clients.ana.ask(TEXT, { session_id: 'new' }), 'a session');
  const { body: messages } = await clients.ana.get(`/assistant/history?session_id=${body.session_id}`);
  return { session: body.session_id, run: body.run_id, message: messages[0].id };
}

/** A run of Ana's that waits for her approval to delete a file. */
export async function makeApproval(world: World): Promise<Things> {
  const { path } = await makeFile(world);
  const { body } = expectDone(
    await world.clients.ana.post('/file-admin/ask', { query: `${TEXT} DELETE ${path}`, session_id: 'new' }),
    'an approval',
  );
  const [approval] = body.approvals;
  return { run: body.run_id, session: body.session_id, approval: approval.id, code: approval.code };
}

/** A run of Ana's that failed. */
export async function makeFailure({ clients }: World): Promise<Things> {
  const { body } = await clients.ana.ask(`${TEXT} FAIL`, { session_id: 'new' });
  if (!body.run_id) throw new Error(`Ana could not make a failed run: ${JSON.stringify(body)}`);
  return { run: body.run_id, session: body.session_id };
}

/** A file of Ana's. */
export async function makeFile({ clients, newName }: World, ending = '.md', text = TEXT): Promise<Things> {
  const path = `${newName()}${ending}`;
  const body = Buffer.from(text);
  expectDone(await clients.ana.call('PUT', `/file-admin/files/${path}`, { body }), 'a file');
  return { path };
}

/** A change of a file of Ana's. */
export async function makeChange(world: World): Promise<Things> {
  const { path = '' } = await makeFile(world);
  const { body } = await world.clients.ana.get(`/file-admin/changes?path=${path}`);
  return { path, change: body[0].id };
}

/** A zip file of Ana's. */
export async function makeZip(world: World): Promise<Things> {
  const { path } = await makeFile(world);
  const to = `${world.newName()}.zip`;
  expectDone(await world.clients.ana.post('/file-admin/archive', { paths: [path], to }), 'a zip file');
  return { path: to };
}

/** A document of Ana's, read. */
export async function makeDocument(world: World): Promise<Things> {
  const { path = '' } = await makeFile(world);
  const { body } = expectDone(
    await world.clients.ana.post('/file-consultant/documents', { path }),
    'a document',
  );
  // The stream ends when the document is read.
  await world.clients.ana.get(`/file-consultant/documents/${body.id}/events`);
  return { path, document: body.id };
}

/** A private repository of Ana's with one of everything. */
export async function makeRepository({ hub, newName }: World): Promise<Things> {
  const name = newName();
  const repository = hub.seed.repository(`ana/${name}`, {
    private: true,
    description: TEXT,
    files: { 'README.md': `# ${MARK}\n` },
  });
  hub.seed.commit(repository, { branch: 'topic', files: { 'topic.md': TEXT }, message: MARK });
  hub.seed.commit(repository, { files: { 'news.md': TEXT }, message: MARK });
  hub.seed.issue(repository, { title: MARK, body: TEXT });
  hub.seed.pull(repository, { title: MARK, body: TEXT, head: 'topic' });
  hub.seed.commit(repository, { branch: 'spare', files: { 'spare.md': TEXT }, message: MARK });
  const run = hub.seed.run(repository, {
    name: MARK,
    conclusion: 'failure',
    jobs: [{ name: 'test', conclusion: 'failure', log: `${TEXT}\n` }],
  });
  return { repository: `ana/${name}`, run: String(run.id) };
}

/** A key of Ana's. */
export async function makeKey({ app }: World): Promise<Things> {
  return { key: (await app.makeKey({ user: 'ana', role: 'user' })).id };
}

/** Puts a template of Ana's own into her workspace. */
export async function makeTemplate({ clients }: World): Promise<Things> {
  const put = (path: string, text: string) =>
    clients.ana.call('PUT', `/file-admin/files/.templates/anas/${path}`, { body: Buffer.from(text) });
  expectDone(await put('template.json', JSON.stringify({ description: TEXT })), 'a template');
  expectDone(await put('README.md', TEXT), 'a template');
  return {};
}

/** A project of Ana's. */
export async function makeProject({ clients, newName }: World): Promise<Things> {
  const path = newName();
  expectDone(
    await clients.ana.post('/project-creator/projects', { name: path, template: 'static-site' }),
    'a project',
  );
  return { path };
}
