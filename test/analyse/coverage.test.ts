import { describe, expect, it } from 'vitest';
import { diffFrames } from '../../src/analyse/diff.js';
import type { Frame } from '../../src/analyse/frames.js';
import { settingsOf } from '../../src/analyse/options.js';
import { latencyRatio } from '../../src/analyse/ratio.js';
import { samplingFigure } from '../../src/analyse/sampling.js';
import { hodgesLehmann } from '../../src/analyse/statistics/signed-rank.js';
import { wilsonInterval } from '../../src/analyse/statistics/wilson.js';
import type { DiffNode } from '../../src/model/analysis.js';
import { medianInterval } from '../../src/engines/keras/statistics.js';
import { normalsFrom, uniformFrom } from '../../src/model/random.js';
import { verdictOf } from '../../src/model/verdict.js';

const RUNS = 1000;

/**
 * Latencies of two variants in interleaved rounds: a machine that drifts by 20 % over the run, noise of 5 % per call,
 * and in one call of twenty a pause of up to four times its length. `ratio` is the truth.
 */
function simulate(ratio: number, rounds: number, perRound: number, seed: number) {
  const random = uniformFrom(seed);
  const normal = normalsFrom(random);
  const side = () => ({ nanos: [] as number[], blocks: [] as number[] });
  const sides = [side(), side()] as const;
  for (let round = 0; round < rounds; round += 1) {
    const drift = 1 + 0.2 * Math.sin((3 * round) / rounds) + 0.01 * normal();
    sides.forEach(({ nanos, blocks }, variant) => {
      for (let call = 0; call < perRound; call += 1) {
        const pause = random() < 0.05 ? 1 + 3 * random() : 1;
        nanos.push(1e6 * (variant === 1 ? ratio : 1) * drift * Math.exp(0.05 * normal()) * pause);
        blocks.push(round);
      }
    });
  }
  return sides;
}

describe('by simulation', () => {
  for (const [rounds, perRound] of [
    [12, 1],
    [20, 5],
    [60, 2],
  ] as const) {
    it(`the 95 % interval of the ratio covers the truth (${rounds} rounds of ${perRound})`, () => {
      let covered = 0;
      let falseAlarms = 0;
      for (let run = 0; run < RUNS; run += 1) {
        const [a, b] = simulate(1, rounds, perRound, run + 1);
        const ratio = latencyRatio(a, b, 0.95);
        if (ratio.interval[0] <= 1 && ratio.interval[1] >= 1) covered += 1;
        if (['faster', 'slower'].includes(verdictOf(ratio, 0.02))) falseAlarms += 1;
      }
      console.log(
        `${rounds} × ${perRound}: coverage ${((covered / RUNS) * 100).toFixed(1)} %, false alarms ${((falseAlarms / RUNS) * 100).toFixed(1)} %`,
      );
      // Three standard errors of a share of 0.95 in 1,000 runs are 0.021.
      expect(covered / RUNS).toBeGreaterThan(0.929);
      expect(covered / RUNS).toBeLessThan(0.98);
      expect(falseAlarms / RUNS).toBeLessThan(0.071);
    });
  }

  // Exact intervals cover more than asked where their values are few; `most`: by the law of their ranks, or three standard errors
  // above 95 %.
  it.each<{ what: string; most: number; covers: (random: () => number) => boolean }>([
    {
      what: 'ratio of runs without common rounds, noise of 20 % (Welch over blocks)',
      most: 0.975,
      covers: (random) => {
        const normal = normalsFrom(random);
        const side = (truth: number, calls: number) => ({
          nanos: Array.from({ length: calls }, () => truth * Math.exp(0.2 * normal())),
          blocks: [],
        });
        return within(latencyRatio(side(1e6, 300), side(1.3e6, 100), 0.95).interval, 1.3);
      },
    },
    {
      what: 'ratio from four rounds of one call (Student)',
      most: 0.975,
      covers: (random) => {
        const normal = normalsFrom(random);
        const side = (truth: number) => ({ nanos: [0, 1, 2, 3].map(() => truth * Math.exp(0.05 * normal())), blocks: [0, 1, 2, 3] });
        return within(latencyRatio(side(1e6), side(1.3e6), 0.95).interval, 1.3);
      },
    },
    {
      what: 'shift located by signed ranks, 80 pairs with heavy tails',
      most: 0.975,
      covers: (random) =>
        within(
          hodgesLehmann(
            Array.from({ length: 80 }, () => 2 + Math.tan(Math.PI * (random() - 0.5))),
            0.95,
          ).interval,
          2,
        ),
    },
    {
      what: 'shift located by signed ranks, 1,000 pairs that are put together',
      most: 0.975,
      covers: (random) =>
        within(
          hodgesLehmann(
            Array.from({ length: 1000 }, () => 2 + Math.tan(Math.PI * (random() - 0.5))),
            0.95,
          ).interval,
          2,
        ),
    },
    {
      what: 'median of 15 skewed values',
      most: 0.985,
      covers: (random) => within(medianInterval(Array.from({ length: 15 }, () => -Math.log(1 - random())))!.interval, Math.LN2),
    },
    {
      what: 'rate of 30 trials, itself anywhere (Wilson)',
      most: 0.975,
      covers: (random) => {
        const rate = random();
        return within(wilsonInterval(Array.from({ length: 30 }, random).filter((one) => one < rate).length, 30, 0.95), rate);
      },
    },
    {
      what: 'share that tracing took is below its bound (one side of 95 %: 97.5 %)',
      most: 0.995,
      covers: (random) => {
        const normal = normalsFrom(random);
        const calls = (truth: number, count: number) => Array.from({ length: count }, () => truth * (1 + 0.05 * normal()));
        const { upper } = samplingFigure({ plain: calls(1e6, 300), traced: calls(2e6, 20), inWarmUp: 0 }, 0.95)!;
        return upper! >= 20e6 / (300e6 + 40e6);
      },
    },
  ])('95 % cover the truth: $what', ({ what, most, covers }) => {
    const random = uniformFrom(7);
    const covered = Array.from({ length: RUNS }, () => covers(random)).filter(Boolean).length / RUNS;
    console.log(`${what}: coverage ${(covered * 100).toFixed(1)} %`);
    expect(covered).toBeGreaterThan(0.929);
    expect(covered).toBeLessThan(most);
  });

  it('the false-discovery rate over frames stays at or below 5 %, and true shifts are found', () => {
    let falseShare = 0;
    let found = 0;
    const trees = 300;
    for (let run = 0; run < trees; run += 1) {
      const { discoveries, wrong, right } = diffRandomTrees(run + 1);
      falseShare += discoveries === 0 ? 0 : wrong / discoveries;
      found += right;
    }
    console.log(`false-discovery rate ${((falseShare / trees) * 100).toFixed(2)} %, power ${((found / trees / 10) * 100).toFixed(1)} %`);
    expect(falseShare / trees).toBeLessThan(0.05 + 3 * 0.0126);
    expect(found / trees / 10).toBeGreaterThan(0.9);
  });
});

const within = ([low, high]: readonly [number, number], truth: number): boolean => low <= truth && truth <= high;

/** 100 frames, of which the first 10 really shift by 10 %; 20 blocks of rounds; no practical threshold. */
function diffRandomTrees(seed: number): { discoveries: number; wrong: number; right: number } {
  const normal = normalsFrom(uniformFrom(seed));
  const frame = (name: string, truth: number, children: Frame[]): Frame => {
    const blocks = Array.from({ length: 20 }, () => truth * (1 + 0.05 * normal()));
    const mean = blocks.reduce((sum, one) => sum + one, 0) / blocks.length;
    return {
      name,
      kind: 'kernel',
      stage: 'kernel-execution',
      count: 20,
      totalNanos: 0,
      selfNanos: 0,
      shapes: [],
      calls: null,
      children,
      blocks,
      perCall: { calls: 20, meanTotalNanos: mean, standardErrorTotalNanos: 0, meanSelfNanos: mean, standardErrorSelfNanos: 0 },
    };
  };
  const tree = (factor: number) =>
    frame(
      'root',
      1000,
      Array.from({ length: 100 }, (_, i) => frame(`k${i}`, i < 10 ? 1000 * factor : 1000, [])),
    );
  const diff = diffFrames(tree(1), tree(1.1), 0, settingsOf({ practicalThreshold: 0 }));
  const hits = diff.children.filter((node: DiffNode) => node.significant);
  const wrong = hits.filter(({ name }) => Number(name.slice(1)) >= 10).length;
  return { discoveries: hits.length, wrong, right: hits.length - wrong };
}
