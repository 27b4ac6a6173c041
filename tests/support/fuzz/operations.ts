import type { Schema } from './schema-values.ts';

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Schema;
}

type Content = Record<string, { schema?: Schema }>;

/** A method at a path, as the OpenAPI document has it. */
export interface Operation {
  method: string;
  /** With `{name}` for each parameter. */
  path: string;
  parameters: Parameter[];
  body: Schema | undefined;
  /** By status: `200`, or `4XX`. */
  responses: Record<string, { content?: Content }>;
}

export interface OpenApi {
  paths: Record<string, Record<string, OpenApiOperation>>;
}

interface OpenApiOperation {
  parameters?: Parameter[];
  requestBody?: { content: Content };
  responses: Operation['responses'];
}

/** Every operation of an OpenAPI document. */
export function operationsOf({ paths }: OpenApi): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      body: requestBody?.content['application/json']?.schema,
      responses,
    })),
  );
}

/** What an operation says of an answer with this status; undefined where it does not name it. */
export function documented({ responses }: Operation, status: number): { content?: Content } | undefined {
  const group = `${Math.floor(status / 100)}XX`;
  return responses[status] ?? responses[group] ?? responses[group.toLowerCase()] ?? responses.default;
}

/** The operation that a request comes to, which is not always the one it was made for; undefined if there is none. */
export function operationAt(operations: Operation[], method: string, target: string): Operation | undefined {
  const path = target.split('?', 1)[0] ?? '';
  const fitting = operations.filter((one) => one.method === method && patternOf(one.path).test(path));
  return fitting.toSorted((one, other) => one.path.split('{').length - other.path.split('{').length)[0];
}

function patternOf(path: string): RegExp {
  const pieces = path
    .replace(/\/$/, '')
    .split('/')
    .map((piece) => {
      if (piece === '{*}') return '.*';
      return piece.startsWith('{') ? '[^/]+' : piece;
    });
  return new RegExp(`^${pieces.join('/')}/?$`);
}
