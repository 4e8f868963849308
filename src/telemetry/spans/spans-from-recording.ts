import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace-base';
import { ATTRIBUTE } from '../../model/attributes.js';
import type { CallRecord, Recording } from '../../model/recording.js';
import { hrClock } from './hr-time.js';
import type { HrClock } from './hr-time.js';
import { recordingIds } from './ids.js';
import { limitAttributes, spanLimitsFromEnvironment } from './limits.js';
import type { SpanLimits } from './limits.js';
import { RecordedSpan } from './recorded-span.js';
import type { SpanOrigin } from './recorded-span.js';
import { resourceFromEnvironment } from './resource.js';
import { samplerFromEnvironment } from './sampling.js';
import type { CallSampler } from './sampling.js';
import { callAttributes, spanShapes } from './span-attributes.js';

export interface SpanOptions {
  /** Default: from the recording's environment and the standard variables. */
  readonly resource?: Resource;
  /** Default: `OTEL_TRACES_SAMPLER`. */
  readonly sampler?: CallSampler;
}

/** A recording's spans, made when they are asked for so that a long recording never sits in memory as objects. */
export interface RecordingSpans {
  /** Spans of sampled calls. */
  readonly recorded: number;
  /** Spans of calls that the sampler left out. */
  readonly sampledOut: number;
  /** Trace id of each call, in order; the caller's where there was one, null for a call that has no spans. */
  readonly traceIds: readonly (string | null)[];
  /** Sampled spans, row by row, parents first. */
  rows(): Iterable<RowSpan>;
}

export interface RowSpan {
  readonly row: number;
  readonly span: ReadableSpan;
}

/** A sampled call and the trace it belongs to. */
interface TracedCall {
  readonly call: CallRecord;
  readonly traceId: string;
}

/**
 * Turns a recording into OpenTelemetry spans: one trace a call, or under the caller's span when the call ran inside
 * one. Times are nanosecond-true; a child that a different clock put outside of its parent is clipped to it, and its
 * attribute says by how much.
 */
export function spansFromRecording(recording: Recording, options: SpanOptions = {}): RecordingSpans {
  const contexts = sampledCalls(recording, options.sampler ?? samplerFromEnvironment());
  let recorded = 0;
  for (let row = 0; row < recording.spans.length; row++) {
    if (contexts[recording.spans.call[row] ?? -1]) recorded++;
  }
  const resource = options.resource ?? resourceFromEnvironment(recording.meta.environment);
  const scope = { name: 'inferscope', version: recording.meta.environment.inferscope };
  return {
    recorded,
    sampledOut: recording.spans.length - recorded,
    traceIds: contexts.map((context) => context?.traceId ?? null),
    rows: () => rowSpans(recording, contexts, { resource, scope, limits: spanLimitsFromEnvironment() }),
  };
}

function sampledCalls(recording: Recording, sampler: CallSampler): (TracedCall | null)[] {
  const ids = recordingIds(recording);
  return recording.calls.map((call, index) => {
    if (call.rootSpan < 0) return null;
    const traceId = call.traceId ?? ids.traceId(index);
    const name = recording.strings[recording.spans.name[call.rootSpan] ?? 0] ?? 'predict';
    const parent = call.parentSpanId === undefined ? {} : { parentSpanId: call.parentSpanId };
    return sampler({ name, traceId, ...parent }) ? { call, traceId } : null;
  });
}

function* rowSpans(recording: Recording, contexts: readonly (TracedCall | null)[], origin: SpanOrigin): Iterable<RowSpan> {
  const { spans } = recording;
  const ids = recordingIds(recording);
  const shapeOf = spanShapes(recording);
  const clock = hrClock(recording.meta.originEpochNanos);
  const extent = clippedExtents(recording);
  const { limits } = origin;
  const gcEvents = gcEventsByCall(recording, clock, limits);
  for (let row = 0; row < spans.length; row++) {
    const callIndex = spans.call[row] ?? 0;
    const context = contexts[callIndex];
    if (!context) continue;
    const { call, traceId } = context;
    const parent = spans.parent[row] ?? -1;
    const isRoot = parent < 0;
    const shape = shapeOf(row);
    const { start, end, clipped } = extent(row);
    // What the span is comes first: a limit cuts off at the end.
    const all = isRoot ? { ...shape.attributes, ...callAttributes(recording, call) } : shape.attributes;
    const { attributes, dropped } = limitAttributes(
      clipped === 0 ? all : { ...all, [ATTRIBUTE.spanClipped]: clipped },
      limits.attributeCount,
      limits.attributeValueLength,
    );
    const span = new RecordedSpan(origin, {
      name: shape.name,
      traceId,
      spanId: ids.spanId(row),
      parentSpanId: isRoot ? call.parentSpanId : ids.spanId(parent),
      startTime: clock(start),
      endTime: clock(end),
      durationNanos: end - start,
      attributes,
      droppedAttributes: dropped,
      root: isRoot ? { events: gcEvents.get(callIndex) ?? [], error: call.error } : undefined,
    });
    yield { row, span };
  }
}

interface Extent {
  readonly start: number;
  readonly end: number;
  /** Nanoseconds cut off at both ends together. */
  readonly clipped: number;
}

/**
 * Start and end of a row inside its parent's. Rows are asked for in order, parents first, so the clipped ends are kept
 * in two columns.
 */
function clippedExtents({ spans }: Recording): (row: number) => Extent {
  const starts = new Float64Array(spans.length);
  const ends = new Float64Array(spans.length);
  return (row) => {
    const recordedStart = spans.startNanos[row] ?? 0;
    const recordedEnd = recordedStart + (spans.durationNanos[row] ?? 0);
    const parent = spans.parent[row] ?? -1;
    const floor = parent < 0 ? -Infinity : (starts[parent] ?? -Infinity);
    const ceiling = parent < 0 ? Infinity : (ends[parent] ?? Infinity);
    const start = Math.min(Math.max(recordedStart, floor), ceiling);
    const end = Math.max(start, Math.min(recordedEnd, ceiling));
    starts[row] = start;
    ends[row] = end;
    return { start, end, clipped: Math.abs(start - recordedStart) + Math.abs(end - recordedEnd) };
  };
}

/** Garbage collection pauses as events of the call of their process they fell into; of concurrent calls, the one begun last. */
function gcEventsByCall(
  recording: Recording,
  clock: HrClock,
  { eventAttributeCount, attributeValueLength }: SpanLimits,
): Map<number, TimedEvent[]> {
  const events = new Map<number, TimedEvent[]>();
  const calls = recording.calls
    .map((call, index) => ({ call, index }))
    .filter(({ call }) => call.rootSpan >= 0)
    .sort((a, b) => a.call.startNanos - b.call.startNanos);
  const pauses = [...recording.gc].sort((a, b) => a.startNanos - b.startNanos);
  const walks = new Map<string | undefined, { readonly own: typeof calls; begun: number }>();
  for (const pause of pauses) {
    const { process } = pause;
    const walk = walks.get(process) ?? {
      own: process === undefined ? calls : calls.filter(({ call }) => call.process === process),
      begun: 0,
    };
    walks.set(process, walk);
    while (walk.begun < walk.own.length && (walk.own[walk.begun]?.call.startNanos ?? 0) <= pause.startNanos) walk.begun++;
    const owner = walk.own[walk.begun - 1];
    if (!owner || pause.startNanos >= owner.call.startNanos + owner.call.latencyNanos) continue;
    const event: TimedEvent = {
      name: 'gc',
      time: clock(pause.startNanos),
      attributes: limitAttributes(
        { [ATTRIBUTE.gcType]: pause.type, [ATTRIBUTE.gcNanos]: pause.durationNanos },
        eventAttributeCount,
        attributeValueLength,
      ).attributes,
    };
    const known = events.get(owner.index);
    if (known) known.push(event);
    else events.set(owner.index, [event]);
  }
  return events;
}
