import type { FlameNode, FrameStatistics } from '../model/analysis.js';
import { EXIT, UserError } from '../model/errors.js';
import type { SpanKind } from '../model/span.js';
import type { Stage } from '../model/stage.js';

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
  additions: number;
  /** Sum of squares of the single additions. */
  squares: number;
  readonly shapes: Set<string>;
  readonly children: Map<string, Building>;
}

/** What is known of one addition besides its time; `leaf` is what the frame at the end of the path is. */
export interface Addition {
  readonly count?: number;
  readonly shapes?: readonly string[];
  readonly leaf?: FrameClass;
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
  add(path: readonly string[], selfNanos: number, { count = 1, shapes = [], leaf }: Addition = {}): void {
    let node = this.#root;
    for (const [depth, name] of path.entries()) {
      let child = node.children.get(name);
      if (child === undefined) {
        child = make(name, depth === path.length - 1 && leaf !== undefined ? leaf : this.#classify(name));
        node.children.set(name, child);
      }
      node = child;
    }
    node.self += selfNanos;
    node.count += count;
    node.additions++;
    node.squares += selfNanos * selfNanos;
    for (const shape of shapes) node.shapes.add(shape);
  }

  /** The finished tree. */
  finish(evidence: Evidence): FlameNode {
    return freeze(this.#root, evidence).node;
  }
}

/**
 * What the error of a sum rests on. `samples`: each addition is an independent sample of its own weight. `counts`: each
 * addition is a number of samples. `executions`: each addition is one measured execution; how much they differ tells
 * how sure their sum is, and a frame that ran once tells nothing. `none`: sums of unknown origin.
 */
export type Evidence = 'samples' | 'counts' | 'executions' | 'none';

const make = (name: string, frame: FrameClass): Building => ({ name, frame, self: 0, count: 0, additions: 0, squares: 0, shapes: new Set(), children: new Map() });

/** Variance of a sum and the number of observations behind it; infinite where nothing is known. */
interface Doubt {
  readonly variance: number;
  readonly observations: number;
}

function freeze(node: Building, evidence: Evidence): { node: FlameNode; doubt: Doubt } {
  const inner = [...node.children.values()].map((child) => freeze(child, evidence));
  const children = inner.map((child) => child.node);
  const total = node.self + children.reduce((sum, child) => sum + child.totalNanos, 0);
  const self = doubtOf(node, evidence);
  const doubt = inner.reduce((sum, { doubt: below }) => addDoubt(sum, below, evidence), self);
  const frozen: FlameNode = {
    name: node.name,
    ...node.frame,
    kind: node.frame.kind === 'kernel' && children.length > 0 ? 'dispatch' : node.frame.kind,
    count: Math.max(node.count, 1),
    totalNanos: total,
    selfNanos: node.self,
    perCall: statistics(total, node.self, doubt, self),
    children,
    ...(node.shapes.size > 0 ? { shapes: [...node.shapes] } : {}),
  };
  return { node: frozen, doubt };
}

function doubtOf({ self, squares, additions }: Building, evidence: Evidence): Doubt {
  if (additions === 0) return { variance: 0, observations: 0 };
  if (evidence === 'samples') return { variance: squares, observations: additions };
  if (evidence === 'counts') return { variance: self, observations: self };
  if (evidence === 'none' || additions < 2) return { variance: Infinity, observations: 1 };
  return { variance: (additions * Math.max(0, squares - (self * self) / additions)) / (additions - 1), observations: additions };
}

/** Samples add up; of executions the fewest decide, because each frame of a stack is executed with the others. */
const addDoubt = (a: Doubt, b: Doubt, evidence: Evidence): Doubt => ({
  variance: a.variance + b.variance,
  observations: evidence === 'executions' && a.observations > 0 ? Math.min(a.observations, b.observations) : a.observations + b.observations,
});

function statistics(total: number, self: number, totalDoubt: Doubt, selfDoubt: Doubt): FrameStatistics {
  const known = Number.isFinite(totalDoubt.variance);
  return {
    calls: known ? Math.max(1, totalDoubt.observations) : 1,
    meanTotalNanos: total,
    standardErrorTotalNanos: known ? Math.sqrt(totalDoubt.variance) : 0,
    meanSelfNanos: self,
    standardErrorSelfNanos: Number.isFinite(selfDoubt.variance) ? Math.sqrt(selfDoubt.variance) : 0,
  };
}

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
export const damaged = (file: string, what: string): UserError => new UserError(`${file}: ${what}; write it again with its tool (docs/formats.md says what is read).`, EXIT.badInput);

/** Narrowing of parsed JSON: an object, or nothing. */
export const asRecord = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;

export const asList = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? (value as readonly unknown[]) : undefined);

export const asNumber = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

export const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
