interface TensorLike {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** A tensor of TensorFlow.js, or one of ONNX Runtime, which has other names for the same. */
function asTensor(value: unknown): TensorLike[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('dtype' in value && 'shape' in value) return [value as TensorLike];
  if (!('type' in value && 'dims' in value)) return [];
  const { type, dims } = value as { readonly type: string; readonly dims: readonly number[] };
  return [{ dtype: type, shape: dims }];
}

/** Dtypes and shapes of what a call was given, as `float32[32,4]`; values are never looked at. A text is what the engine says of it. */
export function signatureOf(inputs: unknown): { readonly signature: string; readonly batch: number } {
  if (typeof inputs === 'string') return { signature: inputs, batch: 1 };
  const [single] = asTensor(inputs);
  const candidates: readonly unknown[] = single !== undefined ? [single] : Array.isArray(inputs) ? inputs : Object.values(inputs ?? {});
  const tensors = candidates.flatMap(asTensor);
  return {
    signature: tensors.map(({ dtype, shape }) => `${dtype}[${shape.join(',')}]`).join(',') || 'unknown',
    batch: tensors[0]?.shape[0] ?? 1,
  };
}
