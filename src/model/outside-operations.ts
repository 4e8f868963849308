import { formatNanos } from './nanos.js';

/** Operations of one kind that a program ran outside of any call of a model: in training, or called by itself. */
export interface OutsideKernel {
  /** Kernel's name: `FusedConv2D`. */
  readonly name: string;
  readonly count: number;
  readonly nanos: number;
}

const MAX_NAMED = 3;

/** How many, how long, and what takes most of it: `1,240 operations (3.10 s, most of it in FusedConv2D, Add and Cast)`. */
export function outsideWords(kernels: readonly OutsideKernel[]): string {
  const count = kernels.reduce((sum, kernel) => sum + kernel.count, 0);
  const names = [...kernels]
    .sort((a, b) => b.nanos - a.nanos)
    .slice(0, MAX_NAMED)
    .map(({ name }) => name);
  const listed = names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
  return `${count.toLocaleString('en-US')} ${count === 1 ? 'operation' : 'operations'} (${formatNanos(outsideNanos(kernels))}, ${kernels.length <= MAX_NAMED ? 'all' : 'most'} of it in ${listed})`;
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
