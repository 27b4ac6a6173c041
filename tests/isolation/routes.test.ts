import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/client.ts';
import { ADMINISTRATION } from './cases/administration.ts';
import { CONVERSATION } from './cases/conversation.ts';
import { FILES } from './cases/files.ts';
import { GITHUB } from './cases/github.ts';
import { openWorld, type World } from './world.ts';

const CASES = [...CONVERSATION, ...FILES, ...GITHUB, ...ADMINISTRATION];

/** The routes that answer whoever asks, and why they may. */
const PUBLIC: Record<string, string> = {
  'GET /health': 'The process answers; it says nothing else.',
  'GET /ready': 'Whoever sends traffic here has to know whether it can be taken; it names no user.',
  'GET /metrics':
    'Whoever watches the server shows a token of its own, or is on this machine; it names no user.',
  'POST /github-admin/webhook': 'GitHub proves by its signature who it is; no user is answered.',
};

/** What OpenAPI does not show. Each is public, with the reason, or another way to a route that is shown. */
const HIDDEN: Record<string, { isPublic: string } | { sameAs: string }> = {
  'GET /': { isPublic: 'It leads to the documentation.' },
  'GET /openapi.json': { isPublic: 'It describes the program, which everybody can read.' },
  'GET /docs': { isPublic: 'The documentation of the program.' },
  'GET /docs/json': { isPublic: 'The documentation of the program.' },
  'GET /docs/yaml': { isPublic: 'The documentation of the program.' },
  'GET /docs/static/*': { isPublic: 'The files of the page that shows the documentation.' },
  'GET /docs/static/index.html': { isPublic: 'The page that shows the documentation.' },
  'GET /docs/static/swagger-initializer.js': { isPublic: 'The page that shows the documentation.' },
  'GET /file-admin/files': { sameAs: 'GET /file-admin/files/{*}' },
  'GET /github-admin/repos/:owner/:repo/contents': {
    sameAs: 'GET /github-admin/repos/{owner}/{repo}/contents/{*}',
  },
};

let world: World;
let shown: string[];
let all: string[];
beforeAll(async () => {
  world = await openWorld();
  const { body } = await world.clients.nobody.get('/openapi.json');
  shown = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  all = world.app.routes;
});
afterAll(() => world.stop());

const asShown = (route: string) => route.replaceAll(/:(\w+)/g, '{$1}').replace(/\*$/, '{*}');

describe('every route', () => {
  it('has a case in tests/isolation/cases, or is public with a reason', () => {
    const known = new Set([...CASES.map(({ route }) => route), ...Object.keys(PUBLIC)]);
    const missing = shown.filter((route) => !known.has(route));
    expect(
      missing,
      'These routes have no case. Say in a file of tests/isolation/cases how Ana’s request to each looks and what others get for the ' +
        'same request; or, if it is for everybody, name it in PUBLIC of tests/isolation/routes.test.ts with the reason.',
    ).toEqual([]);
  });

  it('of a case is still there', () => {
    const gone = [...CASES.map(({ route }) => route), ...Object.keys(PUBLIC)].filter(
      (route) => !shown.includes(route),
    );
    expect(gone, 'These routes are not in /openapi.json any more; remove their cases.').toEqual([]);
  });

  it('that OpenAPI does not show is known', () => {
    const hidden = all.filter((route) => !shown.includes(asShown(route)));
    expect(
      hidden.toSorted(),
      'Show these routes in OpenAPI, or name them in HIDDEN of tests/isolation/routes.test.ts with the reason.',
    ).toEqual(Object.keys(HIDDEN).toSorted());
  });

  it('is found in both lists', () => {
    expect(all.length).toBeGreaterThan(shown.length);
    expect(shown.filter((route) => !all.map(asShown).includes(route))).toEqual([]);
  });
});

describe('nobody', () => {
  const isPublic = (route: string) =>
    asShown(route) in PUBLIC || (HIDDEN[route] !== undefined && 'isPublic' in HIDDEN[route]);
  const ask = async (route: string, headers = {}): Promise<Answer> => {
    const [method = '', path = ''] = route.split(' ');
    const filled = path
      .replaceAll(/:(?:id|approval_id)\b/g, '0199d0d5-5f5a-7000-8000-000000000000')
      .replaceAll(/:\w+/g, '1')
      .replace('*', 'x');
    return await world.clients.nobody.call(method, filled, { headers });
  };

  it('gets 401 from every route that is not public, whatever else the request says', async () => {
    const let_in: string[] = [];
    for (const route of all.filter((one) => !isPublic(one))) {
      const answers = [
        await ask(route),
        await ask(route, { 'x-user-id': 'ana' }),
        await ask(route, { authorization: 'Bearer x' }),
      ];
      if (answers.some(({ status }) => status !== 401)) let_in.push(route);
    }
    expect(let_in).toEqual([]);
  });

  it('is not told which routes there are', async () => {
    const { status, body } = await ask('GET /no/such/route');
    expect([status, body.code]).toEqual([401, 'unauthorized']);
  });

  it('gets from the public routes nothing of anybody’s', async () => {
    for (const route of all.filter(isPublic)) {
      const { status, body } = await ask(route);
      expect(status, route).not.toBe(401);
      expect(JSON.stringify(body), route).not.toContain(world.keys.ana.id);
    }
  });
});
