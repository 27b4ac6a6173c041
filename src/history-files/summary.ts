import type { Findings } from './history.ts';
import type { Uploaded } from './upload.ts';

/** What the person reads at the end, in lines. An import that was cut short is not complete. */
export function summarize(total: Uploaded, findings: Findings, isComplete: boolean): string[] {
  const { leftOut, notes, faults } = findings;
  return [
    ...notes,
    outcome(total, isComplete && faults.count === 0),
    ...(leftOut.size > 0 ? ['Left out:'] : []),
    ...[...leftOut].map(([reason, count]) => `  ${count.toLocaleString('en')} ${reason}`),
    ...(faults.count > 0 ? [`Errors: ${faults.count.toLocaleString('en')}`] : []),
    ...faults.first.map(({ place, detail }) => `  ${place}: ${detail}`),
    ...(faults.count > faults.first.length ? [`  and ${faults.count - faults.first.length} more`] : []),
  ];
}

function outcome({ imported, skipped }: Uploaded, isClean: boolean): string {
  if (imported > 0) {
    const there = skipped > 0 ? `; ${counted(skipped)} already there` : '';
    return `Imported ${counted(imported)}${there}.`;
  }
  if (skipped > 0) return `Nothing new: ${counted(skipped)} already there.`;
  return isClean ? 'There was nothing to import.' : 'Nothing was imported.';
}

function counted(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'message' : 'messages'}`;
}
