import { checkStandardVariables } from './check-environment.js';
import { grpcTransport } from './transport-grpc.js';
import { httpTransport } from './transport-http.js';
import type { OtlpTransport } from './outcome.js';

/** Protocols of `OTEL_EXPORTER_OTLP_PROTOCOL`. */
export const OTLP_PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;
export type OtlpProtocol = (typeof OTLP_PROTOCOLS)[number];

/**
 * A transport as the standard variables describe it. `endpoint` is what `OTEL_EXPORTER_OTLP_ENDPOINT` would be and
 * wins over it. @throws UserError for a variable that makes no sense: it is named.
 */
export function transportFromEnvironment(endpoint?: string): OtlpTransport {
  checkStandardVariables();
  const protocol = protocolFromEnvironment();
  return protocol === 'grpc' ? grpcTransport(endpoint) : httpTransport(protocol, endpoint);
}

function protocolFromEnvironment(): OtlpProtocol {
  // Empty means unset, as the specification says.
  const asked =
    process.env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL']?.trim() || process.env['OTEL_EXPORTER_OTLP_PROTOCOL']?.trim() || 'http/protobuf';
  return OTLP_PROTOCOLS.find((known) => known === asked) ?? 'http/protobuf';
}
