/**
 * Makes one graph for every batch size out of two traces.
 *
 * Two traces with different batch sizes have the same operations, or this is refused. What differs are constants that
 * JavaScript computed from the batch size: each is fitted as `slope × batch + intercept`, element by element, and replaced
 * by nodes that compute it from the placeholder's shape. A third batch size then checks the graph (the caller does).
 */
import { UserError } from '../../../model/errors.js';
import { compareTraces } from './compare-traces.js';
import { DT } from '../../../model/dtypes.js';
import type { OpAttribute, RawValues } from './tfjs.js';
import type { Constant, Ref, TensorType, Trace, TracedNode } from './trace-model.js';

const refuse = (why: string): never => {
  throw new UserError(
    `The batch cannot stay open in this graph: ${why}. Leave dynamicBatch out: each batch size then gets a graph of its own.`,
  );
};

interface Batches {
  readonly first: number;
  readonly second: number;
}

/** @throws UserError when the traces differ by more than constants that are linear in the batch size */
export function openBatch(first: Trace, second: Trace, batches: Batches): Trace {
  const difference = compareTraces(first, second);
  if (difference.kind === 'structure') return refuse(difference.what);
  const builder = new Builder(first, second, batches);
  const replaced = new Map(difference.indices.map((index) => [index, builder.replace(index)]));
  const rewire = (ref: Ref): Ref => (ref.from === 'constant' ? (replaced.get(ref.constant) ?? ref) : ref);
  const nodes = first.nodes.map((node, index): TracedNode => {
    const inputs = node.inputs.map(rewire);
    return { ...node, inputs, outputs: node.outputs.map((type, output) => openType(type, second.nodes[index]?.outputs[output])) };
  });
  return {
    ...first,
    nodes: [...nodes, ...builder.added],
    constants: [...first.constants, ...builder.constants],
    inputs: first.inputs.map((type, index) => openType(type, second.inputs[index])),
    outputs: first.outputs.map(rewire),
    outputTypes: first.outputTypes.map((type, index) => openType(type, second.outputTypes[index])),
  };
}

/** -1 where the two shapes differ. */
function openType(a: TensorType, b: TensorType | undefined): TensorType {
  return { dtype: a.dtype, shape: a.shape.map((size, dim) => (size === b?.shape[dim] ? size : -1)) };
}

class Builder {
  readonly added: TracedNode[] = [];
  readonly constants: Constant[] = [];
  readonly #first: Trace;
  readonly #second: Trace;
  readonly #batches: Batches;
  #batch: Ref | null = null;

  constructor(first: Trace, second: Trace, batches: Batches) {
    this.#first = first;
    this.#second = second;
    this.#batches = batches;
  }

  replace(index: number): Ref {
    const [a, b] = [this.#first.constants[index] as Constant, this.#second.constants[index] as Constant];
    if (a.origin === 'captured' || a.dtype !== b.dtype || a.shape.length !== b.shape.length)
      return refuse('a constant changes with the batch in a way that is not arithmetic');
    if (a.shape.join() !== b.shape.join()) return this.#filled(a, b);
    if (a.dtype !== DT.int32 && a.dtype !== DT.float32) return refuse('a constant that is no number changes with the batch');
    if (this.#isReshapeOnly(index)) {
      const open = openDimension(numbers(a), numbers(b), this.#batches);
      if (open !== null)
        return this.#constant(
          a.dtype,
          a.shape,
          Int32Array.from(numbers(a), (value, at) => (at === open ? -1 : value)),
        );
    }
    return this.#linear(a.dtype, a.shape, numbers(a), numbers(b));
  }

  /** `slope × batch + intercept`. */
  #linear(dtype: number, shape: readonly number[], a: readonly number[], b: readonly number[]): Ref {
    const { first, second } = this.#batches;
    const slopes = a.map((value, at) => ((b[at] ?? 0) - value) / (second - first));
    const intercepts = a.map((value, at) => value - (slopes[at] ?? 0) * first);
    const make = (list: number[]): RawValues => (dtype === DT.int32 ? Int32Array.from(list) : Float32Array.from(list));
    const scaled = this.#node('Mul', [this.#constant(dtype, shape, make(slopes)), this.#batchAs(dtype)], { dtype, shape });
    return this.#node('AddV2', [scaled, this.#constant(dtype, shape, make(intercepts))], { dtype, shape });
  }

  /** A constant of one repeated value whose shape follows the batch, such as the initial state of a recurrent layer. */
  #filled(a: Constant, b: Constant): Ref {
    if (Array.isArray(a.values) || Array.isArray(b.values)) return refuse('a string constant changes its shape with the batch');
    const [x, y] = [numbers(a), numbers(b)];
    const value = x[0] ?? y[0] ?? 0;
    if (![...x, ...y].every((item) => Object.is(item, value)))
      return refuse('a constant of several values changes its shape with the batch');
    const dims = this.#linear(DT.int32, [a.shape.length], a.shape, b.shape);
    const one = a.values.length > 0 ? a.values.slice(0, 1) : b.values.slice(0, 1);
    return this.#node('Fill', [dims, this.#constant(a.dtype, [], one)], openType(a, b));
  }

  #batchAs(dtype: number): Ref {
    this.#batch ??= this.#batchSize();
    return dtype === DT.int32
      ? this.#batch
      : this.#node('Cast', [this.#batch], { dtype, shape: [] }, [{ name: 'DstT', type: 4, value: dtype }]);
  }

  /** The first dimension of the first input whose shape changes, as a scalar. */
  #batchSize(): Ref {
    const input = this.#first.inputs.findIndex(({ shape }, index) => shape[0] !== this.#second.inputs[index]?.shape[0]);
    const rank = this.#first.inputs[input]?.shape.length ?? 0;
    const shape = this.#node('Shape', [{ from: 'input', input }], { dtype: DT.int32, shape: [rank] });
    const at = (value: number): Ref => this.#constant(DT.int32, [1], Int32Array.of(value));
    return this.#node('StridedSlice', [shape, at(0), at(1), at(1)], { dtype: DT.int32, shape: [] }, [
      { name: 'shrink_axis_mask', type: 1, value: 1 },
    ]);
  }

  #isReshapeOnly(index: number): boolean {
    const uses = this.#first.nodes.filter(({ inputs }) => inputs.some((ref) => ref.from === 'constant' && ref.constant === index));
    return (
      uses.length > 0 &&
      uses.every(({ op }) => op === 'Reshape') &&
      !this.#first.outputs.some((ref) => ref.from === 'constant' && ref.constant === index)
    );
  }

  #constant(dtype: number, shape: readonly number[], values: RawValues): Ref {
    const constant = this.#first.constants.length + this.constants.length;
    // Native ids are never negative: these stand for constants that had no native tensor.
    this.constants.push({ id: -1 - constant, origin: 'created', dtype, shape, values });
    return { from: 'constant', constant };
  }

  #node(op: string, inputs: readonly Ref[], type: TensorType, attrs: readonly OpAttribute[] = []): Ref {
    this.added.push({ op, attrs, inputs, outputs: [type], scope: 'batch', source: 'constants' });
    return { from: 'node', node: this.#first.nodes.length + this.added.length - 1, output: 0 };
  }
}

const numbers = ({ values }: Constant): number[] => Array.from(values as ArrayLike<number>, Number);

/** The one element that is a multiple of the batch, when no other is open or zero: a Reshape infers it. */
function openDimension(a: readonly number[], b: readonly number[], { first, second }: Batches): number | null {
  const changed = a.flatMap((value, at) => (value === b[at] ? [] : [at]));
  const [at] = changed;
  if (changed.length !== 1 || at === undefined || a.some((value) => value <= 0)) return null;
  return (a[at] ?? 0) * second === (b[at] ?? 0) * first ? at : null;
}
