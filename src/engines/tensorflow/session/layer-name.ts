/** Calls that wrap a whole model; not layers. */
const CALL = /^(StatefulPartitionedCall|PartitionedCall|__inference_\w+|__forward_\w+|serving_default|model_function)(_\d+)?$/;

/** Name scopes that layers open inside themselves, and operations that appear in the middle of a name. */
const INNER = new Set(
  (
    'MatMul BiasAdd Conv1D Conv2D Conv3D Tensordot einsum Einsum batchnorm moments FusedBatchNormV3 depthwise separable_conv2d conv1d ' +
    'while cond body loop then else Shape Reshape ReadVariableOp Read Cast CastReadVariableOp ResourceGather embedding_lookup zeros ones ' +
    'strided_slice concat split transpose dropout Gelu gelu Softmax Relu'
  ).split(' '),
);

/** Scopes of single operations, told from layers of that name (Keras has a layer `add`) by what they hold. */
const ARITHMETIC = new Set('add sub mul truediv Add Sub Mul Mean Sum Max Min'.split(' '));
const OPERAND = /^(ReadVariableOp|reduction_indices|Const|x|y)(_\d+)?$/;

const withoutNumber = (segment: string): string => segment.replace(/_\d+$/, '');

/**
 * The Keras layer path in a node name: `StatefulPartitionedCall/sequential/dense/MatMul/ReadVariableOp` →
 * `sequential/dense`. The last segment is the operation; scopes that layers open inside themselves are dropped from
 * the first on. Null when nothing is left (`Identity`) and for nodes that TensorFlow added around a call.
 */
export function layerOf(node: string): string | null {
  const segments = node.split('/');
  if (segments[0] === 'ConstantFolding') segments.shift();
  if (segments[0] === 'Func') return null;
  while (segments.length > 0 && CALL.test(segments[0] ?? '')) segments.shift();
  const operation = segments.pop() ?? '';
  if (OPERAND.test(operation) && ARITHMETIC.has(withoutNumber(segments.at(-1) ?? ''))) segments.pop();
  const end = segments.findIndex(
    (segment) => INNER.has(segment) || INNER.has(withoutNumber(segment)) || CALL.test(segment) || segment.startsWith('_'),
  );
  const layer = (end < 0 ? segments : segments.slice(0, end)).join('/');
  return layer === '' ? null : layer;
}

/**
 * The model's own name, which starts the path of every layer inside a call but not of its variables: the first
 * segment of most paths that have several. Null when there is no such majority.
 */
export function modelScope(layers: Iterable<string | null>): string | null {
  const counts = new Map<string, number>();
  let total = 0;
  for (const layer of layers) {
    const slash = layer?.indexOf('/') ?? -1;
    if (layer === null || slash < 0) continue;
    const scope = layer.slice(0, slash);
    counts.set(scope, (counts.get(scope) ?? 0) + 1);
    total++;
  }
  for (const [scope, count] of counts) if (count > 0.6 * total) return scope;
  return null;
}

/** A layer path without the model's name. */
export function withoutScope(layer: string | null, scope: string | null): string | null {
  return layer !== null && scope !== null && layer.startsWith(`${scope}/`) ? layer.slice(scope.length + 1) : layer;
}
