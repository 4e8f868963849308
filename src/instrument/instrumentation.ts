import type { CompiledGraphs } from '../model/compiled-graphs.js';
import type { CallRecorder } from '../model/recorder.js';
import { CallBoundary, type CallDepth, type CallPolicy, type UnrecordedCall } from './calls.js';
import { NameIds } from './codes.js';
import { wrapCompiledGraphs } from './compiled-graphs.js';
import { DetailCache } from './detail-cache.js';
import { GraphBuildingSpans } from './graph-building.js';
import { wrapGraphModel } from './graph-model.js';
import { wrapBinding, wrapRunKernel } from './kernels.js';
import { NativeTimes, type NativeInside } from './native-times.js';
import { wrapLayersModel, type WrapContext } from './layers-model.js';
import { Patches } from './patches.js';
import { wrapSavedModel } from './saved-model.js';
import type { InnerSeams, Tf } from './seams.js';
import { SessionRuns, type SessionInside } from './session-runs.js';
import { Stages } from './stages.js';

export interface InstrumentationOptions {
  /** The user's own `tf`. */
  readonly tf: Tf;
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
  readonly native?: NativeInside;
  readonly unrecorded?: UnrecordedCall;
}

/** What a runtime could not be looked into, and why: printed once, never guessed over. */
export type SeamReport = readonly string[];

/**
 * Wraps the seams of one `tf`, and unwraps them: after `disable` every function is the same object as before.
 * Arguments, `this`, results, throws, promises and tensors pass through untouched.
 */
export class Instrumentation {
  private readonly patches = new Patches();
  private enabled = false;

  constructor(private readonly options: InstrumentationOptions) {}

  enable(): void {
    if (this.enabled) return;
    this.enabled = true;
    const { tf, recorder, inner = {}, level = 'kernels' } = this.options;
    const { patches } = this;
    const names = new NameIds(recorder.interner);
    const stages = new Stages(names);
    const boundary = new CallBoundary(recorder, names, stages, this.options.policy, this.options.depth, this.options.unrecorded);
    const context: WrapContext = { patches, tf, recorder, table: recorder.interner, names, stages, boundary };
    wrapLayersModel(context, inner.layers);
    wrapGraphModel(context, inner.converter);
    wrapSavedModel(context, inner);
    const building = new GraphBuildingSpans(recorder, names, stages);
    if (this.options.graphs !== undefined) wrapCompiledGraphs(context, this.options.graphs, (event) => building.tell(event));
    const sessions = new SessionRuns(names, recorder.interner, stages, this.options.session, (thrown) => recorder.trouble(thrown));
    const natives = this.options.native === undefined ? undefined : new NativeTimes(recorder, names, this.options.native, sessions.runsIn);
    wrapBinding(patches, tf, recorder, names, { sessions, natives }, level);
    if (level === 'kernels') wrapRunKernel(patches, tf, recorder, names, new DetailCache(recorder.interner));
  }

  disable(): void {
    if (!this.enabled) return;
    this.enabled = false;
    this.patches.undo();
  }

  /** Seams that are missing here, in words. */
  missingSeams(): SeamReport {
    const { inner = {}, tf } = this.options;
    const missing: string[] = [];
    if (inner.layers === undefined) missing.push('tfjs-layers was loaded before Inferscope: sorting is not shown, and execution begins at the first layer.');
    if (inner.converter === undefined) missing.push('tfjs-converter was loaded before Inferscope: kernels of graph models carry no node names.');
    if (tf.backend().binding === undefined) missing.push(`The backend ${tf.engine().backendName} has no native binding: kernels are timed as JavaScript sees them.`);
    return missing;
  }
}
