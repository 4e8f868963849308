import { context, trace, SpanStatusCode } from '@opentelemetry/api';
import type { Context, HrTime, Span, Tracer } from '@opentelemetry/api';
import { hrClock } from '../export/spans/hr-time.js';
import { callAttributes, spanShapes } from '../export/spans/span-attributes.js';
import type { CallPolicy, CallSite } from '../instrument/calls.js';
import { ATTRIBUTE } from '../model/attributes.js';
import type { CallRecord, Recording, RecordingMeta } from '../model/recording.js';
import type { CallStart } from '../model/recorder.js';
import type { Runtime } from '../model/variant.js';
import { Recorder } from '../record/recorder.js';
import { signatureOf } from './signature.js';

export interface LiveCallOptions {
  readonly tracer: () => Tracer;
  readonly meta: (runtime: Runtime, call: string) => RecordingMeta;
  /** Child spans of one call at most; what is left out is counted on the root. */
  readonly spanBudget: number;
  readonly onCall?: (call: CallRecord, runtime: Runtime) => void;
}

interface Pending {
  readonly span: Span;
  readonly parentContext: Context;
  readonly site: CallSite;
}

/** Spans emitted between two turns of the event loop: below what a batch processor holds by default. */
const SPANS_PER_TURN = 512;

/**
 * Records the calls of a running program and makes spans of them afterwards, with the program's own tracer.
 *
 * The sampler is asked once a call, by starting the call's root span; when it says no, nothing is recorded. Kernels
 * are emitted after the call, some hundred a turn with the provider flushed in between, so that a batch processor
 * never has to drop any.
 */
export class LiveCalls {
  readonly recorder: Recorder;
  private readonly pending = new Map<string, Pending>();
  private readonly seen = new WeakMap<object, Set<string>>();
  private emitting: Promise<void> | undefined;
  private readonly clock: (relativeNanos: number) => HrTime;

  constructor(private readonly options: LiveCallOptions, originEpochNanos: string) {
    this.clock = hrClock(originEpochNanos);
    this.recorder = new Recorder({ onCallEnd: () => this.schedule() });
  }

  readonly policy: CallPolicy = (site) => {
    const parentContext = context.active();
    const startTime = this.clock(Math.floor(performance.now() * 1e6));
    const span = this.options.tracer().startSpan(site.call, { startTime }, parentContext);
    if (!span.isRecording()) return undefined;
    const { traceId, spanId } = span.spanContext();
    this.pending.set(spanId, { span, parentContext, site });
    return { ...this.callStart(site), traceId, parentSpanId: spanId };
  };

  /** Waits until the spans of every finished call have been handed over. */
  async flush(): Promise<void> {
    while (this.emitting !== undefined || this.recorder.pendingRows > 0) await (this.emitting ?? this.emit());
  }

  private callStart({ model, inputs }: CallSite): CallStart {
    const { signature, batch } = signatureOf(inputs);
    const known = this.seen.get(model) ?? new Set<string>();
    const temperature = known.size === 0 ? 'cold-session' : known.has(signature) ? 'warm' : 'cold-signature';
    this.seen.set(model, known.add(signature));
    return { variant: 0, temperature, round: -1, signature, batch };
  }

  private schedule(): void {
    this.emitting ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.emit()).finally(() => (this.emitting = undefined));
  }

  private async emit(): Promise<void> {
    const { spans, calls, gc, firstRow } = this.recorder.drain();
    const { strings, details } = this.recorder.interner;
    let emitted = 0;
    for (const call of calls) {
      const waiting = this.pending.get(call.parentSpanId ?? '');
      if (waiting === undefined) continue;
      this.pending.delete(call.parentSpanId ?? '');
      const { runtime, call: name } = waiting.site;
      const meta = this.options.meta(runtime, name);
      const recording: Recording = { meta, strings, details, spans, calls, gc, lostSpans: 0, complete: true };
      emitted += this.emitCall(recording, call, firstRow, waiting);
      this.options.onCall?.(call, runtime);
      if (emitted >= SPANS_PER_TURN) {
        emitted = 0;
        await flushProvider();
      }
    }
  }

  /** `firstRow` is the number of the batch's row 0: calls and parents are numbered since the recorder began. */
  private emitCall(recording: Recording, call: CallRecord, firstRow: number, { span: root, parentContext }: Pending): number {
    const { spans } = recording;
    const rootRow = call.rootSpan - firstRow;
    const tracer = this.options.tracer();
    const shapeOf = spanShapes(recording);
    const contexts = new Map<number, Context>([[rootRow, trace.setSpan(parentContext, root)]]);
    const owner = spans.call[rootRow];
    let emitted = 0;
    let left = 0;
    for (let row = rootRow + 1; row < spans.length && spans.call[row] === owner; row++) {
      const parent = contexts.get((spans.parent[row] ?? -1) - firstRow);
      if (parent === undefined || emitted >= this.options.spanBudget) {
        left++;
        continue;
      }
      const start = spans.startNanos[row] ?? 0;
      const { name, attributes } = shapeOf(row);
      const span = tracer.startSpan(name, { startTime: this.clock(start), attributes }, parent);
      contexts.set(row, trace.setSpan(parent, span));
      span.end(this.clock(start + (spans.durationNanos[row] ?? 0)));
      emitted++;
    }
    root.setAttributes({ ...callAttributes(recording, call), [ATTRIBUTE.spanKind]: 'call', [ATTRIBUTE.stage]: 'glue' });
    if (left > 0) root.setAttribute(ATTRIBUTE.aggregateCount, left);
    if (call.error !== undefined) root.setStatus({ code: SpanStatusCode.ERROR, message: call.error });
    root.end(this.clock(call.startNanos + call.latencyNanos));
    return emitted + 1;
  }
}

/** The program's own provider, when it can be flushed; the API's proxy hides it behind `getDelegate`. */
async function flushProvider(): Promise<void> {
  const proxy = trace.getTracerProvider() as { getDelegate?: () => object };
  const provider = (proxy.getDelegate?.() ?? proxy) as { forceFlush?: () => Promise<void> };
  await provider.forceFlush?.().catch(() => undefined);
}
