import fc from 'fast-check';

/** The part of JSON Schema that the OpenAPI document of this server uses for what it takes. */
export interface Schema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
}

/** What texts of a name usually hold, so that many requests get past the first check. */
const WORDS: Record<string, string[]> = {
  query: [
    ...['My dog is called Luna', 'What is my dog called?', 'create notes/a.md with buy milk', 'undo that'],
    ...[
      'delete notes/a.md',
      'approve 4821',
      'list my files',
      'According to my documents, how long?',
      '¿Qué dije ayer?',
    ],
    ...[
      'create a TypeScript library called date-tools',
      'show the issues of shop',
      'import',
      'a OR b',
      '"',
      '%',
      '\\',
    ],
  ],
  path: [
    'notes/a.md',
    'notes',
    'a.txt',
    'b.json',
    'notes/b/c.md',
    '.',
    'docs/',
    '/etc',
    '../x',
    'a\\b',
    'x.zip',
    'CON',
  ],
  owner: ['ana', 'ana', 'ana', 'acme'],
  repo: ['shop', 'shop', 'shop', 'api'],
  branch: ['main', 'feature', 'feature/a'],
  name: ['date-tools', 'shop', 'main', 'v1.0.0', 'Ana'],
  number: ['1', '2'],
  title: ['Shopping', 'Fix it'],
  template: ['typescript-library', 'python-package', 'no-such'],
  find: ['milk', 'e', '\n'],
  patch: ['--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-milk\n+oats\n', '@@ -1 +1 @@'],
  session: ['chat with Ana'],
  encoding: ['utf-8', 'base64'],
  'x-github-event': ['issues', 'push', 'ping', 'pull_request'],
  'x-github-delivery': ['d1', 'd2', 'd3', 'd4'],
  range: ['bytes=0-3', 'bytes=-1', 'bytes=9-', 'bytes=5-1', 'bytes=0-1,3-4', 'lines=1-2'],
  'if-match': ['*', '"x"', 'W/"x"', '"x", "y"'],
};
for (const [name, like] of Object.entries({
  ...{
    from: 'path',
    to: 'path',
    paths: 'path',
    '*': 'path',
    deletions: 'path',
    project: 'path',
    after: 'path',
  },
  ...{ base: 'branch', head: 'branch', ref: 'branch', reason: 'title', content: 'query', message: 'title' },
  ...{ 'if-none-match': 'if-match', body: 'query', brief: 'query', description: 'query', labels: 'title' },
}))
  WORDS[name] = WORDS[like] ?? [];

/** Texts that programs stumble over. */
const ODD_TEXTS = [
  ...[
    '',
    ' ',
    '\n',
    '\0',
    'a\0b',
    '\ud800',
    'x\udc00y',
    '\ufeff',
    '\u202egnp.exe',
    'e\u0301'.repeat(50),
    '👩‍👩‍👧‍👦🏳️‍🌈',
    'ａ１',
    '\u2028',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'null',
    'undefined',
    'NaN',
    '-0',
    '1e309',
    '9'.repeat(400),
    '0x10',
    'true',
  ],
  ...[
    "'; drop table messages; --",
    '$1',
    '{{x}}',
    '$(x)',
    '<script>',
    '%s%n',
    '../../etc/passwd',
    '..\\..',
    'a'.repeat(300),
  ],
  ...[
    'x'.repeat(32_000),
    'x'.repeat(32_001),
    '語'.repeat(32_000),
    'ß'.repeat(4_097),
    'word '.repeat(4_000),
    '('.repeat(2_000),
  ],
];
const ODD_VALUES = [
  ...[null, true, 0, -1, 1.5, 1e21, 2 ** 53, -(2 ** 31), 5e-324, [], {}, [[]], [null], { a: {} }],
  nested(200),
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
];
const ODD_NAMES = ['extra', '__proto__', 'constructor', 'user_id', 'id', '', '\0', '👻', 'toString'];

export const oddText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...ODD_TEXTS),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
);

/** Any small JSON, odd values among it. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...ODD_VALUES),
  oddText,
  fc.jsonValue(),
);

/** A place for the id of something that exists: `~runs.7~` is the seventh run seen, counted round. */
export const idOf = (kind: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.nat(999).map((place) => `~${kind}.${place}~`) },
    { weight: 1, arbitrary: fc.nat(999).map((place) => `~any.${place}~`) },
    { weight: 1, arbitrary: fc.uuid({ version: 7 }) },
  );

/** Values that a schema takes. `name` is the parameter's or the field's. */
export function fitting(schema: Schema, name: string): fc.Arbitrary<unknown> {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((one) => fitting(one, name)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (Array.isArray(schema.type)) {
    return fc.oneof(...schema.type.map((type) => fitting({ ...schema, type }, name)));
  }
  if (schema.type === 'string') return fittingText(schema, name);
  if (schema.type === 'integer' || schema.type === 'number') return fittingNumber(schema);
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'null') return fc.constant(null);
  if (schema.type === 'array') {
    const { items = {}, minItems = 0, maxItems = 4 } = schema;
    return fc.array(fitting(items, name), {
      minLength: minItems,
      maxLength: Math.min(maxItems, minItems + 4),
    });
  }
  if (schema.type === 'object') return fittingObject(schema);
  return oddValue;
}

function fittingObject({
  properties = {},
  required = [],
  additionalProperties,
}: Schema): fc.Arbitrary<unknown> {
  if (typeof additionalProperties === 'object' && Object.keys(properties).length === 0) {
    return fc.dictionary(fc.stringMatching(/^\w{1,8}$/), fitting(additionalProperties, ''), { maxKeys: 4 });
  }
  const fields = Object.entries(properties).map(([key, schema]) => [key, fitting(schema, key)] as const);
  return fc.record(Object.fromEntries<fc.Arbitrary<unknown>>(fields), {
    requiredKeys: required,
    noNullPrototype: true,
  });
}

function fittingText({ format, pattern, minLength = 0, maxLength = 40_000 }: Schema, name: string) {
  if (format === 'uuid') return idOf(kindOf(name));
  const shape = pattern === undefined ? undefined : new RegExp(pattern);
  const fits = (text: string) =>
    text.length >= minLength && text.length <= maxLength && (shape?.test(text) ?? true);
  const known = (WORDS[name] ?? []).filter(fits);
  const odd = ODD_TEXTS.filter(fits);
  return fc.oneof(
    ...(known.length > 0 ? [{ weight: 20, arbitrary: fc.constantFrom(...known) }] : []),
    ...(odd.length > 0 ? [{ weight: 2, arbitrary: fc.constantFrom(...odd) }] : []),
    ...(maxLength < 10_000 && !shape
      ? [{ weight: 1, arbitrary: fc.constantFrom('x'.repeat(maxLength), '語'.repeat(maxLength)) }]
      : []),
    { weight: 2, arbitrary: madeText(format, shape).filter(fits) },
  );
}

function madeText(format: string | undefined, shape: RegExp | undefined): fc.Arbitrary<string> {
  if (format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  if (!shape) return fc.string({ unit: 'grapheme', minLength: 1 });
  // fast-check makes no texts for lookaheads; what those of ours exclude is rare among words.
  return fc.stringMatching(shape.source.includes('(?!') ? /^[A-Za-z][\w-]{0,20}$/ : shape);
}

function fittingNumber({ type, minimum = -1000, maximum = 10_000 }: Schema): fc.Arbitrary<number> {
  const [min, max] = [minimum, Math.max(minimum, maximum)];
  const edges = fc.constantFrom(min, max, Math.min(max, min + 1), Math.min(max, min + 2));
  const small = fc.integer({ min, max: Math.min(max, min + 20) });
  const whole = fc.integer({ min: Math.max(min, -(2 ** 31)), max: Math.min(max, 2 ** 31) });
  return fc.oneof(small, edges, whole, ...(type === 'number' ? [fc.double({ min, max, noNaN: true })] : []));
}

/** `session_id` names a session; `id` alone is left to who knows where it stands. */
export function kindOf(name: string): string {
  if (name === 'before' || name === 'after') return 'messages';
  return name.endsWith('_id') ? `${name.slice(0, -3)}s` : 'any';
}

/** A fitting value with one thing in it changed: left out, of another type, too long, added. */
export function nearlyFitting(schema: Schema, name: string): fc.Arbitrary<unknown> {
  return fc
    .tuple(
      fitting(schema, name),
      fc.nat(),
      fc.constantFrom(...SPOILERS),
      fc.constantFrom(...ODD_NAMES),
      oddValue,
    )
    .map(([value, place, spoil, oddName, odd]) => {
      const spots = spotsIn(value);
      const spot = spots[place % Math.max(1, spots.length)];
      if (!spot) return odd;
      const whole = structuredClone({ value });
      const [holder, key] = followed(whole, ['value', ...spot]);
      spoil(holder, key, { oddName, odd });
      return whole.value;
    });
}

type Holder = Record<string, unknown>;
type Spoiler = (holder: Holder, key: string, with_: { oddName: string; odd: unknown }) => void;

const SPOILERS: Spoiler[] = [
  (holder, key) => delete holder[key],
  (holder, key, { odd }) => {
    holder[key] = odd;
  },
  (holder, key) => {
    holder[key] = [holder[key]];
  },
  (holder, key) => {
    holder[key] = `${holder[key]}${'x'.repeat(32_001)}`;
  },
  (holder, key) => {
    holder[key] = `a\0${holder[key]}\ud800`;
  },
  (holder, key, { oddName, odd }) => {
    const target = typeof holder[key] === 'object' && holder[key] !== null ? holder[key] : holder;
    // As a field of its own, also where the name is __proto__.
    Object.defineProperty(target, oddName, {
      value: odd,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  },
];

function spotsIn(value: unknown): string[][] {
  const below = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const spots = below.flatMap(([key, one]) => spotsIn(one).map((spot) => [key, ...spot]));
  return [[], ...spots];
}

function followed(whole: Holder, [key = '', ...rest]: string[]): [Holder, string] {
  return rest.length === 0 ? [whole, key] : followed(whole[key] as Holder, rest);
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}
