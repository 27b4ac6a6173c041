import { quoted } from '../../workspace/sandbox/names.ts';
import { oneLine, type VariableDefinition } from './blueprint.ts';
import { NAME_WORDS, type ProjectNames } from './project-names.ts';

/** A placeholder; with spaces inside the braces it is none, so that the files of a template engine stay as they are. */
const PLACEHOLDER = /\{\{([a-z][a-z0-9_]*)\}\}/g;

/** A value whose default refers to others, some of which refer to others again, may not grow without end. */
const LONGEST_FILLED_IN = 2_000;

/** What stands for each placeholder. */
export type Values = ReadonlyMap<string, string>;

/** Fills in the placeholders that have a value; all others are text. */
export function fillIn(text: string, values: Values, quote: (value: string) => string = String): string {
  return text.replaceAll(PLACEHOLDER, (whole, name: string) => {
    const value = values.get(name);
    return value === undefined ? whole : quote(value);
  });
}

/** The placeholders of a text. */
function placeholdersIn(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '');
}

interface Given {
  definitions: Readonly<Record<string, VariableDefinition>>;
  given: Readonly<Record<string, unknown>>;
  names: ProjectNames;
}

/** The value of each variable, from what was given and from the defaults; or all that is wrong with them, each as a sentence. */
export function resolveVariables({
  definitions,
  given,
  names,
}: Given): { values: Values } | { faults: string[] } {
  const faults = Object.keys(given)
    .filter((name) => !Object.hasOwn(definitions, name))
    .map((name) => unknown(name, Object.keys(definitions)));
  const texts = new Map<string, string>();
  for (const [name, definition] of Object.entries(definitions)) {
    if (isNameWord(name)) {
      faults.push(`variables.${name}: is made from the project's name and cannot be declared`);
      continue;
    }
    const isGiven = Object.hasOwn(given, name);
    const value = isGiven ? given[name] : definition.default;
    const fault = value === undefined ? 'must be given' : faultOfValue(value, definition);
    if (fault !== undefined) faults.push(`variables.${name}: ${fault}`);
    // What a person gives is text; only a default refers to other values.
    else texts.set(name, isGiven ? escapeBraces(String(value)) : String(value));
  }
  if (faults.length > 0) return { faults };
  return resolveReferences(texts, names);
}

function unknown(name: string, known: string[]): string {
  return `variables.${name.slice(0, 40)}: is no variable here; there ${known.length === 0 ? 'are none' : `are ${known.join(', ')}`}`;
}

function isNameWord(name: string): boolean {
  return NAME_WORDS.some((word) => word === name);
}

function faultOfValue(value: unknown, definition: VariableDefinition): string | undefined {
  if (definition.type === 'integer') {
    const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = definition;
    const fits = typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum;
    return fits ? undefined : `takes a whole number from ${minimum} to ${maximum}`;
  }
  const parsed = oneLine.safeParse(value);
  if (!parsed.success) return parsed.error.issues[0]?.message ?? 'takes a text';
  if (definition.enum !== undefined && !definition.enum.includes(parsed.data))
    return `takes one of ${definition.enum.map(quoted).join(', ')}`;
  return undefined;
}

/** Marks a text as not to be read for placeholders. */
const OPENED = '\u0001';

function escapeBraces(text: string): string {
  return text.replaceAll('{{', OPENED);
}

/** Fills in what the defaults refer to, each other included. */
function resolveReferences(
  texts: ReadonlyMap<string, string>,
  names: ProjectNames,
): { values: Values } | { faults: string[] } {
  const values = new Map<string, string>(NAME_WORDS.map((word) => [word, names[word]]));
  const left = new Map(texts);
  while (left.size > 0) {
    const ready = [...left].filter(([, text]) => placeholdersIn(text).every((name) => !left.has(name)));
    if (ready.length === 0) {
      return { faults: [`variables: ${[...left.keys()].join(', ')} refer to each other in a circle`] };
    }
    for (const [name, text] of ready) {
      const value = fillIn(text, values);
      if (value.length > LONGEST_FILLED_IN)
        return {
          faults: [`variables.${name}: has more than ${LONGEST_FILLED_IN} characters with what it refers to`],
        };
      values.set(name, value);
      left.delete(name);
    }
  }
  return { values: new Map([...values].map(([name, value]) => [name, value.replaceAll(OPENED, '{{')])) };
}
