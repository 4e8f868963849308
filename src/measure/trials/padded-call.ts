import type { BatchGraph, OutputData } from '../../engines/engine.js';
import type { ArrayData, InputArray, Text } from '../../inputs/arrays.js';
import { UserError } from '../../model/errors.js';
import type { OpenedTraffic } from './traffic.js';

/**
 * A call as a program makes it: the arrays are padded to `bucket` rows and become inputs, the graph runs, and its results
 * are read and cut back to `kept` rows. Arrays are cheaper to pad and cut than tensors, which take an operation each.
 */
export function paddedCall(
  graph: BatchGraph,
  { rows, batched }: OpenedTraffic,
  batch: number,
  bucket: number,
  kept = batch,
): { nanos: number; values: OutputData[] } {
  const arrays = rows(batch);
  const start = performance.now();
  const { outputs, release } = graph.call(
    arrays.map((array, at) => (batched[at] === true && bucket !== batch ? padded(array, bucket) : array)),
  );
  try {
    if (outputs.some(({ shape }) => shape[0] !== bucket))
      throw new UserError('an output has no row for each row of the input, so padding cannot be cut off');
    const values = outputs.map((output) => {
      const read = output.read();
      return kept === bucket ? read : read.slice(0, (read.length / bucket) * kept);
    });
    return { nanos: Math.round((performance.now() - start) * 1e6), values };
  } finally {
    release();
  }
}

function padded(array: InputArray, rows: number): InputArray {
  const {
    shape: [given = 1, ...rest],
    data,
  } = array;
  return { ...array, shape: [rows, ...rest], data: lengthened(data, (data.length / given) * rows) };
}

const isTexts = (data: ArrayData): data is readonly Text[] => Array.isArray(data);

function lengthened(data: ArrayData, length: number): ArrayData {
  if (isTexts(data)) return [...data, ...new Array<Text>(length - data.length).fill('')];
  const all = new (data.constructor as new (length: number) => Exclude<ArrayData, readonly Text[]>)(length);
  new Uint8Array(all.buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return all;
}
