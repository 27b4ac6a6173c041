import { readFile } from 'node:fs/promises';

/** Licences that ask for no more than their text and names to be kept. */
const PERMISSIVE = new Set([
  ...['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'CC0-1.0'],
  ...['ISC', 'MIT', 'MIT-0', 'Python-2.0', 'Unlicense', 'Zlib'],
]);

/** Packages whose package.json names no licence by its SPDX name, as their LICENSE file has it. */
const READ_BY_HAND: Record<string, string> = { 'duck@0.1.12': 'BSD-2-Clause' };

/** A package that comes with the program. */
export interface Dependency {
  name: string;
  version: string;
  /** An SPDX expression, or what the package says instead. */
  license: string;
}

interface LockedPackage {
  version?: string;
  license?: string;
  dev?: boolean;
}

/** What is installed without the tools for development, by name and version. The lock file repeats what each package.json says. */
export function productionDependencies(lockFile: string): Dependency[] {
  const { packages } = JSON.parse(lockFile) as { packages: Record<string, LockedPackage> };
  const found = new Map<string, Dependency>();
  for (const [path, { version = '', license = 'none named', dev }] of Object.entries(packages)) {
    if (path === '' || dev) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const id = `${name}@${version}`;
    found.set(id, { name, version, license: READ_BY_HAND[id] ?? license });
  }
  const byName = (one: Dependency, other: Dependency) =>
    compare(one.name, other.name) || compare(one.version, other.version);
  return [...found.values()].toSorted(byName);
}

/** Whether an SPDX expression leaves a permissive choice: one of those joined by OR, all of those joined by AND. */
export function isPermissive(license: string): boolean {
  const plain = license.replace(/^\((.*)\)$/, '$1');
  return plain.split(' OR ').some((choice) => choice.split(' AND ').every((name) => PERMISSIVE.has(name)));
}

/** The page that lists them. */
export function licensePage(dependencies: Dependency[]): string {
  const rows = dependencies.map(({ name, version, license }) => `| ${name} | ${version} | ${license} |`);
  return `# Licences of the dependencies

What \`npm ci --omit=dev\` installs, made by \`npm run licenses\`. Each package carries its licence's text in \`node_modules\`.

| package | version | licence |
| --- | --- | --- |
${rows.join('\n')}
`;
}

/** The page as it should be now. */
export async function currentLicensePage(): Promise<string> {
  return licensePage(productionDependencies(await readFile('package-lock.json', 'utf8')));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
