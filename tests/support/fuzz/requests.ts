import fc from 'fast-check';
import type { Operation, Parameter } from './operations.ts';
import { fitting, idOf, nearlyFitting, oddText, oddValue } from './schema-values.ts';

/** A request before the ids in it are filled in. */
export interface Request {
  operation: Operation;
  method: string;
  /** The path with its query, percent-encoded, or meant to be wrong. */
  target: string;
  headers: Record<string, string>;
  body: Buffer | undefined;
}

/** Pieces of paths that are there to be misread. */
const ODD_PIECES = [
  ...[
    '..',
    '%2e%2e',
    '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
    '..%5c..',
    '%00',
    'a%00b',
    '%',
    '%zz',
    '%E0%A4%A',
    '%ff',
  ],
  ...[
    '',
    '.',
    '%2f',
    '%5c',
    '%20',
    '__proto__',
    'constructor',
    '-1',
    '0',
    '1e3',
    '%F0%9F%91%BB',
    'null',
    '~',
    ';a=b',
    '%0d%0aX:%20y',
  ],
  ...[
    'a'.repeat(5_001),
    '%61'.repeat(1_700),
    '../'.repeat(300),
    'a/'.repeat(600),
    encodeURIComponent('語'.repeat(300)),
  ],
];
const ODD_BODIES = [
  ...[
    '',
    ' ',
    '{',
    '}',
    'null',
    '[]',
    '"x"',
    '0',
    'true',
    '{"a":1,"a":2}',
    '{"query":"a","query":7}',
    '{"query":1e999999}',
  ],
  ...[
    '{"__proto__":{"x":1}}',
    '{"query":{"__proto__":{"x":1}}}',
    '\ufeff{"query":"a"}',
    '{"query":"\\ud800"}',
    '{"query":"\\u0000"}',
  ],
  ...[
    "{'query':'a'}",
    '{"query":"a",}',
    '{"query":"a"}{"query":"b"}',
    '{"query":NaN}',
    '['.repeat(20_000),
    '{"a":'.repeat(5_000),
  ],
  ...[
    '--x\r\nContent-Disposition: form-data; name="file"; filename="a.md"\r\n\r\n# Hello\r\n--x--\r\n',
    '--x\r\n\r\n--x',
    '--x--',
  ],
  ...[
    '--x\r\nContent-Disposition: form-data; name="path"\r\n\r\n../../a\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="../a"\r\n\r\nb\r\n--x--\r\n',
  ],
  ...[
    '{"session":"s","role":"user","content":"Luna barks","created_at":"2025-03-04T18:02:11Z"}\n{"session":\n\n\0\n',
    'data: x\n\n',
  ],
].map((text) => Buffer.from(text));
ODD_BODIES.push(
  Buffer.from([0xff, 0xfe, 0x22, 0x80]),
  Buffer.from('1f8b0800000000000003', 'hex'),
  Buffer.alloc(70_000),
);
const CONTENT_TYPES = [
  ...[
    'application/json',
    'application/json; charset=latin1',
    'APPLICATION/JSON;;',
    'text/plain',
    'x',
    '',
    '*/*',
    'application/problem+json',
  ],
  ...[
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'multipart/form-data; boundary=x',
    'multipart/form-data; boundary="',
  ],
  ...['application/x-ndjson', 'application/octet-stream', `application/${'x'.repeat(3_000)}`],
];
/** Headers that any operation may get, declared or not. */
const HEADERS: Record<string, string[]> = {
  'idempotency-key': ['k1', 'k2', 'k3', '', 'a b', 'x'.repeat(256), '\u00e9', '__proto__'],
  'last-event-id': ['0', '1', '3', '-1', 'x', '999999999', '9999999999', ''],
  accept: ['*/*', 'text/event-stream', 'application/json', 'image/png', 'application/json;q=0', ''],
  'x-request-id': ['abc-123', '', 'x'.repeat(500), 'a b', '\u00ff', '{"a":1}'],
  'x-user-id': ['eve', '', '../eve'],
  range: ['bytes=0-', 'bytes=-0', 'bytes=99999999999999999999-', 'x'],
  authorization: ['Bearer x', 'Bearer', 'Basic eDp4', 'Bearer ttl_x_y', ''],
  'content-encoding': ['gzip', 'identity'],
  expect: ['100-continue'],
  origin: ['https://evil.example', 'null'],
  'x-forwarded-for': ['1.2.3.4', 'x, y'],
  'x-http-method-override': ['DELETE'],
};

/** Requests of one operation: fitting ones, nearly fitting ones, and rubbish. */
export function requestsOf(operation: Operation): fc.Arbitrary<Request> {
  const method = fc.oneof(
    { weight: 40, arbitrary: fc.constant(operation.method) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('HEAD', 'OPTIONS', 'DELETE', 'PUT', 'PATCH', 'POST', 'PROPFIND'),
    },
  );
  return fc
    .tuple(method, pathOf(operation), queryOf(operation), headersOf(operation), bodyOf(operation))
    .map(([method, path, query, headers, { bytes, type }]) => {
      const sends = bytes !== undefined && !['GET', 'HEAD', 'OPTIONS'].includes(method);
      return {
        ...{ operation, method, target: `${path}${query}` },
        headers: { ...headers, ...(sends && type !== undefined ? { 'content-type': type } : {}) },
        body: sends ? bytes : undefined,
      };
    });
}

function pathOf({ path, parameters }: Operation): fc.Arbitrary<string> {
  const pieces = path.split('/').slice(1);
  return fc
    .tuple(
      ...pieces.map((piece, place) => {
        const name = /^\{(.+)\}$/.exec(piece)?.[1];
        if (name === undefined) return fc.constant(piece);
        const parameter = parameters.find((one) => one.in === 'path' && one.name === name);
        const kind = pieces[place - 1] ?? '';
        return pieceOf(
          name,
          parameter,
          name === 'id' && parameter?.schema.format === 'uuid' ? kind : undefined,
        );
      }),
    )
    .map((made) => `/${made.join('/')}`);
}

function pieceOf(name: string, parameter: Parameter | undefined, kind: string | undefined) {
  const schema = parameter?.schema ?? { type: 'string' };
  const given = kind === undefined ? fitting(schema, name) : idOf(kind);
  const encoded = (value: unknown) =>
    encodeURIComponent(`${value}`.toWellFormed())
      .slice(0, 6_000)
      .replaceAll(/%2F/g, name === '*' ? '/' : '%2F');
  return fc.oneof(
    { weight: 40, arbitrary: given.map(encoded) },
    { weight: 1, arbitrary: oddText.map(encoded) },
    { weight: 1, arbitrary: fc.constantFrom(...ODD_PIECES) },
  );
}

function queryOf({ parameters }: Operation): fc.Arbitrary<string> {
  const declared = parameters.filter((one) => one.in === 'query');
  const values = declared.map(({ name, schema, required }) =>
    fc.oneof(
      { weight: required ? 0 : 12, arbitrary: fc.constant('') },
      { weight: 6, arbitrary: fitting(schema, name).map((value) => pair(name, value)) },
      { weight: 1, arbitrary: fc.oneof(oddText, oddValue).map((value) => pair(name, value)) },
      { weight: 1, arbitrary: fc.constantFrom(`${name}`, `${name}[]=1`, `${name}=1&${name}=2`, `${name}=%`) },
    ),
  );
  const odd = fc.oneof(
    { weight: 20, arbitrary: fc.constant('') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('__proto__=1', 'extra=1', '&&', '=', 'a[b][c]=1', '%00=%00', '%ff', '?'),
    },
  );
  return fc.tuple(odd, ...values).map((pairs) => {
    const given = pairs.filter(Boolean).join('&');
    return given === '' ? '' : `?${given}`;
  });
}

function pair(name: string, value: unknown): string {
  return `${name}=${encodeURIComponent(`${value}`.toWellFormed()).slice(0, 6_000)}`;
}

function headersOf({ parameters }: Operation): fc.Arbitrary<Record<string, string>> {
  const declared = parameters
    .filter((one) => one.in === 'header')
    .map(
      ({ name, schema }) => [name, fc.option(fitting(schema, name), { freq: 2, nil: undefined })] as const,
    );
  const [first, ...others] = Object.entries(HEADERS).map(([name, values]) =>
    fc.constantFrom(...values).map((value) => ({ [name]: value })),
  );
  const odd = fc.oneof({ weight: 70, arbitrary: fc.constant({}) }, first ?? fc.constant({}), ...others);
  return fc
    .tuple(odd, fc.record(Object.fromEntries<fc.Arbitrary<unknown>>(declared), { noNullPrototype: true }))
    .map(([one, others]) => ({ ...others, ...one }))
    .map((given) =>
      Object.fromEntries(
        Object.entries(given)
          .filter(([, value]) => value !== undefined)
          // What no client can send in a header is left to the bodies.
          .map(([name, value]) => [
            name,
            `${value}`.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '').slice(0, 2_000),
          ]),
      ),
    );
}

function bodyOf(operation: Operation): fc.Arbitrary<{ bytes: Buffer | undefined; type: string | undefined }> {
  const usual = usualBody(operation);
  const rubbish = fc.record({
    bytes: fc.constantFrom(...ODD_BODIES),
    type: fc.constantFrom(...CONTENT_TYPES),
  });
  return fc.oneof(
    { weight: 30, arbitrary: usual },
    {
      weight: 1,
      arbitrary: fc.tuple(usual, fc.constantFrom(...CONTENT_TYPES)).map(([one, type]) => ({ ...one, type })),
    },
    { weight: 1, arbitrary: rubbish },
    { weight: 1, arbitrary: rubbish.map(({ bytes }) => ({ bytes, type: 'application/json' })) },
  );
}

const LINE = {
  type: 'object',
  properties: {
    ...{
      session: { type: 'string', maxLength: 200 },
      role: { enum: ['user', 'assistant'] },
      name: { type: 'string' },
    },
    ...{ content: { type: 'string' }, created_at: { type: 'string', format: 'date-time' } },
  },
  required: ['session', 'role', 'content', 'created_at'],
};

/** What the operation takes, of the type that it takes. */
function usualBody({
  method,
  path,
  body,
}: Operation): fc.Arbitrary<{ bytes: Buffer | undefined; type: string | undefined }> {
  if (path === '/memory/import') {
    return fc
      .array(fc.oneof(fitting(LINE, ''), nearlyFitting(LINE, '')), { maxLength: 5 })
      .map((lines) => ({ bytes: Buffer.from(lines.map(jsonOf).join('\n')), type: 'application/x-ndjson' }));
  }
  if (body) {
    return fc
      .oneof({ weight: 3, arbitrary: fitting(body, '') }, { weight: 1, arbitrary: nearlyFitting(body, '') })
      .map((value) => ({ bytes: Buffer.from(jsonOf(value)), type: 'application/json' }));
  }
  if (method !== 'PUT' && method !== 'POST') return fc.constant({ bytes: undefined, type: undefined });
  const json = fc.jsonValue().map(jsonOf);
  return fc
    .oneof(oddText, json)
    .map((text) => ({ bytes: Buffer.from(text), type: 'application/octet-stream' }));
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value) ?? '';
}

/** Where a path's ids come from, and where those of its answers belong. */
export function kindOfPath(path: string): string {
  const kinds = path
    .split('/')
    .filter((piece) => /^(sessions|runs|documents|changes|approvals|messages|keys|jobs)$/.test(piece));
  return kinds.at(-1) ?? 'changes';
}
