/**
 * Which dimensions of an operation's result depend on the values of the inputs: they are -1 in a trace, and reading one
 * in JavaScript refuses the trace. What is not known to be safe counts as dependent.
 */
import type { OpAttribute } from './tfjs.js';
import type { TensorType } from './trace-model.js';

/** What is known of one input of an operation. */
export interface KnownInput extends TensorType {
  /** True when its values are not the same at every call. */
  readonly varies: boolean;
  /** Its values as whole numbers, when it is a constant. */
  readonly values: readonly number[] | null;
}

/** Every dimension of every output, or those that `open` names for an output of this rank. */
type Rule = {
  readonly inputs: readonly number[] | 'any';
  readonly open: (output: number, dimension: number, inputs: readonly KnownInput[]) => boolean;
};

const every = (...inputs: number[]): Rule => ({ inputs, open: () => true });
const rows = (...outputs: number[]): Rule => ({ inputs: 'any', open: (output, dimension) => outputs.includes(output) && dimension === 0 });

const NON_MAX_SUPPRESSION = rows(0, 1);

/**
 * Operations whose shapes depend on values, with the inputs whose values count (`any`: whichever varies). The last group
 * takes a shape as an input, which is nearly always a constant.
 */
const BY_VALUE: Readonly<Record<string, Rule>> = {
  Where: rows(0),
  Unique: rows(0),
  UniqueWithCounts: rows(0, 2),
  UniqueV2: {
    inputs: 'any',
    open: (output, dimension, [, axis]) => output === 0 && (axis?.values === null || axis?.values[0] === dimension),
  },
  UniqueWithCountsV2: {
    inputs: 'any',
    open: (output, dimension, [, axis]) => output !== 1 && (output === 2 || axis?.values === null || axis?.values[0] === dimension),
  },
  ListDiff: rows(0, 1),
  DynamicPartition: { inputs: [1], open: (_, dimension) => dimension === 0 },
  NonMaxSuppression: NON_MAX_SUPPRESSION,
  NonMaxSuppressionV2: NON_MAX_SUPPRESSION,
  NonMaxSuppressionV3: NON_MAX_SUPPRESSION,
  NonMaxSuppressionV4: NON_MAX_SUPPRESSION,
  NonMaxSuppressionV5: NON_MAX_SUPPRESSION,
  NonMaxSuppressionWithOverlaps: NON_MAX_SUPPRESSION,
  StringSplit: every(0, 1),
  StringSplitV2: every(0, 1),
  StringNGrams: every(0, 1),
  DecodeBmp: every(0),
  DecodeGif: every(0),
  DecodeImage: every(0),
  DecodeJpeg: every(0),
  DecodePng: every(0),
  RaggedGather: every(0, 1, 2),
  RaggedRange: every(0, 1, 2),
  RaggedTensorToTensor: every(0, 3),
  SparseFillEmptyRows: every(0, 1),
  SparseReshape: every(1, 2),
  SparseSegmentMean: every(2),
  SparseSegmentSqrtN: every(2),
  SparseSegmentSum: every(2),
  SegmentMax: every(1),
  SegmentMean: every(1),
  SegmentMin: every(1),
  SegmentProd: every(1),
  SegmentSum: every(1),
  BatchToSpaceND: every(1, 2),
  Bincount: every(1),
  BroadcastArgs: every(0, 1),
  BroadcastTo: every(1),
  Conv2DBackpropInput: every(0),
  Conv3DBackpropInputV2: every(0),
  CropAndResize: every(3),
  DenseBincount: every(1),
  DepthwiseConv2dNativeBackpropInput: every(0),
  ExpandDims: every(1),
  Fill: every(0),
  LinSpace: every(2),
  MirrorPad: every(1),
  Multinomial: every(1),
  OneHot: every(1),
  Pad: every(1),
  PadV2: every(1),
  RandomStandardNormal: every(0),
  RandomUniform: every(0),
  RandomUniformInt: every(0),
  Range: every(0, 1, 2),
  Reshape: every(1),
  ResizeBilinear: every(1),
  ResizeNearestNeighbor: every(1),
  ScatterNd: every(2),
  Slice: every(1, 2),
  SpaceToBatchND: every(1, 2),
  SparseToDense: every(1),
  SplitV: every(1),
  StridedSlice: every(1, 2, 3),
  Tile: every(1),
  TopKV2: every(1),
  Transpose: every(1),
  TruncatedNormal: every(0),
  UnsortedSegmentSum: every(2),
};

/** Operations that work on each element, with broadcasting: a dimension is open where one of the inputs' is. */
const ELEMENT_WISE = new Set(
  (
    'Abs Acos Acosh Add AddN AddV2 Asin Asinh Atan Atan2 Atanh Cast Ceil Complex ComplexAbs Cos Cosh Div DivNoNan Elu Equal Erf Exp Expm1 Floor ' +
    'FloorDiv FloorMod Greater GreaterEqual Identity Imag IsFinite IsInf IsNan LeakyRelu Less LessEqual Log Log1p LogicalAnd LogicalNot LogicalOr ' +
    'Maximum Minimum Mul Neg NotEqual OnesLike Pow Real RealDiv Reciprocal Relu Relu6 Round Rsqrt Select SelectV2 Selu Sigmoid Sign Sin Sinh ' +
    'Softmax Softplus Sqrt Square SquaredDifference StaticRegexReplace Sub Tan Tanh ZerosLike'
  ).split(' '),
);

const REDUCTIONS = new Set(['All', 'Any', 'Max', 'Mean', 'Min', 'Prod', 'Sum']);

/** Operations whose result depends on the shape of their input alone. */
const OF_SHAPE = new Set(['OnesLike', 'Rank', 'Shape', 'ShapeN', 'Size', 'ZerosLike']);

/** Whether an operation's values differ from call to call because its inputs' do. */
export function valuesVary(op: string, inputs: readonly KnownInput[]): boolean {
  return OF_SHAPE.has(op) ? inputs.some(({ shape }) => shape.includes(-1)) : inputs.some(({ varies }) => varies);
}

/**
 * The types of an operation's results with -1 for each dimension that depends on the inputs' values.
 * @param results types as this one call gave them
 */
export function openShapes(
  op: string,
  attrs: readonly OpAttribute[],
  inputs: readonly KnownInput[],
  results: readonly TensorType[],
): TensorType[] {
  const rule = ruleOf(op, attrs);
  const counts = rule !== undefined && inputs.some(({ varies }, index) => varies && (rule.inputs === 'any' || rule.inputs.includes(index)));
  const inherited = inputs.some(({ shape }) => shape.includes(-1));
  if (!counts && !inherited) return results.map(({ dtype, shape }) => ({ dtype, shape }));
  return results.map(({ dtype, shape }, output) => ({
    dtype,
    shape: shape.map((size, dimension) => {
      const open =
        (counts && rule.open(output, dimension, inputs)) || (inherited && inherits(op, inputs, shape.length, dimension, rule, output));
      return open ? -1 : size;
    }),
  }));
}

function ruleOf(op: string, attrs: readonly OpAttribute[]): Rule | undefined {
  if (REDUCTIONS.has(op)) return every(1);
  // Padded to its largest size, the result has a fixed shape.
  return attrs.some(({ name, value }) => name === 'pad_to_max_output_size' && value === true) ? undefined : BY_VALUE[op];
}

/** Whether an open dimension of an input reaches this dimension of the result. */
function inherits(
  op: string,
  inputs: readonly KnownInput[],
  rank: number,
  dimension: number,
  rule: Rule | undefined,
  output: number,
): boolean {
  // The old Select takes a list of conditions for whole rows: only operands of one rank are element by element.
  if (op === 'Select' && inputs.some(({ shape }) => shape.length !== rank)) return true;
  if (ELEMENT_WISE.has(op)) return inputs.some(({ shape }) => shape[dimension - (rank - shape.length)] === -1);
  if (REDUCTIONS.has(op)) return reduced(inputs, rank, dimension);
  if (op === 'MatMul' || op === 'BatchMatMulV2') return product(inputs, rank, dimension);
  if (op === 'GatherV2') return gathered(inputs, dimension);
  return rule === undefined || !op.startsWith('NonMaxSuppression') || rule.open(output, dimension, inputs);
}

/** A reduction keeps the dimensions that it does not sum over; only a constant list of axes tells which. */
function reduced([x, axes]: readonly KnownInput[], rank: number, dimension: number): boolean {
  if (x === undefined || axes === undefined || axes.values === null) return true;
  const summed = new Set(axes.values.map((axis) => (axis < 0 ? axis + x.shape.length : axis)));
  const kept = x.shape.filter((_, index) => !summed.has(index));
  return rank === kept.length ? kept[dimension] === -1 : !summed.has(dimension) && x.shape[dimension] === -1;
}

/** Rows come from the first, columns from the second, unless transposed: then either may. */
function product([a, b]: readonly KnownInput[], rank: number, dimension: number): boolean {
  const last = (input: KnownInput | undefined): boolean => input === undefined || input.shape.slice(-2).includes(-1);
  if (dimension === rank - 2) return last(a);
  if (dimension === rank - 1) return last(b);
  return [a, b].some((input) => input === undefined || input.shape.slice(0, -2).includes(-1));
}

/** Along the first axis the result has the dimensions of the indices, then those of the rest of the table. */
function gathered([table, indices, axis]: readonly KnownInput[], dimension: number): boolean {
  if (table === undefined || indices === undefined || axis?.values?.[0] !== 0) return true;
  const rank = indices.shape.length;
  return dimension < rank ? indices.shape[dimension] === -1 : table.shape[dimension - rank + 1] === -1;
}
