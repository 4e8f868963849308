import type { SessionKernel } from '../model/session.js';

/**
 * Folds executions of the same node (a loop's iterations) into one row at the place of the first: durations, wall
 * shares, bytes and estimates are sums, `repeat` counts. Shapes are the first iteration's.
 *
 * @param kernels in order of start
 */
export function foldLoops(kernels: readonly SessionKernel[]): SessionKernel[] {
  const rows = new Map<string, SessionKernel>();
  for (const kernel of kernels) {
    const first = rows.get(kernel.node);
    rows.set(kernel.node, first === undefined ? kernel : added(first, kernel));
  }
  return [...rows.values()];
}

function added(first: SessionKernel, next: SessionKernel): SessionKernel {
  return {
    ...first,
    durationNanos: first.durationNanos + next.durationNanos,
    wallNanos: first.wallNanos + next.wallNanos,
    outputBytes: first.outputBytes + next.outputBytes,
    allocatedBytes: first.allocatedBytes + next.allocatedBytes,
    repeat: first.repeat + next.repeat,
    flops: sum(first.flops, next.flops),
    bytesMoved: sum(first.bytesMoved, next.bytesMoved),
  };
}

const sum = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);
