import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { tracesDataFromSpans } from '../../formats/otlp/write-json.js';
import { noAnswer, outcomeOf } from './http-answer.js';
import { otlpPoster } from './http-poster.js';
import type { OtlpTransport } from './outcome.js';

type HttpProtocol = 'http/protobuf' | 'http/json';

/** Spans by OTLP over HTTP, as the standard variables describe it. */
export function httpTransport(protocol: HttpProtocol, endpoint?: string): OtlpTransport {
  const contentType = protocol === 'http/json' ? 'application/json' : 'application/x-protobuf';
  const poster = otlpPoster({ name: 'TRACES', path: 'v1/traces' }, { 'Content-Type': contentType }, endpoint);
  return {
    endpoint: poster.endpoint,
    async send(spans) {
      try {
        return outcomeOf(await poster.post(encode(protocol, spans)), poster.endpoint, spans.length);
      } catch (thrown) {
        return noAnswer(poster.endpoint, thrown);
      }
    },
    close: poster.close,
  };
}

function encode(protocol: HttpProtocol, spans: readonly ReadableSpan[]): Uint8Array {
  if (protocol === 'http/json') return Buffer.from(JSON.stringify(tracesDataFromSpans(spans)));
  return ProtobufTraceSerializer.serializeRequest([...spans]) ?? new Uint8Array();
}
