import { UserError } from '../model/errors.js';
import { DT } from './data-types.js';
import type { Backend, Binding, OpAttribute, RawValues, TensorMetadata } from './tfjs.js';
import type { Constant, FoldedRead, Ref, TracedNode } from './trace-model.js';
import { userLine } from './user-line.js';

/**
 * Records every operation that crosses the native boundary while it is installed.
 *
 * It takes the place of `backend.binding` with an object that delegates to the real one. Native tensor ids are never
 * used twice, so an id names a tensor for good: what it was made from is looked up in `refs`.
 */
export class Recorder {
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

  constructor(backend: Backend, inputIds: readonly number[]) {
    this.#backend = backend;
    this.#real = backend.binding;
    inputIds.forEach((id, input) => this.#refs.set(id, { from: 'input', input }));
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

  /** What a native tensor was made from; a tensor from before the trace becomes a constant. */
  refOf(id: number): Ref {
    const known = this.#refs.get(id);
    if (known !== undefined) return known;
    const created = this.#unused.get(id);
    this.constants.push(created ?? { id, origin: 'captured', ...this.#readForeign(id) });
    if (created === undefined) this.capturedIds.add(id);
    const ref: Ref = { from: 'constant', constant: this.constants.length - 1 };
    this.#refs.set(id, ref);
    return ref;
  }

  #executeOp(op: string, attrs: readonly OpAttribute[], ids: readonly number[], count: number): TensorMetadata[] {
    const inputs = ids.map((id) => this.refOf(id));
    const results = this.#real.executeOp(op, attrs, ids, count);
    const node = this.nodes.length;
    this.nodes.push({
      op,
      attrs: attrs.map((attr) => ({ ...attr })),
      inputs,
      outputs: results.map(({ dtype, shape }) => ({ dtype, shape })),
      scope: this.scope,
      dependsOnInput: inputs.some((ref) => this.#dependsOnInput(ref)),
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
    const op = ref.from === 'node' ? (this.nodes[ref.node]?.op ?? 'unknown') : 'the input';
    const line = userLine();
    if (!this.#dependsOnInput(ref)) {
      this.folded.push({ op, line });
      return;
    }
    throw new UserError(
      `This model cannot be traced into a graph: JavaScript reads back the result of ${op}, which depends on the input (${line}). ` +
        'Keep the value in tensors (tf.where instead of if), or run this part without tracing.',
    );
  }

  #runSavedModel(): never {
    throw new UserError('A SavedModel cannot be traced into a graph: it already is one. Call it outside of the traced function.');
  }

  #dependsOnInput(ref: Ref): boolean {
    if (ref.from === 'input') return true;
    return ref.from === 'node' && this.nodes[ref.node]?.dependsOnInput === true;
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
    if (alias.dtype === DT.resource) throw new UserError('A model that uses a resource (table, variable handle) cannot be traced into a graph.');
    return { dtype: alias.dtype, shape: alias.shape, values };
  }
}

const copyOf = (values: RawValues): RawValues => (Array.isArray(values) ? values.map((bytes) => bytes.slice()) : values.slice());
