import type { Operation, Schema } from './openapi.ts';
import { misfits, unknownFields } from './schema-check.ts';

/** What of a request does not fit, and how GitHub would answer that. */
interface RequestVerdict {
  violations: string[];
  /** Query and path parameters with numbers as numbers. */
  query: Record<string, unknown>;
  refusal: { status: number; message: string } | undefined;
}

/** Checks a request's parameters and body against the description. */
export function checkRequest(
  operation: Operation,
  request: { path: Record<string, string>; query: URLSearchParams; body: unknown },
): RequestVerdict {
  const violations: string[] = [];
  let refusal: RequestVerdict['refusal'];
  for (const parameter of operation.parameters.filter(({ in: place }) => place === 'path')) {
    const wrong = misfits(boxed(parameter.schema), { value: request.path[parameter.name] }, true);
    violations.push(...wrong.map((sentence) => `the path's ${parameter.name}: ${sentence}`));
    if (wrong.length > 0) refusal = { status: 404, message: 'Not Found' };
  }
  const { query, wrong } = checkQuery(operation, request.query);
  violations.push(...wrong);
  const { fatal, ignored } = checkBody(operation, request.body);
  violations.push(...fatal, ...ignored);
  if (fatal.length > 0) refusal ??= { status: 422, message: `Invalid request.\n\n${fatal.join('\n')}` };
  return { violations, query, refusal };
}

/** A parameter in an object, because a value by itself cannot be turned into a number in place. */
const boxes = new Map<Schema, Schema>();

function boxed(schema: Schema): Schema {
  const box = boxes.get(schema) ?? { type: 'object', properties: { value: schema }, required: ['value'] };
  boxes.set(schema, box);
  return box;
}

function checkQuery(operation: Operation, given: URLSearchParams) {
  const query: Record<string, unknown> = {};
  const wrong: string[] = [];
  const known = operation.parameters.filter(({ in: place }) => place === 'query');
  for (const { name, required, schema } of known) {
    const value = given.get(name);
    if (value === null) {
      if (required) wrong.push(`the query lacks ${name}`);
      continue;
    }
    const box = { value };
    const misfit = misfits(boxed(schema), box, true);
    wrong.push(...misfit.map((sentence) => `the query's ${name}: ${sentence}`));
    query[name] = misfit.length > 0 ? value : box.value;
  }
  for (const name of given.keys()) {
    if (!known.some((parameter) => parameter.name === name)) wrong.push(`the query has an unknown ${name}`);
  }
  // The description has this only in its prose; GitHub gives 100 and says nothing.
  if (Number(query.per_page ?? 1) > 100) wrong.push('the query asks for more than 100 in a page');
  return { query, wrong };
}

function checkBody({ body }: Operation, given: unknown): { fatal: string[]; ignored: string[] } {
  if (!body?.schema) {
    const empty = given === undefined || (typeof given === 'object' && Object.keys(given ?? {}).length === 0);
    return { fatal: [], ignored: empty ? [] : ['a body was sent where none belongs'] };
  }
  if (given === undefined) return { fatal: body.required ? ['the body is missing'] : [], ignored: [] };
  return {
    fatal: misfits(body.schema, given).map((sentence) => `the body: ${sentence}`),
    ignored: unknownFields([body.schema], given).map((field) => `the body has an unknown ${field}`),
  };
}

// GitHub answers these from any operation, whether it lists them or not.
const GENERAL: Record<number, Schema[]> = {
  404: [{ $ref: '#/components/schemas/basic-error' }],
  422: [
    { $ref: '#/components/schemas/validation-error' },
    { $ref: '#/components/schemas/validation-error-simple' },
  ],
};

/** What of an answer does not fit the description. `body` is undefined for an answer without JSON. */
export function checkAnswer(
  operation: Operation | undefined,
  answer: { status: number; body: unknown; json: boolean },
): string[] {
  const { status, body, json } = answer;
  const described = operation?.responses.get(status);
  if (status < 300 && operation && !operation.responses.has(status)) {
    return [`the answer ${status} is not described`];
  }
  if (!json) return [];
  if (status < 300 && !described) return [`the answer ${status} has a body, but none is described`];
  const general = GENERAL[status] ?? (GENERAL[404] as Schema[]);
  const schemas = described ? [described, ...(status < 300 ? [] : general)] : general;
  const found = schemas.map((schema) => misfits(schema, body));
  const wrong = found.some((list) => list.length === 0) ? [] : (found[0] ?? []);
  // Bodies of errors carry the status, and what is wrong; only some of their schemas have them.
  const shapes = status < 300 ? schemas : [...schemas, ...Object.values(GENERAL).flat()];
  return [
    ...wrong.map((sentence) => `the answer ${status}: ${sentence}`),
    ...unknownFields(shapes, body).map((field) => `the answer ${status} has an unknown ${field}`),
  ];
}
