import type { OtlpSpan, TracesData } from '../model/otlp.js';
import { asList, asNumber, asRecord, asText, damaged } from './foreign-profile.js';

/** True for the JSON that Jaeger's page offers for download, and its older query API answers with. */
export const isJaegerJson = (json: unknown): boolean => asList(asRecord(asList(asRecord(json)?.['data'])?.[0])?.['spans']) !== undefined;

/**
 * Jaeger's own JSON (`data[].spans[]`, microseconds) as OTLP traces. Attributes are left out.
 *
 * @throws UserError that names the field at fault
 */
export function tracesFromJaeger(file: string, json: unknown): TracesData {
  const traces = asList(asRecord(json)?.['data']) ?? [];
  return {
    resourceSpans: traces.flatMap((each, i) => {
      const trace = asRecord(each);
      const processes = asRecord(trace?.['processes']) ?? {};
      return (asList(trace?.['spans']) ?? []).map((span, j) => {
        const process = asRecord(processes[asText(asRecord(span)?.['processID']) ?? '']);
        const service = asText(process?.['serviceName']) ?? 'unknown service';
        return { resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] }, scopeSpans: [{ spans: [spanFrom(file, `data[${i}].spans[${j}]`, asRecord(span) ?? {})] }] };
      });
    }),
  };
}

function spanFrom(file: string, where: string, span: Readonly<Record<string, unknown>>): OtlpSpan {
  const [traceId, spanId] = [asText(span['traceID']), asText(span['spanID'])];
  const [start, duration] = [asNumber(span['startTime']), asNumber(span['duration'])];
  if (traceId === undefined || spanId === undefined) throw damaged(file, `${where} lacks “traceID” or “spanID”`);
  if (start === undefined || duration === undefined) throw damaged(file, `${where} lacks “startTime” or “duration”`);
  const parent = (asList(span['references']) ?? []).map(asRecord).find((reference) => reference?.['refType'] === 'CHILD_OF');
  const parentSpanId = asText(parent?.['spanID']);
  return {
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name: asText(span['operationName']) ?? '',
    startTimeUnixNano: nanosOf(start),
    endTimeUnixNano: nanosOf(start + Math.max(0, duration)),
  };
}

/** Microseconds since the epoch are below 2^53; their nanoseconds are not. */
const nanosOf = (micros: number): string => (BigInt(Math.max(0, Math.round(micros))) * 1000n).toString();
