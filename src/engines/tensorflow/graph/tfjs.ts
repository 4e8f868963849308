/**
 * The few parts of `@tensorflow/tfjs-node` that tracing touches, by shape. The instance itself comes in as an argument,
 * so that a user's own copy is the one that is traced.
 */
export interface Tensor {
  readonly dataId: object;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly isDisposed: boolean;
  dispose(): void;
  dataSync(): ArrayLike<number | string>;
}

/** What a model or function gives back, as tensors of the caller's own tfjs. */
export type TensorResult<T = Tensor> = T | T[] | Record<string, T>;

/** Raw bytes of a tensor: a typed array, or one byte array per string. */
export type RawValues = Float32Array | Int32Array | Uint8Array | BigInt64Array | Uint8Array[];

export interface TensorMetadata {
  readonly id: number;
  readonly shape: readonly number[];
  /** TensorFlow's DataType number. */
  readonly dtype: number;
}

export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** The native binding. Its own methods are read-only: replace the object in `backend.binding`, never a method. */
export interface Binding {
  createTensor(shape: readonly number[], dtype: number, values: RawValues): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): RawValues;
  executeOp(name: string, attrs: readonly OpAttribute[], inputs: readonly number[], outputs: number): TensorMetadata[];
  loadSavedModel(directory: string, tags: string): number;
  deleteSavedModel(session: number): void;
  runSavedModel(session: number, inputs: readonly number[], inputNames: string, outputNames: string): TensorMetadata[];
  getNumOfSavedModels(): number;
  getNumOfTensors(): number;
}

export interface Backend {
  binding: Binding;
  readonly tensorMap: { get(dataId: object): { readonly id: number } | undefined };
  getInputTensorIds(tensors: readonly Tensor[]): number[];
  createOutputTensor(metadata: TensorMetadata): Tensor;
}

export interface KernelConfig {
  kernelFunc: (parameters: unknown) => unknown;
}

/** The engine; its two methods here are of its class, and are shadowed during a trace. */
export interface TfjsEngine {
  readonly state: { readonly registeredVariables: Readonly<Record<string, unknown>> };
}

export interface EngineMethods {
  makeTensorFromTensorInfo: (...values: unknown[]) => Tensor;
  disposeTensor: (...values: unknown[]) => void;
}

export interface Tf {
  /** The class of its tensors; only their type is needed. */
  readonly Tensor?: { readonly prototype: Tensor };
  backend(): unknown;
  getBackend(): string;
  getKernel(name: string, backend: string): unknown;
  engine(): TfjsEngine;
  tidy(run: () => void): void;
  keep(tensor: never): unknown;
  clone(tensor: never): unknown;
}

/** A layers model, as far as it is used here. */
export interface LayersModel {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly layers: readonly { readonly name: string }[];
  countParams?(): number;
  apply(inputs: unknown, options?: unknown): unknown;
  predict(inputs: unknown, options?: unknown): unknown;
}

/** A converted graph model, as far as it is used here. */
export interface GraphModel {
  readonly inputs: readonly { readonly name: string; readonly dtype?: string; readonly shape?: readonly number[] | undefined }[];
  readonly outputNodes: readonly string[];
  /** By name; values of one name are a list. */
  readonly weights: Readonly<Record<string, readonly Tensor[]>>;
  predict(inputs: unknown, options?: unknown): unknown;
  execute(inputs: unknown, outputs?: string | string[]): unknown;
  executeAsync(inputs: unknown, outputs?: string | string[]): Promise<unknown>;
  /** Added in tfjs 4. */
  predictAsync?(inputs: unknown): Promise<unknown>;
}

/** The tensors of a `tf` by its own class, so that a caller's program sees `tf.Tensor`. */
export type TensorOf<T extends Tf> = T extends { readonly Tensor: { readonly prototype: infer Own extends Tensor } } ? Own : Tensor;

/** Written as a method, whose parameters may be narrower: a function of `tf.Tensor2D` will do. */
interface OfTensors<T> {
  call(...inputs: T[]): unknown;
}

/** A function of tensors, or a model. */
export type TensorFunction<T = Tensor> = OfTensors<T>['call'];
export type Compilable<T = Tensor> = TensorFunction<T> | LayersModel | GraphModel;

export const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && 'dataId' in value && 'dtype' in value && 'shape' in value;

export const isLayersModel = (value: Compilable): value is LayersModel => typeof value === 'object' && 'layers' in value;

/** The backend of tfjs-node. The one cast of this stage, after looking at what is there. */
export function nodeBackendOf(tf: Tf): Backend | null {
  const backend = tf.backend() as Partial<Backend> | null;
  const ready =
    backend?.binding !== undefined && typeof backend.binding.executeOp === 'function' && typeof backend.getInputTensorIds === 'function';
  return ready ? (backend as Backend) : null;
}
