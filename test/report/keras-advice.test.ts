import { expect, test } from 'vitest';
import { changeOf } from '../../src/analyse/findings/advice/changes.js';
import { pipelineEachCall, slowerWhenCompiled } from '../../src/analyse/findings/advice/keras.js';
import { pipelineWords, slowerWhenCompiledWords } from '../../src/report/advice/keras.js';
import { toldAnalysis as analyse } from '../../src/runs/told.js';
import type { Comparison, VariantAnalysis } from '../../src/model/analysis.js';
import { normalsFrom, uniformFrom } from '../../src/model/random.js';
import { draw, type DrawnCall } from '../helpers/recordings.js';

const compared = (candidate: string, ratio: number, verdict: Comparison['verdict']): Comparison =>
  ({
    baseline: 'uncompiled/predict',
    candidate,
    ratio,
    interval: [ratio * 0.9, ratio * 1.1],
    verdict,
    sentence: `${candidate} is ${ratio}`,
  }) as unknown as Comparison;

test.each([
  ['uncompiled/call', 'keras-call'],
  ['compiled/predict_on_batch', 'keras-predict-on-batch'],
  ['uncompiled/function', 'keras-function'],
  ['load-without-compile/predict', 'keras-compile-false'],
  ['jit/predict', 'keras-xla'],
  ['eager/predict', 'variant'],
])('%s is advised as %s', (candidate, id) => {
  const named = (key: string) => ({ key, name: key.split('/')[0]!, call: key.split('/')[1]! });
  expect(changeOf('keras', named('uncompiled/predict'), named(candidate))).toBe(id);
});

test('a slower compiled predict is the famous case; the flag is named as the cause only where it was measured', () => {
  const told = (...against: readonly Comparison[]) => slowerWhenCompiled(against).map(slowerWhenCompiledWords);
  const [plain] = told(compared('compiled/predict', 30, 'slower'));
  expect(plain!.sentence).toContain('load_model(path, compile=False)');
  expect(plain!.evidence).not.toContain('cause');
  const [proved] = told(
    compared('compiled/predict', 30, 'slower'),
    compared('path-a/predict', 29, 'slower'),
    compared('rebuilt/predict', 1.01, 'no-difference'),
  );
  expect(proved!.evidence).toContain('The flag that chooses the predict loop is the cause');
  expect(proved!.evidence).toContain('path-a/predict 29.0 ×, rebuilt/predict 1.01 ×');
  expect(slowerWhenCompiled([compared('compiled/predict', 1, 'no-difference')])).toEqual([]);
});

test('a pipeline made in each call is told, unless a measured call style has said it better', () => {
  const variant = {
    key: 'uncompiled/predict',
    calls: 38,
    cold: [{ causes: ['first-trace'] }, { causes: ['new-shape'] }],
    stages: { 'data-adapter': { share: 0.5, nanosPerCall: 5e6 }, 'graph-building': { share: 0.3, nanosPerCall: 3e6 } },
  } as unknown as VariantAnalysis;
  expect(pipelineEachCall(variant, [])[0]!.saving!.share).toBeCloseTo(0.8);
  expect(pipelineWords(pipelineEachCall(variant, [])[0]!).sentence).toContain(
    "makes its data pipeline anew, with graphs of its own (the model's was built in 2 of 40 calls).",
  );
  const unbuilt = { ...variant, stages: { ...variant.stages, 'graph-building': { share: 0, nanosPerCall: 0 } } };
  expect(pipelineWords(pipelineEachCall(unbuilt, [])[0]!).sentence).toMatch(/makes its data pipeline anew\.$/);
  expect(pipelineEachCall(variant, [{ id: 'keras-call' }])).toEqual([]);
  const light = { ...unbuilt, stages: { ...unbuilt.stages, 'data-adapter': { share: 0.09, nanosPerCall: 1e6 } } };
  expect(pipelineEachCall(light, [])).toEqual([]);
});

test('a Keras analysis speaks of Python, with measured savings', () => {
  const normal = normalsFrom(uniformFrom(1));
  const latencies = [4e7, 2e6];
  const calls = Array.from({ length: 40 }, (_, index): DrawnCall => {
    const variant = index % 2;
    const duration = Math.round(latencies[variant]! * (1 + 0.002 * normal()));
    const start = 1e9 + index * 1e8;
    return {
      variant,
      round: index >> 1,
      root: {
        name: 'predict',
        stage: 'glue',
        start,
        duration,
        children: [{ name: 'a', stage: 'data-adapter', start, duration: Math.floor(duration * 0.6) }],
      },
    };
  });
  const variants = [
    { name: 'uncompiled', call: 'predict' },
    { name: 'uncompiled', call: 'call' },
  ];
  const drawn = draw({ calls, variants });
  const { advice } = analyse([{ ...drawn, meta: { ...drawn.meta, model: { ...drawn.meta.model, runtime: 'keras' } } }]);
  expect(advice.map(({ id, verified }) => [id, verified])).toEqual([['keras-call', true]]);
  expect(advice[0]!.sentence).toBe(
    'Call the model itself, `model(x, training=False)`, instead of `predict` (uncompiled/call): it saves 95 % of a call.',
  );
  expect(advice[0]!.evidence).toContain('batches of 32');
});
