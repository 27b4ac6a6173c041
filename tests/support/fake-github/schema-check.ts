import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { componentSchema, referenceName, type Schema } from './openapi.ts';

// Formats that only GitHub's description has; they say nothing that a check could use.
const OWN_FORMATS = ['repo.nwo', 'timestamp', 'uri-template'];
const KEYWORDS = ['type', 'format', 'enum', 'required', 'minimum', 'maximum', 'minLength', 'maxLength'];
const MORE_KEYWORDS = ['pattern', 'minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties'];
const CONDITIONS = ['allOf', 'anyOf', 'oneOf'] as const;

function newAjv(coerceTypes: boolean): Ajv {
  const ajv = new Ajv({ strict: false, validateSchema: false, coerceTypes, inlineRefs: false });
  // The package is CommonJS: under Node its default export is the module's `default`.
  (formats as unknown as (target: Ajv, names: string[]) => void)(ajv, [
    'date',
    'date-time',
    'email',
    'uri',
    'int32',
    'int64',
    'double',
  ]);
  for (const name of OWN_FORMATS) ajv.addFormat(name, true);
  ajv.addFormat('binary', true);
  return ajv;
}

/** Checks values against schemas of the description; each schema is compiled once, when it is first used. */
const strict = { ajv: newAjv(false), compiled: new Map<Schema, ValidateFunction>() };
const lenient = { ajv: newAjv(true), compiled: new Map<Schema, ValidateFunction>() };

/** What does not fit, a sentence each. With `coerce`, text such as `"30"` counts as the number, and becomes it. */
export function misfits(schema: Schema, value: unknown, coerce = false): string[] {
  const { ajv, compiled } = coerce ? lenient : strict;
  let validate = compiled.get(schema);
  if (!validate) {
    addReferenced(ajv, schema);
    validate = ajv.compile(converted(schema));
    compiled.set(schema, validate);
  }
  return validate(value) ? [] : (validate.errors ?? []).map(sentence);
}

function sentence({ instancePath, message, params }: ErrorObject): string {
  const detail = 'allowedValues' in params ? ` ${JSON.stringify(params.allowedValues)}` : '';
  const extra = 'additionalProperty' in params ? ` (${params.additionalProperty})` : '';
  return `${instancePath || 'the whole'} ${message}${detail}${extra}`;
}

/** Registers every component that a schema reaches, so that only those are ever compiled. */
function addReferenced(ajv: Ajv, schema: Schema): void {
  for (const name of references(schema)) {
    if (ajv.schemas[name] !== undefined) continue;
    const component = componentSchema(name);
    ajv.addSchema({ $id: name, ...converted(component) });
    addReferenced(ajv, component);
  }
}

function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'examples' || key === 'example' || key === 'default' || key === 'discriminator') return [];
    return key === '$ref' && typeof inner === 'string' ? [referenceName(inner)] : references(inner);
  });
}

/** OpenAPI 3.0 as JSON Schema: `nullable` becomes a second possibility, references name components. */
function converted(schema: Schema): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  if (schema.$ref) {
    result.$ref = referenceName(schema.$ref);
  } else {
    for (const key of [...KEYWORDS, ...MORE_KEYWORDS]) if (key in schema) result[key] = schema[key];
    for (const key of CONDITIONS) if (schema[key]) result[key] = schema[key].map(converted);
    if (schema.not) result.not = converted(schema.not as Schema);
    if (schema.items) result.items = converted(schema.items);
    if (schema.properties) {
      const properties = Object.entries(schema.properties);
      result.properties = Object.fromEntries(properties.map(([name, inner]) => [name, converted(inner)]));
    }
    const { additionalProperties } = schema;
    if (typeof additionalProperties === 'object') {
      result.additionalProperties = converted(additionalProperties);
    } else if (additionalProperties === false) {
      result.additionalProperties = false;
    }
  }
  return schema.nullable ? { anyOf: [result, { type: 'null' }] } : result;
}

/** Paths of fields that the description does not name where it names fields; GitHub ignores or never sends them. */
export function unknownFields(schemas: Schema[], value: unknown, path = ''): string[] {
  const shapes = schemas.flatMap(alternatives);
  if (Array.isArray(value)) {
    const items = shapes.flatMap(({ items }) => (items ? [items] : []));
    return items.length === 0 ? [] : value.flatMap((item, at) => unknownFields(items, item, `${path}/${at}`));
  }
  if (typeof value !== 'object' || value === null) return [];
  const objects = shapes.filter(({ properties, additionalProperties }) => properties ?? additionalProperties);
  const free = shapes.some(
    ({ type, properties, additionalProperties }) =>
      typeof additionalProperties === 'object' ||
      additionalProperties === true ||
      (type === 'object' && !properties),
  );
  if (objects.length === 0) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const known = objects.flatMap(({ properties }) => {
      const found = properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
      return found ? [found] : [];
    });
    if (known.length > 0) return unknownFields(known, inner, `${path}/${name}`);
    return free ? [] : [`${path}/${name}`];
  });
}

/** The schemas that a value may follow, references and conditions opened. */
function alternatives(schema: Schema): Schema[] {
  if (schema.$ref) return alternatives(componentSchema(referenceName(schema.$ref)));
  const inner = CONDITIONS.flatMap((key) => schema[key] ?? []).flatMap(alternatives);
  return schema.properties || schema.items || inner.length === 0 ? [schema, ...inner] : inner;
}
