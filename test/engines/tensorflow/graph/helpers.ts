import * as tf from '@tensorflow/tfjs-node';
import { expect } from 'vitest';
import { compileToGraph } from '../../../../src/engines/tensorflow/compile-to-graph.js';
import type { CompileOptions } from '../../../../src/engines/tensorflow/graph/options.js';
import type { Compilable } from '../../../../src/engines/tensorflow/graph/tfjs.js';
import type { CompiledGraph } from '../../../../src/engines/tensorflow/graph/compiled-graph.js';

/** The compiled form of a model of tfjs. */
export const compile = (model: tf.LayersModel | tf.GraphModel | ((...x: never[]) => unknown), options?: CompileOptions): CompiledGraph =>
  compileToGraph(tf, model as unknown as Compilable, options);

export const list = (value: unknown): tf.Tensor[] =>
  value instanceof tf.Tensor ? [value] : Array.isArray(value) ? (value as tf.Tensor[]) : Object.values(value as Record<string, tf.Tensor>);

/** Every output of `actual` is that of `expected`, within float rounding; both are disposed. */
export function expectSame(actual: unknown, expected: unknown, tolerance = 1e-5): void {
  const [a, b] = [list(actual), list(expected)];
  expect(a.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(b.map(({ shape, dtype }) => ({ shape, dtype })));
  a.forEach((tensor, index) => {
    const [got, want] = [Array.from(tensor.dataSync()), Array.from(b[index]!.dataSync())];
    if (tensor.dtype === 'string') expect(got).toEqual(want);
    else {
      const scale = Math.max(1, ...want.map(Math.abs));
      expect(Math.max(0, ...got.map((value, at) => Math.abs(value - want[at]!)))).toBeLessThanOrEqual(tolerance * scale);
    }
  });
  tf.dispose(a);
  tf.dispose(b);
}

export const binding = (): { getNumOfTensors(): number; getNumOfSavedModels(): number } =>
  (tf.backend() as unknown as { binding: never }).binding;
