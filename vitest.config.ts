import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const STRUCTURE = ['tests/architecture.test.ts', 'tests/docs.test.ts', 'tests/docs-links.test.ts'];

export default defineConfig({
  test: {
    globals: false,
    // Names what was skipped, and why, below Vitest's own report.
    reporters: ['default', './scripts/test-count-reporter.ts'],
    // Two even on two cores: while one file waits for a timer or a database, the other one works.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      // Reads the sources only, so that `npm run check` need not make a database.
      { extends: true, test: { name: 'structure', include: STRUCTURE } },
      {
        extends: true,
        test: {
          name: 'suite',
          include: ['tests/**/*.test.ts'],
          exclude: STRUCTURE,
          globalSetup: ['tests/support/global-setup.ts'],
          setupFiles: ['tests/support/statements/record-statements.ts'],
          // A process for each file: tests start servers, embedded databases and signals of their own.
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
