import type { FlameNode } from '../../model/analysis.js';
import { childrenOf, preOrder } from '../../model/pre-order.js';

/** The part of V8's `.cpuprofile` that is written: what Chrome's and VS Code's viewers and 0x need. */
export interface CpuProfileFile {
  readonly nodes: readonly CpuProfileNode[];
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface CpuProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly scriptId: string;
    readonly url: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
  /** Whole microseconds of self time: readers that draw hits (0x) draw time. */
  readonly hitCount: number;
  readonly children: readonly number[];
}

/**
 * A tree as `.cpuprofile`: each frame's self time over all calls is one sample, in microseconds with three decimals, so
 * nanoseconds survive. Frames that only exist in V8 (files, lines) are left empty.
 */
export const renderCpuProfile = (tree: FlameNode): string => JSON.stringify(cpuProfileFile(tree));

export function cpuProfileFile(tree: FlameNode): CpuProfileFile {
  const nodes: (CpuProfileNode & { readonly children: number[] })[] = [frame(1, '(root)', 0)];
  const samples: number[] = [];
  const durations: number[] = [];
  const walk = preOrder(tree, childrenOf);
  walk.nodes.forEach((node, row) => {
    const id = row + 2;
    const micros = Math.max(0, Math.round(node.selfNanos)) / 1000;
    nodes.push(frame(id, node.name === '' ? '(nameless)' : node.name, Math.round(micros)));
    nodes[(walk.parent[row] ?? -1) + 1]?.children.push(id);
    if (micros > 0) {
      samples.push(id);
      durations.push(micros);
    }
  });
  // A sample lasts until the next one, so each delta is the duration of the sample before it.
  const timeDeltas = durations.map((_, i) => (i === 0 ? 0 : (durations[i - 1] ?? 0)));
  return { nodes, startTime: 0, endTime: durations.reduce((sum, micros) => sum + micros, 0), samples, timeDeltas };
}

const frame = (id: number, functionName: string, hitCount: number): CpuProfileNode & { readonly children: number[] } => ({
  id,
  callFrame: { functionName, scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 },
  hitCount,
  children: [],
});
