import protobuf from 'protobufjs';
import { once } from '../../model/once.js';
import { asList, asRecord } from '../checks.js';
import { field, repeated } from '../proto-field.js';
import { COMMON_MESSAGES } from './common-descriptor.js';
import { LENGTHS, messagesBehind, messagesIn, type Messages } from './messages.js';
import { OtlpTraces } from './read-json.js';

/** The part of `opentelemetry/proto/trace/v1/trace.proto` that is read. */
const DESCRIPTOR = {
  options: { syntax: 'proto3' },
  nested: {
    ...COMMON_MESSAGES,
    TracesData: { fields: { resourceSpans: repeated(1, 'ResourceSpans') } },
    ResourceSpans: {
      fields: {
        resource: field(1, 'Resource'),
        scopeSpans: repeated(2, 'ScopeSpans'),
        // The same by its name and number until 2022.
        instrumentationLibrarySpans: repeated(1000, 'ScopeSpans'),
      },
    },
    ScopeSpans: { fields: { scope: field(1, 'Scope'), spans: repeated(2, 'Span') } },
    Span: {
      fields: {
        traceId: field(1, 'bytes'),
        spanId: field(2, 'bytes'),
        parentSpanId: field(4, 'bytes'),
        name: field(5, 'string'),
        kind: field(6, 'int32'),
        startTimeUnixNano: field(7, 'fixed64'),
        endTimeUnixNano: field(8, 'fixed64'),
        attributes: repeated(9, 'KeyValue'),
        events: repeated(11, 'Event'),
        status: field(15, 'Status'),
      },
    },
    Event: { fields: { timeUnixNano: field(1, 'fixed64'), name: field(2, 'string'), attributes: repeated(3, 'KeyValue') } },
    Status: { fields: { message: field(2, 'string'), code: field(3, 'int32') } },
  },
};

const messageType = once(() => protobuf.Root.fromJSON(DESCRIPTOR).lookupType('TracesData'));

/**
 * OTLP traces as protobuf: one message (an export request or `TracesData`, which are the same bytes), or messages each
 * behind its length. Null when it is neither.
 */
export function decodeTraces(file: string, bytes: Uint8Array): OtlpTraces | null {
  const ways = [messagesIn(bytes), ...[LENGTHS.varint, LENGTHS.grpc].map((lengthAt) => messagesBehind(lengthAt, bytes))];
  for (const way of ways) {
    const traces = way === null ? null : decodeMessages(file, way);
    if (traces !== null) return traces;
  }
  return null;
}

function decodeMessages(file: string, { messages, isCut }: Messages): OtlpTraces | null {
  const type = messageType();
  const documents: unknown[] = [];
  for (const message of messages) {
    try {
      documents.push(withHexIds(type.toObject(type.decode(message), { longs: String })));
    } catch {
      return null;
    }
  }
  if (documents.length === 0 || !documents.every(holdsSpans)) return null;
  const traces = new OtlpTraces(file, isCut);
  documents.forEach((document, i) => traces.addDocument(document, documents.length > 1 ? `message ${i + 1}: ` : ''));
  return traces;
}

/** Any bytes may decode as a message without its fields: spans with ids of the right length do not come by chance. */
function holdsSpans(document: unknown): boolean {
  const below = (value: unknown, name: string): readonly unknown[] => asList(asRecord(value)?.[name]) ?? [];
  const spans = below(document, 'resourceSpans')
    .flatMap((each) => below(each, 'scopeSpans'))
    .flatMap((scope) => below(scope, 'spans'))
    .map(asRecord);
  return spans.length > 0 && spans.every((span) => String(span?.['traceId']).length === 32 && String(span?.['spanId']).length === 16);
}

/** Ids are bytes in protobuf and hexadecimal text in JSON. Nothing else is gone through: how deep attributes are is the file's to say. */
function withHexIds(document: unknown): unknown {
  const hex = (id: unknown): unknown => (id instanceof Uint8Array ? Buffer.from(id).toString('hex') : id);
  return inEach(document, 'resourceSpans', (resource) =>
    inEach(allScopes(resource), 'scopeSpans', (scope) =>
      inEach(scope, 'spans', (span) => {
        const fields = asRecord(span);
        return {
          ...fields,
          traceId: hex(fields?.['traceId']),
          spanId: hex(fields?.['spanId']),
          parentSpanId: hex(fields?.['parentSpanId']),
        };
      }),
    ),
  );
}

const allScopes = (resource: unknown): unknown => ({
  ...asRecord(resource),
  scopeSpans: ['scopeSpans', 'instrumentationLibrarySpans'].flatMap((name) => asList(asRecord(resource)?.[name]) ?? []),
  instrumentationLibrarySpans: [],
});

/** An object with the elements of one of its lists replaced. */
const inEach = (value: unknown, list: string, replace: (element: unknown) => unknown): unknown => ({
  ...asRecord(value),
  [list]: (asList(asRecord(value)?.[list]) ?? []).map(replace),
});
