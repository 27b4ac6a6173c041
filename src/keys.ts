import { CommandError, configuredAddress, readArguments } from './command-line/arguments.ts';
import { type Config, readConfig } from './config.ts';
import { openDatabase } from './db/database.ts';
import { DatabaseInUseError } from './db/embedded.ts';
import { ROLES } from './db/identity-schema.ts';
import { ProblemError, StartupError } from './errors.ts';
import { type ApiKey, createKeys, type Keys, type NewKey } from './identity/keys.ts';
import { isUserId, USER_ID_RULE } from './identity/user-id.ts';

const HELP = `Makes, lists, replaces and revokes API keys, in the database of the configuration (DATABASE_URL or DATA_DIR).

  npm run keys -- create --user <name> [--role <role>] [--name <text>] [--expires <time>]
  npm run keys -- list [--user <name>]
  npm run keys -- revoke <id>
  npm run keys -- rotate <id> [--overlap <time>]

  --user <name>      whose key it is
  --role <role>      user: own things (default); service: may name an end user with X-User-Id;
                     admin: own things and /admin
  --name <text>      what the key is for, such as laptop
  --expires <time>   how long it is good, such as 90d, 12h or 30m (default: until it is revoked)
  --overlap <time>   how long the replaced key is still good (default: not at all)
  --help             this text

As soon as there is a key, the server answers nobody without one, and may listen on other addresses than this machine's.
A running server with the embedded database has the same calls under /admin/keys.`;

const MINUTES = { d: 1_440, h: 60, m: 1 };
const LONGEST_LIFE_DAYS = 3_650;
const LONGEST_OVERLAP_DAYS = 30;
const PAGE = 200;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** What was asked for, and the call of a running server that does the same. */
interface Command {
  run: (keys: Keys, address: string) => Promise<void>;
  call: { method: string; path: string; body?: object };
}

interface Options {
  user?: string | undefined;
  role?: string | undefined;
  name?: string | undefined;
  expires?: string | undefined;
  overlap?: string | undefined;
}

/** Which options each command takes. */
const TAKEN: Record<string, readonly (keyof Options)[]> = {
  create: ['user', 'role', 'name', 'expires'],
  list: ['user'],
  revoke: [],
  rotate: ['overlap'],
};

/** Undefined when help was asked for. */
function readCommand(): Command | undefined {
  const text = { type: 'string' } as const;
  const { values, positionals } = readArguments({
    ...{ user: text, role: text, name: text, expires: text, overlap: text },
    help: { type: 'boolean', short: 'h' },
  });
  const { help, ...options } = values;
  if (help) return undefined;
  const [name = '', id, another] = positionals;
  const taken = TAKEN[name];
  if (!taken)
    throw new CommandError(
      `${name ? `There is no command "${name}". ` : ''}Say what to do: npm run keys -- create, list, revoke or rotate (--help explains them).`,
    );
  const strange = Object.keys(options).find((option) => !taken.some((one) => one === option));
  if (strange) throw new CommandError(`keys ${name} takes no --${strange}.`);
  const unexpected = name === 'revoke' || name === 'rotate' ? another : id;
  if (unexpected !== undefined) throw new CommandError(`keys ${name} does not take "${unexpected}".`);
  if (name === 'create') return readCreate(options);
  if (name === 'list') return readList(options);
  return name === 'revoke' ? readRevoke(keyId(name, id)) : readRotate(keyId(name, id), options);
}

function readCreate({ user, role = 'user', name, expires }: Options): Command {
  if (user === undefined) throw new CommandError('--user is missing; it takes whose key it is.');
  checkUser(user);
  const known = ROLES.find((one) => one === role);
  if (!known) throw new CommandError(`--role got "${role}"; it takes ${ROLES.join(', ')}.`);
  if (name !== undefined && (name.trim() === '' || name.length > 200))
    throw new CommandError('--name takes 1 to 200 characters.');
  const lifetimeMinutes = expires === undefined ? undefined : minutes('expires', expires, LONGEST_LIFE_DAYS);
  if (lifetimeMinutes === 0) throw new CommandError('--expires takes at least 1m.');
  const days = lifetimeMinutes === undefined ? undefined : Math.ceil(lifetimeMinutes / MINUTES.d);
  return {
    run: async (keys, address) => {
      showNew(await keys.create({ user, role: known, name: name?.trim(), lifetimeMinutes }), address);
      if (!(await keys.hasAdmin()))
        console.log('\nThere is no key of the role admin yet; calls under /admin take one.');
    },
    call: { method: 'POST', path: '/admin/keys', body: { user, role, name, expires_in_days: days } },
  };
}

function readList({ user }: Options): Command {
  if (user !== undefined) checkUser(user);
  return {
    run: async (keys) => {
      let before: string | undefined;
      let count = 0;
      for (let more = true; more; ) {
        const page = await keys.list({ user, limit: PAGE, before });
        for (const key of page.keys) console.log(line(key));
        count += page.keys.length;
        ({ more } = page);
        before = page.keys.at(-1)?.id;
      }
      if (count === 0) console.log(user === undefined ? 'There are no keys.' : `${user} has no keys.`);
    },
    call: {
      method: 'GET',
      path: `/admin/keys${user === undefined ? '' : `?user=${encodeURIComponent(user)}`}`,
    },
  };
}

function readRevoke(id: string): Command {
  return {
    run: async (keys) => console.log(`Revoked, from now on: ${line(await keys.revoke(id))}`),
    call: { method: 'DELETE', path: `/admin/keys/${id}` },
  };
}

function readRotate(id: string, { overlap = '0m' }: Options): Command {
  const overlapMinutes = minutes('overlap', overlap, LONGEST_OVERLAP_DAYS);
  return {
    run: async (keys, address) => {
      showNew(await keys.rotate(id, overlapMinutes), address);
      console.log(`\nThe key ${id} is good ${overlapMinutes > 0 ? `for ${overlap} more` : 'no more'}.`);
    },
    call: {
      method: 'POST',
      path: `/admin/keys/${id}/rotate`,
      body: { overlap_minutes: overlapMinutes },
    },
  };
}

function checkUser(user: string): void {
  if (!isUserId(user)) throw new CommandError(`--user ${USER_ID_RULE}.`);
}

function keyId(command: string, id: string | undefined): string {
  if (id !== undefined && UUID.test(id)) return id;
  const got = id === undefined ? 'is missing the id of a key' : `got "${id}", which is not the id of a key`;
  throw new CommandError(`keys ${command} ${got}; npm run keys -- list shows them.`);
}

function minutes(option: string, text: string, mostDays: number): number {
  const [, count, unit] = /^(\d{1,6})([dhm])$/.exec(text) ?? [];
  // The expression lets no other unit through.
  const found = Number(count) * MINUTES[unit as keyof typeof MINUTES];
  if (unit && found <= mostDays * MINUTES.d) return found;
  throw new CommandError(
    `--${option} got "${text}"; it takes a time like 90d, 12h or 30m, at most ${mostDays}d.`,
  );
}

function line({ id, userId, role, name, expiresAt, lastUsedAt, revokedAt }: ApiKey): string {
  const ends = revokedAt ?? expiresAt;
  const isOver = ends !== null && ends <= new Date();
  const state = isOver ? (revokedAt ? 'revoked' : 'expired') : `good${ends ? ' until' : ''}`;
  const used = lastUsedAt ? `last used ${lastUsedAt.toISOString()}` : 'never used';
  return [id, userId, role, name ?? '-', [state, ends?.toISOString()].filter(Boolean).join(' '), used].join(
    '  ',
  );
}

function showNew({ key, ...made }: NewKey, address: string): void {
  console.log(`${line(made)}

  ${key}

This is the key. It is shown now and never again; keep it where secrets are kept. It is used so:

  curl ${address}/assistant/ask -H 'Authorization: Bearer ${key}' --json '{"query":"My dog is called Luna"}'`);
}

/** What to do instead where the server has the database to itself. */
function insteadOf({ method, path, body }: Command['call'], address: string): string {
  const given = body === undefined ? '' : ` --json ${quoted(JSON.stringify(body))}`;
  const verb = method === 'GET' || body !== undefined ? '' : `-X ${method} `;
  return `The server is running, and the embedded database takes one process at a time. Have the server do it:

  curl ${verb}${quoted(address + path)}${given}

If there are keys already, add the one of an admin: -H 'Authorization: Bearer <key>'`;
}

/** One word for a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

async function run(command: Command, config: Config): Promise<void> {
  const address = config.port === 0 ? 'http://127.0.0.1:<port>' : configuredAddress(config);
  const database = await openDatabase(config.database, () => undefined).catch((error: unknown) => {
    if (!(error instanceof DatabaseInUseError)) throw error;
    throw new CommandError(insteadOf(command.call, address), { cause: error });
  });
  try {
    const keys = createKeys({
      executor: database.executor,
      // A server looks for itself whether there are keys.
      openness: { shut: () => () => undefined, mayBeOpen: () => true },
      hasOtherAdmins: config.oidc?.roleClaim !== undefined,
    });
    await command.run(keys, address);
  } finally {
    await database.close();
  }
}

try {
  const command = readCommand();
  if (command) await run(command, readConfig(process.env));
  else console.log(HELP);
} catch (error) {
  const isPlain = [CommandError, StartupError, ProblemError].some((kind) => error instanceof kind);
  console.error(isPlain && error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
