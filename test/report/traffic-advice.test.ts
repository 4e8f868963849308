import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { triedTraffic } from '../../src/analyse/findings/advice/traffic.js';
import type { Advice } from '../../src/model/analysis.js';
import { tellAdvice } from '../../src/report/advice/advise.js';
import type { Trial, TriedTraffic } from '../../src/model/trial.js';

interface Made {
  /** Calls a size, 1 and 4. */
  readonly calls?: number;
  readonly ratio?: number;
  readonly spread?: number;
  readonly exact?: number;
  readonly padded?: number;
}

/** A call takes 1 ms without padding; building 100 ms a graph, known to ± 10 ms. */
function trial({ calls = 50, ratio = 1.1, spread = 0.02, exact = 2e8, padded = 1e8 }: Made = {}): Trial {
  const traffic: TriedTraffic = {
    sizes: [
      { batch: 1, calls },
      { batch: 4, calls },
    ],
    buckets: [4],
    rows: 'independent',
    building: { exactNanos: exact, ratio: padded / exact, interval: [(padded - 1e7) / exact, (padded + 1e7) / exact] },
  };
  return {
    id: 'pad-to-buckets',
    variant: 'graph/predict',
    change: 'batches padded to 4',
    ratio,
    interval: [ratio - spread, ratio + spread],
    rounds: 20,
    baselineNanos: 1e6,
    traffic,
  };
}

const told = (...trials: readonly Trial[]): Advice[] => triedTraffic(trials)!.map((found) => tellAdvice(found, 'layers-model'));
const advice = (made?: Made) => told(trial(made))[0]!;

describe('advice on padding that was tried', () => {
  it('is to pad where what is built less outweighs the calls, with both figures and how long it holds', () => {
    const { sentence, evidence, saving, verified } = advice();
    expect(sentence).toBe(
      'Pad the batch to 4: over 100 calls from a start it saves 30 % of their time, and it pays for up to about 1000 calls after a start.',
    );
    expect(evidence).toContain(
      'Building takes 100 ms instead of 200 ms, once, 0.500 × (95 % 0.450 × to 0.550 ×), and a warm call 1.10 × (95 % 1.08 × to 1.12 ×) the time. Tried, without recording, with graph/predict in 20 rounds: batches 1 (50×), 4 (50×)',
    );
    // 100 ms − 100 × 0.1 ms of 200 ms + 100 × 1 ms; at worst 90 − 12, at best 110 − 8.
    expect(saving).toEqual({
      share: expect.closeTo(0.3, 6),
      interval: [expect.closeTo(0.26, 6), expect.closeTo(0.34, 6)],
      of: 'the time of these calls',
    });
    expect(verified).toBe(true);
    expect(advice({ ratio: 0.9 }).sentence).toMatch(/of their time\.$/);
  });

  it('is to leave the batch open where that was tried and pays', () => {
    const open = trial({ ratio: 0.95 });
    const { sentence, evidence } = told({ ...open, id: 'open-batch', traffic: { ...open.traffic!, buckets: [] } })[0]!;
    expect(sentence).toBe(
      'Leave the batch open when the graph is traced (`dynamicBatch: true`): over 100 calls from a start it saves 35 % of their time.',
    );
    expect(evidence).toContain('batches 1 (50×), 4 (50×), one graph for every size; all of it is in the times.');
  });

  it('is not to pad where calls cost more, and says below how many calls it would pay', () => {
    expect(advice({ calls: 5000 })).toMatchObject({
      saving: null,
      verified: true,
      sentence: expect.stringMatching(
        /^Do not pad the batch to 4: tried, it costs more than it saves unless there are fewer than about 1000 calls after a start\.$/,
      ),
    });
    expect(advice({ calls: 5000, padded: 3e8 }).sentence).toMatch(/^Do not pad the batch to 4: tried, it costs more than it saves\.$/);
  });

  it('claims nothing that its interval does not', () => {
    expect(advice({ calls: 500, spread: 0.05 })).toMatchObject({
      saving: null,
      verified: false,
      sentence: expect.stringContaining('over 1000 calls from a start no gain is certain'),
    });
  });

  it('refuses to pad where rows depend on each other, and tells a failure', () => {
    const dependent: Trial = {
      ...trial(),
      ratio: null,
      interval: null,
      failure: 'further rows change the results of the real ones',
      traffic: {
        sizes: [
          { batch: 1, calls: 2 },
          { batch: 4, calls: 2 },
        ],
        buckets: [4],
        rows: 'dependent',
        largestDifference: 0.25,
      },
    };
    expect(told(dependent)).toEqual([
      expect.objectContaining({
        sentence:
          'Do not pad the batch to 4: the rows of a batch depend on each other, and further rows change the results of the real ones.',
        saving: null,
        verified: true,
        evidence:
          'Tried with graph/predict, with rows of zeros and with other rows: results differ by up to 0.25. Batches: 1 (2×), 4 (2×).',
      }),
    ]);
    const failed: Trial = {
      id: 'pad-to-buckets',
      variant: 'graph/predict',
      change: 'batches padded to buckets',
      ratio: null,
      interval: null,
      rounds: 0,
      failure: 'the model is fixed',
    };
    expect(told(failed)).toEqual([
      expect.objectContaining({
        sentence: 'Padding the batch to buckets could not be tried: the model is fixed.',
        saving: null,
        verified: false,
      }),
    ]);
    expect(triedTraffic([])).toBeNull();
  });

  it('more calls never turn a cost into a saving, where padded calls are slower', () => {
    const made = fc.record({
      ratio: fc.double({ min: 1.05, max: 5, noNaN: true }),
      exact: fc.integer({ min: 1e6, max: 1e9 }),
      padded: fc.integer({ min: 1e6, max: 1e9 }),
    });
    const calls = fc.integer({ min: 1, max: 1e5 });
    fc.assert(
      fc.property(made, calls, calls, (of, a, b) => {
        const [few, many] = [Math.min(a, b), Math.max(a, b)].map((n) => advice({ ...of, calls: n }));
        expect(few!.saving === null && many!.saving !== null).toBe(false);
        for (const { saving } of [few!, many!])
          if (saving !== null) expect(saving.interval[0] > 0 && saving.interval[1] >= saving.share).toBe(true);
      }),
    );
  });
});
