import { defineConfig } from 'vitest/config';

/** Suites that need a browser, a Jaeger server or another Python: run by `.ci/run` after `npm test`. */
export default defineConfig({
  test: {
    globalSetup: ['test/global-setup.ts'],
    include: ['test/slow/**/*.test.ts'],
    pool: 'forks',
    poolOptions: { forks: { maxForks: 1, minForks: 1 } },
    testTimeout: 600_000,
    hookTimeout: 1_200_000,
  },
});
