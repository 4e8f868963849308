import type { Tensor } from '@tensorflow/tfjs-node';
import { UserError } from '../../model/errors.js';
import type { ArrayData, InputArray, Text } from '../../inputs/arrays.js';
import { toTensor } from '../../engines/tensorflow/load/to-tensor.js';
import type { TensorFlow } from '../../engines/tensorflow/load/tensorflow.js';
import { tensorsOf } from '../../engines/tensorflow/load/variants/runnable-variant.js';
import type { OpenedTraffic } from './traffic.js';
import type { CompiledGraph } from '../../engines/tensorflow/graph/compiled-graph.js';

/** What a call has read of one output. */
export type Values = ReturnType<Tensor['dataSync']>;

/**
 * A call as a program makes it: the arrays are padded to `bucket` rows and become tensors, the graph runs, and its results
 * are read and cut back to `kept` rows. Arrays are cheaper to pad and cut than tensors, which take an operation each.
 */
export function paddedCall(
  tf: TensorFlow,
  graph: CompiledGraph,
  { rows, batched }: OpenedTraffic,
  batch: number,
  bucket: number,
  kept = batch,
): { nanos: number; values: Values[] } {
  const arrays = rows(batch);
  const temporary: Tensor[] = [];
  const hold = (tensors: readonly Tensor[]): readonly Tensor[] => (temporary.push(...tensors), tensors);
  const start = performance.now();
  try {
    const inputs = hold(arrays.map((array, at) => toTensor(tf, batched[at] === true && bucket !== batch ? padded(array, bucket) : array)));
    const outputs = hold(tensorsOf(graph.predict(inputs)));
    if (outputs.some(({ shape }) => shape[0] !== bucket))
      throw new UserError('an output has no row for each row of the input, so padding cannot be cut off');
    const values = outputs.map((tensor) => {
      const read = tensor.dataSync();
      return kept === bucket ? read : read.slice(0, (read.length / bucket) * kept);
    });
    return { nanos: Math.round((performance.now() - start) * 1e6), values };
  } finally {
    for (const tensor of temporary) tensor.dispose();
  }
}

function padded(array: InputArray, rows: number): InputArray {
  const {
    shape: [given = 1, ...rest],
    data,
  } = array;
  return { ...array, shape: [rows, ...rest], data: lengthened(data, (data.length / given) * rows) };
}

function lengthened(data: ArrayData, length: number): ArrayData {
  if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array) {
    const all = new (data.constructor as new (length: number) => Exclude<ArrayData, readonly Text[]>)(length);
    all.set(data);
    return all;
  }
  return [...data, ...new Array<Text>(length - data.length).fill('')];
}
