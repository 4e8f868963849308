/** What an answer over HTTP means, whatever it is: any server may stand at an address. */
import type * as http from 'node:http';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { IExportTraceServiceResponse } from '@opentelemetry/otlp-transformer';
import { messageOf, speaksNoTls } from '../../model/errors.js';
import { clampedRejected } from './rejected.js';
import { unreachableOutcome, type UnreachableRemedies } from './unreachable.js';
import type { SendOutcome } from './outcome.js';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** `href`: for messages; `sent`: how many spans were posted. */
export function outcomeOf(answer: HttpAnswer, href: string, sent: number): SendOutcome {
  const { status } = answer;
  const reason = `HTTP ${status}${status < 300 ? '' : ` ${answer.body.toString('utf8', 0, 200).trim()}`}`.trim();
  if (status >= 200 && status < 300) return acceptance(answer, href, sent);
  if (status === 413) return { kind: 'too-large', reason };
  if (status === 429 || status === 502 || status === 503 || status === 504) {
    return { kind: 'busy', retryAfterMillis: retryAfterMillis(answer.headers['retry-after']), reason };
  }
  if (status === 400 || status === 422) return { kind: 'refused', reason };
  return { kind: 'misconfigured', reason };
}

/** Only an OTLP answer says that spans were taken: a proxy's login page comes with status 200, too. */
function acceptance({ status, headers, body }: HttpAnswer, href: string, sent: number): SendOutcome {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  const response = responseOf(type, body);
  if (response === null) {
    return {
      kind: 'misconfigured',
      reason: `${href} answered HTTP ${status} with ${type ?? 'something'} that is no OTLP answer, so nothing counts as taken: is it a collector, or a proxy or login page before one?`,
    };
  }
  return { kind: 'accepted', rejected: clampedRejected(response, sent), message: response.partialSuccess?.errorMessage ?? '' };
}

/** Null for what is no OTLP answer. An answer without a body needs no type, but must not have another. */
function responseOf(type: string | undefined, body: Buffer): IExportTraceServiceResponse | null {
  if (type !== undefined && type !== 'application/json' && type !== 'application/x-protobuf') return null;
  if (body.length === 0) return {};
  try {
    return type === 'application/json' ? jsonResponse(body) : ProtobufTraceSerializer.deserializeResponse(body);
  } catch {
    return null;
  }
}

/** `{}` and `{ partialSuccess }`; another service's JSON has other fields. */
function jsonResponse(body: Buffer): IExportTraceServiceResponse | null {
  const value: unknown = JSON.parse(body.toString('utf8'));
  const isAnswer =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).every((key) => /^partial_?success$/i.test(key));
  return isAnswer ? decodable(JsonTraceSerializer.deserializeResponse(body)) : null;
}

/** Null where the fields hold what OTLP has no such fields for. */
function decodable(response: IExportTraceServiceResponse): IExportTraceServiceResponse | null {
  const partial: unknown = response.partialSuccess ?? {};
  if (typeof partial !== 'object' || partial === null || Array.isArray(partial)) return null;
  const { rejectedSpans = 0, errorMessage = '' } = partial as { readonly rejectedSpans?: unknown; readonly errorMessage?: unknown };
  // A 64-bit number is text in OTLP's JSON.
  const isNumber = typeof rejectedSpans === 'number' || (typeof rejectedSpans === 'string' && /^-?\d{1,20}$/.test(rejectedSpans));
  return isNumber && typeof errorMessage === 'string' ? { partialSuccess: { rejectedSpans: Number(rejectedSpans), errorMessage } } : null;
}

/** `Retry-After` is seconds or a date. */
function retryAfterMillis(header: string | undefined): number | null {
  if (header === undefined) return null;
  const millis = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(millis) ? Math.max(0, millis) : null;
}

/** A certificate that does not fit fits no better a second later, nor does a protocol. */
export function noAnswer(href: string, thrown: unknown, remedies?: UnreachableRemedies): SendOutcome {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const unreachable = unreachableOutcome(href, code, remedies);
  if (unreachable !== undefined) return unreachable;
  if (code.startsWith('HPE_'))
    return {
      kind: 'misconfigured',
      reason: `${href}: what answers there is no HTTP/1.1; if it is OTLP over gRPC (port 4317), set OTEL_EXPORTER_OTLP_PROTOCOL=grpc, or give the port of OTLP over HTTP (4318)`,
    };
  if (code === 'EPROTO' && speaksNoTls(messageOf(thrown)))
    return { kind: 'misconfigured', reason: `${href}: the server does not speak TLS there: write http:// instead of https://` };
  const reason = `${href}: ${messageOf(thrown)}`;
  if (/^ERR_(?:SSL|TLS|OSSL)|CERT|SELF_SIGNED|UNABLE_TO_/.test(code))
    return {
      kind: 'misconfigured',
      reason: `${reason} (${code}): name the server's certificate in OTEL_EXPORTER_OTLP_CERTIFICATE, or check the address`,
    };
  return { kind: 'busy', retryAfterMillis: null, reason };
}
