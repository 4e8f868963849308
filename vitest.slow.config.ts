import { defineConfig } from 'vitest/config';
import { SkippedReporter } from './test/helpers/skipped-reporter.js';

const results = process.env['INFERSCOPE_TEST_RESULTS'];

/** Suites that need a browser, a Jaeger server or another Python: run by `.ci/run` after `npm test`. */
export default defineConfig({
  test: {
    // CI adds up the figures of this file; people read the other.
    reporters: ['default', new SkippedReporter(), ...(results === undefined ? [] : [['json', { outputFile: results }] as const])],
    globalSetup: ['test/global-setup.ts'],
    setupFiles: ['test/setup-file.ts'],
    include: ['test/slow/**/*.test.ts'],
    pool: 'forks',
    poolOptions: { forks: { maxForks: 1, minForks: 1 } },
    // Of tests that may run beside each other, which mostly wait for programs to start: as many as CI has processors.
    maxConcurrency: 2,
    testTimeout: 600_000,
    hookTimeout: 1_200_000,
  },
});
