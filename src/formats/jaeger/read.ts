import type { OtlpSpan } from '../../model/otlp.js';
import { asList, asRecord, asText, asTime, counted, damaged } from '../checks.js';
import { CLIENT, CONSUMER, PRODUCER, SERVER, type LinkedSpan } from '../span-forest.js';

type Fields = Readonly<Record<string, unknown>>;

/** Jaeger's own JSON (`data[].spans[]`, microseconds), trace by trace; and Zipkin's, span by span. */
export class JaegerTraces {
  readonly #file: string;
  readonly spans: LinkedSpan[] = [];
  #unfinished = 0;

  constructor(file: string) {
    this.#file = file;
  }

  get notes(): readonly string[] {
    return this.#unfinished > 0 ? [`${counted(this.#unfinished, 'span')} without a duration: left out.`] : [];
  }

  /** One element of `data`, or what one is alone. True where it is a trace. @throws UserError that names the field at fault */
  addTrace(json: unknown, where: string): boolean {
    const trace = asRecord(json);
    const spans = asList(trace?.['spans']);
    if (spans === undefined || (spans.length > 0 && !spans.some(looksLikeJaeger))) return false;
    const processes = asRecord(trace?.['processes']) ?? {};
    spans.forEach((each, j) => {
      const span = asRecord(each) ?? {};
      const process = asRecord(span['process']) ?? asRecord(processes[asText(span['processID']) ?? '']);
      this.spans.push(this.#jaegerSpan(`${where}.spans[${j}]`, span, asText(process?.['serviceName']) ?? 'unknown service'));
    });
    return true;
  }

  /** One span of Zipkin's JSON, of version 2 or 1. @throws UserError that names the field at fault */
  addZipkinSpan(json: unknown, where: string): void {
    const span = asRecord(json) ?? {};
    const [traceId, spanId] = [asText(span['traceId']), asText(span['id'])];
    if (traceId === undefined || spanId === undefined) throw damaged(this.#file, `${where} lacks “traceId” or “id”`);
    for (const { service, kind, start, duration } of zipkinSides(span)) {
      if (start === undefined || duration === undefined || start < 0 || duration < 0) {
        this.#unfinished++;
        continue;
      }
      this.spans.push({
        span: spanOf({ traceId, spanId, name: asText(span['name']) ?? '', start, duration, kind }, asText(span['parentId'])),
        service: service ?? 'unknown service',
        isServer: kind === 'SERVER' || kind === 'CONSUMER',
        follows: false,
      });
    }
  }

  #jaegerSpan(where: string, span: Fields, service: string): LinkedSpan {
    const [traceId, spanId] = [asText(span['traceID']), asText(span['spanID'])];
    const [start, duration] = [asTime(span['startTime']), asTime(span['duration'])];
    if (traceId === undefined || spanId === undefined) throw damaged(this.#file, `${where} lacks “traceID” or “spanID”`);
    if (start === undefined || duration === undefined) throw damaged(this.#file, `${where} lacks “startTime” or “duration”`);
    if (start < 0 || duration < 0) throw damaged(this.#file, `${where} has a negative “startTime” or “duration”`);
    const references = (asList(span['references']) ?? []).map(asRecord);
    // A reference to another trace is a link: nothing there called this span.
    const parent = references.find(
      (reference) => reference?.['refType'] === 'CHILD_OF' && (asText(reference['traceID']) ?? traceId) === traceId,
    );
    const kind = (asList(span['tags']) ?? []).map(asRecord).find((tag) => tag?.['key'] === 'span.kind')?.['value'];
    return {
      span: spanOf(
        { traceId, spanId, name: asText(span['operationName']) ?? '', start, duration, kind: asText(kind) },
        asText(parent?.['spanID']) ?? asText(span['parentSpanID']),
      ),
      service,
      isServer: kind === 'server' || kind === 'consumer',
      follows: parent === undefined && references.some((reference) => reference?.['refType'] === 'FOLLOWS_FROM'),
    };
  }
}

/** True for a span of Jaeger that stands alone, with its process. */
export const isJaegerSpan = (json: unknown): boolean =>
  asText(asRecord(json)?.['traceID']) !== undefined && asText(asRecord(json)?.['spanID']) !== undefined;

/** Others have lists of spans, too, with other fields. */
const looksLikeJaeger = (json: unknown): boolean => ['traceID', 'spanID', 'operationName'].some((name) => name in (asRecord(json) ?? {}));

interface Side {
  readonly service: string | undefined;
  readonly kind: string | undefined;
  readonly start: number | undefined;
  readonly duration: number | undefined;
}

/** One side of a call; in version 1 a span may hold both, each between two annotations (`cs`–`cr`, `sr`–`ss`). */
function zipkinSides(span: Fields): readonly Side[] {
  const [start, duration] = [asTime(span['timestamp']), asTime(span['duration'])];
  const annotations = (asList(span['annotations']) ?? []).map(asRecord);
  const isVersion1 =
    asList(span['binaryAnnotations']) !== undefined || annotations.some((each) => asRecord(each?.['endpoint']) !== undefined);
  const serviceOf = (holder: Fields | undefined, field: string): string | undefined => asText(asRecord(holder?.[field])?.['serviceName']);
  if (!isVersion1) return [{ service: serviceOf(span, 'localEndpoint'), kind: asText(span['kind']), start, duration }];
  const at = (value: string): Fields | undefined => annotations.find((each) => each?.['value'] === value);
  const side = (first: string, last: string, kind: string): readonly Side[] => {
    const [begin, end] = [at(first), at(last)];
    const [from, to] = [asTime(begin?.['timestamp']), asTime(end?.['timestamp'])];
    if (begin === undefined && end === undefined) return [];
    const own = from === undefined || to === undefined ? undefined : to - from;
    return [{ service: serviceOf(begin ?? end, 'endpoint'), kind, start: from ?? start, duration: own ?? duration }];
  };
  const sides = [...side('cs', 'cr', 'CLIENT'), ...side('sr', 'ss', 'SERVER')];
  if (sides.length > 0) return sides;
  const service = [...annotations, ...(asList(span['binaryAnnotations']) ?? []).map(asRecord)].map((each) => serviceOf(each, 'endpoint'));
  return [{ service: service.find((each) => each !== undefined), kind: undefined, start, duration }];
}

/** True for a span of Zipkin, as its API and its page give them. */
export const isZipkinSpan = (json: unknown): boolean =>
  asText(asRecord(json)?.['traceId']) !== undefined && asText(asRecord(json)?.['id']) !== undefined;

/** Jaeger's and Zipkin's words for OTLP's kinds. */
const KINDS: Readonly<Record<string, number>> = { server: SERVER, client: CLIENT, producer: PRODUCER, consumer: CONSUMER };

function spanOf(
  {
    traceId,
    spanId,
    name,
    start,
    duration,
    kind,
  }: {
    readonly traceId: string;
    readonly spanId: string;
    readonly name: string;
    readonly start: number;
    readonly duration: number;
    readonly kind: string | undefined;
  },
  parent: string | undefined,
): OtlpSpan {
  return {
    traceId,
    spanId,
    ...(parent === undefined || /^0*$/.test(parent) ? {} : { parentSpanId: parent }),
    name,
    kind: KINDS[kind?.toLowerCase() ?? ''] ?? 0,
    startTimeUnixNano: nanosOf(start),
    endTimeUnixNano: nanosOf(start + duration),
  };
}

/** Microseconds since the epoch are below 2^53; their nanoseconds are not. */
const nanosOf = (micros: number): string => (BigInt(Math.round(micros)) * 1000n).toString();
