import { addToGroup } from '../../model/add-to-group.js';
import type { OutsideKernel, OutsideProcess } from '../../model/outside-operations.js';

/** By process, the one that took most first. */
export function outsideProcesses(kernels: readonly OutsideKernel[]): readonly OutsideProcess[] {
  const processes = new Map<string | null, OutsideKernel[]>();
  for (const kernel of kernels) addToGroup(processes, kernel.from?.split('-')[0] ?? null, kernel);
  return [...processes].map(([process, own]) => processOf(process, own)).sort((a, b) => b.nanos - a.nanos);
}

function processOf(process: string | null, kernels: readonly OutsideKernel[]): OutsideProcess {
  const byKind = new Map<string, number>();
  for (const { name, nanos } of kernels) byKind.set(name, (byKind.get(name) ?? 0) + nanos);
  return {
    process,
    threads: new Set(kernels.map(({ from }) => from)).size,
    operations: kernels.reduce((sum, { count }) => sum + count, 0),
    nanos: kernels.reduce((sum, { nanos }) => sum + nanos, 0),
    kinds: [...byKind].sort(([, a], [, b]) => b - a).map(([name]) => name),
  };
}
