import { posix } from 'node:path';
import { allPackages, type NodeFacts } from './detect-node.ts';
import type { ProjectView } from './project-view.ts';

/** What a Node project is when it runs. */
export type NodeStart =
  /** Pages that a build writes into `folder`. */
  | { kind: 'pages'; folder: string }
  /** A program; `needsBuild` when what it starts is written by a build. */
  | { kind: 'program'; command: string[]; needsBuild: boolean; folder: string | null; entry: string | null }
  | { kind: 'library' };

const SERVERS = [
  'express',
  'fastify',
  'koa',
  'hono',
  '@hono/node-server',
  '@nestjs/core',
  '@hapi/hapi',
  'polka',
  'restify',
];
const FULL_FRAMEWORKS = ['next', 'nuxt', '@remix-run/node', '@react-router/node', '@sveltejs/kit'];
/** Programs that write pages, and where. */
const PAGE_BUILDERS: [string, string][] = [
  ['react-scripts', 'build'],
  ['@vue/cli-service', 'dist'],
  ['astro', 'dist'],
  ['@11ty/eleventy', '_site'],
  ['vite', 'dist'],
  ['parcel', 'dist'],
];

/** How the project is started, by its scripts and fields. */
export async function nodeStart(view: ProjectView, facts: NodeFacts): Promise<NodeStart> {
  const { manifest } = facts;
  const { start } = manifest.scripts;
  const packages = allPackages(facts);
  const isServer = [...SERVERS, ...FULL_FRAMEWORKS].some((name) => Object.hasOwn(packages, name));
  const builder = PAGE_BUILDERS.find(([name]) => Object.hasOwn(packages, name));
  const startsBuilder =
    start === undefined || /^(?:vite|react-scripts|vue-cli-service|astro|eleventy|parcel)\b/.test(start);
  if (
    builder &&
    manifest.scripts.build !== undefined &&
    startsBuilder &&
    !isServer &&
    view.paths.some(isPage)
  ) {
    return { kind: 'pages', folder: (await viteFolder(view)) ?? builder[1] };
  }
  if (start !== undefined) return program(view, startCommand(start), facts);
  if (view.paths.includes('server.js')) return program(view, ['node', 'server.js'], facts);
  const bin = typeof manifest.bin === 'string' ? manifest.bin : Object.values(manifest.bin ?? {})[0];
  const main =
    bin ??
    (isServer
      ? (manifest.main ?? firstOf(view, ['index.js', 'app.js', 'src/index.js', 'src/server.js']))
      : undefined);
  return main === undefined ? { kind: 'library' } : program(view, ['node', posix.normalize(main)], facts);
}

function isPage(path: string): boolean {
  return /(?:^|^public\/|^src\/)(?:index\.html|pages\/.+)$/.test(path);
}

/** The folder that a Vite configuration names; read as text, for it is not run. */
async function viteFolder(view: ProjectView): Promise<string | null> {
  const path = view.paths.find((name) => /^vite\.config\.[cm]?[jt]s$/.test(name));
  const named = path && /\boutDir:\s*['"`]([\w./-]+)['"`]/.exec((await view.read(path)) ?? '')?.[1];
  return named && !named.startsWith('..') && !named.startsWith('/') ? posix.normalize(named) : null;
}

function firstOf(view: ProjectView, names: string[]): string | undefined {
  return names.find((name) => view.paths.includes(name));
}

/** `node …` is started without npm in between; anything else that a shell may have to read goes through it. */
function startCommand(script: string): string[] {
  const isSimple = /^node(?:\s+[\w@%+=:,./-]+)+$/.test(script);
  const words = script.split(/\s+/).filter((word) => word !== '--watch' && !/^--env-file(?:=|$)/.test(word));
  return isSimple ? words : ['npm', 'start'];
}

function program(view: ProjectView, command: string[], facts: NodeFacts): NodeStart {
  const { manifest } = facts;
  const named = command[0] === 'node' ? command.slice(1).find((word) => !word.startsWith('-')) : undefined;
  const entry = named === undefined ? null : posix.normalize(named);
  const isWritten =
    entry !== null && ![entry, `${entry}.js`, `${entry}/index.js`].some((path) => view.paths.includes(path));
  const needsBuild = isWritten || (entry === null && manifest.scripts.build !== undefined);
  const folder =
    isWritten && entry.includes('/') && !entry.startsWith('..') ? (entry.split('/')[0] ?? null) : null;
  return { kind: 'program', command, needsBuild, folder, entry };
}
