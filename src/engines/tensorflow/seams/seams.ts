/**
 * The shapes of what is wrapped, as far as they are used. They are structural, so that no version of tfjs is
 * imported: the user's own copy comes in as an argument.
 */
export interface TensorLike {
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** Named or listed tensors, as kernels take and give them. */
export type TensorGroup = TensorLike | readonly (TensorLike | null | undefined)[] | Readonly<Record<string, TensorLike | null | undefined>>;

/** tfjs-node's native binding; only the methods that are wrapped. */
export interface WrappedBinding {
  executeOp(name: string, attributes: unknown, inputIds: readonly number[], outputs: number): unknown;
  createTensor(shape: readonly number[], dtype: number, values: unknown): number;
  tensorDataSync(id: number): unknown;
  runSavedModel(session: number, inputIds: readonly number[], inputs: string, outputs: string): unknown;
}

/** A tfjs engine: one for all copies of tfjs-core of a process, because they share it through the global object. */
export interface WrappedEngine {
  readonly backendName: string;
}

/** A tfjs backend; only the native one has a binding. */
export interface WrappedBackend {
  binding?: WrappedBinding;
  /** What every backend's type has in common with this one; without it TypeScript takes them for strangers. */
  readonly dispose?: unknown;
}

/**
 * The instrumented `tf`: `@tensorflow/tfjs-node`, `@tensorflow/tfjs`, or tfjs-core with what one other module of a copy
 * brings: what is not there is not instrumented.
 */
export interface WrappedTf {
  readonly LayersModel?: { readonly prototype: object };
  readonly Sequential?: { readonly prototype: object };
  readonly GraphModel?: { readonly prototype: object };
  readonly layers?: { readonly Layer: { readonly prototype: object } };
  engine(): WrappedEngine;
  backend(): WrappedBackend;
  readonly Tensor: new (...args: never[]) => TensorLike;
}

/** A module of a copy of tfjs, with the engine that it runs on. */
export interface TfPart {
  readonly tf: WrappedTf;
  readonly inner: InnerSeams;
}

/** Classes and module-private functions that cannot be reached through `tf`. */
export interface InnerSeams {
  /** `TFSavedModel`, from tfjs-node's inner module. */
  readonly savedModelClass?: { readonly prototype: object };
  /** Private functions of tfjs-layers and tfjs-converter, when the load hook could append its accessor. */
  readonly layers?: PrivateFunctions;
  readonly converter?: PrivateFunctions;
}

/** What the load hook leaves behind in a bundle: replace a private function, get the one that was there. */
export interface PrivateFunctions {
  readonly names: readonly string[];
  swap(name: string, replacement: (...args: never[]) => unknown): (...args: never[]) => unknown;
}
