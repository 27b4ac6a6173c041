/** Takes the lines of a logger, to be looked at. */
export function createLogSink() {
  let text = '';
  return {
    write: (line: string): void => {
      text += line;
    },
    text: (): string => text,
    // biome-ignore lint/suspicious/noExplicitAny: lines have fields of every kind, which tests name
    lines: (): any[] =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
  };
}
