/** Operations of one kind that a program ran outside of any call of a model: in training, or called by itself. */
export interface OutsideKernel {
  /** Kernel's name: `FusedConv2D`. */
  readonly name: string;
  readonly count: number;
  readonly nanos: number;
}

export const outsideNanos = (kernels: readonly OutsideKernel[]): number => kernels.reduce((sum, kernel) => sum + kernel.nanos, 0);

/** Adds up by kernel. */
export function mergedKernels(kernels: readonly OutsideKernel[]): OutsideKernel[] {
  const merged = new Map<string, OutsideKernel>();
  for (const { name, count, nanos } of kernels) {
    const known = merged.get(name);
    merged.set(name, { name, count: count + (known?.count ?? 0), nanos: nanos + (known?.nanos ?? 0) });
  }
  return [...merged.values()];
}
