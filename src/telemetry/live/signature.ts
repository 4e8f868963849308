interface TensorLike {
  readonly dtype: string;
  readonly shape: readonly number[];
}

const isTensor = (value: unknown): value is TensorLike =>
  typeof value === 'object' && value !== null && 'dtype' in value && 'shape' in value;

/** Dtypes and shapes of what a call was given, as `float32[32,4]`; values are never looked at. */
export function signatureOf(inputs: unknown): { readonly signature: string; readonly batch: number } {
  const candidates: readonly unknown[] = isTensor(inputs) ? [inputs] : Array.isArray(inputs) ? inputs : Object.values(inputs ?? {});
  const tensors = candidates.filter(isTensor);
  return {
    signature: tensors.map(({ dtype, shape }) => `${dtype}[${shape.join(',')}]`).join(',') || 'unknown',
    batch: tensors[0]?.shape[0] ?? 1,
  };
}
