/** Calls that wrap a whole model; not layers. */
const CALL = /^(StatefulPartitionedCall|PartitionedCall|__inference_\w+|__forward_\w+|serving_default|model_function)(_\d+)?$/;

/** Name scopes that layers open inside themselves, and operations that appear in the middle of a name. */
const INNER = new Set(
  ('MatMul BiasAdd Conv1D Conv2D Conv3D Tensordot einsum Einsum batchnorm moments FusedBatchNormV3 depthwise separable_conv2d conv1d ' +
    'while cond body loop then else Shape Reshape ReadVariableOp Read Cast CastReadVariableOp ResourceGather embedding_lookup zeros ones ' +
    'strided_slice concat split transpose dropout Gelu gelu Softmax Relu').split(' '),
);

const withoutNumber = (segment: string): string => segment.replace(/_\d+$/, '');

/**
 * The Keras layer path in a node name: `StatefulPartitionedCall/sequential/dense/MatMul/ReadVariableOp` →
 * `sequential/dense`. The last segment is the operation; scopes that layers open inside themselves are dropped from
 * the first on. Null when nothing is left (`Identity`, `dense/` without an operation has no such form).
 */
export function layerOf(node: string): string | null {
  const segments = node.split('/');
  while (segments.length > 0 && CALL.test(segments[0] ?? '')) segments.shift();
  segments.pop();
  const end = segments.findIndex((segment) => INNER.has(segment) || INNER.has(withoutNumber(segment)) || CALL.test(segment) || segment.startsWith('_'));
  const layer = (end < 0 ? segments : segments.slice(0, end)).join('/');
  return layer === '' ? null : layer;
}
