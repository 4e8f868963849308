import { estimateBytes, estimateFlops } from '../../../model/work.js';
import type { ProfileTensor } from './decode-profile.js';
import type { KnownNode } from './graph-view.js';
import type { OnnxNode } from '../load/graph.js';
import { dtypeBytes } from '../../../model/dtypes.js';

type Shape = readonly number[];
type Shapes = readonly (Shape | null)[];

/** Work of a kernel, from the shapes that it had. Null: no formula, or a shape is not known. */
export interface KernelWork {
  readonly flops: number | null;
  readonly bytesMoved: number | null;
}

/** ONNX's names of operations whose formulas stand in model/work.ts under TensorFlow's. */
const SAME_AS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    Max: 'Maximum',
    Min: 'Minimum',
    Where: 'Select',
    Clip: 'ClipByValue',
    LessOrEqual: 'LessEqual',
    GreaterOrEqual: 'GreaterEqual',
    BatchNormalization: 'FusedBatchNorm',
    Unsqueeze: 'ExpandDims',
    Flatten: 'Reshape',
    Constant: 'Const',
    ReduceSum: 'Sum',
    ReduceMean: 'Mean',
    ReduceMax: 'Max',
    ReduceMin: 'Min',
    ReduceProd: 'Prod',
    MaxPool: 'MaxPool',
    AveragePool: 'AvgPool',
    GlobalAveragePool: 'AvgPool',
    GlobalMaxPool: 'MaxPool',
    QuickGelu: 'Tanh',
    Gelu: 'Erf',
    FastGelu: 'Tanh',
    BiasGelu: 'Erf',
  }),
);

const size = (shape: Shape): number => shape.reduce((product, dimension) => product * dimension, 1);

/** Products of matrices, with or without what is fused behind them, quantised or not. Which inputs are the factors. */
const MATRIX_FACTORS: ReadonlyMap<string, readonly [left: number, right: number]> = new Map([
  ['MatMul', [0, 1]],
  ['Gemm', [0, 1]],
  ['FusedMatMul', [0, 1]],
  ['FusedGemm', [0, 1]],
  ['TransposeMatMul', [0, 1]],
  ['MatMulInteger', [0, 1]],
  ['MatMulIntegerToFloat', [0, 1]],
  ['DynamicQuantizeMatMul', [0, 1]],
  ['QLinearMatMul', [0, 3]],
  ['QGemm', [0, 3]],
]);

/** Convolutions, likewise: where the filter is, [out, in ÷ groups, …]. */
const FILTER_INPUT: ReadonlyMap<string, number> = new Map([
  ['Conv', 1],
  ['FusedConv', 1],
  ['NhwcFusedConv', 1],
  ['ConvInteger', 1],
  ['QLinearConv', 3],
]);

/** @param inputs in the order of the graph, with those that were packed; @param known the node, where the graph could be read */
export function kernelWork(
  op: string,
  inputs: readonly (ProfileTensor | null)[],
  outputs: readonly ProfileTensor[],
  known: KnownNode | undefined,
): KernelWork {
  const shapes = inputs.map((input) => input?.shape ?? null);
  const made = outputs.map(({ shape }) => shape);
  const outputBytes = outputs.reduce<number | null>((sum, tensor) => added(sum, tensorBytes(tensor)), 0);
  const plain = SAME_AS.get(op) ?? op;
  return {
    flops: flopsOf(op, shapes, made, known),
    bytesMoved: outputBytes === null ? null : estimateBytes(plain, readBytes(op, inputs, outputBytes), outputBytes),
  };
}

/** Read only what they give of their first input, which may be a table of many megabytes. */
const PICKS = /^(Gather|GatherND|GatherElements|Slice)$/;

const readBytes = (op: string, inputs: readonly (ProfileTensor | null)[], outputBytes: number): readonly (number | null)[] =>
  inputs.map((input, index) => (index === 0 && PICKS.test(op) ? outputBytes : tensorBytes(input)));

function flopsOf(op: string, inputs: Shapes, outputs: Shapes, known: KnownNode | undefined): number | null {
  const output = outputs[0];
  const factors = MATRIX_FACTORS.get(op);
  if (factors !== undefined) {
    const [left = null, right = null] = factors.map((input) => inputs[input] ?? null);
    return estimateFlops({ op: 'MatMul', inputs: [left, right], outputs });
  }
  const filterInput = FILTER_INPUT.get(op);
  if (filterInput !== undefined) return convolutionFlops(inputs[filterInput] ?? null, output ?? null, known?.node);
  if (op === 'ConvTranspose') return transposedFlops(inputs[0] ?? null, inputs[1] ?? null);
  if (op === 'Attention') return attentionFlops(inputs[0] ?? null, inputs[1] ?? null);
  if (op === 'LSTM' || op === 'GRU' || op === 'RNN') return recurrentFlops(inputs[0] ?? null, inputs[1] ?? null, inputs[2] ?? null);
  return estimateFlops({ op: SAME_AS.get(op) ?? op, inputs, outputs });
}

/** Each output element takes one product per filter element of its channel. In the blocked layout channels are filled up. */
function convolutionFlops(filter: Shape | null, output: Shape | null, node: OnnxNode | undefined): number | null {
  const channels = filter?.[0];
  if (filter === null || output === null || channels === undefined || channels === 0 || filter.length !== output.length) return null;
  const blocked = node?.domain === 'com.microsoft.nchwc';
  const elements = blocked ? (size(output) / Math.max(1, output[1] ?? 1)) * channels : size(output);
  return 2 * elements * (size(filter) / channels);
}

/** Each input element is multiplied with one filter of its channel. */
function transposedFlops(input: Shape | null, filter: Shape | null): number | null {
  const channels = filter?.[0];
  if (input === null || filter === null || channels === undefined || channels === 0) return null;
  return 2 * size(input) * (size(filter) / channels);
}

/** [batch, sequence, hidden] × [hidden, 3 · size]: three projections, and two products among all pairs of positions. */
function attentionFlops(input: Shape | null, weights: Shape | null): number | null {
  const [batch, sequence, hidden] = input ?? [];
  const projected = weights?.at(-1);
  if (batch === undefined || sequence === undefined || hidden === undefined || projected === undefined) return null;
  return 2 * batch * sequence * hidden * projected + 4 * batch * sequence * sequence * (projected / 3);
}

/** [steps, batch, inputs], [directions, gates · hidden, inputs], [directions, gates · hidden, hidden]. */
function recurrentFlops(input: Shape | null, weights: Shape | null, recurrent: Shape | null): number | null {
  const [steps, batch] = input ?? [];
  if (steps === undefined || batch === undefined || weights === null || recurrent === null) return null;
  return 2 * steps * batch * (size(weights) + size(recurrent));
}

const added = (sum: number | null, bytes: number | null): number | null => (sum === null || bytes === null ? null : sum + bytes);

/** Null for texts, for what is no tensor, and for an input that is not known. */
export function tensorBytes(tensor: ProfileTensor | null): number | null {
  const each = tensor === null ? undefined : elementBytes(tensor.dtype);
  return tensor === null || tensor.shape === null || each === undefined ? null : Math.ceil(size(tensor.shape) * each);
}

const elementBytes = (dtype: string): number | undefined =>
  dtype.endsWith('int4') ? 0.5 : dtype.startsWith('float8') ? 1 : dtypeBytes(dtype);
