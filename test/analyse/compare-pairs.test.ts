import { describe, expect, it } from 'vitest';
import { analysePairs, arePairs } from '../../src/analyse/analyse-pairs.js';
import { comparisonSentence } from '../../src/report/words/comparison.js';
import { comparePairs, pairsRatio } from '../../src/analyse/compare-pairs.js';
import { lookSizes, ONLY_LOOK } from '../../src/analyse/gate-looks.js';
import type { DiffNode } from '../../src/model/analysis.js';
import type { Recording, RecordingPair } from '../../src/model/recording.js';
import { normalsFrom, uniformFrom } from '../../src/model/random.js';
import { draw, type DrawnCall } from '../helpers/recordings.js';

const LOOKS = lookSizes(5, 20);

interface Planted {
  /** Candidate ÷ baseline of the kernel's time. */
  readonly slower?: number;
  /** Standard deviation of the log between processes, and between rounds (shared by both sides). */
  readonly processes?: number;
  readonly drift?: number;
  readonly turns?: RecordingPair['turns'];
}

const flat = (node: DiffNode): DiffNode[] => [node, ...node.children.flatMap(flat)];

/** Pairs of processes of 8 rounds of 4 calls: each process has a speed of its own, both share the rounds' drift. */
function pairs(
  count: number,
  noise: () => number,
  { slower = 1, processes = 0.02, drift = 0.3, turns = 'rounds' }: Planted = {},
): Recording[] {
  return Array.from({ length: count }, (_, index) => index + 1).flatMap((number) => {
    const rounds = Array.from({ length: 8 }, () => Math.exp(drift * noise()));
    return (['baseline', 'candidate'] as const).map((side) => {
      const speed = Math.exp(processes * noise());
      const calls = rounds.flatMap((shared, round) =>
        Array.from({ length: 4 }, (): DrawnCall =>
          call(turns === 'rounds' ? round : -1, 100_000 * (side === 'candidate' ? slower : 1) * speed * shared * (1 + 0.01 * noise())),
        ),
      );
      return draw({ calls, meta: { pair: { side, number, turns, name: side === 'baseline' ? 'v1/' : 'v2/', looks: LOOKS } } });
    });
  });
}

function call(round: number, kernel: number): DrawnCall {
  const duration = Math.round(kernel);
  return {
    round,
    root: {
      name: 'predict',
      stage: 'glue',
      start: 0,
      duration: duration + 20_000,
      children: [{ name: 'MatMul', kind: 'kernel', stage: 'kernel-execution', start: 5, duration }],
    },
  };
}

const share = (draws: number, told: (noise: () => number) => boolean): number => {
  const noise = normalsFrom(uniformFrom(11));
  return Array.from({ length: draws }, () => told(noise)).filter(Boolean).length / draws;
};
const only = (recordings: readonly Recording[]) => comparePairs(recordings)[0]!;

describe('two things measured together', () => {
  it('are told apart at +10 % where processes differ by 2 % and the machine drifts by a third', () => {
    const comparison = only(pairs(8, normalsFrom(uniformFrom(1)), { slower: 1.15 }));
    expect(comparison).toMatchObject({ verdict: 'slower', pairs: 8 });
    expect(comparisonSentence(comparison)).toMatch(
      /^v2\/ \(uncompiled\/predict\) takes 1\.1\d × the time of v1\/ \(uncompiled\/predict\) \(95 % 1\.\d\d – 1\.\d\d; fastest typical call, 5th percentile; 8 pairs of processes that took turns\): 1\.1\d × slower\.$/,
    );
    expect(
      flat(comparison.diff)
        .filter(({ significant }) => significant)
        .map(({ name }) => name),
    ).toContain('MatMul');
  });

  it('calls equals different in at most 5 % of the draws at the last look, and hardly ever at the first', () => {
    const isTold = (recordings: readonly Recording[]): boolean => ['faster', 'slower'].includes(only(recordings).verdict);
    expect(share(150, (noise) => isTold(pairs(5, noise, { processes: 0.04 })))).toBeLessThanOrEqual(0.02);
    expect(share(150, (noise) => isTold(pairs(20, noise, { processes: 0.04 })))).toBeLessThanOrEqual(0.04);
  });

  it('finds +10 % in most of 13 pairs where processes differ by 4 %', () => {
    expect(share(60, (noise) => only(pairs(13, noise, { slower: 1.15, processes: 0.04 })).verdict === 'slower')).toBeGreaterThan(0.9);
  });

  it('does not take rounds of a few processes for more than they are: two pairs are too few, whatever they hold', () => {
    const comparison = only(pairs(2, normalsFrom(uniformFrom(2)), { slower: 3 }));
    expect(comparison).toMatchObject({ verdict: 'cannot-tell', withheld: { kind: 'few-pairs', needed: 3 } });
    expect(comparisonSentence(comparison)).toContain('2 pairs of processes are too few; 3 are needed');
  });

  const fedOtherwise = (path: string | null): Recording[] =>
    pairs(5, normalsFrom(uniformFrom(6)), { slower: 2 }).map((recording) => ({
      ...recording,
      meta: { ...recording.meta, model: { ...recording.meta.model, path } },
      calls: recording.calls.map((one) => ({
        ...one,
        signature: recording.meta.pair?.side === 'baseline' ? 'int32[1,192]' : 'int32[1,256]',
      })),
    }));

  it('compares models that take unlike inputs by what each is fed, and says so', () => {
    const comparison = only(fedOtherwise('model.json'));
    expect(comparison).toMatchObject({ verdict: 'slower', pairs: 5, rests: { inputs: 'own' } });
    expect(comparisonSentence(comparison)).toContain('5 pairs of processes that took turns, each side with an input of its own)');
  });

  it('does not compare programs that share no input, and does not call pairs too few', () => {
    const comparison = only(fedOtherwise(null));
    expect(comparison).toMatchObject({ verdict: 'cannot-tell', pairs: 0, withheld: { kind: 'no-common-input' } });
    expect(comparisonSentence(comparison)).toBe(
      'v2/ (uncompiled/predict) against v1/ (uncompiled/predict): inconclusive, because the sides share no input of the same shape and dtype in 5 of 5 pairs.',
    );
  });

  it('does not take three pairs that happen to agree for certain: what pairs are known to differ by counts like four more', () => {
    const agreeing = (count: number) =>
      pairsRatio(
        Array.from({ length: count }, () => ({ log: Math.log(1.04), error: 0.001 })),
        ONLY_LOOK,
      );
    expect(agreeing(3).interval[0]).toBeLessThan(1);
    expect(agreeing(20).interval[0]).toBeGreaterThan(1);
  });

  it('colours no frame of equals', () => {
    const found = Array.from({ length: 20 }, (_, seed) =>
      flat(only(pairs(5, normalsFrom(uniformFrom(seed)), { processes: 0.05 })).diff),
    ).flat();
    expect(found.filter(({ significant }) => significant).length / found.length).toBeLessThanOrEqual(0.05);
  });

  it('are less sure where whole runs alternate, which share no drift', () => {
    const noise = normalsFrom(uniformFrom(4));
    const alternating = only(pairs(8, noise, { slower: 1.15, turns: 'runs', drift: 0 }));
    expect(comparisonSentence(alternating)).toContain('8 pairs of processes run alternately');
    const [low, high] = alternating.interval;
    const [turnLow, turnHigh] = only(pairs(8, noise, { slower: 1.15, drift: 0 })).interval;
    expect(high / low).toBeGreaterThan(turnHigh / turnLow);
  });

  it('give one report with both sides, and nothing where a side is missing', () => {
    const recordings = pairs(3, normalsFrom(uniformFrom(5)));
    expect(arePairs(recordings)).toBe(true);
    expect(arePairs(recordings.filter(({ meta }) => meta.pair?.side === 'baseline'))).toBe(false);
    const { variants, notes, trust } = analysePairs(recordings);
    expect(variants.map(({ key, calls }) => [key, calls])).toEqual([
      ['uncompiled/predict (baseline)', 96],
      ['uncompiled/predict (candidate)', 96],
    ]);
    expect(notes[0]).toEqual({ kind: 'sides', baseline: 'v1/', candidate: 'v2/' });
    expect(trust).toBeUndefined();
  });
});
