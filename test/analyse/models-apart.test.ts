import { describe, expect, test } from 'vitest';
import { analysePairs } from '../../src/analyse/analyse-pairs.js';
import { compareRuns } from '../../src/analyse/compare-runs.js';
import { pairedRatios, pairLatencies } from '../../src/analyse/compare-pairs.js';
import { byModel } from '../../src/analyse/models.js';
import { joinSides } from '../../src/analyse/join-sides.js';
import type { Recording, RecordingPair } from '../../src/model/recording.js';
import { draw, type DrawnCall } from '../helpers/recordings.js';

/** A program that calls two models in turn, the second three times as long; each process makes the weights of both anew. */
function program(process: number, { slower = 1, models = ['net', 'head'] } = {}): Recording {
  const calls = Array.from({ length: 40 }, (_, index): DrawnCall => {
    const place = index % models.length;
    return {
      root: null,
      latencyNanos: (1e5 + 3e5 * place) * (place === 1 ? slower : 1) * (1 + 0.001 * ((index * 7 + process) % 5)),
      model: 1 + place,
    };
  });
  const drawn = draw({ calls, variants: [{ name: 'program', call: 'predict' }], meta: { pid: process } });
  const called = models.map((name, index) => ({
    model: { id: `${process}-${index}`, architecture: name, name, runtime: 'layers-model', parameters: 1, instance: 1 },
  }));
  return { ...drawn, details: [{}, ...called] };
}

const inPair = (recording: Recording, side: RecordingPair['side'], number: number): Recording => ({
  ...recording,
  meta: { ...recording.meta, pair: { side, number, turns: 'runs', name: side, looks: [] } },
});
const pairs = [1, 2, 3, 4].flatMap((number) => [
  inPair(program(number), 'baseline', number),
  inPair(program(100 + number, { slower: 4 }), 'candidate', number),
]);
const KEYS = ['net/predict', 'head/predict'];

describe('programs with several models', () => {
  test('are lined up model by model in pairs, by name, whatever their weights are', () => {
    const { comparisons, variants } = analysePairs(pairs);
    expect(comparisons.map(({ baseline, verdict }) => [baseline, verdict])).toEqual([
      ['net/predict (baseline)', 'cannot-tell'],
      ['head/predict (baseline)', 'slower'],
    ]);
    expect(variants.map(({ key, calls }) => [key, calls])).toEqual(
      ['baseline', 'candidate'].flatMap((side) => KEYS.map((key) => [`${key} (${side})`, 80])),
    );
    // A look while they are measured says the same.
    const looked = pairedRatios([1, 2, 3, 4].map((number) => pairLatencies(pairs.filter(({ meta }) => meta.pair?.number === number))));
    expect(looked.map(({ value }) => value)).toEqual(comparisons.map(({ ratio }) => ratio));
  });

  test('and in two runs', () => {
    const [before, after] = [[program(1)], [program(2, { slower: 4 })]];
    const { comparisons } = compareRuns(before, after);
    expect(comparisons.map(({ baseline, ratio }) => [baseline, Math.round(ratio)])).toEqual([
      ['net/predict', 1],
      ['head/predict', 4],
    ]);
    const joined = joinSides(before, after, { comparisons, notes: [], judgedBy: 'runs' });
    for (const { baseline, candidate } of joined.comparisons)
      expect(joined.variants.map(({ key }) => key)).toEqual(expect.arrayContaining([baseline, candidate]));
  });

  test('a model that only one side has is not compared with another', () => {
    const one = program(1, { models: ['net'] });
    expect(compareRuns([one], [program(2)]).comparisons.map(({ baseline, candidate }) => [baseline, candidate])).toEqual([
      ['net/predict', 'net/predict'],
    ]);
  });
});

test('of one model a side, calls are compared whatever it is called', () => {
  const [before, after] = [[program(1, { models: ['v1'] })], [program(2, { models: ['v2'] })]];
  expect(compareRuns(before, after).comparisons.map(({ baseline }) => baseline)).toEqual(['program/predict']);
});

test('a session that could not be created is no second model of the program', () => {
  const drawn = draw({
    calls: [
      { root: null, latencyNanos: 1e6, round: -1, model: 1, variant: 0 },
      { root: null, latencyNanos: 1e6, round: -1, model: 1, variant: 0 },
      { root: null, latencyNanos: 2e6, round: -1, model: 2, variant: 1, temperature: 'cold-session', error: 'File does not exist' },
    ],
    variants: [
      { name: 'program', call: 'run' },
      { name: 'session', call: 'create', alone: true },
    ],
  });
  const called = ['net', 'model'].map((name, index) => ({
    model: { id: String(index), architecture: name, name, runtime: 'onnxruntime', parameters: null, instance: 1 },
  }));
  const { models, recordings } = byModel([{ ...drawn, details: [{}, ...called] }]);
  expect(models.map(({ name }) => name)).toEqual(['net']);
  expect(recordings[0]!.calls).toHaveLength(3);
});
