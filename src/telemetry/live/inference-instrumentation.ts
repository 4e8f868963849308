import { setTimeout as sleep } from 'node:timers/promises';
import { diag, trace } from '@opentelemetry/api';
import type { TracerProvider } from '@opentelemetry/api';
import { InstrumentationBase, InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation';
import { ownVersion } from '../../engines/own-version.js';
import { compiledGraphs } from '../../engines/tensorflow/graph/known-graphs.js';
import { Instrumentation } from '../../engines/tensorflow/seams/instrumentation.js';
import type { InnerSeams, WrappedTf, TfPart } from '../../engines/tensorflow/seams/seams.js';
import type { SessionInside } from '../../engines/tensorflow/seams/session-runs.js';
import { originEpochNanos } from '../../record/clock.js';
import type { TensorFlow } from '../../engines/tensorflow/load/tensorflow.js';
import type { InferenceInstrumentationConfig } from './config.js';
import { InferenceMetrics } from './inference-metrics.js';
import { insideSessions } from './inside-sessions.js';
import { mergeLeaks } from '../../model/held-tensors.js';
import { LeakWatch } from './leak-watch.js';
import { LiveCalls } from './live-calls.js';
import { metaOfCalls } from './live-meta.js';
import { claim, release } from './owner.js';
import { ProviderHook } from './provider-hook.js';
import { unseenSentence, type UnseenCopy } from './unseen-copies.js';
import { watchTensorFlow } from './watch-tensorflow.js';

const NAME = 'inferscope';

/** As long as a program that ends waits for its spans: half of what a container's grace period leaves at the least. */
const DEFAULT_END_SECONDS = 2;

interface Attached {
  /** By engine: one for all copies of a process, and one for each sandbox of a test runner. */
  readonly wrapped: Map<object, Instrumentation>;
  readonly live: LiveCalls;
}

/**
 * OpenTelemetry instrumentation for `@tensorflow/tfjs-node` and `@tensorflow/tfjs`: a span for each inference call inside
 * the caller's trace, with its stages and kernels. Uses the caller's providers and starts no SDK.
 *
 * The program's own `require` or `import` of the package is noticed when this was made before; hand `tf` over with
 * {@link attach} where it is not (a bundle, a loader that compiles sources itself).
 */
export class InferenceInstrumentation extends InstrumentationBase<InferenceInstrumentationConfig> {
  // Declared without initialisers: the base class calls init and enable before ours would run.
  declare private attached: Attached | undefined;
  /** Switched off, with calls that may not have become spans yet. */
  declare private retired: Set<LiveCalls> | undefined;
  declare private parts: TfPart[] | undefined;
  /** Another one has this TensorFlow, which has been said. */
  declare private refused: boolean | undefined;
  declare private session: SessionInside | undefined;
  /** By engine, each of which has tensors of its own. */
  declare private leaks: Map<object, LeakWatch> | undefined;
  declare private metrics: InferenceMetrics | undefined;
  declare private ownProvider: TracerProvider | undefined;
  declare private hook: ProviderHook | undefined;

  constructor(config: InferenceInstrumentationConfig = {}) {
    super(NAME, ownVersion(), config);
    // In ESM programs the base class's hook sees nothing of a package that is CommonJS; this one sees both.
    watchTensorFlow({ before: () => this.beforeTensorFlow(), loaded: ({ tf, inner }) => this.attach(tf, inner), unseen: warnOfUnseen });
  }

  protected override init(): InstrumentationNodeModuleDefinition {
    return new InstrumentationNodeModuleDefinition('@tensorflow/tfjs-node', ['>=4'], (tf: WrappedTf) => {
      this.attach(tf);
      return tf;
    });
  }

  /** Instruments this `tf`; `inner` reaches private functions when it was loaded through the load hook. */
  attach(tf: WrappedTf, inner: InnerSeams = {}): void {
    if (this.parts?.some((part) => part.tf === tf) === true) return;
    (this.parts ??= []).push({ tf, inner });
    if (!this.isEnabled()) return;
    if (this.attached === undefined) this.wrap();
    else this.wrapPart(this.attached, { tf, inner });
  }

  override enable(): void {
    super.enable();
    this.wrap();
  }

  override disable(): void {
    super.disable();
    this.unwrap();
    this.forgetTensors();
    void this.drain().finally(() => this.attached === undefined && this.hook?.undo());
  }

  /** What differs takes effect at the next call. */
  override setConfig(config: InferenceInstrumentationConfig): void {
    super.setConfig(config);
    if (this.attached !== undefined) this.renew();
  }

  override setTracerProvider(provider: TracerProvider): void {
    super.setTracerProvider(provider);
    this.ownProvider = provider;
  }

  /** Waits until the spans of every finished call have been handed to the tracer provider, and flushes it. */
  async flush(): Promise<void> {
    await Promise.all(this.lives().map((live) => live.flush()));
    await this.hook?.forceFlush();
  }

  /**
   * At the program's end: hands over what waits and has the provider flushed, and gives up when that takes longer than
   * `endSeconds`. Gives what was lost, a sentence or undefined; `late` when something of the provider is still under way.
   */
  async end(): Promise<{ readonly late: boolean; readonly lost: string | undefined }> {
    const { late } = await this.withinDeadline(this.flush());
    const left = late ? this.abandon() : 0;
    return { late, lost: left === 0 ? undefined : this.lostSentence(left) };
  }

  /** Makes spans of the calls that wait, for as long as a program may be held up by that. */
  private async drain(then: 'go-on' | 'end' = 'go-on'): Promise<void> {
    const { late } = await this.withinDeadline(Promise.all(this.lives().map((live) => live.flush())));
    if (!late) return;
    const left = then === 'end' ? this.abandon() : this.lives().reduce((sum, live) => sum + live.waiting, 0);
    if (left > 0)
      diag.error(
        `inferscope: ${then === 'end' ? this.lostSentence(left) : `the tracer provider is too slow: the spans of ${left} calls are not sent yet`}`,
      );
  }

  private lives(): LiveCalls[] {
    return [...(this.retired ?? []), ...(this.attached === undefined ? [] : [this.attached.live])];
  }

  private abandon(): number {
    return this.lives().reduce((sum, live) => sum + live.abandon(), 0);
  }

  private lostSentence(calls: number): string {
    return `the spans of ${calls} calls were not sent: the tracer provider took longer than ${this.endSeconds()} s at the program's end (INFERSCOPE_END_SECONDS sets how long it may take).`;
  }

  private endSeconds(): number {
    return this.getConfig().endSeconds ?? DEFAULT_END_SECONDS;
  }

  private async withinDeadline(work: Promise<unknown>): Promise<{ readonly late: boolean }> {
    const done = new AbortController();
    const deadline = sleep(this.endSeconds() * 1000, { late: true }, { signal: done.signal }).catch(() => ({ late: false }));
    try {
      return await Promise.race([work.then(() => ({ late: false })), deadline]);
    } finally {
      done.abort();
    }
  }

  /** Called by the base class, first of all by its constructor, whenever the meter provider changes. */
  protected override _updateMetricInstruments(): void {
    this.metrics?.stop();
    this.metrics = new InferenceMetrics(this.meter);
    if (this.attached !== undefined) this.observeMemory();
  }

  private observeMemory(): void {
    this.metrics?.observeMemory(
      () => this.copies() as unknown as readonly TensorFlow[],
      () => mergeLeaks([...(this.leaks?.values() ?? [])].flatMap(({ leaks }) => leaks)),
    );
  }

  /** One `tf` of each engine. */
  private copies(): readonly WrappedTf[] {
    return [...new Map((this.parts ?? []).map(({ tf }) => [tf.engine(), tf])).values()];
  }

  private leakWatch(tf: WrappedTf): LeakWatch {
    const watches = (this.leaks ??= new Map<object, LeakWatch>());
    const watch = watches.get(tf.engine()) ?? new LeakWatch(tf, () => this.attached?.live.recorder.context() !== undefined);
    watches.set(tf.engine(), watch);
    return watch;
  }

  private forgetTensors(): void {
    for (const watch of this.leaks?.values() ?? []) watch.stop();
    this.leaks = undefined;
  }

  private beforeTensorFlow(): void {
    const { kernels = 'on', sessionKernels = 'sampled' } = this.getConfig();
    if (this.isEnabled() && kernels !== 'off' && sessionKernels === 'sampled') this.session ??= insideSessions();
  }

  private wrap(): void {
    if (this.parts === undefined || this.attached !== undefined) return;
    const live = new LiveCalls(
      {
        tracer: () => this.tracer,
        provider: (this.hook ??= new ProviderHook(
          () => this.ownProvider ?? trace.getTracerProvider(),
          (then) => this.drain(then),
        )),
        meta: metaOfCalls(() => this.parts ?? []),
        config: this.getConfig(),
        onCall: (call) => this.metrics?.record(call),
        onSkipped: (site) => this.metrics?.skipped(site),
        onFull: () => this.attached?.live === live && this.renew(),
      },
      originEpochNanos(),
    );
    const attached = { wrapped: new Map<object, Instrumentation>(), live };
    for (const part of this.parts) this.wrapPart(attached, part);
    if (attached.wrapped.size === 0) return;
    this.observeMemory();
    this.attached = attached;
  }

  private wrapPart({ wrapped, live }: Attached, part: TfPart): void {
    const engine = part.tf.engine();
    const known = wrapped.get(engine);
    if (known !== undefined) {
      known.add(part);
      return;
    }
    if (!claim(part.tf, this)) {
      if (this.refused !== true)
        diag.warn(
          'inferscope: this TensorFlow is already instrumented (by inferscope/register and an InferenceInstrumentation?); the first one is kept',
        );
      this.refused = true;
      return;
    }
    const config = this.getConfig();
    const { depth } = live;
    const watch = this.leakWatch(part.tf);
    const instrumentation = new Instrumentation({
      ...{ ...part, graphs: compiledGraphs, recorder: live.recorder, policy: (site) => live.begins(site, watch) },
      level: config.kernels === 'off' ? 'stages' : 'kernels',
      ...(depth === undefined ? {} : { depth }),
      ...(config.metrics === 'all' ? { unrecorded: (site, nanos, outcome) => this.metrics?.unrecorded(site, nanos, outcome) } : {}),
      ...(this.session === undefined || config.sessionKernels === 'off' ? {} : { session: this.session }),
    });
    instrumentation.enable();
    wrapped.set(engine, instrumentation);
  }

  private renew(): void {
    this.unwrap();
    this.wrap();
  }

  /** Calls that are under way still become spans. */
  private unwrap(): void {
    if (this.attached === undefined) return;
    const { wrapped, live } = this.attached;
    for (const instrumentation of wrapped.values()) instrumentation.disable();
    (this.retired ??= new Set()).add(live);
    // One that ends later is still seen to by its own recorder; only the wait for it is over.
    void live.flush().finally(() => this.retired?.delete(live));
    this.attached = undefined;
    this.metrics?.stopMemory();
    for (const { tf } of this.parts ?? []) release(tf, this);
  }
}

/** On standard error: a program that looks instrumented and is not would be taken for one without calls. */
function warnOfUnseen(copy: UnseenCopy): void {
  process.stderr.write(`inferscope: ${unseenSentence(copy)}\n`);
}
