import { z } from 'zod';

/** A placeholder's name, as it stands between double braces. */
export const VARIABLE_NAME = /^[a-z][a-z0-9_]{0,39}$/;
const LONGEST_VALUE = 300;
/** More than this nobody sets, and finding out which refers to which would take long. */
const MOST_VARIABLES = 100;

/** Whether there are few enough variables. */
export function areFew(variables: object): boolean {
  return Object.keys(variables).length <= MOST_VARIABLES;
}

export const TOO_MANY_VARIABLES = `takes at most ${MOST_VARIABLES} variables`;

/** A value that a file can hold: one line without control characters. Not as a pattern, which a model's server may not understand. */
export const oneLine = z
  .string('takes a text')
  .max(LONGEST_VALUE, `takes at most ${LONGEST_VALUE} characters`)
  .refine(
    (text) => !/[\p{Control}\p{Line_Separator}\p{Paragraph_Separator}]/u.test(text),
    'takes one line, without control characters',
  );

const wholeNumber = z.number('takes a whole number').int('takes a whole number');

/** What a person can set; without a default it must be given. */
export const variableDefinition = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      type: z.literal('string'),
      description: z.string().max(200).optional(),
      default: oneLine.optional(),
      enum: z.array(oneLine).min(1).max(50).optional(),
    }),
    z.strictObject({
      type: z.literal('integer'),
      description: z.string().max(200).optional(),
      default: wholeNumber.optional(),
      minimum: wholeNumber.optional(),
      maximum: wholeNumber.optional(),
    }),
  ],
  'takes "string" or "integer" as type',
);

export const variableDefinitions = z
  .record(
    z.string().regex(VARIABLE_NAME, 'takes names of lower-case letters, digits and "_"'),
    variableDefinition,
  )
  .refine(areFew, TOO_MANY_VARIABLES);

export type VariableDefinition = z.infer<typeof variableDefinition>;

/** A file before its placeholders are filled in. */
export interface BlueprintFile {
  /** Relative to the project, with "/"; it may hold placeholders. */
  path: string;
  content: Buffer;
  executable: boolean;
}

/** A project before its name and variables are known: what a template and a plan both come down to. */
export interface Blueprint {
  files: BlueprintFile[];
  /** Folders that would be empty. */
  folders: string[];
  variables: Record<string, VariableDefinition>;
  /** Whether the files may also use the words made from the project's name. */
  usesNames: boolean;
  /** Commands with which to start, in their order. */
  run: string[];
  limits: BlueprintLimits;
}

/** How much a project may hold when it is made. */
export interface BlueprintLimits {
  /** Files and folders together, those on the way included. */
  entries: number;
  /** Of one file, in bytes. */
  fileBytes: number;
  /** Of all files. */
  bytes: number;
  /** Names in a path. */
  depth: number;
}

/** A file as it is to be written. */
export interface ProjectFile {
  path: string;
  content: Buffer;
  executable: boolean;
}

/** The files of a project, its placeholders filled in and found harmless. */
export interface ProjectTree {
  files: ProjectFile[];
  folders: string[];
  run: string[];
}
