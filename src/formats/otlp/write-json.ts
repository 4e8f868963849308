import type { Attributes, AttributeValue, HrTime } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { AnyValue, KeyValue, OtlpSpan, TracesData } from '../../model/otlp.js';

/**
 * Spans of one resource and scope as OTLP/JSON.
 *
 * Not the SDK's JSON serializer: that writes `intValue` as a number, and the protocol wants 64-bit values as strings.
 */
export function tracesDataFromSpans(spans: readonly ReadableSpan[]): TracesData {
  const [first] = spans;
  if (first === undefined) return { resourceSpans: [] };
  const { name, version } = first.instrumentationScope;
  return {
    resourceSpans: [
      {
        resource: { attributes: keyValues(first.resource.attributes) },
        scopeSpans: [{ scope: { name, ...(version === undefined ? {} : { version }) }, spans: spans.map(otlpSpan) }],
      },
    ],
  };
}

function otlpSpan(span: ReadableSpan): OtlpSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const parentSpanId = span.parentSpanContext?.spanId;
  return {
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    flags: traceFlags,
    name: span.name,
    kind: span.kind + 1,
    startTimeUnixNano: unixNano(span.startTime),
    endTimeUnixNano: unixNano(span.endTime),
    attributes: keyValues(span.attributes),
    ...(span.droppedAttributesCount === 0 ? {} : { droppedAttributesCount: span.droppedAttributesCount }),
    ...(span.events.length === 0
      ? {}
      : {
          events: span.events.map((event) => ({
            timeUnixNano: unixNano(event.time),
            name: event.name,
            attributes: keyValues(event.attributes ?? {}),
          })),
        }),
    status: { code: span.status.code, ...(span.status.message === undefined ? {} : { message: span.status.message }) },
  };
}

/** Seconds are whole and nanoseconds below 10^9, so the decimal digits can be put side by side. */
const unixNano = ([seconds, nanoseconds]: HrTime): string =>
  seconds === 0 ? String(nanoseconds) : `${seconds}${String(nanoseconds).padStart(9, '0')}`;

const keyValues = (attributes: Attributes): KeyValue[] =>
  Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: anyValue(value) }]));

function anyValue(value: AttributeValue): AnyValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: value.flatMap((item) => (item == null ? [] : [anyValue(item)])) } };
}
