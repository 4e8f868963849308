import type { Attributes, Counter, Histogram, Meter, ObservableGauge } from '@opentelemetry/api';
import type { CallSite } from '../../engines/call-site.js';
import type { TensorSource } from '../../engines/in-program.js';
import { ATTRIBUTE, METRIC } from '../../model/attributes.js';
import { stageFromCode } from '../../model/stage.js';
import type { Leak } from '../../model/held-tensors.js';
import { leakAttributes } from './leak-attributes.js';
import type { FinishedCall } from './live-calls.js';
import { ProcessMetrics } from './process-metrics.js';

/** Bounds in seconds, from 10 µs: OpenTelemetry's default ones begin at 5 and are meant for milliseconds. */
const BOUNDS = [1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a program's meter provider gets of its inference calls. */
export class InferenceMetrics {
  readonly #callDuration: Histogram;
  readonly #stageDuration: Histogram;
  readonly #loopBlock: Histogram;
  readonly #loopHeld: Counter;
  readonly #retraces: Counter;
  readonly #skippedCalls: Counter;
  readonly #tensors: ObservableGauge;
  readonly #bytes: ObservableGauge;
  readonly #kept: ObservableGauge;
  readonly #process: ProcessMetrics;
  #sources: (() => readonly TensorSource[]) | undefined;
  #leaks: (() => readonly Leak[]) | undefined;

  constructor(meter: Meter) {
    this.#process = new ProcessMetrics(meter);
    const seconds = { unit: 's', advice: { explicitBucketBoundaries: BOUNDS } };
    this.#callDuration = meter.createHistogram(METRIC.callDuration, { ...seconds, description: 'Duration of recorded inference calls' });
    this.#stageDuration = meter.createHistogram(METRIC.stageDuration, {
      ...seconds,
      description: 'Own time of each stage of recorded inference calls',
    });
    this.#loopBlock = meter.createHistogram(METRIC.loopBlock, {
      ...seconds,
      description: 'Longest stretch in which a recorded inference call held the event loop',
    });
    this.#loopHeld = meter.createCounter(METRIC.loopHeld, {
      unit: 's',
      description: 'Time in which recorded inference calls held the event loop',
    });
    this.#retraces = meter.createCounter(METRIC.retraces, { unit: '{graph}', description: 'Graphs built again for a model that had one' });
    this.#skippedCalls = meter.createCounter(METRIC.skippedCalls, {
      unit: '{call}',
      description: 'Calls not recorded because the tracer provider did not keep up',
    });
    this.#tensors = meter.createObservableGauge(METRIC.tensors, { unit: '{tensor}', description: 'Tensors that are alive' });
    this.#bytes = meter.createObservableGauge(METRIC.tensorBytes, { unit: 'By', description: 'Bytes of tensors that are alive' });
    this.#kept = meter.createObservableGauge(METRIC.tensorsKept, {
      unit: '{tensor}',
      description: 'Tensors that stay with each call or each load of a model, while they go on growing',
    });
  }

  record({ call, meta, plan, held, graphCauses }: FinishedCall): void {
    const common = { [ATTRIBUTE.runtime]: meta.model.runtime, [ATTRIBUTE.variant]: meta.variants[0]?.name ?? 'unknown' };
    const ofCall = { ...common, [ATTRIBUTE.callStyle]: meta.variants[0]?.call ?? 'unknown' };
    const outcome: Attributes = call.error === undefined ? {} : { [ATTRIBUTE.errorType]: '_OTHER' };
    this.#callDuration.record(call.latencyNanos / 1e9, {
      ...ofCall,
      [ATTRIBUTE.temperature]: call.temperature,
      ...outcome,
    });
    this.#loopBlock.record(held.longestNanos / 1e9, ofCall);
    this.#loopHeld.add(held.totalNanos / 1e9, ofCall);
    for (const [stage, nanos] of plan.stageNanos)
      this.#stageDuration.record(nanos / 1e9, { ...common, [ATTRIBUTE.stage]: stageFromCode(stage) });
    for (const cause of graphCauses)
      if (cause !== 'first-trace' && cause !== 'new-session') this.#retraces.add(1, { ...common, [ATTRIBUTE.cause]: cause });
  }

  /** A call of which only the duration is known; how warm it was is not. */
  unrecorded(site: CallSite, variant: string, nanos: number, outcome: 'returned' | 'threw'): void {
    const common = { [ATTRIBUTE.runtime]: site.runtime, [ATTRIBUTE.variant]: variant, [ATTRIBUTE.callStyle]: site.call };
    this.#callDuration.record(nanos / 1e9, outcome === 'returned' ? common : { ...common, [ATTRIBUTE.errorType]: '_OTHER' });
  }

  skipped({ runtime, call }: CallSite): void {
    this.#skippedCalls.add(1, { [ATTRIBUTE.runtime]: runtime, [ATTRIBUTE.callStyle]: call });
  }

  /** `engine`: whether it was loaded before anything here could see its threads begin. */
  observeMemory(sources: () => readonly TensorSource[], leaks: () => readonly Leak[], engine: 'loaded' | 'not loaded'): void {
    this.stopMemory();
    this.#process.start(engine);
    this.#sources = sources;
    this.#leaks = leaks;
    this.#kept.addCallback(this.#observeKept);
    this.#tensors.addCallback(this.#observeTensors);
    this.#bytes.addCallback(this.#observeBytes);
  }

  stopMemory(): void {
    this.#process.stop();
    this.#sources = undefined;
    this.#leaks = undefined;
    this.#kept.removeCallback(this.#observeKept);
    this.#tensors.removeCallback(this.#observeTensors);
    this.#bytes.removeCallback(this.#observeBytes);
  }

  stop(): void {
    this.stopMemory();
  }

  #observe(result: { observe(value: number): void }, of: (source: TensorSource) => number): void {
    const sources = this.#sources?.() ?? [];
    // An engine that leaves its tensors to the garbage collector has none to count: no 0 is told of it.
    if (sources.length > 0) result.observe(sources.reduce((sum, source) => sum + of(source), 0));
  }

  readonly #observeTensors = (result: { observe(value: number): void }): void => {
    this.#observe(result, (source) => source.count());
  };

  readonly #observeKept = (result: { observe(value: number, attributes: Attributes): void }): void => {
    for (const leak of this.#leaks?.() ?? []) result.observe(leak.perOccasion, leakAttributes(leak));
  };

  readonly #observeBytes = (result: { observe(value: number): void }): void => {
    this.#observe(result, (source) => source.bytes());
  };
}
