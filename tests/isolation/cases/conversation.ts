import type { IsolationCase } from '../isolation-case.ts';
import { makeApproval, makeFailure, makeSession } from '../things.ts';
import { MARK, WORD } from '../world.ts';

const asks = ['assistant', 'file-admin', 'file-consultant', 'github-admin', 'project-creator'].map(
  (entry): IsolationCase => ({
    route: `POST /${entry}/ask`,
    make: makeSession,
    request: ({ session }) => ({ path: `/${entry}/ask`, body: { query: WORD, session_id: session } }),
    others: 'unknown',
  }),
);

const streamed: IsolationCase = {
  route: 'POST /assistant/ask',
  about: 'as a stream',
  make: makeSession,
  request: ({ session }) => ({
    path: '/assistant/ask',
    body: { query: WORD, session_id: session },
    headers: { accept: 'text/event-stream' },
  }),
  others: 'unknown',
};

const history: IsolationCase[] = [
  {
    route: 'GET /assistant/history',
    about: 'of a session',
    make: makeSession,
    request: ({ session }) => ({ path: `/assistant/history?session_id=${session}` }),
    others: 'unknown',
  },
  {
    route: 'GET /assistant/history',
    about: 'before a message',
    make: makeSession,
    request: ({ message }) => ({ path: `/assistant/history?limit=200&before=${message}` }),
    others: 'own',
  },
  {
    route: 'GET /assistant/history',
    about: 'after a message',
    make: makeSession,
    request: ({ message }) => ({ path: `/assistant/history?limit=200&order=asc&after=${message}` }),
    others: 'own',
  },
];

const sessions: IsolationCase[] = [
  {
    route: 'GET /sessions',
    make: makeSession,
    request: ({ session }) => ({ path: `/sessions?limit=200&before=${session}` }),
    others: 'own',
  },
  {
    route: 'POST /sessions',
    request: () => ({ path: '/sessions', body: { title: 'New' } }),
    others: 'own',
  },
  {
    route: 'GET /sessions/{id}',
    make: makeSession,
    request: ({ session }) => ({ path: `/sessions/${session}` }),
    others: 'unknown',
  },
  {
    route: 'PATCH /sessions/{id}',
    make: makeSession,
    request: ({ session }) => ({ path: `/sessions/${session}`, body: { title: 'Taken' } }),
    others: 'unknown',
  },
  {
    route: 'DELETE /sessions/{id}',
    make: makeSession,
    request: ({ session }) => ({ path: `/sessions/${session}` }),
    others: 'unknown',
  },
];

const runs: IsolationCase[] = [
  {
    route: 'GET /runs/{id}',
    make: makeSession,
    request: ({ run }) => ({ path: `/runs/${run}` }),
    others: 'unknown',
  },
  {
    route: 'GET /runs/{id}/events',
    make: makeSession,
    request: ({ run }) => ({ path: `/runs/${run}/events` }),
    others: 'unknown',
  },
  {
    route: 'GET /runs/{id}/events',
    about: 'from an event on',
    make: makeSession,
    request: ({ run }) => ({ path: `/runs/${run}/events`, headers: { 'last-event-id': '1' } }),
    others: 'unknown',
  },
  {
    route: 'POST /runs/{id}/cancel',
    make: makeApproval,
    request: ({ run }) => ({ path: `/runs/${run}/cancel` }),
    others: 'unknown',
  },
  {
    route: 'POST /runs/{id}/retry',
    make: async (world) => {
      const failed = await makeFailure(world);
      // Ana's second try may succeed.
      return failed;
    },
    request: ({ run }) => ({ path: `/runs/${run}/retry` }),
    others: 'unknown',
  },
  {
    route: 'POST /runs/{id}/approvals/{approval_id}',
    make: makeApproval,
    request: ({ run, approval }) => ({
      path: `/runs/${run}/approvals/${approval}`,
      body: { decision: 'approve' },
      headers: { 'idempotency-key': 'anas-decision' },
    }),
    others: 'unknown',
  },
];

const memory: IsolationCase[] = [
  {
    route: 'POST /memory/import',
    make: async ({ clients }) => {
      const line = {
        session: 'anas-history',
        role: 'user',
        content: MARK,
        created_at: '2025-01-07T09:00:00Z',
      };
      await clients.ana.call('POST', '/memory/import', {
        body: Buffer.from(JSON.stringify(line)),
        headers: { 'content-type': 'application/x-ndjson' },
      });
      return {};
    },
    request: () => ({
      path: '/memory/import',
      body: Buffer.from(
        JSON.stringify({
          session: 'anas-history',
          role: 'user',
          content: 'Hi',
          created_at: '2025-01-08T09:00:00Z',
        }),
      ),
      headers: { 'content-type': 'application/x-ndjson' },
    }),
    others: 'own',
  },
  {
    route: 'POST /memory/search',
    make: makeSession,
    request: ({ session }) => ({
      path: '/memory/search',
      body: { query: WORD, limit: 100, explain: true, session_id: session },
    }),
    others: 'own',
  },
  {
    route: 'GET /memory/export',
    make: makeSession,
    request: () => ({ path: '/memory/export' }),
    others: 'own',
  },
  {
    route: 'DELETE /memory/messages/{id}',
    make: makeSession,
    request: ({ message }) => ({ path: `/memory/messages/${message}` }),
    others: 'unknown',
  },
  {
    route: 'DELETE /memory',
    make: makeSession,
    request: () => ({ path: '/memory' }),
    others: 'own',
  },
];

/** The conversation: questions, sessions, runs and memory. */
export const CONVERSATION: IsolationCase[] = [...asks, streamed, ...history, ...sessions, ...runs, ...memory];
