import type { NodeFacts } from './detect-node.ts';

/** The commands of the project's package manager. */
export interface NodeCommands {
  /** Installs exactly what the lock file says; without one, whatever fits. */
  install: string;
  /** The same without what is for development only. */
  installProduction: string;
  /** Installs after package.json has changed. */
  update: string;
  run: (script: string) => string;
  test: string;
}

export function nodeCommands({ packageManager, lockFile }: NodeFacts): NodeCommands {
  const isLocked = lockFile !== null;
  switch (packageManager) {
    case 'pnpm':
      return {
        install: isLocked ? 'pnpm install --frozen-lockfile' : 'pnpm install',
        installProduction: `pnpm install${isLocked ? ' --frozen-lockfile' : ''} --prod`,
        update: 'pnpm install',
        run: (script) => `pnpm run ${script}`,
        test: 'pnpm test',
      };
    case 'yarn':
      return {
        install: isLocked ? 'yarn install --frozen-lockfile' : 'yarn install',
        installProduction: `yarn install${isLocked ? ' --frozen-lockfile' : ''} --production`,
        update: 'yarn install',
        run: (script) => `yarn run ${script}`,
        test: 'yarn test',
      };
    case 'yarn-berry':
      return {
        install: isLocked ? 'yarn install --immutable' : 'yarn install',
        installProduction: 'yarn workspaces focus --all --production',
        update: 'yarn install',
        run: (script) => `yarn run ${script}`,
        test: 'yarn test',
      };
    case 'bun':
      return {
        install: isLocked ? 'bun install --frozen-lockfile' : 'bun install',
        installProduction: `bun install${isLocked ? ' --frozen-lockfile' : ''} --production`,
        update: 'bun install',
        run: (script) => `bun run ${script}`,
        test: 'bun run test',
      };
    default:
      return {
        install: isLocked ? 'npm ci' : 'npm install',
        installProduction: `${isLocked ? 'npm ci' : 'npm install'} --omit=dev`,
        update: 'npm install',
        run: (script) => `npm run ${script}`,
        test: 'npm test',
      };
  }
}

/** package.json asks for packages of any kind. */
export function hasPackages({ manifest }: NodeFacts): boolean {
  return [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].some(
    (packages) => Object.keys(packages).length > 0,
  );
}

/** The script that `npm init` writes in the place of a test. */
export function isNoTest(script: string | undefined): boolean {
  return script === undefined || script.trim() === '' || /no test specified/i.test(script);
}
