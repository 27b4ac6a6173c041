/** How a project writes its code. */
export interface Style {
  indent: string;
  quote: '"' | "'";
  semicolons: boolean;
  /** After the last argument of a call on several lines. */
  finalCommas: boolean;
  eol: '\n' | '\r\n';
  finalNewline: boolean;
  /** How long a line may be. */
  width: number;
}

/** A string of JavaScript in the quotes of the style. */
export function quoted(text: string, { quote }: Pick<Style, 'quote'>): string {
  const inside = JSON.stringify(text).slice(1, -1);
  return quote === '"' ? `"${inside}"` : `'${inside.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** Text with `\n` as the project ends its lines. */
export function inLineEndings(text: string, eol: Style['eol']): string {
  const unix = text.replaceAll('\r\n', '\n');
  return eol === '\n' ? unix : unix.replaceAll('\n', '\r\n');
}
