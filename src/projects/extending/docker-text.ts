/** A path or a word in a line of a Dockerfile that a shell reads. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** `COPY` of some files; the form with brackets is the one that takes blanks. */
export function copyLine(sources: readonly string[], target: string, from?: string): string {
  const flag = from === undefined ? '' : `--from=${from} `;
  const words = [...sources, target];
  const isPlain = words.every((word) => /^[\w@./-]+$/.test(word));
  const escaped = words.map((word) => word.replaceAll('$', '\\$'));
  return `COPY ${flag}${isPlain ? words.join(' ') : `[${escaped.map((word) => JSON.stringify(word)).join(', ')}]`}`;
}

/** `CMD` without a shell, so that signals reach the program. */
export function commandLine(words: readonly string[]): string {
  return `CMD [${words.map((word) => JSON.stringify(word)).join(', ')}]`;
}
