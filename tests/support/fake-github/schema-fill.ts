import { componentSchema, referenceName, type Schema } from './openapi.ts';

/**
 * What the fake models, completed with the dullest values that fit for whatever else the description requires of
 * such an object: null, nothing, zero, the first of a list. So an answer has every field that GitHub's has. What is
 * known and not part of this kind of object is left out, as a short form of a repository leaves out its settings.
 */
export function filled(name: string, known: Record<string, unknown>): Record<string, unknown> {
  const base = typeof known.url === 'string' ? known.url : 'https://api.github.com';
  const result: Record<string, unknown> = {};
  const parts = objectParts(componentSchema(name));
  for (const { required, properties } of parts) {
    for (const field of required ?? []) {
      if (!(field in known) && properties?.[field])
        result[field] = dullest(properties[field], { field, base });
    }
  }
  for (const [field, value] of Object.entries(known)) {
    if (value !== undefined && parts.some(({ properties }) => properties?.[field])) result[field] = value;
  }
  return result;
}

function objectParts(schema: Schema): Schema[] {
  if (schema.$ref) return objectParts(componentSchema(referenceName(schema.$ref)));
  return [schema, ...(schema.allOf ?? []).flatMap(objectParts)];
}

function dullest(schema: Schema, place: { field: string; base: string }): unknown {
  if (schema.nullable) return null;
  if (schema.$ref) return dullest(componentSchema(referenceName(schema.$ref)), place);
  if (schema.enum) return schema.enum[0];
  if (schema.type === 'object' || schema.properties || schema.allOf) {
    const parts = objectParts(schema);
    const fields = parts.flatMap(({ required = [], properties }) =>
      required.flatMap((field) => (properties?.[field] ? [[field, properties[field]] as const] : [])),
    );
    return Object.fromEntries(fields.map(([field, inner]) => [field, dullest(inner, { ...place, field })]));
  }
  const [first] = schema.oneOf ?? schema.anyOf ?? [];
  if (first) return dullest(first, place);
  if (schema.type === 'array') return [];
  if (schema.type === 'boolean') return false;
  if (schema.type === 'integer' || schema.type === 'number') return 0;
  if (schema.format === 'date-time') return '2020-01-01T00:00:00Z';
  if (schema.format?.startsWith('uri') || place.field.endsWith('_url')) {
    return `${place.base}/${place.field.replace(/_url$/, '')}`;
  }
  return '';
}
