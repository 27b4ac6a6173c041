import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';

type Language = 'node' | 'python' | 'go';

/** Where the commands of a project are run. */
interface Workplace {
  /** Runs a command in the project's folder and answers what it wrote; throws with its last output when it fails. */
  run: (command: string) => Promise<string>;
  remove: () => Promise<void>;
}

/** The most that one command may take. */
export const COMMAND_LIMIT_MS = 240_000;
const SHOWN_CHARACTERS = 6_000;
/** A system made by `scripts/toolchains.sh`. */
const SYSTEM = process.env.TEST_TOOLCHAINS_FOLDER;

/** What a program of the machine needs of the environment: nothing that is meant for this repository or this test run. */
const KEPT =
  /^(HOME|USER|LANG|LC_ALL|TMPDIR|(https?|no)_proxy|NODE_EXTRA_CA_CERTS|npm_config_(cache|registry|userconfig))$/i;
const OWN_NODE = resolve('node_modules/node/bin');

/** There need be no package index: packages are those of the system. pip takes 0 for "no isolation", against its name. */
const PIP = { PIP_NO_INDEX: '1', PIP_NO_BUILD_ISOLATION: '0', PIP_DISABLE_PIP_VERSION_CHECK: '1' };
const GO = { GOFLAGS: '-mod=mod', GOPROXY: 'off', CGO_ENABLED: '0', GOTOOLCHAIN: 'local' };
const ENVIRONMENTS: Record<Language, Record<string, string>> = { node: {}, python: PIP, go: GO };

/** A command that succeeds where the language can be used, as far as the templates need it. */
const PROBES: Record<Language, [string, ...string[]]> = {
  node: ['npm', '--version'],
  python: [
    'python3',
    '-c',
    'import ensurepip, fastapi, httpx, mypy, pydantic_settings, pytest, setuptools, uvicorn, tomllib',
  ],
  go: ['go', 'version'],
};

/** The language whose programs the checks of a template call. */
export function languageOf(checks: readonly string[]): Language {
  const program = checks[0]?.split(' ')[0] ?? '';
  if (program === 'go') return 'go';
  return program.startsWith('python') ? 'python' : 'node';
}

/** Why projects in a language cannot be tested here; undefined when they can. */
export async function whatIsMissing(language: Language): Promise<string | undefined> {
  // What the folder lacks is a fault of it, and no reason to test less.
  if (language !== 'node' && SYSTEM) return undefined;
  const [program, ...args] = PROBES[language];
  const found = promisify(execFile)(program, args, { env: machineEnvironment(language), timeout: 30_000 });
  return await found.then(
    () => undefined,
    () =>
      `no ${language} with what its templates need on this machine; TEST_TOOLCHAINS_FOLDER names no system that has it`,
  );
}

/** Makes ready to run commands in a project: in its folder, or in a copy of it in the system that TEST_TOOLCHAINS_FOLDER names. */
export async function openWorkplace(language: Language, project: string): Promise<Workplace> {
  if (language === 'node' || !SYSTEM) {
    const env = machineEnvironment(language);
    return { run: (command) => runIn(project, command, { env }), remove: async () => undefined };
  }
  const copy = await mkdtemp(join(SYSTEM, 'var/tmp/project-'));
  await cp(project, copy, { recursive: true });
  // As in scripts/toolchains.sh: without /proc, Go has to be told where it lies.
  const env = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LC_ALL: 'C.UTF-8',
    GOROOT: '/usr/lib/go',
  };
  const prefix = ['chroot', SYSTEM, 'env', `--chdir=${copy.slice(resolve(SYSTEM).length)}`];
  return {
    run: (command) => runIn(copy, command, { env: { ...env, ...ENVIRONMENTS[language], ...QUIET }, prefix }),
    remove: () => rm(copy, { recursive: true, force: true }),
  };
}

const QUIET = { CI: 'true', NO_COLOR: '1' };

/** Without the programs of this repository's own packages: a project has to bring what it uses. */
function machineEnvironment(language: Language): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(([name]) => KEPT.test(name));
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !/node_modules/.test(folder));
  const PATH = [OWN_NODE, ...folders].join(delimiter);
  return { ...Object.fromEntries(kept), ...ENVIRONMENTS[language], ...QUIET, PATH };
}

async function runIn(
  folder: string,
  command: string,
  { env, prefix = [] }: { env: Record<string, string | undefined>; prefix?: string[] },
): Promise<string> {
  const [program = '', ...args] = [...prefix, ...command.split(' ')];
  const child = spawn(program, args, {
    ...{ cwd: folder, env, timeout: COMMAND_LIMIT_MS },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (text: string) => {
    output = (output + text).slice(-SHOWN_CHARACTERS);
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  child.once('error', (error) => end(error.message));
  child.once('close', (code, signal) => end(code === 0 ? '' : `exit code ${code ?? signal}`));
  const fault = await ended;
  if (fault !== '') {
    throw new Error(
      `"${command}" failed (${fault}; the limit is ${COMMAND_LIMIT_MS / 1_000} s). The end of its output:\n${output}`,
    );
  }
  await openToSystemPackages(folder);
  return output;
}

/** A virtual environment of Python, once there is one, takes the packages of the system: there need be no other ones. */
async function openToSystemPackages(folder: string): Promise<void> {
  const file = join(folder, '.venv/pyvenv.cfg');
  const settings = await readFile(file, 'utf8').catch(() => undefined);
  if (settings?.includes('include-system-site-packages = false')) {
    await writeFile(
      file,
      settings.replace('include-system-site-packages = false', 'include-system-site-packages = true'),
    );
  }
}
