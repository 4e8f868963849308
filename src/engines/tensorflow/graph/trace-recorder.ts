import { UserError } from '../../../model/errors.js';
import { DT } from '../../../model/dtypes.js';
import { isStateful } from './op-definitions.js';
import type { KnownInput } from './open-shapes.js';
import { openShapes, valuesVary } from './open-shapes.js';
import type { Backend, Binding, OpAttribute, RawValues, TensorMetadata } from './tfjs.js';
import type { Constant, FoldedRead, Ref, TensorType, TracedNode, ValueSource } from './trace-model.js';
import { typeOfRef } from './trace-model.js';
import { userLine } from './user-line.js';

/** Lists of axes are no longer than this: other constants are not looked into. */
const MAX_AXES = 8;

/**
 * Records every operation that crosses the native boundary while it is installed.
 *
 * It takes the place of `backend.binding` with an object that delegates to the real one. Native tensor ids are never
 * used twice, so an id names a tensor for good: what it was made from is looked up in `refs`.
 */
export class TraceRecorder {
  readonly constants: Constant[] = [];
  readonly nodes: TracedNode[] = [];
  readonly folded: FoldedRead[] = [];
  readonly capturedIds = new Set<number>();
  /** Layer that is running now. */
  scope: string | null = null;
  /** Kernel whose reads only check bounds, while one runs. */
  checking: string | null = null;
  readonly #refs = new Map<number, Ref>();
  /** Made by JavaScript and not used yet: a constant is numbered when an operation first takes it. */
  readonly #unused = new Map<number, Constant>();
  readonly #backend: Backend;
  readonly #real: Binding;
  readonly #delegate: Binding;
  readonly #inputs: readonly TensorType[];
  readonly #mayCapture: (id: number) => boolean;

  /**
   * @param inputs native ids and types of the inputs
   * @param mayCapture whether a tensor from before the trace may become a constant
   */
  constructor(backend: Backend, inputs: readonly (TensorType & { readonly id: number })[], mayCapture: (id: number) => boolean) {
    this.#backend = backend;
    this.#real = backend.binding;
    this.#inputs = inputs;
    this.#mayCapture = mayCapture;
    inputs.forEach(({ id }, input) => this.#refs.set(id, { from: 'input', input }));
    this.#delegate = Object.create(this.#real, {
      executeOp: { value: this.#executeOp.bind(this) },
      createTensor: { value: this.#createTensor.bind(this) },
      tensorDataSync: { value: this.#tensorDataSync.bind(this) },
      runSavedModel: { value: this.#runSavedModel.bind(this) },
    }) as Binding;
  }

  install(): void {
    this.#backend.binding = this.#delegate;
  }

  /** Puts back exactly the object that was there. */
  uninstall(): void {
    this.#backend.binding = this.#real;
  }

  /**
   * What a native tensor was made from; a tensor from before the trace becomes a constant.
   * @param user the operation that takes it
   * @throws UserError for a tensor from before the trace whose changes would go unseen
   */
  refOf(id: number, user: string): Ref {
    const known = this.#refs.get(id);
    if (known !== undefined) return known;
    const created = this.#unused.get(id);
    if (created === undefined && !this.#mayCapture(id)) throw this.#foreign(user);
    this.constants.push(created ?? { id, origin: 'captured', ...this.#readForeign(id) });
    if (created === undefined) this.capturedIds.add(id);
    const ref: Ref = { from: 'constant', constant: this.constants.length - 1 };
    this.#refs.set(id, ref);
    return ref;
  }

  #foreign(user: string): UserError {
    const who = this.scope === null ? user : `${user} of layer ${this.scope}`;
    const kind = this.scope === null ? '' : ', such as the state of a stateful layer';
    return new UserError(
      `This model cannot be traced into a graph: ${who} uses a tensor that was made before the call${kind} (${userLine()}), and the graph would keep its present value. ` +
        'Pass it as an input, make it a tf.variable, or list it in `captures` if it never changes.',
    );
  }

  #executeOp(op: string, attrs: readonly OpAttribute[], ids: readonly number[], count: number): TensorMetadata[] {
    const inputs = ids.map((id) => this.refOf(id, op));
    const results = this.#real.executeOp(op, attrs, ids, count);
    const node = this.nodes.length;
    const known = inputs.map((ref) => this.#known(ref));
    this.nodes.push({
      op,
      attrs: attrs.map((attr) => ({ ...attr })),
      inputs,
      outputs: openShapes(op, attrs, known, results),
      scope: this.scope,
      source:
        isStateful(op) || inputs.some((ref) => this.#sourceOf(ref) === 'state') ? 'state' : valuesVary(op, known) ? 'inputs' : 'constants',
    });
    results.forEach(({ id }, output) => this.#refs.set(id, { from: 'node', node, output }));
    return results;
  }

  #createTensor(shape: readonly number[], dtype: number, values: RawValues): number {
    const id = this.#real.createTensor(shape, dtype, values);
    // The native tensor shares JavaScript's memory: what is written is a copy.
    this.#unused.set(id, { id, origin: 'created', dtype, shape: [...shape], values: copyOf(values) });
    return id;
  }

  #tensorDataSync(id: number): RawValues {
    const ref = this.#refs.get(id);
    if (this.checking === null && ref !== undefined && ref.from !== 'constant') this.#readBack(ref);
    return this.#real.tensorDataSync(id);
  }

  #readBack(ref: Ref): void {
    const op = this.#opOf(ref);
    const line = userLine();
    const source = this.#sourceOf(ref);
    if (source === 'constants') {
      this.folded.push({ op, line });
      return;
    }
    const why = source === 'state' ? 'which differs from call to call' : 'which depends on the input';
    throw new UserError(
      `This model cannot be traced into a graph: JavaScript reads back the result of ${op}, ${why} (${line}). ` +
        'Keep the value in tensors (tf.where instead of if), or run this part without tracing.',
    );
  }

  /** Shape of a native tensor when the values of the inputs decide on part of it; those dimensions are -1. */
  openDims(id: number): readonly number[] | null {
    const ref = this.#refs.get(id);
    if (ref?.from !== 'node') return null;
    const shape = this.nodes[ref.node]?.outputs[ref.output]?.shape ?? [];
    return shape.includes(-1) ? shape : null;
  }

  /** @throws UserError always: JavaScript read a dimension that the values of the inputs decide on */
  refuseShape(id: number): never {
    const ref = this.#refs.get(id);
    throw new UserError(
      `This model cannot be traced into a graph: JavaScript reads the shape of the result of ${ref === undefined ? 'an operation' : this.#opOf(ref)}, which depends on the values of the input (${userLine()}). ` +
        'Use tensor operations that do not need the size, or run this part without tracing.',
    );
  }

  #runSavedModel(): never {
    throw new UserError('A SavedModel cannot be traced into a graph: it already is one. Call it outside of the traced function.');
  }

  #opOf(ref: Ref): string {
    return ref.from === 'node' ? (this.nodes[ref.node]?.op ?? 'unknown') : 'the input';
  }

  #sourceOf(ref: Ref): ValueSource {
    if (ref.from === 'input') return 'inputs';
    return ref.from === 'node' ? (this.nodes[ref.node]?.source ?? 'inputs') : 'constants';
  }

  #known(ref: Ref): KnownInput {
    const { inputs, constants, nodes } = { inputs: this.#inputs, constants: this.constants, nodes: this.nodes };
    const values = ref.from === 'constant' ? constants[ref.constant]?.values : undefined;
    const whole =
      values === undefined || Array.isArray(values) || values.length > MAX_AXES ? null : Array.from(values as ArrayLike<number>, Number);
    return { ...typeOfRef({ inputs, constants, nodes }, ref), varies: this.#sourceOf(ref) !== 'constants', values: whole };
  }

  /** Type, shape and values of a tensor made before the trace. Only the native side knows all three. */
  #readForeign(id: number): { dtype: number; shape: readonly number[]; values: RawValues } {
    const values = this.#real.tensorDataSync(id);
    if (Array.isArray(values)) {
      // An alias of a string tensor must not be deleted: tfjs-node would free the shared strings.
      const [shape] = this.#real.executeOp('Shape', [], [id], 1);
      if (shape === undefined) throw new Error('Shape gave no result');
      const dims = this.#real.tensorDataSync(shape.id) as Int32Array;
      this.#real.deleteTensor(shape.id);
      return { dtype: DT.string, shape: [...dims], values };
    }
    const [alias] = this.#real.executeOp('Identity', [], [id], 1);
    if (alias === undefined) throw new Error('Identity gave no result');
    this.#real.deleteTensor(alias.id);
    if (alias.dtype === DT.resource)
      throw new UserError('A model that uses a resource (table, variable handle) cannot be traced into a graph.');
    return { dtype: alias.dtype, shape: alias.shape, values };
  }
}

const copyOf = (values: RawValues): RawValues => (Array.isArray(values) ? values.map((bytes) => bytes.slice()) : values.slice());
