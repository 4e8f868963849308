import type { SessionKernel } from '../../model/session.js';

/**
 * Folds executions of the same node (a loop's iterations) into one row at the place of the first: durations, wall
 * shares, bytes and estimates are sums, `repeat` counts, `iterationNanos` keeps each duration. Shapes are the first iteration's.
 *
 * @param kernels in order of start
 */
export function foldLoops(kernels: readonly SessionKernel[]): SessionKernel[] {
  const rows: SessionKernel[] = [];
  // A name is only unique within its graph: the call is part of the key.
  const rowOf = new Map<string, number>();
  const folded: number[] = [];
  const iterations = new Map<number, number[]>();
  for (const kernel of kernels) {
    const parent = kernel.parent < 0 ? -1 : (folded[kernel.parent] ?? -1);
    const key = `${parent} ${kernel.node}`;
    const row = rowOf.get(key);
    const first = row === undefined ? undefined : rows[row];
    if (row === undefined || first === undefined) {
      rowOf.set(key, rows.length);
      folded.push(rows.length);
      rows.push({ ...kernel, parent });
    } else {
      folded.push(row);
      rows[row] = added(first, kernel);
      const each = iterations.get(row);
      if (each === undefined) iterations.set(row, [first.durationNanos, kernel.durationNanos]);
      else each.push(kernel.durationNanos);
    }
  }
  for (const [row, iterationNanos] of iterations) {
    const kernel = rows[row];
    if (kernel !== undefined) rows[row] = { ...kernel, iterationNanos };
  }
  return rows;
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
