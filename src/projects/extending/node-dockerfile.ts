import { allPackages, type NodeFacts } from './detect-node.ts';
import type { DockerPlan } from './docker-plan.ts';
import { commandLine, copyLine } from './docker-text.ts';
import type { Draft } from './draft.ts';
import { findPort } from './listening-port.ts';
import { nodeCommands } from './node-commands.ts';
import { type NodeStart, nodeStart } from './node-start.ts';
import { PAGES_PORT, pagesStage, singlePageFiles } from './pages-stage.ts';
import { entryOf } from './test-subject.ts';

/** The last Node that brings Corepack along. */
const LAST_COREPACK = 24;
const SOURCE = /\.(?:[cm]?[jt]s)$/;
const ROUTERS = [
  'react-router',
  'react-router-dom',
  'vue-router',
  '@tanstack/react-router',
  'wouter',
  '@solidjs/router',
];
/** Files beside package.json that an installation reads. */
const INSTALL_FILES = [
  '.npmrc',
  '.yarnrc',
  '.yarnrc.yml',
  'pnpm-workspace.yaml',
  'bunfig.toml',
  '.pnpmfile.cjs',
];

/** Plans the image of a Node program, or of the pages that a build writes. */
export async function nodeDockerfile(draft: Draft, facts: NodeFacts): Promise<DockerPlan> {
  const { view } = draft.project;
  const start = await nodeStart(view, facts);
  if (start.kind === 'library') {
    return {
      reason:
        'nothing in package.json says how to start it (no start script, no bin, no server), so it is taken for a library.',
    };
  }
  if (start.kind === 'pages') {
    const isRouted = ROUTERS.some((name) => Object.hasOwn(allPackages(facts), name));
    draft.assumptions.push(`The build writes pages into ${start.folder}, and nginx serves them.`);
    return {
      lines: [
        ...buildStage(draft, facts),
        '',
        ...pagesStage(`/app/${start.folder}`, { from: 'build', isRouted }),
      ],
      port: PAGES_PORT,
      others: singlePageFiles(isRouted),
    };
  }
  if (start.needsBuild && draft.scripts.build === undefined) {
    return {
      reason: `${start.entry ?? 'what is started'} is not there, and package.json has no build script that would write it.`,
    };
  }
  const listening = await findPort(view, SOURCE, entryOf(view, facts));
  const isFastify = Object.hasOwn(allPackages(facts), 'fastify');
  if (isFastify && !listening.isOpen && !listening.readsHost) {
    draft.assumptions.push(
      'Fastify listens on localhost unless it is given a host: in a container it has to listen on 0.0.0.0.',
    );
  }
  const port = listening.port ?? (Object.hasOwn(allPackages(facts), 'next') ? 3000 : null);
  if (port === null)
    draft.assumptions.push('No port was found in the source, so the Dockerfile exposes none.');
  if (facts.hasWorkspaces) {
    draft.assumptions.push('The image has all packages of the workspace, because any of them may be needed.');
  }
  const lines = start.needsBuild ? builtProgram(draft, facts, start) : plainProgram(draft, facts);
  const environment = listening.readsHost && !listening.isOpen ? ['ENV HOST=0.0.0.0'] : [];
  const user = facts.packageManager === 'bun' ? 'USER bun' : 'USER node';
  const expose = port === null ? [] : [`EXPOSE ${port}`];
  return { lines: [...lines, ...environment, user, ...expose, commandLine(commandFor(facts, start))], port };
}

function commandFor(
  { packageManager }: NodeFacts,
  { command }: Extract<NodeStart, { kind: 'program' }>,
): string[] {
  return packageManager === 'bun'
    ? ['bun', ...(command[0] === 'node' ? command.slice(1) : ['run', 'start'])]
    : command;
}

function baseImage({ packageManager, node }: NodeFacts): string {
  return packageManager === 'bun' ? 'oven/bun:1' : `node:${node}-slim`;
}

function managerLines({ packageManager, manifest, managerMajor, node }: NodeFacts): string[] {
  const isNamed = manifest.packageManager !== undefined || packageManager === 'yarn-berry';
  if (packageManager === 'pnpm' && !isNamed) return [`RUN npm install --global pnpm@${managerMajor ?? 10}`];
  if (packageManager === 'pnpm' || packageManager === 'yarn-berry') {
    return [
      node <= LAST_COREPACK ? 'RUN corepack enable' : 'RUN npm install --global corepack && corepack enable',
    ];
  }
  return [];
}

/** Copies what the installation reads. What runs a script of the project, or has packages inside, needs all of it. */
function copyForInstall(draft: Draft, facts: NodeFacts): string[] {
  const { paths } = draft.project.view;
  if (needsAll(facts)) return ['COPY . .'];
  const files = ['package.json', facts.lockFile ?? '', ...INSTALL_FILES].filter((path) =>
    paths.includes(path),
  );
  const folders = ['patches', '.yarn'].filter((folder) =>
    paths.some((path) => path.startsWith(`${folder}/`)),
  );
  return [copyLine(files, './'), ...folders.map((folder) => copyLine([folder], `./${folder}`))];
}

function needsAll(facts: NodeFacts): boolean {
  const { scripts } = facts.manifest;
  return (
    facts.hasWorkspaces ||
    ['preinstall', 'install', 'postinstall', 'prepare'].some((name) => scripts[name] !== undefined) ||
    Object.hasOwn(allPackages(facts), '@prisma/client')
  );
}

function buildStage(draft: Draft, facts: NodeFacts): string[] {
  const commands = nodeCommands(facts);
  return [
    `FROM ${baseImage(facts)} AS build`,
    'WORKDIR /app',
    ...managerLines(facts),
    ...copyForInstall(draft, facts),
    `RUN ${commands.install}`,
    ...(needsAll(facts) ? [] : ['COPY . .']),
    `RUN ${commands.run('build')}`,
  ];
}

function productionInstall(facts: NodeFacts): string {
  const { installProduction } = nodeCommands(facts);
  // What "prepare" calls (husky, a build) is for development and is not installed here.
  return facts.manifest.scripts.prepare === undefined || facts.packageManager === 'bun'
    ? `RUN ${installProduction}`
    : `RUN npm pkg delete scripts.prepare && ${installProduction}`;
}

function hasDependencies({ manifest, hasWorkspaces }: NodeFacts): boolean {
  return (
    hasWorkspaces || Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }).length > 0
  );
}

/** The last stage has what was built and the packages for production, nothing else. */
function builtProgram(
  draft: Draft,
  facts: NodeFacts,
  start: Extract<NodeStart, { kind: 'program' }>,
): string[] {
  const base = baseImage(facts);
  const withPackages = hasDependencies(facts);
  // Which files a framework needs beside its output is its own affair: then all of them come along.
  const isWhole = start.folder === null || facts.hasWorkspaces;
  const dependencies = withPackages
    ? [
        `FROM ${base} AS dependencies`,
        'WORKDIR /app',
        ...managerLines(facts),
        ...copyForInstall(draft, facts),
        productionInstall(facts),
        '',
      ]
    : [];
  return [
    ...buildStage(draft, facts),
    ...(isWhole ? ['RUN rm -rf node_modules'] : []),
    '',
    ...dependencies,
    `FROM ${base}`,
    'ENV NODE_ENV=production',
    'WORKDIR /app',
    ...(isWhole
      ? ['COPY --from=build /app ./']
      : ['COPY package.json ./', copyLine([`/app/${start.folder}`], `./${start.folder}`, 'build')]),
    ...(withPackages ? ['COPY --from=dependencies /app/node_modules ./node_modules'] : []),
  ];
}

function plainProgram(draft: Draft, facts: NodeFacts): string[] {
  const base = [`FROM ${baseImage(facts)}`, 'ENV NODE_ENV=production', 'WORKDIR /app'];
  if (!hasDependencies(facts)) return [...base, 'COPY . .'];
  return [
    ...base,
    ...managerLines(facts),
    ...copyForInstall(draft, facts),
    productionInstall(facts),
    ...(needsAll(facts) ? [] : ['COPY . .']),
  ];
}
