import type { FlameNode, FrameStatistics } from '../model/analysis.js';
import { EXIT, UserError } from '../model/errors.js';
import type { SpanKind } from '../model/span.js';
import type { Stage } from '../model/stage.js';

/** A profile another tool wrote, as one merged tree. Values are nanoseconds over the whole profile. */
export interface ForeignProfile {
  readonly name: string;
  readonly format: ForeignFormat;
  readonly tree: FlameNode;
  /** What a reader should know, such as a unit that the file does not state. */
  readonly notes: readonly string[];
}

export const FOREIGN_FORMATS = ['cpuprofile', 'collapsed', 'chrome-trace', 'speedscope'] as const;
export type ForeignFormat = (typeof FOREIGN_FORMATS)[number];

/** What a foreign frame is, as far as its name or category tells. */
export interface FrameClass {
  readonly stage: Stage;
  readonly kind: SpanKind;
}

interface Building {
  readonly name: string;
  readonly frame: FrameClass;
  self: number;
  count: number;
  /** Sum of squares of the single contributions: the variance of a count of samples. */
  squares: number;
  readonly shapes: Set<string>;
  readonly children: Map<string, Building>;
}

/** Collects stacks into one tree; frames with the same path become one node. */
export class TreeBuilder {
  readonly #root: Building;
  readonly #classify: (name: string) => FrameClass;

  constructor(rootName: string, classify: (name: string) => FrameClass = classOfName) {
    this.#classify = classify;
    this.#root = make(rootName, { stage: 'glue', kind: 'call' });
  }

  /** Adds self time to the frame at the end of a path below the root. */
  add(path: readonly string[], selfNanos: number, count = 1, shapes: readonly string[] = []): void {
    let node = this.#root;
    for (const name of path) {
      let child = node.children.get(name);
      if (child === undefined) {
        child = make(name, this.#classify(name));
        node.children.set(name, child);
      }
      node = child;
    }
    node.self += selfNanos;
    node.count += count;
    node.squares += selfNanos * selfNanos;
    for (const shape of shapes) node.shapes.add(shape);
  }

  /** The finished tree. `sampled`: each addition was an independent sample, so that its error can be stated. */
  finish(sampling: 'sampled' | 'exact'): FlameNode {
    return freeze(this.#root, sampling).node;
  }
}

const make = (name: string, frame: FrameClass): Building => ({ name, frame, self: 0, count: 0, squares: 0, shapes: new Set(), children: new Map() });

function freeze(node: Building, sampling: 'sampled' | 'exact'): { node: FlameNode; squares: number } {
  const inner = [...node.children.values()].map((child) => freeze(child, sampling));
  const children = inner.map((child) => child.node);
  const total = node.self + children.reduce((sum, child) => sum + child.totalNanos, 0);
  const squares = node.squares + inner.reduce((sum, child) => sum + child.squares, 0);
  const frozen: FlameNode = {
    name: node.name,
    ...node.frame,
    kind: node.frame.kind === 'kernel' && children.length > 0 ? 'dispatch' : node.frame.kind,
    count: Math.max(node.count, 1),
    totalNanos: total,
    selfNanos: node.self,
    perCall: statistics(total, node.self, sampling === 'sampled' ? squares : 0, sampling === 'sampled' ? node.squares : 0),
    children,
    ...(node.shapes.size > 0 ? { shapes: [...node.shapes] } : {}),
  };
  return { node: frozen, squares };
}

const statistics = (total: number, self: number, totalSquares: number, selfSquares: number): FrameStatistics => ({
  calls: 1,
  meanTotalNanos: total,
  standardErrorTotalNanos: Math.sqrt(totalSquares),
  meanSelfNanos: self,
  standardErrorSelfNanos: Math.sqrt(selfSquares),
});

/** Stage by name: what V8 and our own named native operations show. */
export function classOfName(name: string): FrameClass {
  if (name.startsWith('tf_op_') || name.startsWith('tf_session_run')) return { stage: 'kernel-execution', kind: 'kernel' };
  if (name === 'tf_upload') return { stage: 'data-adapter', kind: 'transfer' };
  if (name === 'tf_fetch') return { stage: 'fetch', kind: 'transfer' };
  if (name.startsWith('(garbage collector)')) return { stage: 'gc', kind: 'pass' };
  if (/^\((?:program|idle|root)\)/.test(name)) return { stage: 'unexplained', kind: 'pass' };
  return { stage: 'glue', kind: 'dispatch' };
}

/** A sentence for a file that is not what it should be. */
export const damaged = (file: string, what: string): UserError => new UserError(`${file}: ${what}.`, EXIT.badInput);

/** Narrowing of parsed JSON: an object, or nothing. */
export const asRecord = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;

export const asList = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? (value as readonly unknown[]) : undefined);

export const asNumber = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

export const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
