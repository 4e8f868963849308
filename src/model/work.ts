/**
 * Floating-point operations of a node, estimated from shapes: what the operation needs mathematically, a multiply and
 * an add counted as two. What an implementation saves (Winograd, sparsity) or adds (padding) is not in it.
 */
export interface WorkInput {
  /** Operation type as executed; oneDNN's and fused variants count as the plain operation plus its elements. */
  readonly op: string;
  /** Null where unknown. */
  readonly inputs: readonly (readonly number[] | null)[];
  readonly outputs: readonly (readonly number[] | null)[];
}

/** Operations that only rename, route or describe: no arithmetic and no traffic worth counting. */
const FREE =
  /^(_Arg|_Retval|Const|NoOp|Identity|IdentityN|Reshape|Squeeze|ExpandDims|Shape|VarHandleOp|ReadVariableOp|_FusedReadVariableOp|Placeholder|_Recv|_Send|_HostRecv|_HostSend|Enter|Exit|Merge|Switch|NextIteration|LoopCond|ControlTrigger|StopGradient|PreventGradient)$/;

/** Operations an element, roughly what the polynomial approximations of Eigen and oneDNN take. */
const PER_ELEMENT: readonly (readonly [pattern: RegExp, flops: number])[] = [
  [/^(Exp|Log|Tanh|Sigmoid|Erf|Elu|Selu|Softplus|Sqrt|Rsqrt|Pow|Sin|Cos)$/, 10],
  [/^(Softmax|LogSoftmax)$/, 15],
  [/^(FusedBatchNorm.*|.*FusedBatchNorm.*)$/, 4],
  [
    /^(Add|AddV2|AddN|Sub|Mul|RealDiv|Div|DivNoNan|Maximum|Minimum|Relu|Relu6|LeakyRelu|Neg|Abs|Square|SquaredDifference|BiasAdd|Floor|Round|Greater|GreaterEqual|Less|LessEqual|Equal|Select|SelectV2|ClipByValue|Cast)$/,
    1,
  ],
];

const size = (shape: readonly number[]): number => shape.reduce((product, dimension) => product * dimension, 1);

/** The plain operation behind oneDNN's and the optimiser's names: `_MklNativeFusedMatMul` → `MatMul`. */
export const plainOp = (op: string): string =>
  op.replace(/^_?(Mkl)?(Native)?(Fused)?(?=(MatMul|Conv2D|Conv3D|DepthwiseConv2dNative|BatchMatMul))/, '');

/** @returns null when the operation has no formula here or a shape it needs is unknown */
export function estimateFlops(work: WorkInput): number | null {
  const op = plainOp(work.op);
  const output = work.outputs[0];
  if (FREE.test(op)) return 0;
  if (output === undefined || output === null) return null;
  const dense = denseFlops(op, work, output);
  if (dense !== undefined) return dense;
  if (/^(Sum|Mean|Max|Min|Prod|All|Any|MaxPool.*|AvgPool.*)$/.test(op)) return windowFlops(work, output);
  const rule = PER_ELEMENT.find(([pattern]) => pattern.test(op.replace(/^_?Mkl(Native)?/, '')));
  return rule === undefined ? null : rule[1] * size(output);
}

/** Products over a shared dimension; undefined for other operations. */
function denseFlops(op: string, work: WorkInput, output: readonly number[]): number | null | undefined {
  const [left, right] = work.inputs;
  switch (op.replace(/V[23]$/, '')) {
    // The shared dimension follows from the sizes, whichever side is transposed: |left| · n / |output|.
    case 'MatMul':
    case 'BatchMatMul':
      return matmulFlops(left, right, output);
    // A filter is [height, width, in ÷ groups, out]: each output element takes one product of it per output channel.
    case 'Conv2D':
    case 'Conv3D':
      return right == null ? null : 2 * size(output) * (size(right) / (right.at(-1) ?? 1));
    case 'DepthwiseConv2dNative':
      return right == null ? null : 2 * size(output) * (right[0] ?? 1) * (right[1] ?? 1);
    default:
      return undefined;
  }
}

/** [.., m, k] × [.., k, n] in either orientation: k is the dimension of an operand that the output lacks. */
function matmulFlops(
  left: readonly number[] | null | undefined,
  right: readonly number[] | null | undefined,
  output: readonly number[],
): number | null {
  const known = left ?? right;
  if (known == null) return null;
  const kept = left == null ? output.at(-1) : output.at(-2);
  const matrix = (known.at(-1) ?? 1) * (known.at(-2) ?? 1);
  return kept === undefined || kept === 0 ? 0 : 2 * size(output) * (matrix / kept);
}

/** Reductions touch each input element once. */
function windowFlops(work: WorkInput, output: readonly number[]): number | null {
  const input = work.inputs[0];
  return input == null ? null : Math.max(size(input), size(output));
}

/**
 * Bytes that have to move between memory and the processor at least: inputs read once and outputs written once.
 * @returns null when a size is unknown, 0 for operations that hand their input on
 */
export function estimateBytes(op: string, inputBytes: readonly (number | null)[], outputBytes: number): number | null {
  if (FREE.test(op)) return 0;
  let total = outputBytes;
  for (const bytes of inputBytes) {
    if (bytes === null) return null;
    total += bytes;
  }
  return total;
}
