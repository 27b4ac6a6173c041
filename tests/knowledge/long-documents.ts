/** A random number from 0 up to 1, the same sequence for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Random = () => number;

const WORDS =
  'the a river memory of assistant with table and model north quiet engine letter paper cloud seven garden winter which from under carries slowly without answer question server window market report stone'.split(
    ' ',
  );

/** A sentence of so many words. */
export function sentence(random: Random, words = 4 + Math.floor(random() * 14)): string {
  const chosen = Array.from({ length: words }, () => WORDS[Math.floor(random() * WORDS.length)] ?? 'word');
  return `${chosen.join(' ')}.`;
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** Sections of all kinds of parts, as lines. */
export function longMarkdown(random: Random, sections: number): string[] {
  const paragraph = () => times(1 + Math.floor(random() * 6), () => sentence(random));
  return times(sections, (index) => {
    const lines = [`${'#'.repeat(1 + Math.floor(random() * 4))} ${index} ${sentence(random, 4)}`, ''];
    for (let part = 0; part < 1 + random() * 7; part += 1) {
      const kind = random();
      if (kind < 0.6) lines.push(...paragraph(), '');
      else if (kind < 0.75)
        lines.push(...times(2 + Math.floor(random() * 8), () => `- ${sentence(random)}`), '');
      else if (kind < 0.85)
        lines.push('```js', ...times(2 + Math.floor(random() * 20), () => sentence(random, 5)), '```', '');
      else {
        const rows = times(
          2 + Math.floor(random() * 30),
          () => `| ${sentence(random, 3)} | ${sentence(random, 3)} |`,
        );
        lines.push(`| a${index} | b |`, '|---|---|', ...rows, '');
      }
    }
    return lines;
  }).flat();
}

/** Paragraphs of hard lines without any heading. */
export function longText(random: Random, paragraphs: number): string[] {
  return times(paragraphs, () => [
    ...times(1 + Math.floor(random() * 12), () => sentence(random)),
    '',
  ]).flat();
}

export function longTable(random: Random, rows: number): string[] {
  return [
    'id,name,remark',
    ...times(rows, (index) => `${index},${sentence(random, 2)},"${sentence(random)}"`),
  ];
}

/** TypeScript with remarks, classes and functions, many of whose lines are like others. */
export function longSource(random: Random, definitions: number): string[] {
  const body = (indent: string) =>
    times(2 + Math.floor(random() * 12), () =>
      random() < 0.2 ? `${indent}}` : `${indent}const value = call('${sentence(random, 3)}');`,
    ).map((line) => (line.trim() === '}' ? `${indent}done();` : line));
  return times(definitions, (index) => {
    const remark = ['/**', ` * ${sentence(random)}`, ' */'];
    if (random() < 0.7) return [...remark, `export function name${index}() {`, ...body('  '), '}', ''];
    const methods = times(1 + Math.floor(random() * 6), (method) => [
      `  method${method}() {`,
      ...body('    '),
      '  }',
      '',
    ]).flat();
    return [...remark, `export class Name${index} {`, ...methods, '}', ''];
  }).flat();
}
