import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { Attributes, HrTime, Link, SpanContext, SpanStatus } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace-base';
import { hrDuration } from './hr-time.js';
import type { SpanLimits } from './limits.js';

const NO_LINKS: Link[] = [];
const NO_EVENTS: TimedEvent[] = [];
const UNSET: SpanStatus = { code: SpanStatusCode.UNSET };

/** What all spans of an export share. */
export interface SpanOrigin {
  readonly limits: SpanLimits;
  readonly resource: Resource;
  readonly scope: { readonly name: string; readonly version: string };
}

export interface SpanFields {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly durationNanos: number;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
  /** Only a call's root has these. */
  readonly root: { readonly events: readonly TimedEvent[]; readonly error: string | undefined } | undefined;
}

/**
 * A span as exporters read it. A class with a fixed set of fields and everything rare behind a getter: made a million
 * times, an object literal with spreads was ten times slower than the rest of the export.
 */
export class RecordedSpan implements ReadableSpan {
  readonly kind = SpanKind.INTERNAL;
  readonly ended = true;
  readonly droppedAttributesCount: number;
  readonly droppedLinksCount = 0;
  readonly name: string;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Attributes;
  readonly parentSpanContext?: SpanContext;

  constructor(
    private readonly origin: SpanOrigin,
    private readonly fields: SpanFields,
  ) {
    this.name = fields.name;
    this.startTime = fields.startTime;
    this.endTime = fields.endTime;
    this.attributes = fields.attributes;
    this.droppedAttributesCount = fields.droppedAttributes;
    const { traceId, parentSpanId: spanId, root } = fields;
    if (spanId !== undefined) {
      this.parentSpanContext = { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: root !== undefined };
    }
  }

  spanContext(): SpanContext {
    return { traceId: this.fields.traceId, spanId: this.fields.spanId, traceFlags: TraceFlags.SAMPLED };
  }

  get duration(): HrTime {
    return hrDuration(this.fields.durationNanos);
  }

  get status(): SpanStatus {
    const error = this.fields.root?.error;
    return error === undefined ? UNSET : { code: SpanStatusCode.ERROR, message: error };
  }

  get events(): TimedEvent[] {
    return this.fields.root?.events.slice(0, this.origin.limits.eventCount) ?? NO_EVENTS;
  }

  get droppedEventsCount(): number {
    return Math.max(0, (this.fields.root?.events.length ?? 0) - this.origin.limits.eventCount);
  }

  get links(): Link[] {
    return NO_LINKS;
  }

  get resource(): Resource {
    return this.origin.resource;
  }

  get instrumentationScope(): { name: string; version: string } {
    return this.origin.scope;
  }
}
