import { EXIT, UserError } from '../../../model/errors.js';
import type { PaddingPlan } from '../../../model/signatures.js';
import { paddingPlans } from '../../../model/signatures.js';
import type { BuiltGraph } from './compiled-entry.js';
import { buildCompiled, resultOf } from './compiled-entry.js';
import { buildEmbedded } from './embedded-entry.js';
import { makeKnown, tellBuilding } from './known-graphs.js';
import type { SignatureFigures } from './ledger.js';
import { SignatureLedger } from './ledger.js';
import type { CompileOptions, GraphCause, GraphPhase, SessionThreads } from './options.js';
import type { CallSignature } from './signature.js';
import { argumentList, callSignatureOf, signatureText } from './signature.js';
import type { Target } from './target.js';
import { targetOf } from './target.js';
import type { Backend, Compilable, Tensor, TensorOf, TensorResult, Tf } from './tfjs.js';
import { isTensor, nodeBackendOf } from './tfjs.js';
import { wholeGraphOf } from './whole-graph.js';
import type { CompiledGraph, Entry, CallRequest } from './compiled-graph.js';

/**
 * Traces a layers model, a graph model or a function of tensors into TensorFlow graphs: `tf.function` for tfjs-node.
 *
 * The first call of each input signature (dtypes and shapes) runs operation by operation, is recorded, written as a graph
 * with the weights as constants, loaded, run and compared with what it should give; later calls are one session run.
 * A graph is traced again when a variable it holds has changed, or a captured tensor was disposed.
 * @param tf the caller's own `@tensorflow/tfjs-node`, with its native backend
 * @throws UserError when `tf` has no native backend or `model` is nothing that can be compiled
 */
export function compiledGraphOf<T extends Tf>(
  tf: T,
  model: Compilable<TensorOf<T>>,
  options: CompileOptions = {},
): CompiledGraph<TensorOf<T>> {
  const backend = nodeBackendOf(tf);
  if (backend === null) {
    throw new UserError(
      `Compiling needs the native backend of @tensorflow/tfjs-node, but the backend is ${tf.getBackend()}.`,
      EXIT.unavailable,
    );
  }
  const target = targetOf(model, options.captures);
  const graph = new SignatureCache(tf, backend, target, { ...options, onPhase: (phase, at) => onPhase(options, phase, at) });
  makeKnown(graph, {
    engine: tf.engine(),
    runtime: target.kind === 'function' ? 'graph-model' : target.kind,
    variant: variantOf(options),
    source: model,
  });
  return graph as unknown as CompiledGraph<TensorOf<T>>;
}

const variantOf = ({ xla }: CompileOptions): string => (xla === true ? 'graph-xla' : 'graph');

function onPhase({ xla, onPhase: own }: CompileOptions, phase: GraphPhase, at: 'start' | 'end'): void {
  // The first run is where TensorFlow optimises a graph, or compiles it.
  tellBuilding({ at: `phase-${at}`, phase: phase !== 'first-run' ? phase : xla === true ? 'xla-compilation' : 'first-run-optimisation' });
  own?.(phase, at);
}

const listOf = (outputs: string | readonly string[] | undefined): readonly string[] | null =>
  outputs === undefined ? null : typeof outputs === 'string' ? [outputs] : outputs;

const DEFAULT_MAX_SIGNATURES = 16;
/** Signatures remembered after eviction, to tell the cause. */
const REMEMBERED = 1024;

class SignatureCache implements CompiledGraph {
  readonly #tf: Tf;
  readonly #backend: Backend;
  readonly #target: Target;
  readonly #options: CompileOptions;
  /** In the order of use: the first is the least recently used. */
  readonly #entries = new Map<string, Entry>();
  readonly #evicted = new Set<string>();
  readonly #ledger = new SignatureLedger();
  #open = true;
  /** Graphs that are being built by asynchronous calls. */
  readonly #pending = new Map<string, Promise<TensorResult>>();
  /** Chosen for the first graph. */
  #threads: SessionThreads | null = null;

  constructor(tf: Tf, backend: Backend, target: Target, options: CompileOptions) {
    this.#tf = tf;
    this.#backend = backend;
    this.#target = target;
    this.#options = options;
  }

  predict(inputs: unknown): TensorResult {
    return this.#call(inputs, null);
  }

  execute(inputs: unknown, outputs?: string | readonly string[]): TensorResult {
    return this.#call(inputs, listOf(outputs));
  }

  predictAsync(inputs: unknown): Promise<TensorResult> {
    return this.#callAsync(inputs, null);
  }

  executeAsync(inputs: unknown, outputs?: string | readonly string[]): Promise<TensorResult> {
    return this.#callAsync(inputs, listOf(outputs));
  }

  signatures(): SignatureFigures[] {
    return this.#ledger.figures();
  }

  padding(): PaddingPlan[] {
    return paddingPlans(
      this.signatures().map((row) => ({ ...row, variant: `${variantOf(this.#options)}/predict`, warmNanos: row.graphNanos })),
    );
  }

  dispose(): void {
    this.#open = false;
    for (const entry of this.#entries.values()) entry.loaded.dispose();
    this.#entries.clear();
  }

  #call(inputs: unknown, fetches: readonly string[] | null): TensorResult {
    const request = this.#request(inputs, fetches);
    return this.#hit(request) ?? this.#build(request);
  }

  async #callAsync(inputs: unknown, fetches: readonly string[] | null): Promise<TensorResult> {
    const request = this.#request(inputs, fetches);
    const result = this.#hit(request);
    if (result !== null) return result;
    const { embedded } = this.#target;
    if (embedded === null) return this.#build(request);
    const building = this.#pending.get(request.key);
    if (building !== undefined) {
      tellBuilding({ at: 'start', cause: null, signature: request.key });
      await building.catch(() => undefined);
      tellBuilding({ at: 'end' });
      return this.#callAsync(inputs, fetches);
    }
    const own = this.#buildEmbedded(request, embedded).finally(() => this.#pending.delete(request.key));
    this.#pending.set(request.key, own);
    return own;
  }

  #request(inputs: unknown, fetches: readonly string[] | null): CallRequest {
    const startMillis = performance.now();
    if (!this.#open) throw new UserError('This compiled model was disposed.');
    const values = argumentList(inputs, this.#target.inputNames, this.#target.kind === 'function');
    const fetched = fetches === null ? '' : `${fetches.join()} ← `;
    return { startMillis, values, fetches, key: fetched + signatureText(values, this.#options.dynamicBatch === true), stale: false };
  }

  /** Runs the graph that is ready, null when there is none (any more). */
  #hit(request: CallRequest): TensorResult | null {
    const { key, values, startMillis } = request;
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    if (this.#isStale(entry)) {
      this.#drop(key, entry);
      request.stale = true;
      return null;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const result = resultOf(entry.trace, entry.loaded.run(values.filter(isTensor)));
    entry.row.hits += 1;
    entry.row.graphMillis += performance.now() - startMillis;
    return result;
  }

  #build(request: CallRequest): TensorResult {
    const { values, fetches } = request;
    const start = this.#startBuilding(request);
    try {
      const traceable = this.#target.traceable(values, fetches);
      const { own } = this.#target;
      const whole = own === null || this.#options.xla === true ? null : wholeGraphOf(this.#backend, own, fetches);
      const built = buildCompiled({
        tf: this.#tf,
        backend: this.#backend,
        traceable,
        inputs: values.filter(isTensor),
        options: this.#options,
        threads: this.#threads,
        whole,
      });
      return this.#keep(request, start, built);
    } finally {
      tellBuilding({ at: 'end' });
    }
  }

  async #buildEmbedded(request: CallRequest, embedded: NonNullable<Target['embedded']>): Promise<TensorResult> {
    const start = this.#startBuilding(request);
    const { values, fetches } = request;
    try {
      const built = await buildEmbedded({
        ...embedded,
        backend: this.#backend,
        inputs: values.filter(isTensor),
        fetches,
        options: this.#options,
        threads: this.#threads,
      });
      if (this.#open) return this.#keep(request, start, built);
      built.loaded.dispose();
      return resultOf(built.trace, built.results);
    } finally {
      tellBuilding({ at: 'end' });
    }
  }

  #startBuilding({ key, values, stale }: CallRequest): { signature: CallSignature; cause: GraphCause } {
    const signature = callSignatureOf(values, this.#options.dynamicBatch === true);
    const cause = stale ? 'new-value' : this.#causeOf(key, signature);
    this.#options.onGraphBuildingStart?.({ cause, signature: key, xla: this.#options.xla === true });
    tellBuilding({ at: 'start', cause, signature: key });
    return { signature, cause };
  }

  /** Keeps a graph that was built and checked, and gives the results of its first run. */
  #keep(
    { key, fetches, startMillis }: CallRequest,
    { signature, cause }: { signature: CallSignature; cause: GraphCause },
    built: BuiltGraph,
  ): TensorResult {
    this.#threads = built.threads;
    this.#makeRoom();
    this.#ledger.miss(key, cause, Math.round((performance.now() - startMillis) * 1e6), built.eagerNanos);
    const row = this.#ledger.row(key) ?? { hits: 0, graphMillis: 0 };
    // The session holds the weights; the trace's copies of them are let go.
    const trace = { ...built.trace, constants: [], nodes: [] };
    this.#entries.set(key, { ...built, trace, results: [], signature, fetches: fetches?.join() ?? '', watched: this.#watch(built), row });
    const { phases, largestDifference, threads, nodes, untraced } = built;
    const { graphBytes } = built.loaded;
    this.#options.onGraphBuilding?.({
      cause,
      signature: key,
      startMillis,
      phases,
      threads,
      nodes,
      graphBytes,
      largestDifference,
      untraced,
    });
    return resultOf(built.trace, built.results);
  }

  #causeOf(key: string, signature: CallSignature): GraphCause {
    if (this.#evicted.has(key)) return 'cache-evicted';
    const others = [...this.#entries.values()];
    if (others.length === 0) return 'first-trace';
    if (others.some((other) => other.signature.text === signature.text)) return 'new-fetches';
    if (others.some((other) => other.signature.tensors === signature.tensors)) return 'new-value';
    return others.some((other) => other.signature.types === signature.types) ? 'new-shape' : 'new-dtype';
  }

  #makeRoom(): void {
    const limit = Math.max(1, this.#options.maxSignatures ?? DEFAULT_MAX_SIGNATURES);
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size < limit) return;
      this.#drop(key, entry);
      if (this.#evicted.size < REMEMBERED) this.#evicted.add(key);
    }
  }

  #drop(key: string, entry: Entry): void {
    entry.loaded.dispose();
    this.#entries.delete(key);
  }

  /** Weights of a model may be disposed, and the graph keeps them; a tensor of a function's own that is gone was replaced. */
  #isStale({ watched }: Entry): boolean {
    const own = this.#target.kind === 'function';
    return watched.some(({ tensor, dataId }) => tensor.dataId !== dataId || (own && tensor.isDisposed));
  }

  /** Variables and captured tensors whose native tensors the trace took. */
  #watch({ trace }: BuiltGraph): Entry['watched'] {
    const variables = Object.values(this.#tf.engine().state.registeredVariables) as Tensor[];
    return [...variables, ...(this.#options.captures ?? [])].flatMap((tensor) => {
      const id = this.#backend.tensorMap.get(tensor.dataId)?.id;
      return id !== undefined && trace.capturedIds.has(id) ? [{ tensor, dataId: tensor.dataId }] : [];
    });
  }
}

export type { Tensor, TensorResult };
