import { describe, expect, it } from 'vitest';
import { toldAnalysis as analyse } from '../../src/runs/told.js';
import { toldRuns as compareRuns } from '../../src/runs/told.js';
import { farBeyond, reasonToWithhold } from '../../src/analyse/trust.js';
import { wilsonInterval } from '../../src/analyse/statistics/wilson.js';
import type { Recording } from '../../src/model/recording.js';
import type { Conditions } from '../../src/model/trust.js';
import { asControl, type Variant } from '../../src/model/variant.js';
import { normalsFrom, uniformFrom } from '../../src/model/random.js';
import { draw, type DrawnCall } from '../helpers/recordings.js';

const PREDICT: Variant = { name: 'uncompiled', call: 'predict' };
const VARIANTS = [
  PREDICT,
  { name: 'graph', call: 'predict', compiler: 'graph' } as const,
  asControl(PREDICT, 'again'),
  asControl(PREDICT, 'unrecorded'),
];

/** Rounds of four calls of each variant around its latency (in µs), with 1 % of noise. Null leaves a variant out. */
function run(
  micros: readonly (number | null)[],
  options: { seed?: number; rounds?: number; skipped?: string[]; conditions?: Conditions } = {},
): Recording {
  const normal = normalsFrom(uniformFrom(options.seed ?? 1));
  const calls: DrawnCall[] = [];
  for (let round = 0; round < (options.rounds ?? 30); round += 1) {
    micros.forEach((latency, variant) => {
      for (let call = 0; latency !== null && call < 4; call += 1)
        calls.push({ root: null, variant, round, latencyNanos: Math.round(latency * 1000 * (1 + 0.01 * normal())) });
    });
  }
  const drawn = draw({ calls, variants: VARIANTS, ...(options.skipped === undefined ? {} : { meta: { skipped: options.skipped } }) });
  return options.conditions === undefined ? drawn : { ...drawn, conditions: options.conditions };
}

describe('the trust certificate', () => {
  it('leaves the controls out of what is compared, and passes where the baseline equals itself', () => {
    const { variants, comparisons, trust } = analyse([run([300, 100, 300, 270])]);
    expect(variants.map(({ key }) => key)).toEqual(['uncompiled/predict', 'graph/predict']);
    expect(comparisons.map(({ candidate, verdict }) => [candidate, verdict])).toEqual([['graph/predict', 'faster']]);
    expect(trust).toMatchObject({
      grade: 'passed',
      withheld: null,
      again: { verdict: 'no-difference' },
      overhead: { variant: 'uncompiled/predict' },
      skipped: [],
    });
    expect(trust?.overhead?.ratio).toBeCloseTo(300 / 270, 1);
    expect(trust?.sentence).toMatch(/against itself shows no difference; in this run, differences below 0\.\d % are within noise/);
  });

  it('withholds the verdict, with the reason, when the baseline differs from itself', () => {
    const { comparisons, trust } = analyse([run([300, 290, 330, 270])]);
    expect(trust).toMatchObject({ grade: 'failed', again: { verdict: 'slower' } });
    // Five times the 10 % of the pair.
    expect(trust?.withheldBelow).toBeCloseTo(0.5, 1);
    expect(comparisons[0]).toMatchObject({
      verdict: 'cannot-tell',
      withheld: expect.stringContaining('uncompiled/predict against itself came out slower (ratio 1.10'),
    });
    expect(comparisons[0]?.sentence).toMatch(/^graph\/predict against uncompiled\/predict: the verdict is withheld, because/);
  });

  it('withholds "no difference" too, and still tells a difference far beyond what the pair showed', () => {
    expect(analyse([run([300, 300, 330, 270])]).comparisons[0]).toMatchObject({ verdict: 'cannot-tell' });
    expect(analyse([run([300, 220, 330, 270])]).comparisons[0]).toMatchObject({ verdict: 'cannot-tell' });
    const far = analyse([run([300, 160, 330, 270])]).comparisons[0];
    expect(far).toMatchObject({
      verdict: 'faster',
      sentence: expect.stringMatching(
        /The A\/A control failed; reported anyway: the difference exceeds [45]\d %, far more than the control showed\.$/,
      ),
    });
  });

  it.each([
    ['five times what the pair differed by', { ratio: 1.1, interval: [1.012, 1.169] }, 0, 0.5],
    ['the same where it came out faster', { ratio: 1 / 1.1, interval: [1 / 1.169, 1 / 1.012] }, 0, 0.5],
    ['twice what an uncertain pair may have differed by', { ratio: 1.03, interval: [1.001, 1.3] }, 0, 0.6],
    ['twice the largest false alarm', { ratio: 1, interval: [0.99, 1.01] }, 0.4, 0.8],
  ] as const)('withholds up to %s', (_, pair, largest, below) => {
    const alarms = { trials: 9, alarms: 1, rate: 1 / 9, largest, interval: [0, 1] } as const;
    expect(farBeyond({ variant: 'a/b', verdict: 'slower', ...pair }, alarms)).toBeCloseTo(below, 9);
  });

  it('seldom tells equals apart where every copy has a speed of its own (by simulation)', () => {
    const normal = normalsFrom(uniformFrom(31));
    const told = { withRule: 0, without: 0 };
    for (let seed = 0; seed < 300; seed += 1) {
      const speed = (): number => 300 * Math.exp(0.1 * normal());
      const [comparison] = analyse([run([speed(), speed(), speed(), 270], { seed: seed + 500, rounds: 12 })]).comparisons;
      if (comparison!.verdict === 'faster' || comparison!.verdict === 'slower') told.withRule += 1;
      if (comparison!.withheld !== undefined || comparison!.verdict !== 'cannot-tell') told.without += 1;
    }
    console.log(`copies differ by 10 %: ${told.withRule} of 300 pairs of equals told apart, ${told.without} told or withheld`);
    // 13.4 % by the decision's draws; three standard errors of 300 are 5.9 %.
    expect(told.withRule / 300).toBeLessThan(0.194);
    expect(told.without / 300).toBeGreaterThan(0.7);
  });

  it('raises few false alarms where nothing differs (by simulation)', () => {
    const runs = Array.from({ length: 100 }, (_, seed) => analyse([run([300, 300, 300, 300], { seed: seed + 10, rounds: 24 })]).trust);
    const alarms = runs.reduce((sum, trust) => sum + (trust?.falseAlarms?.alarms ?? 0), 0);
    const trials = runs.reduce((sum, trust) => sum + (trust?.falseAlarms?.trials ?? 0), 0);
    console.log(
      `A/A: ${alarms} alarms in ${trials} trials; ${runs.filter((trust) => trust?.grade === 'failed').length} of ${runs.length} runs failed`,
    );
    expect(trials).toBe(800);
    expect(alarms / trials).toBeLessThan(0.05);
    expect(runs.filter((trust) => trust?.grade === 'failed').length).toBeLessThan(5);
  });

  it('says what was skipped, and why', () => {
    expect(analyse([run([300, 100, null, null], { skipped: ['The A/A control: --quick leaves it out.'] })]).trust).toMatchObject({
      grade: 'not-run',
      again: null,
      overhead: null,
      skipped: ['The A/A control: --quick leaves it out.'],
      withheld: null,
    });
    expect(analyse([run([300, 100, null, null])]).trust?.skipped).toHaveLength(2);
    expect(analyse([run([300, 100, 330, 270], { rounds: 1 })]).trust).toMatchObject({ grade: 'not-run', withheld: null });
  });

  it('names what was unfavourable about the machine', () => {
    const quiet: Conditions = {
      samples: 9,
      cpuCount: { start: 2, end: 2 },
      cpuMhz: { low: 3000, high: 3000 },
      probeNanos: { low: 100, median: 101, high: 102 },
      load: { start: 1, end: 1 },
      throttledNanos: 0,
      preemptions: 3,
      memory: { limitBytes: 100, lowestAvailableBytes: 50, majorFaults: 0, stalledNanos: 0 },
    };
    const warned = (change: Partial<Conditions>): readonly string[] =>
      analyse([run([300, 100, 300, 270], { conditions: { ...quiet, ...change } })]).trust?.warnings ?? [];
    expect(warned({})).toEqual([]);
    expect(warned({ cpuCount: { start: 4, end: 2 } })[0]).toContain('changed from 4 to 2');
    expect(warned({ cpuMhz: { low: 2000, high: 3000 } })[0]).toContain('between 2000 and 3000 MHz');
    expect(warned({ probeNanos: { low: 100, median: 150, high: 200 } })[0]).toContain('100 ns to 200 ns');
    expect(warned({ load: { start: 9, end: 9 } })[0]).toContain('load 9.0');
    expect(warned({ throttledNanos: 5e6 })[0]).toContain('held the run back for 5.00 ms');
    expect(warned({ memory: { ...quiet.memory, lowestAvailableBytes: 1, majorFaults: 7, stalledNanos: 2e6 } })).toHaveLength(3);
  });

  it('carries a failed pair into comparisons of two runs', () => {
    const [comparison] = compareRuns([run([300, 100, 360, 270])], [run([310, 105, 310, 280], { seed: 2 })]).comparisons;
    expect(comparison).toMatchObject({
      verdict: 'cannot-tell',
      withheld: expect.stringContaining('in the baseline run uncompiled/predict against itself'),
    });
  });
});

describe('false alarms', () => {
  const even = { variant: 'uncompiled/predict', ratio: 1, interval: [0.98, 1.02], verdict: 'no-difference' } as const;
  const alarms = (of: number, trials: number) => ({
    trials,
    alarms: of,
    rate: of / trials,
    largest: 0.1,
    interval: wilsonInterval(of, trials, 0.95),
  });

  it('withhold verdicts when they keep coming, not after a single one', () => {
    expect(reasonToWithhold(even, alarms(1, 1))).toBeNull();
    expect(reasonToWithhold(even, alarms(1, 20))).toBeNull();
    expect(reasonToWithhold(even, alarms(2, 2))).toEqual({ kind: 'false-alarms', alarms: 2, trials: 2 });
    expect(reasonToWithhold(even, alarms(6, 12))).toEqual({ kind: 'false-alarms', alarms: 6, trials: 12 });
    expect(reasonToWithhold(even, null)).toBeNull();
  });
});
