import protobuf from 'protobufjs';
import type { AnyValue, KeyValue, OtlpSpan, TracesData } from '../model/otlp.js';
import { asList, asRecord, asText, damaged } from './foreign-profile.js';

/**
 * OTLP traces as parsed JSON: one `TracesData`, or the lines of a file of them. What other producers write a little
 * differently (numbers for 64-bit strings, snake_case) is put right.
 *
 * @throws UserError that names the field at fault
 */
export function tracesFromJson(file: string, documents: readonly unknown[]): TracesData {
  const resourceSpans = documents.flatMap((document, line) => {
    const where = documents.length > 1 ? `line ${line + 1}: ` : '';
    const list = asList(pick(document, 'resourceSpans'));
    if (list === undefined) throw damaged(file, `${where}the field “resourceSpans” is missing or not a list`);
    return list.map((each, i) => resourceFrom(file, `${where}resourceSpans[${i}]`, each));
  });
  return { resourceSpans };
}

/** True for an object that holds OTLP traces. */
export const isTracesData = (json: unknown): boolean => pick(json, 'resourceSpans') !== undefined;

const pick = (object: unknown, name: string): unknown => {
  const record = asRecord(object);
  return record?.[name] ?? record?.[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
};

function resourceFrom(file: string, where: string, json: unknown): NonNullable<TracesData['resourceSpans']>[number] {
  const scopes = asList(pick(json, 'scopeSpans')) ?? [];
  return {
    resource: { attributes: attributesFrom(asRecord(pick(json, 'resource'))?.['attributes']) },
    scopeSpans: scopes.map((scope, i) => {
      const named = asRecord(pick(scope, 'scope'));
      return { scope: textsOf(named, ['name', 'version']), spans: (asList(pick(scope, 'spans')) ?? []).map((span, j) => spanFrom(file, `${where}.scopeSpans[${i}].spans[${j}]`, span)) };
    }),
  };
}

function spanFrom(file: string, where: string, json: unknown): OtlpSpan {
  const text = (name: string): string => {
    const value = asText(pick(json, name));
    if (value === undefined || value === '') throw damaged(file, `${where}.${name} is missing`);
    return value;
  };
  const status = asRecord(pick(json, 'status'));
  const parent = asText(pick(json, 'parentSpanId')) ?? '';
  return {
    traceId: text('traceId'),
    spanId: text('spanId'),
    ...(parent === '' ? {} : { parentSpanId: parent }),
    name: asText(pick(json, 'name')) ?? '',
    startTimeUnixNano: wholeNumber(file, `${where}.startTimeUnixNano`, pick(json, 'startTimeUnixNano')),
    endTimeUnixNano: wholeNumber(file, `${where}.endTimeUnixNano`, pick(json, 'endTimeUnixNano')),
    attributes: attributesFrom(pick(json, 'attributes')),
    events: (asList(pick(json, 'events')) ?? []).map((event, i) => ({
      name: asText(pick(event, 'name')) ?? '',
      timeUnixNano: wholeNumber(file, `${where}.events[${i}].timeUnixNano`, pick(event, 'timeUnixNano')),
      attributes: attributesFrom(pick(event, 'attributes')),
    })),
    ...(status === undefined ? {} : { status: { ...(statusCode(status['code']) === undefined ? {} : { code: statusCode(status['code']) ?? 0 }), ...textsOf(status, ['message']) } }),
  };
}

/** A span's status may be written by number or by name. */
function statusCode(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? Math.max(0, ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'].indexOf(value)) : undefined;
}

function wholeNumber(file: string, where: string, value: unknown): string {
  const text = typeof value === 'number' ? String(value) : asText(value);
  if (text === undefined || !/^\d{1,20}$/.test(text)) throw damaged(file, `${where} is not a whole number of nanoseconds`);
  return text;
}

const textsOf = (record: Readonly<Record<string, unknown>> | undefined, names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const text = asText(record?.[name]);
      return text === undefined ? [] : [[name, text] as const];
    }),
  );

const attributesFrom = (json: unknown): KeyValue[] =>
  (asList(json) ?? []).flatMap((each) => {
    const [key, value] = [asText(pick(each, 'key')), valueFrom(pick(each, 'value'))];
    return key === undefined || value === undefined ? [] : [{ key, value }];
  });

function valueFrom(json: unknown): AnyValue | undefined {
  const [text, flag, whole, double, array] = ['stringValue', 'boolValue', 'intValue', 'doubleValue', 'arrayValue'].map((name) => pick(json, name));
  if (typeof text === 'string') return { stringValue: text };
  if (typeof flag === 'boolean') return { boolValue: flag };
  if (typeof whole === 'string' || typeof whole === 'number') return { intValue: String(whole) };
  if (typeof double === 'number') return { doubleValue: double };
  const values = asList(asRecord(array)?.['values']);
  return values === undefined ? undefined : { arrayValue: { values: values.flatMap((each) => valueFrom(each) ?? []) } };
}

const field = (id: number, type: string): { id: number; type: string } => ({ id, type });
const repeated = (id: number, type: string): { id: number; type: string; rule: string } => ({ id, type, rule: 'repeated' });

/** The part of `opentelemetry/proto/trace/v1/trace.proto` that is read. */
const DESCRIPTOR = {
  options: { syntax: 'proto3' },
  nested: {
    TracesData: { fields: { resourceSpans: repeated(1, 'ResourceSpans') } },
    ResourceSpans: { fields: { resource: field(1, 'Resource'), scopeSpans: repeated(2, 'ScopeSpans') } },
    Resource: { fields: { attributes: repeated(1, 'KeyValue') } },
    ScopeSpans: { fields: { scope: field(1, 'Scope'), spans: repeated(2, 'Span') } },
    Scope: { fields: { name: field(1, 'string'), version: field(2, 'string') } },
    Span: {
      fields: {
        traceId: field(1, 'bytes'), spanId: field(2, 'bytes'), parentSpanId: field(4, 'bytes'), name: field(5, 'string'), kind: field(6, 'int32'),
        startTimeUnixNano: field(7, 'fixed64'), endTimeUnixNano: field(8, 'fixed64'), attributes: repeated(9, 'KeyValue'), events: repeated(11, 'Event'), status: field(15, 'Status'),
      },
    },
    Event: { fields: { timeUnixNano: field(1, 'fixed64'), name: field(2, 'string'), attributes: repeated(3, 'KeyValue') } },
    Status: { fields: { message: field(2, 'string'), code: field(3, 'int32') } },
    KeyValue: { fields: { key: field(1, 'string'), value: field(2, 'AnyValue') } },
    AnyValue: { oneofs: { value: { oneof: ['stringValue', 'boolValue', 'intValue', 'doubleValue', 'arrayValue'] } }, fields: { stringValue: field(1, 'string'), boolValue: field(2, 'bool'), intValue: field(3, 'int64'), doubleValue: field(4, 'double'), arrayValue: field(5, 'ArrayValue') } },
    ArrayValue: { fields: { values: repeated(1, 'AnyValue') } },
  },
};

/**
 * OTLP traces as protobuf: one message (an export request or `TracesData`, which are the same bytes), or messages each
 * behind its length in four big-endian bytes, as the collector's file exporter writes them. Null when it is neither.
 */
export function decodeTraces(file: string, bytes: Uint8Array): TracesData | null {
  const type = protobuf.Root.fromJSON(DESCRIPTOR).lookupType('TracesData');
  const documents: unknown[] = [];
  for (const message of messagesIn(bytes)) {
    try {
      documents.push(withHexIds(type.toObject(type.decode(message), { longs: String })));
    } catch {
      return null;
    }
  }
  return documents.length > 0 && documents.every(holdsSpans) ? tracesFromJson(file, documents) : null;
}

/** Any bytes may decode as a message without its fields: spans with ids of the right length do not come by chance. */
function holdsSpans(document: unknown): boolean {
  const spans = (asList(pick(document, 'resourceSpans')) ?? []).flatMap((each) => (asList(pick(each, 'scopeSpans')) ?? []).flatMap((scope) => asList(pick(scope, 'spans')) ?? []));
  return spans.length > 0 && spans.every((span) => asText(pick(span, 'traceId'))?.length === 32 && asText(pick(span, 'spanId'))?.length === 16);
}

function messagesIn(bytes: Uint8Array): readonly Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: Uint8Array[] = [];
  let at = 0;
  while (at + 4 <= bytes.length && view.getUint32(at) > 0 && at + 4 + view.getUint32(at) <= bytes.length) {
    const end = at + 4 + view.getUint32(at);
    messages.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return at === bytes.length ? messages : [bytes];
}

/** Ids are bytes in protobuf and hexadecimal text in JSON. */
function withHexIds(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(withHexIds);
  const record = asRecord(value);
  return record === undefined ? value : Object.fromEntries(Object.entries(record).map(([key, inner]) => [key, withHexIds(inner)]));
}
