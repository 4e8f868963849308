import { context, diag } from '@opentelemetry/api';
import type { Attributes, Context, HrTime, Span, Tracer } from '@opentelemetry/api';
import { hrClock } from '../spans/hr-time.js';
import { callAttributes } from '../spans/span-attributes.js';
import type { CallDepth, CallSite } from '../../engines/call-site.js';
import type { EngineCopy } from '../../engines/in-program.js';
import { ATTRIBUTE } from '../../model/attributes.js';
import { messageOf } from '../../model/errors.js';
import { heldInCall, type Held } from '../../model/held.js';
import type { CallRecord, RecordingMeta } from '../../model/recording.js';
import type { CallStart } from '../../model/recorder.js';
import { spanKindCode } from '../../model/span.js';
import { Recorder } from '../../record/recorder.js';
import type { Batch } from '../../record/recorder.js';
import { CallEmitter } from './call-emitter.js';
import { DEFAULT_SPAN_BUDGET, type InferenceInstrumentationConfig } from './config.js';
import { planEmission } from './emission-plan.js';
import type { BatchedCall, EmissionPlan } from './emission-plan.js';
import { leakEvent } from './leak-attributes.js';
import type { LeakWatch } from './leak-watch.js';
import { nextTurn, withoutKeepingAlive } from './keep-alive.js';
import type { LiveSite } from './live-meta.js';
import type { ProviderHook } from './provider-hook.js';
import { signatureOf } from './signature.js';
import type { SpanProfiles } from './span-profiles.js';
import { Temperatures } from './temperatures.js';
import { TraceBudget } from './trace-budget.js';

export interface LiveCallOptions {
  readonly tracer: () => Tracer;
  /** The provider, flushed between two batches. */
  readonly provider: ProviderHook;
  readonly meta: (site: LiveSite) => RecordingMeta;
  readonly config: InferenceInstrumentationConfig;
  /** Where V8 is sampled. */
  readonly profiles?: SpanProfiles | undefined;
  readonly onCall?: (call: FinishedCall) => void;
  /** Calls that were not recorded because the provider could not keep up. */
  readonly onSkipped?: (site: CallSite) => void;
  /** The table of names and shapes is full: time to begin a new one. */
  readonly onFull?: () => void;
  /** Shapes and names kept; default 100,000, some tens of megabytes. A service with endless shapes must not fill the memory. */
  readonly mostDetails?: number;
}

export interface FinishedCall {
  readonly call: CallRecord;
  readonly meta: RecordingMeta;
  readonly plan: EmissionPlan;
  /** What it held of the event loop. */
  readonly held: Held;
  /** Causes of the graphs that were built in it. */
  readonly graphCauses: readonly string[];
}

interface Pending {
  readonly root: Span;
  readonly parentContext: Context;
  readonly site: LiveSite;
}

const MAX_DETAILS = 100_000;
const STAGE_KIND = spanKindCode('stage');

/** Spans emitted between two turns of the event loop: below what a batch processor holds by default. */
const SPANS_PER_TURN = 512;

/** Rows that wait to become spans, at most: about 35 MB. Beyond, calls are not recorded, and counted. */
const MAX_WAITING_ROWS = 1_000_000;

/**
 * Records the calls of a running program and makes spans of them afterwards, with the program's own tracer.
 *
 * The sampler is asked once a call, by starting the call's root span; when it says no, nothing is recorded. Kernels
 * are emitted after the call, some hundred a turn with the provider flushed in between, so that a batch processor
 * never has to drop any. Nothing in here may fail a call of the program.
 */
export class LiveCalls {
  readonly recorder: Recorder;
  readonly #pending = new Map<string, Pending>();
  readonly #temperatures = new Temperatures();
  readonly #budget: TraceBudget;
  readonly #emitter: CallEmitter;
  readonly #clock: (relativeNanos: number) => HrTime;
  #emitting: Promise<void> | undefined;
  #rowsBeingEmitted = 0;
  #skipped = 0;
  #unflushed = 0;
  #inHook = false;
  #abandoned = false;

  constructor(
    private readonly options: LiveCallOptions,
    originEpochNanos: string,
  ) {
    this.#clock = hrClock(originEpochNanos);
    this.recorder = new Recorder({
      onCallEnd: () => this.#schedule(),
      activity: options.profiles?.activity,
      onTrouble: (thrown) => diag.error(`inferscope: a call is not recorded whole: ${messageOf(thrown)}`),
    });
    this.#budget = new TraceBudget(options.config.spanBudget ?? DEFAULT_SPAN_BUDGET);
    this.#emitter = new CallEmitter(this.recorder.interner, this.#clock, options.tracer, options.config.spanHook);
  }

  /** `leaks` is told of every call, recorded or not; what it finds becomes an event of the next recorded one. */
  begins(site: CallSite, copy: EngineCopy, leaks?: LeakWatch): CallStart | undefined {
    if (this.#inHook || this.#abandoned) return undefined;
    try {
      leaks?.call(site);
      if (this.recorder.pendingRows + this.#rowsBeingEmitted > MAX_WAITING_ROWS) return this.#skip(site);
      return this.#begin({ ...site, variant: copy.stateOf(site), copy }, leaks);
    } catch (thrown) {
      diag.error(`inferscope: a call is not recorded: ${messageOf(thrown)}`);
      return undefined;
    }
  }

  /** Waits until the spans of every finished call have been handed over. */
  async flush(): Promise<void> {
    while (!this.#abandoned && (this.#emitting !== undefined || this.recorder.pendingRows > 0)) await (this.#emitting ?? this.#emitAll());
  }

  /** Gives up the calls that have not become spans, and records no more. Gives how many there were. */
  abandon(): number {
    const { waiting } = this;
    this.#abandoned = true;
    this.#pending.clear();
    this.recorder.forget();
    return waiting;
  }

  /** Calls that have not become spans yet. */
  get waiting(): number {
    return this.#pending.size;
  }

  #begin(site: LiveSite, leaks: LeakWatch | undefined): CallStart | undefined {
    const parentContext = context.active();
    const startTime = this.#clock(Math.floor(performance.now() * 1e6));
    const attributes = { [ATTRIBUTE.runtime]: site.runtime, [ATTRIBUTE.callStyle]: site.call };
    const root = this.options.tracer().startSpan(site.call, { startTime, attributes }, parentContext);
    if (!root.isRecording()) return undefined;
    this.options.provider.watch();
    const { traceId, spanId } = root.spanContext();
    const { signature, batch } = signatureOf(site.inputs);
    this.#pending.set(spanId, { root, parentContext, site });
    for (const leak of leaks?.take() ?? []) root.addEvent('leak', leakEvent(leak), startTime);
    const labels = this.options.profiles?.labelsOf(root, site.call, parentContext);
    if (labels !== undefined) root.setAttribute(ATTRIBUTE.profileId, spanId);
    this.#callHook(root, { ...site, signature, batch });
    const start: CallStart = {
      variant: 0,
      ...this.#temperatures.of(site.model, signature),
      round: -1,
      signature,
      batch,
      traceId,
      parentSpanId: spanId,
    };
    return labels === undefined ? start : { ...start, labels };
  }

  /** One recorded call in so many has kernels, where the configuration says so. */
  get depth(): CallDepth | undefined {
    const { kernels = 'on' } = this.options.config;
    if (typeof kernels === 'string') return undefined;
    let recorded = 0;
    return () => (recorded++ % kernels.oneIn === 0 ? 'kernels' : 'stages');
  }

  #callHook(span: Span, info: CallSite & { readonly signature: string; readonly batch: number }): void {
    if (this.options.config.callHook === undefined) return;
    this.#inHook = true;
    try {
      this.options.config.callHook(span, info);
    } catch (thrown) {
      diag.error(`inferscope: the callHook threw: ${messageOf(thrown)}`);
    } finally {
      this.#inHook = false;
    }
  }

  #skip(site: CallSite): undefined {
    if (this.#skipped++ === 0) diag.warn('inferscope: the tracer provider cannot keep up; calls are counted and not recorded');
    this.options.onSkipped?.(site);
  }

  #schedule(): void {
    this.#emitting ??= new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => this.#emitAll())
      .finally(() => (this.#emitting = undefined));
  }

  async #emitAll(): Promise<void> {
    const batch = this.recorder.drain();
    this.#rowsBeingEmitted = batch.spans.length;
    for (const call of batch.calls) {
      const waiting = this.#pending.get(call.parentSpanId ?? '');
      if (waiting === undefined) continue;
      this.#pending.delete(call.parentSpanId ?? '');
      try {
        this.#unflushed += withoutKeepingAlive(() => this.#emitCall(batch, call, waiting));
      } catch (thrown) {
        diag.error(`inferscope: the spans of a call are lost: ${messageOf(thrown)}`);
      }
      if (this.#unflushed < SPANS_PER_TURN) continue;
      this.#unflushed = 0;
      await this.options.provider.forceFlush();
      await nextTurn();
      if (this.#abandoned) break;
    }
    this.#rowsBeingEmitted = 0;
    if (this.recorder.interner.details.length > (this.options.mostDetails ?? MAX_DETAILS)) this.options.onFull?.();
  }

  #emitCall(batch: Batch, call: CallRecord, waiting: Pending): number {
    const { minimumKernelMicros = 0 } = this.options.config;
    const traceId = call.traceId ?? '';
    const rows = rowsOf(batch, call);
    const plan = planEmission(rows, { minimumKernelNanos: minimumKernelMicros * 1000, budget: this.#budget.left(traceId) });
    this.#budget.take(traceId, plan.rows.length + plan.folded.length);
    const meta = this.options.meta(waiting.site);
    const emitted = this.#emitter.emit(rows, plan, call, waiting, this.#rootAttributes(meta, call));
    this.options.onCall?.({ call, meta, plan, held: heldBy(rows, call), graphCauses: graphCauses(rows, this.recorder.interner.details) });
    return emitted;
  }

  #rootAttributes(meta: RecordingMeta, call: CallRecord): Attributes {
    const skipped = this.#skipped;
    this.#skipped = 0;
    return {
      ...callAttributes({ meta }, call),
      [ATTRIBUTE.spanKind]: 'call',
      [ATTRIBUTE.stage]: call.async === true ? 'unexplained' : 'glue',
      ...(skipped > 0 ? { [ATTRIBUTE.callsSkipped]: skipped } : {}),
    };
  }
}

/** A synchronous call holds the thread from begin to end. */
function heldBy({ spans, first, end }: BatchedCall, { async, rootSpan, latencyNanos }: CallRecord): Held {
  if (async !== true) return { totalNanos: latencyNanos, longestNanos: latencyNanos };
  return heldInCall(
    spans,
    Array.from({ length: end - first - 1 }, (_, place) => first + 1 + place),
    rootSpan,
  );
}

/** A call's rows follow its root's. */
function rowsOf({ spans, firstRow }: Batch, call: CallRecord): BatchedCall {
  const first = call.rootSpan - firstRow;
  let end = first + 1;
  while (end < spans.length && spans.call[end] === spans.call[first]) end++;
  return { spans, first, end, firstOfBatch: firstRow };
}

function graphCauses({ spans, first, end }: BatchedCall, details: readonly { readonly cause?: string }[]): string[] {
  const causes: string[] = [];
  for (let row = first; row < end; row++) {
    // The steps of a building carry its cause too; it is one building.
    const cause = spans.kind[row] === STAGE_KIND ? details[spans.detail[row] ?? 0]?.cause : undefined;
    if (cause !== undefined) causes.push(cause);
  }
  return causes;
}
