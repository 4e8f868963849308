import { setTimeout as sleep } from 'node:timers/promises';
import { diag, trace } from '@opentelemetry/api';
import type { TracerProvider } from '@opentelemetry/api';
import { InstrumentationBase, InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation';
import { messageOf } from '../../model/errors.js';
import { ownVersion } from '../../engines/own-version.js';
import type { EngineCopy, ProgramInstruments, ProgramWatch, TensorSource, UnseenCopy } from '../../engines/in-program.js';
import { PROGRAM_ENGINES } from '../../engines/program-engines.js';
import { originEpochNanos } from '../../record/clock.js';
import type { InferenceInstrumentationConfig } from './config.js';
import { InferenceMetrics } from './inference-metrics.js';
import { mergeLeaks } from '../../model/held-tensors.js';
import { keepingAlive } from './keep-alive.js';
import { LeakWatch } from './leak-watch.js';
import { LiveCalls } from './live-calls.js';
import { metaOfCalls } from './live-meta.js';
import { claim, release } from './owner.js';
import { ProviderHook } from './provider-hook.js';
import { SpanProfiles } from './span-profiles.js';

const NAME = 'inferscope';

/** As long as a program that ends waits for its spans: half of what a container's grace period leaves at the least. */
const DEFAULT_END_SECONDS = 2;

interface Attached {
  readonly wrapped: Map<EngineCopy, ProgramInstruments>;
  readonly live: LiveCalls;
}

/**
 * OpenTelemetry instrumentation for `@tensorflow/tfjs-node`, `@tensorflow/tfjs` and `onnxruntime-node` (with pipelines of
 * transformers.js): a span for each inference call inside the caller's trace, with its stages and kernels. Uses the
 * caller's providers and starts no SDK.
 *
 * The program's own `require` or `import` of the package is noticed when this was made before; hand the library over with
 * {@link attach} where it is not (a bundle, a loader that compiles sources itself).
 */
export class InferenceInstrumentation extends InstrumentationBase<InferenceInstrumentationConfig> {
  // Declared without initialisers: the base class calls init and enable before ours would run.
  declare private attached: Attached | undefined;
  /** Switched off, with calls that may not have become spans yet. */
  declare private retired: Set<LiveCalls> | undefined;
  declare private copies: EngineCopy[] | undefined;
  /** By engine, for what the program hands over. */
  declare private watches: ProgramWatch[] | undefined;
  /** Another one has this copy, which has been said. */
  declare private refused: boolean | undefined;
  /** Of each copy that keeps tensors. */
  declare private leaks: Map<EngineCopy, LeakWatch> | undefined;
  declare private metrics: InferenceMetrics | undefined;
  declare private ownProvider: TracerProvider | undefined;
  declare private hook: ProviderHook | undefined;
  declare private profiles: SpanProfiles | undefined;

  constructor(config: InferenceInstrumentationConfig = {}) {
    super(NAME, ownVersion(), config);
    // In ESM programs the base class's hook sees nothing of a package that is CommonJS; this one sees both.
    const loaded = (copy: EngineCopy): void => this.add(copy);
    this.watches = PROGRAM_ENGINES.map((engine) =>
      engine.watch({
        looksInside: () => this.looksInside(),
        loaded,
        unseen: warnOfUnseen,
        partly: ({ sentence }) => diag.info(`inferscope: ${sentence}`),
      }),
    );
  }

  protected override init(): InstrumentationNodeModuleDefinition[] {
    return PROGRAM_ENGINES.flatMap(({ packages }) => packages).map(
      ({ name, versions }) =>
        new InstrumentationNodeModuleDefinition(name, [...versions], (library: object) => {
          this.attach(library);
          return library;
        }),
    );
  }

  /** Instruments this `tf` or this `onnxruntime-node`; `inner` reaches private functions where a load hook found them. */
  attach(library: object, inner: object = {}): void {
    for (const watch of this.watches ?? []) if (watch.attach(library, inner) !== undefined) return;
  }

  private add(copy: EngineCopy): void {
    (this.copies ??= []).push(copy);
    if (!this.isEnabled()) return;
    if (this.attached === undefined) this.wrap();
    else this.wrapCopy(this.attached, copy);
  }

  override enable(): void {
    super.enable();
    this.wrap();
  }

  override disable(): void {
    super.disable();
    this.unwrap();
    this.forgetTensors();
    void this.endProfiles();
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

  /** Ends when the spans of every finished call were handed to the tracer provider and flushed; the program lives until then. */
  async flush(): Promise<void> {
    await keepingAlive(() => this.handOver());
  }

  private async handOver(): Promise<void> {
    await Promise.all(this.lives().map((live) => live.flush()));
    await this.hook?.forceFlush();
  }

  /**
   * At the program's end: hands over what waits and has the provider flushed, and gives up when that takes longer than
   * `endSeconds`. Gives what was lost, a sentence or undefined; `late` when something of the provider is still under way.
   */
  async end(): Promise<{ readonly late: boolean; readonly lost: string | undefined }> {
    const { late } = await this.withinDeadline(Promise.all([this.handOver(), this.endProfiles()]));
    const left = late ? this.abandon() : 0;
    return { late, lost: left === 0 ? undefined : this.lostSentence(left) };
  }

  /** Makes spans of the calls that wait, for as long as a program may be held up by that. */
  private async drain(then: 'go-on' | 'end' = 'go-on'): Promise<void> {
    const profiled = then === 'end' ? this.endProfiles() : undefined;
    const { late } = await this.withinDeadline(Promise.all([profiled, ...this.lives().map((live) => live.flush())]));
    if (!late) return;
    const left = then === 'end' ? this.abandon() : this.lives().reduce((sum, live) => sum + live.waiting, 0);
    if (left > 0)
      diag.error(
        `inferscope: ${then === 'end' ? this.lostSentence(left) : `the tracer provider is too slow: the spans of ${left} calls are not sent yet`}`,
      );
  }

  /** The last of them, as far as the program waits for it. */
  private async endProfiles(): Promise<void> {
    const { profiles } = this;
    this.profiles = undefined;
    await profiles?.stop();
  }

  /** A variable that makes no sense must not cost the spans. */
  private profilesOf({ profile = 'off' }: InferenceInstrumentationConfig): SpanProfiles | undefined {
    if (profile === 'off') return undefined;
    try {
      return (this.profiles ??= new SpanProfiles(profile));
    } catch (thrown) {
      process.stderr.write(`inferscope: no profiles: ${messageOf(thrown)}\n`);
      return undefined;
    }
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
      () => (this.copies ?? []).flatMap(({ tensors }) => tensors ?? []),
      () => mergeLeaks([...(this.leaks?.values() ?? [])].flatMap(({ leaks }) => leaks)),
      this.watches === undefined ? 'loaded' : 'not loaded',
    );
  }

  private leakWatch(copy: EngineCopy, tensors: TensorSource): LeakWatch {
    const watches = (this.leaks ??= new Map<EngineCopy, LeakWatch>());
    const watch = watches.get(copy) ?? new LeakWatch(copy, tensors, () => this.attached?.live.recorder.context() !== undefined);
    watches.set(copy, watch);
    return watch;
  }

  private forgetTensors(): void {
    for (const watch of this.leaks?.values() ?? []) watch.stop();
    this.leaks = undefined;
  }

  private looksInside(): boolean {
    const { kernels = 'on', sessionKernels = 'sampled' } = this.getConfig();
    return this.isEnabled() && kernels !== 'off' && sessionKernels === 'sampled';
  }

  private wrap(): void {
    if (this.copies === undefined || this.attached !== undefined) return;
    const profiles = this.profilesOf(this.getConfig());
    const live = new LiveCalls(
      {
        tracer: () => this.tracer,
        provider: (this.hook ??= new ProviderHook(
          () => this.ownProvider ?? trace.getTracerProvider(),
          (then) => this.drain(then),
        )),
        meta: metaOfCalls(),
        config: this.getConfig(),
        profiles,
        onCall: (call) => this.metrics?.record(call),
        onSkipped: (site) => this.metrics?.skipped(site),
        onFull: () => this.attached?.live === live && this.renew(),
      },
      originEpochNanos(),
    );
    const attached = { wrapped: new Map<EngineCopy, ProgramInstruments>(), live };
    for (const copy of this.copies) this.wrapCopy(attached, copy);
    if (attached.wrapped.size === 0) return;
    profiles?.start();
    this.observeMemory();
    this.attached = attached;
  }

  private wrapCopy({ wrapped, live }: Attached, copy: EngineCopy): void {
    if (!claim(copy, this)) {
      if (this.refused !== true)
        diag.warn(
          `inferscope: this ${copy.name} is already instrumented (by inferscope/register and an InferenceInstrumentation?); the first one is kept`,
        );
      this.refused = true;
      return;
    }
    const config = this.getConfig();
    const { depth } = live;
    const watch = copy.tensors === undefined ? undefined : this.leakWatch(copy, copy.tensors);
    const instruments = copy.instrument({
      recorder: live.recorder,
      policy: (site) => live.begins(site, copy, watch),
      level: config.kernels === 'off' ? 'stages' : 'kernels',
      inside: config.sessionKernels ?? 'sampled',
      ...(depth === undefined ? {} : { depth }),
      ...(config.metrics === 'all'
        ? { unrecorded: (site, nanos, outcome) => this.metrics?.unrecorded(site, copy.stateOf(site), nanos, outcome) }
        : {}),
    });
    instruments.enable();
    wrapped.set(copy, instruments);
  }

  private renew(): void {
    this.unwrap();
    this.wrap();
  }

  /** Calls that are under way still become spans. */
  private unwrap(): void {
    if (this.attached === undefined) return;
    const { wrapped, live } = this.attached;
    for (const instruments of wrapped.values()) instruments.disable();
    (this.retired ??= new Set()).add(live);
    // One that ends later is still seen to by its own recorder; only the wait for it is over.
    void live.flush().finally(() => this.retired?.delete(live));
    this.attached = undefined;
    this.metrics?.stopMemory();
    for (const copy of this.copies ?? []) release(copy, this);
  }
}

/** On standard error: a program that looks instrumented and is not would be taken for one without calls. */
function warnOfUnseen(copy: UnseenCopy): void {
  process.stderr.write(`inferscope: ${copy.sentence}\n`);
}
