import { type ParseError, parse } from 'jsonc-parser';

/** JSON with comments and final commas, as settings are written; undefined where it is broken. */
export function readJsonc(text: string): unknown {
  const errors: ParseError[] = [];
  try {
    const value: unknown = parse(text.replace(/^\uFEFF/, ''), errors, { allowTrailingComma: true });
    return errors.length > 0 ? undefined : value;
  } catch (error) {
    // Thousands of brackets in each other are more than the stack takes.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
