import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { ACROSS_USERS } from '../support/statements/across-users.ts';
import { judgeStatements } from '../support/statements/judge.ts';
import { recordedStatements } from '../support/statements/recorder.ts';
import { unfilteredTables } from '../support/statements/user-filter.ts';

const personal = new Set(['runs', 'messages', 'documents']);
const unfiltered = (statement: string) => unfilteredTables(statement, personal);

describe('a statement keeps to one user', () => {
  it.each([
    'select id from messages where user_id = $1',
    'select m.id from messages m where m.user_id = $1::text and (m.role = $2 or m.role = $3)',
    'select m.id from runs r join messages m on m.user_id = r.user_id and m.run_id = r.id where r.user_id = $1',
    'select m.id from runs r join messages m using (user_id) where user_id = $1',
    'select r.id, m.id from runs r left join messages m on m.user_id = r.user_id where r.user_id = $1',
    'with own as (select user_id, id from runs where user_id = $1) select m.id from own join messages m on m.user_id = own.user_id',
    'with ended as (update runs set status = $2 where user_id = $1 returning *) delete from messages m using ended e where m.user_id = e.user_id',
    'select id from runs r where user_id = $1 and exists (select from messages m where m.user_id = r.user_id)',
    'select id from runs r where user_id = $1 and exists (select from messages where user_id = $2)',
    'select x.id from runs r cross join lateral (select id from messages m where m.user_id = r.user_id) x where r.user_id = $1',
    'select id from runs where user_id = $1 union all select id from messages where user_id = $1',
    'insert into messages (user_id, id) values ($1, $2), ($3, $4)',
    'insert into messages (id, user_id) select id, user_id from runs where user_id = $1',
    'insert into messages (user_id, id) select r.u, r.id from jsonb_to_recordset($1::jsonb) as r(u text, id uuid)',
    'delete from messages where (user_id, id) = ($1, $2)',
    'delete from messages where (user_id, id) in (select user_id, id from runs where user_id = $1)',
    'select 1 from pg_class',
  ])('as in: %s', async (statement) => {
    expect(await unfiltered(statement)).toEqual([]);
  });

  it.each([
    ['select id from messages', 'messages'],
    ['select id from messages where id = $1', 'messages'],
    ['select id from messages where user_id <> $1', 'messages'],
    ['select id from messages where user_id = $1 or id = $2', 'messages'],
    ['select id from messages where not (user_id = $1)', 'messages'],
    ['select id from messages where user_id = user_id', 'messages'],
    ["select id from messages where user_id like $1 || '%'", 'messages'],
    ['select m.id from runs r join messages m on m.run_id = r.id where r.user_id = $1', 'messages as m'],
    [
      'select m.id from runs r left join messages m on m.user_id = r.user_id and r.user_id = $1',
      'runs as r, messages as m',
    ],
    [
      'select m.id from runs r full join messages m on m.user_id = r.user_id and r.user_id = $1',
      'runs as r, messages as m',
    ],
    [
      'with own as (select * from runs where id = $1) select m.id from own join messages m using (user_id)',
      'runs, messages as m',
    ],
    ['select id from runs where user_id = $1 and id in (select run_id from messages)', 'messages'],
    ['select id, (select count(*) from messages) from runs where user_id = $1', 'messages'],
    ['select id from runs where user_id = $1 union select id from messages', 'messages'],
    ['update runs set status = $1 where id = $2', 'runs'],
    ['delete from messages using runs r where messages.run_id = r.id and r.user_id = $1', 'messages'],
    ['insert into messages (id) values ($1)', 'messages'],
    ["insert into messages (user_id, id) values ('ana', $1)", 'messages'],
    ['insert into messages (user_id, id) select user_id, id from runs', 'runs, messages'],
    ['truncate runs', 'runs'],
  ])('not as in: %s', async (statement, tables) => {
    expect((await unfiltered(statement)).sort()).toEqual(tables.split(', ').sort());
  });
});

describe('the statements of the server', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  it('know every table with a user_id as personal', () => {
    expect(inject('personal').tables).toEqual(
      expect.arrayContaining(['messages', 'runs', 'file_changes', 'documents']),
    );
  });

  it('are caught when any one of their conditions on the user is taken away: recall, history and changes of files', async () => {
    await app.ask('Where is the key?');
    await app.ask('And the other key?');
    await app.post('/memory/search', { query: 'key' });
    await app.get('/assistant/history?limit=1');
    await app.call('PUT', '/file-admin/files/a.txt', { body: Buffer.from('a') });
    const { body: changes } = await app.get('/file-admin/changes');
    await app.post(`/file-admin/changes/${changes[0].id}/undo`, {});
    const tables = new Set(inject('personal').tables);
    const statements = recordedStatements().filter((text) =>
      /from "?(messages|file_changes|message_vectors)"?\b/.test(text),
    );
    let mutants = 0;
    for (const statement of statements) {
      const { faults, used } = await judgeStatements([statement], tables);
      expect(faults).toEqual([]);
      if (used.length > 0) continue;
      for (const { index, 0: condition } of statement.matchAll(/(?:[\w"]+\.)?"?user_id"? = \$\d+/g)) {
        const mutant = `${statement.slice(0, index)}true${statement.slice(index + condition.length)}`;
        mutants += 1;
        expect((await judgeStatements([mutant], tables)).faults, mutant).toHaveLength(1);
      }
    }
    expect(mutants).toBeGreaterThan(20);
  });

  it('that are about many users have names and reasons of their own', () => {
    expect(new Set(ACROSS_USERS.map(({ name }) => name)).size).toBe(ACROSS_USERS.length);
    for (const { reason } of ACROSS_USERS) expect(reason).toMatch(/^[A-Z].{20,}\.$/);
  });
});
