import { appendFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

function countModule(testModule: TestModule, counts: Counts): void {
  let failedInModule = 0;
  for (const test of testModule.children.allTests()) {
    const result = test.result();
    if (result.state === 'passed') counts.passed += 1;
    else if (result.state === 'skipped') {
      counts.skipped += 1;
      console.log(
        `skipped: ${testModule.relativeModuleId} > ${test.fullName}: ${result.note ?? 'no reason given'}`,
      );
    } else failedInModule += 1; // also a test that never ended
  }
  // A file that cannot be loaded, or whose hooks fail, has failed even if no test of it has.
  counts.failed += Math.max(failedInModule, testModule.ok() ? 0 : 1);
}

/**
 * A reporter beside Vitest's own: names every skipped test with its reason, and appends
 * `passed failed skipped` as one line to the file that TEST_COUNTS_FILE names.
 */
export default class TestCountReporter implements Reporter {
  onTestRunEnd(testModules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts: Counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const testModule of testModules) countModule(testModule, counts);
    const file = process.env.TEST_COUNTS_FILE;
    if (file) appendFileSync(file, `${counts.passed} ${counts.failed} ${counts.skipped}\n`);
  }
}
