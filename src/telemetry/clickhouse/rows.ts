import { Ajv } from 'ajv';
import { EXIT, UserError } from '../../model/errors.js';
import type { AnyValue, KeyValue, OtlpSpan, ResourceSpans, TracesData } from '../../model/otlp.js';
import { text, texts } from '../../model/schemas.js';
import { shapeCheck } from '../../model/shape-check.js';
import { parsedJson } from '../../model/parsed-json.js';
import type { Row } from './ask.js';
import { FORKED } from './layout.js';

/** A row of the table, as `columnsOf` (layout.ts) asks for it. Attributes are JSON texts. */
export interface StoredSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** Epoch nanoseconds, and nanoseconds. */
  readonly start: string;
  readonly duration: string;
  readonly status: string;
  readonly message: string;
  readonly scopeVersion: string;
  /** Empty where the span is no call. */
  readonly resource: string;
  readonly attributes: string;
  readonly forked: readonly string[];
  readonly eventTimes: readonly string[];
  readonly eventNames: readonly string[];
  readonly eventAttributes: string;
}

const whole = { type: 'string', pattern: '^-?[0-9]{1,20}$' } as const;
const TEXTS = [
  'traceId',
  'spanId',
  'parentSpanId',
  'name',
  'status',
  'message',
  'scopeVersion',
  'resource',
  'attributes',
  'eventAttributes',
];
const PROPERTIES = {
  ...Object.fromEntries(TEXTS.map((name) => [name, text])),
  ...{ start: whole, duration: whole, forked: texts, eventTimes: { type: 'array', items: whole }, eventNames: texts },
};
const problemOf = shapeCheck(() => new Ajv().compile({ type: 'object', required: Object.keys(PROPERTIES), properties: PROPERTIES }));

/** @throws UserError for rows that ClickHouse does not give to that question */
export function storedSpans(rows: readonly Row[], origin: string): readonly StoredSpan[] {
  return rows.map((row) => {
    const problem = problemOf(row);
    if (problem === null) return row as unknown as StoredSpan;
    throw new UserError(
      `${origin} gave a row that no ClickHouse gives (${problem.field} ${problem.why}): check the address.`,
      EXIT.unavailable,
    );
  });
}

/** Rows as OTLP has them. */
export const tracesOf = (spans: readonly StoredSpan[]): TracesData => ({ resourceSpans: spans.map(resourceSpansOf) });

function resourceSpansOf(stored: StoredSpan): ResourceSpans {
  return {
    resource: { attributes: stored.resource === '' ? [] : attributesOf(parsedJson(stored.resource)) },
    scopeSpans: [{ scope: { version: stored.scopeVersion }, spans: [spanOf(stored)] }],
  };
}

function spanOf(stored: StoredSpan): OtlpSpan {
  const events = parsedJson(stored.eventAttributes);
  const forked = stored.forked.flatMap((value, index): KeyValue[] => {
    const key = FORKED[index];
    return key === undefined || value === '' ? [] : [{ key, value: { stringValue: value } }];
  });
  return {
    traceId: stored.traceId,
    spanId: stored.spanId,
    ...(stored.parentSpanId === '' ? {} : { parentSpanId: stored.parentSpanId }),
    name: stored.name,
    startTimeUnixNano: stored.start,
    endTimeUnixNano: String(BigInt(stored.start) + BigInt(stored.duration)),
    attributes: [...attributesOf(parsedJson(stored.attributes)), ...forked],
    events: stored.eventTimes.map((timeUnixNano, index) => ({
      timeUnixNano,
      name: stored.eventNames[index] ?? '',
      attributes: attributesOf(Array.isArray(events) ? events[index] : undefined),
    })),
    // `Error`, once `STATUS_CODE_ERROR`.
    ...(/error$/i.test(stored.status) ? { status: { code: 2, message: stored.message } } : {}),
  };
}

/** A JSON column takes the dots of a name for levels. */
function attributesOf(value: unknown, prefix = ''): readonly KeyValue[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const key = `${prefix}${name}`;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) return attributesOf(inner, `${key}.`);
    const known = anyValue(inner);
    return known === undefined ? [] : [{ key, value: known }];
  });
}

function anyValue(value: unknown): AnyValue | undefined {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'number') return { doubleValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Array.isArray(value) ? { arrayValue: { values: value.flatMap((one) => anyValue(one) ?? []) } } : undefined;
}
