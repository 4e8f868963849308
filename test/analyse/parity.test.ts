import { describe, expect, it } from 'vitest';
import { compareRuns } from '../../src/analyse/compare-runs.js';
import { comparisonSentence } from '../../src/report/words/comparison.js';
import { unlikeRuns } from '../../src/analyse/parity.js';
import type { Environment, Recording, RecordingMeta } from '../../src/model/recording.js';
import { normalsFrom, uniformFrom } from '../../src/model/random.js';
import { draw, META } from '../helpers/recordings.js';
import type { Difference } from '../../src/model/parity.js';

/** A run of 40 calls whose kernel takes about `kernel` of about 100,000 ns. */
function run(kernel: number, seed: number, meta: Partial<RecordingMeta> = {}): Recording {
  const noise = normalsFrom(uniformFrom(seed));
  const calls = Array.from({ length: 40 }, (_, round) => {
    const duration = Math.round(100_000 + noise() * 500);
    const start = round * 200_000;
    const children = [{ name: 'MatMul', kind: 'kernel', stage: 'kernel-execution', start: start + 10, duration: kernel }] as const;
    return { round, root: { name: 'predict', stage: 'glue', start, duration, children } as const };
  });
  return draw({ calls, meta });
}

/** The same in six processes. */
const processes = (kernel: number, meta: Partial<RecordingMeta> = {}): Recording[] =>
  [1, 2, 3, 4, 5, 6].map((pid) => run(kernel, pid, { ...meta, pid }));

const env = (change: Partial<Environment>): Partial<RecordingMeta> => ({ environment: { ...META.environment, ...change } });

describe('parity', () => {
  it('finds nothing between like runs', () => {
    expect(unlikeRuns(run(1, 1), run(2, 2))).toEqual([]);
  });

  const changes: readonly [string, Partial<RecordingMeta>][] = [
    ['model', { model: { ...META.model, sha256: 'cd'.repeat(32) } }],
    ['model', { model: { ...META.model, sha256: null, parameters: 14 } }],
    ['runtime', { model: { ...META.model, runtime: 'graph-model' } }],
    ['input signature', { inputSignature: 'float32[8,4]' }],
    ['batch size', { batch: 8 }],
    ['backend', env({ backend: 'cpu' })],
    ['TensorFlow', env({ tensorflow: '2.21.0' })],
    ['Node.js', env({ node: '22.0.0' })],
    ['intra-op threads', env({ threads: { intraOp: 1, interOp: null } })],
    ['package @tensorflow/tfjs-node', env({ packages: {} })],
    ['flag TF_ENABLE_ONEDNN_OPTS', env({ flags: { ...META.environment.flags, TF_ENABLE_ONEDNN_OPTS: '0' } })],
    ['CPU', env({ cpu: 'another' })],
  ];
  for (const [field, meta] of changes) {
    it(`refuses runs that differ in ${field} (${JSON.stringify(meta).slice(0, 40)}…) and names it`, () => {
      const [a, b] = [run(50_000, 1), run(50_000, 2, meta)];
      expect(unlikeRuns(a, b).map((difference) => difference.field)).toEqual([field]);
      expect(() => compareRuns([a], [b])).toThrow(`unlike, so their difference would not mean much: ${field} (`);
      const forced = compareRuns([a], [b], { force: true });
      expect(forced.notes).toContainEqual({ kind: 'runs-differ', difference: expect.objectContaining({ field }) as Difference });
    });
  }

  it('compares like runs by process, whatever their rounds and calls say, and names the noise and what to type', () => {
    const model = { ...META.model, path: 'models/tiny' };
    const { basis, comparisons, notes } = compareRuns([run(50_000, 1, { model })], [run(50_000, 2, { model })]);
    expect(basis).toBe('times');
    expect(comparisons[0]!.verdict).toBe('cannot-tell');
    expect(comparisonSentence(comparisons[0]!)).toMatch(
      /^uncompiled\/predict of the candidate run takes (0\.99\d|1\.00) × the time \(95 % 0\.0\d+ – 1\d\.\d; fastest typical call, 5th percentile\): inconclusive\. From one process against one: differences below 1\d\.\d × are within noise; measure both together with `inferscope compare models\/tiny models\/tiny`\.$/,
    );
    expect(notes[0]).toEqual({ kind: 'not-interleaved' });
  });

  it('colours no frame for what one process differs from another', () => {
    const { comparisons } = compareRuns([run(50_000, 1)], [run(57_000, 2)]);
    expect(comparisons[0]!.diff.children[0]).toMatchObject({ shiftNanos: 7000, significant: false });
    const far = compareRuns(processes(10_000), processes(90_000));
    expect(far.comparisons[0]!.diff.children[0]).toMatchObject({ shiftNanos: 80_000, significant: true });
  });

  it('compares runs of another machine by shares, without a verdict on times', () => {
    const there = processes(70_000, env({ hostHash: 'h2', cpu: 'another', cpuCount: 64 }));
    const { basis, comparisons, notes } = compareRuns(processes(20_000), there);
    expect(basis).toBe('shares');
    expect(comparisons[0]).toMatchObject({ verdict: 'cannot-tell', withheld: { kind: 'other-machine' } });
    expect(comparisonSentence(comparisons[0]!)).toMatch(
      /(kernel execution moved most, from 20 % to 70 %|glue code moved most, from 80 % to 30 %) of a call/,
    );
    expect(comparisons[0]!.diff.children[0]!.significant).toBe(true);
    expect(comparisons[0]!.diff.shiftNanos).toBeCloseTo(0, 3);
    expect(notes[0]).toEqual({ kind: 'other-machine' });
  });

  it('says so when there is nothing in common', () => {
    const variants = [
      { name: 'graph', call: 'predict' },
      { name: 'eager', call: 'predict' },
    ];
    const other = draw({
      variants,
      calls: [
        { variant: 0, root: null, latencyNanos: 5 },
        { variant: 1, root: null, latencyNanos: 5 },
      ],
    });
    expect(() => compareRuns([run(1, 1)], [other])).toThrow(
      'no measured variant in common: uncompiled/predict against graph/predict, eager/predict',
    );
  });
});
