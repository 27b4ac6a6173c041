export interface Counts {
  lines: number;
  words: number;
  characters: number;
}

/** Counts a text. A last line without a line end counts too; characters are Unicode code points. */
export function countText(text: string): Counts {
  const lineEnds = text.match(/\n/g)?.length ?? 0;
  return {
    lines: text === "" || text.endsWith("\n") ? lineEnds : lineEnds + 1,
    words: text.match(/\S+/g)?.length ?? 0,
    characters: Array.from(text).length,
  };
}

/** Adds up the counts of several texts. */
export function sumCounts(counts: Counts[]): Counts {
  const total = { lines: 0, words: 0, characters: 0 };
  for (const { lines, words, characters } of counts) {
    total.lines += lines;
    total.words += words;
    total.characters += characters;
  }
  return total;
}
