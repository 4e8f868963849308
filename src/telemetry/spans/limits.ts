import { getNumberFromEnv } from '@opentelemetry/core';
import type { AttributeValue, Attributes } from '@opentelemetry/api';
import { ATTRIBUTE } from '../../model/attributes.js';

/** The limits of OpenTelemetry's specification ("Span Limits"), as the standard variables set them. */
export interface SpanLimits {
  readonly attributeCount: number;
  /** Characters of a string, alone or in a list. */
  readonly attributeValueLength: number;
  readonly eventCount: number;
  readonly eventAttributeCount: number;
}

const DEFAULT_COUNT = 128;

/** A variable for spans alone wins over the one for everything; a value that is no whole number counts as unset. */
export function spanLimitsFromEnvironment(): SpanLimits {
  const limit = (...names: readonly string[]): number | undefined =>
    names.map((name) => getNumberFromEnv(name)).find((value) => value !== undefined && Number.isInteger(value) && value >= 0);
  return {
    attributeCount: limit('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT') ?? DEFAULT_COUNT,
    attributeValueLength: limit('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT') ?? Infinity,
    eventCount: limit('OTEL_SPAN_EVENT_COUNT_LIMIT') ?? DEFAULT_COUNT,
    eventAttributeCount: limit('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT') ?? DEFAULT_COUNT,
  };
}

export interface LimitedAttributes {
  readonly attributes: Attributes;
  readonly dropped: number;
}

/** No span has more attributes than there are names: nothing needs counting with the default limit. */
const MAX_ATTRIBUTES = Object.keys(ATTRIBUTE).length;

/** The first `count` attributes, with values cut to `valueLength`; the same object when nothing can have to change. */
export function limitAttributes(attributes: Attributes, count: number, valueLength: number): LimitedAttributes {
  if (count >= MAX_ATTRIBUTES && valueLength === Infinity) return { attributes, dropped: 0 };
  const entries = Object.entries(attributes);
  const kept = entries.slice(0, count).map(([name, value]) => [name, value === undefined ? value : cut(value, valueLength)] as const);
  return { attributes: Object.fromEntries(kept), dropped: entries.length - kept.length };
}

function cut(value: AttributeValue, length: number): AttributeValue {
  if (typeof value === 'string') return value.slice(0, length);
  if (!Array.isArray(value)) return value;
  return value.map((item) => (typeof item === 'string' ? item.slice(0, length) : item)) as AttributeValue;
}
