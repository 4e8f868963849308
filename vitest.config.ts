import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { SkippedReporter } from './test/helpers/skipped-reporter.js';

const results = process.env['INFERSCOPE_TEST_RESULTS'];

/** Tests of the command line start programs and take longest: first, so that none of them keeps the end waiting. */
class CommandLineFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const first = sorted.filter(({ moduleId }) => moduleId.includes('/test/cli/'));
    return [...first, ...sorted.filter((file) => !first.includes(file))];
  }
}

export default defineConfig({
  test: {
    // CI adds up the figures of this file; people read the other.
    reporters: ['default', new SkippedReporter(), ...(results === undefined ? [] : [['json', { outputFile: results }] as const])],
    globalSetup: ['test/global-setup.ts'],
    setupFiles: ['test/setup-file.ts'],
    include: ['test/**/*.test.ts'],
    exclude: ['test/slow/**', 'node_modules/**'],
    sequence: { sequencer: CommandLineFirst },
    // Native TensorFlow keeps global state and two cores are shared: one process a file, few at a time.
    pool: 'forks',
    poolOptions: { forks: { maxForks: 2, minForks: 1 } },
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
