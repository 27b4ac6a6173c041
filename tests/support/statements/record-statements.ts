import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, inject } from 'vitest';
import { judgeStatements } from './judge.ts';
import { recordedStatements, recordStatements } from './recorder.ts';

recordStatements();

// Registered before all others, so it runs after them, when the servers of the file are stopped.
afterAll(async () => {
  const { tables, folder } = inject('personal');
  const { faults, used } = await judgeStatements(recordedStatements(), new Set(tables));
  const file = expect.getState().testPath;
  writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify({ file, used }));
  if (faults.length > 0) throw new Error(faults.join('\n\n'));
});
