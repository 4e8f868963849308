import type { CompiledGraphs } from '../../../model/compiled-graphs.js';
import type { CallRecorder } from '../../../model/recorder.js';
import type { CallDepth, CallPolicy, UnrecordedCall } from '../../call-site.js';
import { CallBoundary } from './calls.js';
import { NameIds } from '../../name-ids.js';
import { wrapCompiledGraphs } from './compiled-graphs.js';
import { DetailCache } from './detail-cache.js';
import { GraphBuildingSpans } from './graph-building.js';
import { wrapGraphModel, wrapGraphPrivate } from './graph-model.js';
import { BackendSeam, wrapBinding, wrapPlainBackend, wrapRunKernel, type OutsideKernelSeam } from './kernels.js';
import { EagerTimes, type EagerInside } from './eager-times.js';
import { wrapLayersExecutor, wrapLayersModel, type WrapContext } from './layers-model.js';
import { Patches } from '../../patches.js';
import { wrapSavedModel } from './saved-model.js';
import type { InnerSeams, WrappedTf, TfPart } from './seams.js';
import { SessionRuns, type SessionInside } from './session-runs.js';
import { Stages } from './stages.js';

export interface InstrumentationOptions {
  /** The user's own `tf`. */
  readonly tf: WrappedTf;
  readonly recorder: CallRecorder;
  readonly inner?: InnerSeams;
  /** Graphs made by `compileToGraph`, where their calls are to be looked into. */
  readonly graphs?: CompiledGraphs;
  /** `stages`: stage spans only; `kernels` (default): every kernel too. */
  readonly level?: 'stages' | 'kernels';
  /** Records the calls that a program makes by itself. */
  readonly policy?: CallPolicy;
  readonly session?: SessionInside;
  /** With level `kernels`: the calls of which the stages are enough. */
  readonly depth?: CallDepth;
  /** Times eager operations inside TensorFlow, in a sample of the calls. */
  readonly native?: EagerInside;
  readonly unrecorded?: UnrecordedCall;
  /** With level `kernels`: told of the operations that run outside of any call. */
  readonly outside?: OutsideKernelSeam;
}

/** What a runtime could not be looked into, and why: printed once, never guessed over. */
export type SeamReport = readonly string[];

/**
 * Wraps the seams of one `tf`, and unwraps them: after `disable` every function is the same object as before.
 * Arguments, `this`, results, throws, promises and tensors pass through untouched.
 */
export class Instrumentation {
  readonly #patches = new Patches();
  #parts: TfPart[];
  /** Classes that are wrapped, and private functions: modules of one copy bring the same ones more than once. */
  #wrapped = new WeakSet();
  #context: WrapContext | undefined;

  constructor(private readonly options: InstrumentationOptions) {
    this.#parts = [{ tf: options.tf, inner: options.inner ?? {} }];
  }

  enable(): void {
    if (this.#context !== undefined) return;
    const { tf, recorder, level = 'kernels' } = this.options;
    const patches = this.#patches;
    const names = new NameIds(recorder.interner);
    const stages = new Stages(names);
    const backend = this.#backendSeam(names, stages, level);
    const boundary = new CallBoundary(
      recorder,
      names,
      stages,
      this.#policyAfter(backend.look),
      this.options.depth,
      this.options.unrecorded,
    );
    this.#context = { patches, tf, recorder, table: recorder.interner, names, stages, boundary };
    for (const part of this.#parts) this.#wrapPart(this.#context, part);
    const building = new GraphBuildingSpans(recorder, names, stages);
    if (this.options.graphs !== undefined) wrapCompiledGraphs(this.#context, this.options.graphs, (event) => building.tell(event));
    if (level === 'kernels') wrapRunKernel(this.#context, new DetailCache(recorder.interner), backend, this.options.outside);
  }

  /** Adds a module that shares this engine: one that loads later, or another copy's. */
  add(part: TfPart): void {
    this.#parts.push(part);
    if (this.#context !== undefined) this.#wrapPart(this.#context, part);
  }

  disable(): void {
    if (this.#context === undefined) return;
    this.#context = undefined;
    this.#wrapped = new WeakSet();
    this.#patches.undo();
  }

  /** Seams that are missing here, in words. */
  missingSeams(): SeamReport {
    const { tf } = this.options;
    const missing: string[] = [];
    if (!this.#parts.some(({ inner }) => inner.layers !== undefined))
      missing.push('tfjs-layers was loaded before Inferscope: sorting is not shown, and execution begins at the first layer.');
    if (!this.#parts.some(({ inner }) => inner.converter !== undefined))
      missing.push('tfjs-converter was loaded before Inferscope: kernels of graph models carry no node names.');
    if (tf.backend().binding === undefined)
      missing.push(`The backend ${tf.engine().backendName} has no native binding: kernels are timed as JavaScript sees them.`);
    return missing;
  }

  #wrapPart(context: WrapContext, { tf, inner }: TfPart): void {
    const first = <T extends object>(seam: T | undefined): seam is T =>
      seam !== undefined && !this.#wrapped.has(seam) && this.#wrapped.add(seam).has(seam);
    const own = { ...context, tf };
    if (first(tf.LayersModel?.prototype)) wrapLayersModel(own);
    if (first(inner.layers)) wrapLayersExecutor(own, inner.layers);
    if (first(tf.GraphModel?.prototype)) wrapGraphModel(own);
    if (first(inner.converter)) wrapGraphPrivate(own, inner.converter);
    if (first(inner.savedModelClass?.prototype)) wrapSavedModel(own, inner);
  }

  #backendSeam(names: NameIds, stages: Stages, level: 'stages' | 'kernels'): BackendSeam {
    const { tf, recorder, native, session } = this.options;
    const sessions = new SessionRuns(names, recorder.interner, stages, session, (thrown) => recorder.trouble(thrown));
    const natives = native === undefined ? undefined : new EagerTimes(recorder, names, native, sessions.runsIn);
    const seam = new BackendSeam(tf, (backend) => {
      if (backend.binding === undefined) wrapPlainBackend(this.#patches, backend, recorder, names);
      else wrapBinding(this.#patches, backend, recorder, names, { sessions, natives }, level);
    });
    if (hasBackend(tf)) seam.look();
    return seam;
  }

  #policyAfter(look: () => void): CallPolicy | undefined {
    const { policy } = this.options;
    if (policy === undefined) return undefined;
    return (site) => {
      look();
      return policy(site);
    };
  }
}

/** Whether a backend is there already: asking for one would initialise it. */
function hasBackend(tf: WrappedTf): boolean {
  const engine = tf.engine();
  return !('backendInstance' in engine) || (engine.backendInstance !== null && engine.backendInstance !== undefined);
}
