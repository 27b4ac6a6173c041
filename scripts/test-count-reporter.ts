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

/** The file whose process a fault of Node itself ended (nodejs/node#64500), by its absolute path; no JavaScript ends one so. */
function endedByNode(error: unknown): string | undefined {
  const reason = error instanceof Object && 'cause' in error ? error.cause : undefined;
  const told = reason instanceof Object && 'message' in reason ? String(reason.message) : '';
  return /with signal SIGSEGV .*while running test file (.+)$/.exec(told)?.[1];
}

/**
 * A reporter beside Vitest's own: names every skipped test with its reason, and appends
 * `passed failed skipped` as one line to the file that TEST_COUNTS_FILE names. Where TEST_ENDED_FILE names a file, test files whose
 * process was ended by a fault of Node are not counted but listed there, to be run again.
 */
export default class TestCountReporter implements Reporter {
  onTestRunEnd(testModules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const { TEST_COUNTS_FILE: file, TEST_ENDED_FILE: list } = process.env;
    const ended = list ? unhandledErrors.flatMap((error) => endedByNode(error) ?? []) : [];
    const counts: Counts = { passed: 0, failed: unhandledErrors.length - ended.length, skipped: 0 };
    for (const testModule of testModules) {
      if (!ended.includes(testModule.moduleId)) countModule(testModule, counts);
      else if (list) appendFileSync(list, `${testModule.relativeModuleId}\n`);
    }
    if (file) appendFileSync(file, `${counts.passed} ${counts.failed} ${counts.skipped}\n`);
  }
}
