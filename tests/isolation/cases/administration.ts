import type { IsolationCase } from '../isolation-case.ts';
import { makeKey } from '../things.ts';

/** What takes the role admin, and what is the same for every user. */
export const ADMINISTRATION: IsolationCase[] = [
  { route: 'GET /agents', request: () => ({ path: '/agents' }), others: 'own' },
  { route: 'GET /admin/jobs', request: () => ({ path: '/admin/jobs' }), others: 'admin' },
  {
    route: 'GET /admin/keys',
    make: makeKey,
    request: () => ({ path: '/admin/keys?user=ana' }),
    others: 'admin',
  },
  {
    route: 'POST /admin/keys',
    request: () => ({ path: '/admin/keys', body: { user: 'ana', role: 'user' } }),
    others: 'admin',
  },
  {
    route: 'DELETE /admin/keys/{id}',
    make: makeKey,
    request: ({ key }) => ({ path: `/admin/keys/${key}` }),
    others: 'admin',
  },
  {
    route: 'POST /admin/keys/{id}/rotate',
    make: makeKey,
    request: ({ key }) => ({ path: `/admin/keys/${key}/rotate` }),
    others: 'admin',
  },
];
