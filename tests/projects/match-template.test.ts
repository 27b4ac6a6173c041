import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { understand } from '../../src/models/offline/commands.ts';
import { type Matchable, matchTemplate } from '../../src/projects/templates/match-template.ts';

const IDS = [
  'typescript-library',
  'fastify-api',
  'typescript-cli',
  'react-vite',
  'static-site',
  'python-package',
  'fastapi-service',
  'go-service',
  'assistant-backend',
];
const BUILT_IN = IDS.map(readTemplate);

interface Recorded {
  say: string;
  template: string | null;
  name: string | null;
  folder?: string;
  outcome?: 'unclear' | 'none';
}

function readTemplate(id: string): Matchable {
  const file = new URL(`../../templates/${id}/template.json`, import.meta.url);
  const { title, description, matches } = JSON.parse(readFileSync(file, 'utf8'));
  return {
    id,
    source: 'builtin',
    title: Object.values(title),
    description: Object.values(description),
    ...matches,
  };
}

function readRecorded(): { requests: Recorded[]; heldOut: Recorded[] } {
  return JSON.parse(readFileSync(new URL('requests.json', import.meta.url), 'utf8'));
}

function idFor(brief: string, templates: readonly Matchable[] = BUILT_IN): string {
  const match = matchTemplate(brief, templates);
  return match.kind === 'found' ? match.id : match.kind;
}

/** What becomes of a message: the project that it asks for, and the template that its words choose. */
function chosenBy(say: string) {
  const understood = understand(say);
  const commands = understood.kind === 'commands' ? understood.commands : [];
  const [command] = commands;
  if (!command || commands.length > 1 || command.skill.tool !== 'create_project') return undefined;
  const { brief, name = null, folder } = command.calls[0] ?? {};
  const match = matchTemplate(String(brief), BUILT_IN);
  return {
    ...(match.kind === 'found' ? { template: match.id } : { template: null, outcome: match.kind }),
    ...{ say, name },
    ...(folder === undefined ? {} : { folder }),
  };
}

const { requests, heldOut } = readRecorded();

describe('recorded requests', () => {
  it.each([...requests, ...heldOut])('$say', (recorded) => {
    expect(chosenBy(recorded.say)).toEqual(recorded);
  });

  test('are of both languages, and some are to be refused or asked about', () => {
    const refused = requests.filter(({ outcome }) => outcome !== undefined);
    expect(requests.length).toBeGreaterThanOrEqual(60);
    expect(refused.length).toBeGreaterThanOrEqual(8);
    expect(new Set(requests.map(({ template }) => template))).toEqual(new Set([...IDS, null]));
  });
});

describe('words choose', () => {
  it.each([
    ['web app', 'react-vite'],
    ['aplicación web', 'react-vite'],
    ['dashboard for my API', 'react-vite'],
    ['page with React', 'react-vite'],
    ['page about cats', 'static-site'],
    ['página web', 'static-site'],
    ['landing page', 'static-site'],
    ['página en HTML y CSS', 'static-site'],
    ['web', 'static-site'],
    ['web API', 'fastify-api'],
    ['servicio web', 'fastify-api'],
    ['API client library', 'typescript-library'],
    ['libraries for dates', 'typescript-library'],
    ['npm package', 'typescript-library'],
    ['API en Python con OpenAPI', 'fastapi-service'],
    ['golang API', 'go-service'],
    ['Node.js API', 'fastify-api'],
    ['Python CLI', 'python-package'],
    ['tool to go through logs', 'typescript-cli'],
    ['backend for a chatbot', 'assistant-backend'],
    ['chatbot backend', 'assistant-backend'],
    ['agente con herramientas', 'assistant-backend'],
    ['bot to react to messages', 'assistant-backend'],
    ['website for my bun shop', 'static-site'],
    ['go-service', 'go-service'],
    ['static site', 'static-site'],
    ['something cool', 'unclear'],
    ['project', 'unclear'],
    ['', 'unclear'],
    ['newsletter', 'unclear'],
    ['Django site', 'none'],
    ['C# library', 'none'],
    ['Go library', 'none'],
    ['React and Fastify app', 'none'],
    ['React Native app', 'none'],
    ['mobile app', 'none'],
  ])('%s: %s', (brief, id) => {
    expect(idFor(brief)).toBe(id);
  });

  test('what was not said is assumed, and told', () => {
    expect(matchTemplate('CLI', BUILT_IN)).toEqual({
      kind: 'found',
      id: 'typescript-cli',
      assumption: expect.stringMatching(
        /^No technology was named; “.+” was assumed\. Others: “Python package”/,
      ),
    });
    expect(matchTemplate('project in Python', BUILT_IN)).toMatchObject({
      id: 'python-package',
      assumption: '“Python package” was assumed.',
    });
    expect(matchTemplate('TypeScript CLI', BUILT_IN)).toMatchObject({ assumption: null });
  });

  test('what it comes without is told', () => {
    expect(matchTemplate('Fastify API with Postgres', BUILT_IN)).toEqual({
      kind: 'found',
      id: 'fastify-api',
      assumption: 'It comes without Postgres.',
    });
    expect(matchTemplate('TypeScript library and add CI and a Dockerfile', BUILT_IN)).toMatchObject({
      id: 'typescript-library',
      assumption: 'It comes without CI, Dockerfile.',
    });
  });

  test('what is missing is named, with what is near', () => {
    expect(matchTemplate('Rust CLI', BUILT_IN)).toEqual({
      kind: 'none',
      missing: 'Rust',
      near: ['typescript-cli', 'python-package'],
    });
    expect(matchTemplate('Go library', BUILT_IN)).toMatchObject({
      missing: null,
      near: ['go-service', 'typescript-library', 'python-package'],
    });
  });
});

describe('a template of one’s own', () => {
  const bare = { source: 'workspace' as const, technologies: [], kinds: [], also: [] };
  const acme: Matchable = {
    ...bare,
    id: 'acme',
    title: ['Acme starter'],
    description: ['What we begin newsletters with'],
  };
  const site: Matchable = {
    ...bare,
    id: 'our-site',
    title: ['Our site'],
    description: [],
    kinds: ['website'],
  };

  it.each([
    ['acme API', 'acme'],
    ['project like acme starter', 'acme'],
    ['newsletter', 'acme'],
    ['API', 'fastify-api'],
    ['website', 'our-site'],
    ['React app', 'react-vite'],
    ['Rust thing of acme', 'none'],
  ])('comes first where its words are said: %s', (brief, id) => {
    expect(idFor(brief, [acme, site, ...BUILT_IN])).toBe(id);
  });

  test('is enough where there is no other', () => {
    expect(idFor('website', [])).toBe('unclear');
    expect(idFor('website', [site])).toBe('our-site');
  });
});
