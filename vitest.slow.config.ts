import { defineConfig } from 'vitest/config';
import { SkippedReporter } from './test/helpers/skipped-reporter.js';

const results = process.env['INFERSCOPE_TEST_RESULTS'];
/** Builds the package anew, into the `dist/` that all others run. */
const BUILDS = 'test/slow/package/published.test.ts';

/** Suites that need a browser, a Jaeger server or another Python: run by `.ci/run` after `npm test`. */
export default defineConfig({
  test: {
    // CI adds up the figures of this file; people read the other.
    reporters: ['default', new SkippedReporter(), ...(results === undefined ? [] : [['json', { outputFile: results }] as const])],
    globalSetup: ['test/global-setup.ts'],
    setupFiles: ['test/setup-file.ts'],
    pool: 'forks',
    // Most of a file's time is waiting for programs to start: two of them at a time, and two tests of those that may run together.
    poolOptions: { forks: { maxForks: 2, minForks: 1 } },
    maxConcurrency: 2,
    testTimeout: 600_000,
    hookTimeout: 1_200_000,
    projects: [
      { extends: true, test: { name: 'builds', include: [BUILDS], sequence: { groupOrder: 0 } } },
      { extends: true, test: { name: 'slow', include: ['test/slow/**/*.test.ts'], exclude: [BUILDS], sequence: { groupOrder: 1 } } },
    ],
  },
});
