import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Instrumentation } from '../../../../src/engines/tensorflow/seams/instrumentation.js';
import type { CallStart } from '../../../../src/model/recorder.js';
import type { Recording } from '../../../../src/model/recording.js';
import { recordingInMemory } from '../../../helpers/recording-in-memory.js';
import { Recorder } from '../../../../src/record/recorder.js';
import { loadAddon, SLOT } from '../../../../src/engines/tensorflow/session/addon.js';
import { createEagerClock } from '../../../../src/engines/tensorflow/session/clock.js';
import { createSampler } from '../../../../src/engines/session/sampling.js';
import { createSessionTracer } from '../../../../src/engines/tensorflow/session/tracer.js';
import { stageFromCode } from '../../../../src/model/stage.js';
import { realTensorFlow } from '../../../helpers/tensorflow.js';
import { KIND } from '../../../../src/model/codes.js';

const status = loadAddon();
if (status.status === 'unavailable') throw new Error(status.reason);
const { addon } = status;
const { tf, seams, inner } = realTensorFlow();
type Tensor = import('@tensorflow/tfjs-node').Tensor;

const start = (variant: number): CallStart => ({ variant, temperature: 'warm', round: 0, signature: '', batch: 1 });
const session = { open: () => ({ tracer: createSessionTracer(addon, { fusedOps: 'once' }), sampler: createSampler() }) };
const native = { clock: createEagerClock(addon), sampler: createSampler };

let instrumentation: Instrumentation | undefined;
afterEach(() => instrumentation?.disable());

/** Runs `body` in calls of each variant in turn and gives what was recorded, and each call's output bytes. */
function record(calls: number, bodies: readonly (() => Tensor)[]): { recording: Recording; outputs: Buffer[][] } {
  const recorder = new Recorder();
  instrumentation = new Instrumentation({ tf: seams, recorder, inner, session, native });
  const outputs: Buffer[][] = bodies.map(() => []);
  instrumentation.enable();
  for (let call = 0; call < calls; call++) {
    bodies.forEach((body, variant) => {
      const result = recorder.callSync(start(variant), recorder.interner.string('predict'), KIND.call, 0, body);
      const values = result.dataSync();
      outputs[variant]?.push(Buffer.from(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength)));
      result.dispose();
    });
  }
  instrumentation.disable();
  return { recording: recordingInMemory(recorder), outputs };
}

const rowsOf = ({ spans }: Recording, call: number, kind: number): number[] =>
  Array.from({ length: spans.length }, (_, row) => row).filter((row) => spans.call[row] === call && spans.kind[row] === kind);

const stagesOf = ({ spans }: Recording, call: number): string[] => [
  ...new Set(
    Array.from({ length: spans.length }, (_, row) => row)
      .filter((row) => spans.call[row] === call)
      .map((row) => stageFromCode(spans.stage[row]!)),
  ),
];

describe('native time of eager operations', () => {
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: 8, inputShape: [4], activation: 'relu' }), tf.layers.dense({ units: 1 })],
  });
  const input = tf.randomUniform([32, 4], -1, 1, 'float32', 3);

  test('is a span under each operation of a sample of the calls, inside of it; the others are untouched; outputs are the same', () => {
    const { recording, outputs } = record(40, [() => model.predict(input) as Tensor]);
    const { spans, calls } = recording;
    const sampled = calls.flatMap(({ traced }, call) => (traced === true ? [call] : []));
    expect(sampled.length).toBeGreaterThanOrEqual(2);
    expect(sampled.length).toBeLessThanOrEqual(40 / 8 + 2);
    calls.forEach((_, call) => {
      const kernels = rowsOf(recording, call, KIND.kernel);
      const natives = rowsOf(recording, call, KIND.native);
      expect(kernels.length).toBeGreaterThan(2);
      expect(natives.map((row) => spans.parent[row])).toEqual(sampled.includes(call) ? kernels : []);
      for (const row of natives) {
        const parent = spans.parent[row]!;
        const end = (at: number): number => spans.startNanos[at]! + spans.durationNanos[at]!;
        expect(spans.durationNanos[row]).toBeGreaterThan(0);
        expect(spans.startNanos[row]).toBeGreaterThanOrEqual(spans.startNanos[parent]!);
        // The clocks of C and of JavaScript are read within a microsecond of each other.
        expect(end(row)).toBeLessThanOrEqual(end(parent) + 1000);
      }
    });
    for (const output of outputs[0]!) expect(output.equals(outputs[0]![0]!)).toBe(true);
    expect(addon.slots[SLOT.eagerOn]).toBe(0);
  });

  test('an operation that the binding refuses has none, and fails as it would have', () => {
    const wrong = tf.ones([3, 5]);
    const fails = (): Tensor => tf.tidy(() => tf.matMul(input, wrong));
    const sampling = { ...native, sampler: () => ({ decide: () => true, record: () => undefined, period: 1 }) };
    const recorder = new Recorder();
    instrumentation = new Instrumentation({ tf: seams, recorder, inner, native: sampling });
    const plain = (() => {
      try {
        fails();
        return '';
      } catch (error) {
        return String(error);
      }
    })();
    instrumentation.enable();
    expect(() => recorder.callSync(start(0), 0, KIND.call, 0, fails)).toThrow(plain.replace(/^Error: /, ''));
    const binding = seams.backend().binding!;
    expect(() => recorder.callSync(start(0), 0, KIND.call, 0, () => binding.executeOp('NoSuchOperation', [], [], 1))).toThrow();
    instrumentation.disable();
    expect(addon.slots[SLOT.eagerOn]).toBe(0);
    wrong.dispose();
  });
});

describe('sessions', () => {
  const saved = (name: string) => tf.node.loadSavedModel(path.resolve('test/fixtures/session', name));

  test('each model of the process tells what was fused, and is sampled for itself; outputs are the same', async () => {
    const dense = await saved('dense');
    const convolution = await saved('convolution');
    const inputs = [tf.randomUniform([32, 4], -1, 1, 'float32', 5), tf.randomUniform([1, 64, 64, 3], -1, 1, 'float32', 6)] as const;
    const first = (value: unknown): Tensor => (value instanceof tf.Tensor ? value : (Object.values(value as object)[0] as Tensor));
    const { recording, outputs } = record(40, [() => first(dense.predict(inputs[0])), () => first(convolution.predict(inputs[1]))]);
    const fusedOf = (variant: number): string[] => {
      const calls = recording.calls.flatMap((call, index) => (call.variant === variant && call.traced === true ? [index] : []));
      expect(calls.length).toBeGreaterThanOrEqual(2);
      expect(calls.length).toBeLessThan(12);
      return [
        ...new Set(
          calls.flatMap((call) =>
            rowsOf(recording, call, KIND.kernel).flatMap((row) => recording.details[recording.spans.detail[row]!]!.fused ?? []),
          ),
        ),
      ];
    };
    // Only the first call of each session builds; a warm traced one tells no building that the untraced ones do not have.
    const building = recording.calls.flatMap((_, call) => (stagesOf(recording, call).includes('graph-building') ? [call] : []));
    expect(building).toEqual([0, 1]);
    expect(fusedOf(0)).toContain('BiasAdd');
    expect(fusedOf(1)).toContain('BiasAdd');
    for (const list of outputs) for (const output of list) expect(output.equals(list[0]!)).toBe(true);
    dense.dispose();
    convolution.dispose();
  });
});
