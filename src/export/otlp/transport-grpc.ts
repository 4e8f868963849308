import { convertLegacyOtlpGrpcOptions, createOtlpGrpcExportDelegate } from '@opentelemetry/otlp-grpc-exporter-base';
import { ProtobufTraceSerializer, TraceExporterMetricsHelper } from '@opentelemetry/otlp-transformer';
import type { IExportTraceServiceResponse } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { EXIT, UserError, messageOf } from '../../model/errors.js';
import { namedEndpoint } from './named-endpoint.js';
import type { OtlpTransport, SendOutcome } from './transport.js';

const SERVICE = 'TraceExportService';
const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** gRPC status codes, by what they mean for the spans (OTLP specification, "Failures"). */
const BUSY_CODES = [1, 4, 8, 10, 11, 14, 15];
const REFUSED_CODES = [3];
const OUT_OF_RANGE_OR_TOO_LARGE = 8;

/** OTLP over gRPC: the official transport, configured by the standard variables. */
export function grpcTransport(endpoint?: string): OtlpTransport {
  const settings = settingsFor(endpoint);
  let response: IExportTraceServiceResponse = {};
  const delegate = createOtlpGrpcExportDelegate<ReadableSpan[], IExportTraceServiceResponse>(
    settings,
    {
      serializeRequest: (spans) => ProtobufTraceSerializer.serializeRequest(spans),
      // The delegate only logs a partial success; it reads the answer right before it reports, so this is that answer.
      deserializeResponse: (bytes) => (response = ProtobufTraceSerializer.deserializeResponse(bytes)),
    },
    'otlp_grpc_span_exporter',
    TraceExporterMetricsHelper,
    undefined,
    SERVICE,
    METHOD,
  );
  return {
    endpoint: settings.url,
    send: (spans) =>
      new Promise<SendOutcome>((resolve) => {
        delegate.export([...spans], ({ error }) => {
          resolve(error === undefined ? acceptance(response) : failure(error));
          response = {};
        });
      }),
    close: () => void delegate.shutdown(),
  };
}

/** @throws UserError for an address that is none, wherever it was given */
function settingsFor(endpoint: string | undefined) {
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only public reading of all the variables
    return convertLegacyOtlpGrpcOptions(endpoint === undefined ? {} : { url: endpoint }, 'TRACES');
  } catch (thrown) {
    throw new UserError(`"${namedEndpoint(endpoint) ?? ''}" is no OTLP/gRPC address (${messageOf(thrown)}): give one such as http://localhost:4317.`, EXIT.usage, { cause: thrown });
  }
}

const acceptance = ({ partialSuccess }: IExportTraceServiceResponse): SendOutcome => ({
  kind: 'accepted',
  rejected: partialSuccess?.rejectedSpans ?? 0,
  message: partialSuccess?.errorMessage ?? '',
});

function failure(error: Error): SendOutcome {
  const code = 'code' in error && typeof error.code === 'number' ? error.code : 14;
  const reason = error.message;
  if (code === OUT_OF_RANGE_OR_TOO_LARGE && reason.includes('larger than max')) return { kind: 'too-large', reason };
  if (BUSY_CODES.includes(code)) return { kind: 'busy', retryAfterMillis: null, reason };
  if (REFUSED_CODES.includes(code)) return { kind: 'refused', reason };
  return { kind: 'misconfigured', reason };
}
