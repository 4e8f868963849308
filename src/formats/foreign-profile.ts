import type { FlameNode, FrameStatistics } from '../model/analysis.js';
import { mapTree } from '../model/pre-order.js';
import type { SpanKind } from '../model/span.js';
import type { Stage } from '../model/stage.js';
import { damaged, isAmount } from './checks.js';

/** What a foreign frame is, as far as its name or category tells. */
export interface FrameClass {
  readonly stage: Stage;
  readonly kind: SpanKind;
}

interface Building {
  readonly name: string;
  readonly frame: FrameClass;
  self: number;
  /** Sum of the durations that were given; null where none was. */
  wall: number | null;
  count: number;
  additions: number;
  /** Sum of squares of the single additions. */
  squares: number;
  readonly shapes: Set<string>;
  readonly children: Map<string, Building>;
}

/** What is known of one addition besides its own time. */
export interface Addition {
  readonly count?: number;
  readonly shapes?: readonly string[];
  /** How long it took from begin to end. Without it a frame takes what it and all below it took, which parallel work exceeds. */
  readonly totalNanos?: number;
}

/** A frame of a tree that is being built. */
export type Place = Building;

/** Collects stacks into one tree; frames with the same path become one node. */
export class TreeBuilder {
  readonly root: Place;
  readonly #file: string;
  readonly #classify: (name: string) => FrameClass;

  constructor(rootName: string, classify: (name: string) => FrameClass = classOfName, file: string = rootName) {
    this.#classify = classify;
    this.#file = file;
    this.root = make(rootName, { stage: 'glue', kind: 'call' });
  }

  /** The frame of a name below another one, made where it is new; `frame` is what it is, where more than the name is known. */
  below(place: Place, name: string, frame?: FrameClass): Place {
    const known = place.children.get(name);
    if (known !== undefined) return known;
    const child = make(name, frame ?? this.#classify(name));
    place.children.set(name, child);
    return child;
  }

  /** Adds self time to the frame at the end of a path below the root. @throws UserError as {@link addAt} */
  add(path: readonly string[], selfNanos: number, addition: Addition & { readonly leaf?: FrameClass } = {}): void {
    let place = this.root;
    path.forEach((name, depth) => {
      place = this.below(place, name, depth === path.length - 1 ? addition.leaf : undefined);
    });
    this.addAt(place, selfNanos, addition);
  }

  /** Adds self time to a frame. @throws UserError when a time is negative, not a number or beyond all sense: none gets into a tree. */
  addAt(node: Place, selfNanos: number, { count = 1, shapes = [], totalNanos }: Addition = {}): void {
    if (!isAmount(selfNanos) || !isAmount(totalNanos ?? 0))
      throw damaged(
        this.#file,
        `the time or count of “${node.name.slice(0, 80)}” is ${String(isAmount(selfNanos) ? totalNanos : selfNanos)}, which cannot be`,
      );
    node.self += selfNanos;
    node.count += count;
    node.additions++;
    node.squares += selfNanos * selfNanos;
    if (totalNanos !== undefined) node.wall = (node.wall ?? 0) + totalNanos;
    for (const shape of shapes) node.shapes.add(shape);
  }

  /** Says how long a frame took as a whole, where what is below it ran at once and adds up to more. */
  setTotal(place: Place, totalNanos: number): void {
    place.wall = totalNanos;
  }

  /** The finished tree. */
  finish(evidence: Evidence): FlameNode {
    return mapTree<Building, { node: FlameNode; doubt: Doubt }>(
      this.root,
      ({ children }) => [...children.values()],
      (node, inner) => freeze(node, inner, evidence),
    ).node;
  }
}

/**
 * What the error of a sum rests on. `samples`: each addition is an independent sample of its own weight. `counts`: each
 * addition is a number of samples. `executions`: each addition is one measured execution; how much they differ tells
 * how sure their sum is, and a frame that ran once tells nothing. `none`: sums of unknown origin.
 */
export type Evidence = 'samples' | 'counts' | 'executions' | 'none';

/** Longer names are data that strayed into a name. */
const MAX_NAME = 4000;

const shortened = (name: string): string => (name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name);

const make = (name: string, frame: FrameClass): Building => ({
  name: shortened(name),
  frame,
  self: 0,
  wall: null,
  count: 0,
  additions: 0,
  squares: 0,
  shapes: new Set(),
  children: new Map(),
});

/** Variance of a sum and the number of observations behind it; infinite where nothing is known. */
interface Doubt {
  readonly variance: number;
  readonly observations: number;
}

function freeze(
  node: Building,
  inner: readonly { readonly node: FlameNode; readonly doubt: Doubt }[],
  evidence: Evidence,
): { node: FlameNode; doubt: Doubt } {
  const children = inner.map((child) => child.node);
  const total = node.wall ?? node.self + children.reduce((sum, child) => sum + child.totalNanos, 0);
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
  observations:
    evidence === 'executions' && a.observations > 0 ? Math.min(a.observations, b.observations) : a.observations + b.observations,
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
  if (/^\(garbage collector\)|^V8\.GC|^(?:Major|Minor)GC$/.test(name)) return { stage: 'gc', kind: 'pass' };
  if (/^\((?:program|idle|root)\)/.test(name)) return { stage: 'unexplained', kind: 'pass' };
  return { stage: 'glue', kind: 'dispatch' };
}
