import type { Client, ClientUnaryCall } from '@grpc/grpc-js';
import { convertLegacyOtlpGrpcOptions } from '@opentelemetry/otlp-grpc-exporter-base';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { IExportTraceServiceResponse } from '@opentelemetry/otlp-transformer';
import { EXIT, UserError, messageOf } from '../../model/errors.js';
import { shownAddress } from '../../model/shown-address.js';
import { namedEndpoint } from './named-endpoint.js';
import { clampedRejected } from './rejected.js';
import { unreachableOutcome } from './unreachable.js';
import type { OtlpTransport, SendOutcome } from './outcome.js';

const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** gRPC status codes, by what they mean for the spans (OTLP specification, "Failures"). */
const BUSY_CODES = [1, 4, 8, 10, 11, 14, 15];
const REFUSED_CODES = [3];
const OUT_OF_RANGE_OR_TOO_LARGE = 8;
const UNAVAILABLE = 14;

/**
 * OTLP over gRPC, configured by the standard variables as the official exporter reads them. The calls are made here,
 * because that exporter only logs a partial success, and cannot end a call before its time is up.
 */
export function grpcTransport(endpoint?: string): OtlpTransport {
  const settings = settingsFor(endpoint);
  const underWay = new Set<ClientUnaryCall>();
  let client: Promise<Client> | undefined;
  return {
    endpoint: shownAddress(settings.url),
    async send(spans) {
      try {
        client ??= connect(settings);
        return grpcAcceptance(
          await callOnce(await client, settings, ProtobufTraceSerializer.serializeRequest([...spans]) ?? new Uint8Array(), underWay),
          settings.url,
          spans.length,
        );
      } catch (thrown) {
        return failure(shownAddress(settings.url), thrown);
      }
    },
    close() {
      for (const call of underWay) call.cancel();
      void client?.then((connected) => connected.close());
    },
  };
}

/** Loaded where it is needed: most send over HTTP. */
async function connect({ url, credentials, compression, userAgent }: Settings): Promise<Client> {
  const { Client, compressionAlgorithms } = await import('@grpc/grpc-js');
  return new Client(url, credentials(), {
    'grpc.default_compression_algorithm': compressionAlgorithms[compression === 'gzip' ? 'gzip' : 'identity'],
    ...(userAgent === undefined ? {} : { 'grpc.primary_user_agent': userAgent }),
  });
}

function callOnce(
  client: Client,
  { metadata, timeoutMillis }: Settings,
  request: Uint8Array,
  underWay: Set<ClientUnaryCall>,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const call = client.makeUnaryRequest(
      METHOD,
      Buffer.from,
      (bytes) => bytes,
      request,
      metadata(),
      { deadline: Date.now() + timeoutMillis },
      (error, answer) => {
        underWay.delete(call);
        if (error === null) resolve(answer ?? new Uint8Array());
        else reject(error);
      },
    );
    underWay.add(call);
  });
}

type Settings = ReturnType<typeof settingsFor>;

/** @throws UserError for an address that is none, wherever it was given */
function settingsFor(endpoint: string | undefined) {
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only public reading of all the variables
    return convertLegacyOtlpGrpcOptions(endpoint === undefined ? {} : { url: endpoint }, 'TRACES');
  } catch (thrown) {
    throw new UserError(
      `"${shownAddress(namedEndpoint(endpoint) ?? '')}" is no OTLP/gRPC address (${messageOf(thrown)}): give one such as http://localhost:4317.`,
      EXIT.usage,
      { cause: thrown },
    );
  }
}

/** What an answer to `sent` spans says of them; only one that can be read says that they were taken. */
export function grpcAcceptance(answer: Uint8Array, url: string, sent: number): SendOutcome {
  try {
    const response: IExportTraceServiceResponse = answer.length === 0 ? {} : ProtobufTraceSerializer.deserializeResponse(answer);
    return { kind: 'accepted', rejected: clampedRejected(response, sent), message: response.partialSuccess?.errorMessage ?? '' };
  } catch (thrown) {
    return {
      kind: 'misconfigured',
      reason: `${url} gave an answer that is not OTLP (${messageOf(thrown)}), so nothing counts as taken: check the address`,
    };
  }
}

function failure(address: string, thrown: unknown): SendOutcome {
  const code = thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'number' ? thrown.code : UNAVAILABLE;
  const reason = messageOf(thrown);
  if (code === OUT_OF_RANGE_OR_TOO_LARGE && reason.includes('larger than max')) return { kind: 'too-large', reason };
  const details = thrown instanceof Error && 'details' in thrown ? String(thrown.details) : reason;
  const unreachable = code === UNAVAILABLE ? unreachableOutcome(address, details) : undefined;
  if (unreachable !== undefined) return unreachable;
  if (code === UNAVAILABLE && details.includes('Last error: Protocol error'))
    return {
      kind: 'misconfigured',
      reason: `${address}: what answers there is no gRPC; if it is OTLP over HTTP (port 4318), unset OTEL_EXPORTER_OTLP_PROTOCOL, or give the port of OTLP over gRPC (4317)`,
    };
  if (BUSY_CODES.includes(code)) return { kind: 'busy', retryAfterMillis: null, reason };
  if (REFUSED_CODES.includes(code)) return { kind: 'refused', reason };
  return { kind: 'misconfigured', reason };
}
