import { InstrumentationBase, InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation';
import type { InstrumentationConfig } from '@opentelemetry/instrumentation';
import { Instrumentation } from '../instrument/instrumentation.js';
import type { InnerSeams, Tf } from '../instrument/seams.js';
import { ATTRIBUTE } from '../model/attributes.js';
import { ownVersion } from '../api/own-version.js';
import { RECORDING_VERSION } from '../model/recording.js';
import type { RecordingMeta } from '../model/recording.js';
import type { Runtime } from '../model/variant.js';
import { originEpochNanos } from '../record/clock.js';
import { measureToolCost } from '../record/tool-cost.js';
import { describeEnvironment } from '../runtime/environment.js';
import type { TensorFlow } from '../runtime/tensorflow.js';
import { LiveCalls } from './live-calls.js';

export interface InferenceInstrumentationConfig extends InstrumentationConfig {
  /** `kernels` (default): a span for each kernel; `stages`: the stages only. */
  readonly level?: 'stages' | 'kernels';
  /** Child spans of one call at most; default 10,000. How many were left out is an attribute of the call. */
  readonly spanBudget?: number;
}

const DEFAULT_SPAN_BUDGET = 10_000;
const NAME = 'inferscope';

/**
 * OpenTelemetry instrumentation for `@tensorflow/tfjs-node`: a span for each inference call inside the caller's trace,
 * with its stages and kernels. Uses the caller's providers and starts no SDK.
 *
 * A `require` of the package is noticed by itself. In ESM programs, load `inferscope/register` with `--import`, or hand
 * `tf` over with {@link attach}.
 */
export class InferenceInstrumentation extends InstrumentationBase<InferenceInstrumentationConfig> {
  // Declared without initialisers: the base class calls init and enable before ours would run.
  declare private attached: { readonly wrapped: Instrumentation; readonly live: LiveCalls } | undefined;
  declare private known: { readonly tf: Tf; readonly inner: InnerSeams } | undefined;

  constructor(config: InferenceInstrumentationConfig = {}) {
    super(NAME, ownVersion(), config);
  }

  protected override init(): InstrumentationNodeModuleDefinition {
    return new InstrumentationNodeModuleDefinition('@tensorflow/tfjs-node', ['>=4'], (tf: Tf) => {
      this.attach(tf);
      return tf;
    });
  }

  /** Instruments this `tf`; `inner` reaches private functions when it was loaded through the load hook. */
  attach(tf: Tf, inner: InnerSeams = {}): void {
    this.known = { tf, inner };
    if (this.isEnabled()) this.wrap();
  }

  override enable(): void {
    super.enable();
    this.wrap();
  }

  override disable(): void {
    super.disable();
    this.attached?.wrapped.disable();
    this.attached = undefined;
  }

  /** Waits until the spans of every finished call have been handed to the tracer. */
  async flush(): Promise<void> {
    await this.attached?.live.flush();
  }

  private wrap(): void {
    if (this.known === undefined || this.attached !== undefined) return;
    const { tf, inner } = this.known;
    const { level = 'kernels', spanBudget = DEFAULT_SPAN_BUDGET } = this.getConfig();
    const meta = metaFor(tf);
    const duration = this.meter.createHistogram('inference.call.duration', { unit: 's', description: 'Duration of inference calls' });
    const live = new LiveCalls(
      {
        tracer: () => this.tracer,
        meta,
        spanBudget,
        onCall: (call, runtime) => duration.record(call.latencyNanos / 1e9, { [ATTRIBUTE.runtime]: runtime, [ATTRIBUTE.temperature]: call.temperature }),
      },
      originEpochNanos(),
    );
    this.observeMemory(tf as unknown as TensorFlow);
    const wrapped = new Instrumentation({ tf, inner, recorder: live.recorder, level, policy: live.policy });
    wrapped.enable();
    this.attached = { wrapped, live };
  }

  private observeMemory(tf: TensorFlow): void {
    this.meter.createObservableGauge('inference.tensors.held', { description: 'Tensors that are alive' }).addCallback((result) => result.observe(tf.memory().numTensors));
    this.meter.createObservableGauge('inference.tensors.bytes', { unit: 'By', description: 'Bytes of tensors that are alive' }).addCallback((result) => result.observe(tf.memory().numBytes));
  }
}

/** What spans say about environment and tool: looked up once, when the first call ends. */
function metaFor(tf: Tf): (runtime: Runtime, call: string) => RecordingMeta {
  let common: Pick<RecordingMeta, 'environment' | 'tool' | 'originEpochNanos'> | undefined;
  return (runtime, call) => {
    common ??= { environment: describeEnvironment(tf as unknown as TensorFlow), tool: measureToolCost(), originEpochNanos: originEpochNanos() };
    return {
      ...common,
      version: RECORDING_VERSION,
      model: { name: 'program', path: null, runtime, sha256: null, parameters: null, nodes: null, inputs: [], outputs: [] },
      variants: [{ name: 'program', call }],
      inputSignature: 'unknown',
      batch: 1,
      seed: 0,
    };
  };
}
