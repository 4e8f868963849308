import { defineConfig } from 'vitest/config';

const results = process.env['INFERSCOPE_TEST_RESULTS'];

export default defineConfig({
  test: {
    // CI adds up the figures of this file; people read the other.
    reporters: results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
    globalSetup: ['test/global-setup.ts'],
    include: ['test/**/*.test.ts'],
    exclude: ['test/slow/**', 'node_modules/**'],
    // Native TensorFlow keeps global state and two cores are shared: one process a file, few at a time.
    pool: 'forks',
    poolOptions: { forks: { maxForks: 2, minForks: 1 } },
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
