import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { checkStandardVariables } from './check-environment.js';
import { grpcTransport } from './transport-grpc.js';
import { httpTransport } from './transport-http.js';

/** Where spans go. One `send` is one request; whether to try again is the caller's business. */
export interface OtlpTransport {
  /** Address that spans are posted to, for messages. */
  readonly endpoint: string;
  send(spans: readonly ReadableSpan[]): Promise<SendOutcome>;
  close(): void;
}

/** What became of one request. */
export type SendOutcome =
  /** Taken, but for `rejected` spans that the server names as refused (partial success). */
  | { readonly kind: 'accepted'; readonly rejected: number; readonly message: string }
  /** Not now: overloaded, unreachable or too slow. The server's own waiting time, when it gave one. */
  | { readonly kind: 'busy'; readonly retryAfterMillis: number | null; readonly reason: string }
  /** The request is bigger than the server takes. */
  | { readonly kind: 'too-large'; readonly reason: string }
  /** These spans will never be taken. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Address, credentials or protocol are wrong: the spans are fine, sending them again this way is useless. */
  | { readonly kind: 'misconfigured'; readonly reason: string };

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
    process.env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL']?.trim() ||
    process.env['OTEL_EXPORTER_OTLP_PROTOCOL']?.trim() ||
    'http/protobuf';
  return OTLP_PROTOCOLS.find((known) => known === asked) ?? 'http/protobuf';
}
