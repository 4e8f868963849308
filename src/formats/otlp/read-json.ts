import type { AnyValue, KeyValue, OtlpSpan, ResourceSpans } from '../../model/otlp.js';
import { asList, asNumber, asRecord, asText, counted, damaged } from '../checks.js';

/** Where lists of resources with their spans are: OTLP's own name, snake_case, Tempo's, and inside of answers. */
export const SPAN_LISTS: readonly string[] = ['', 'trace.', 'result.', 'data.', 'data.trace.'].flatMap((above) =>
  ['resourceSpans', 'resource_spans', 'batches'].map((name) => `${above}${name}`),
);

/** Other signals of OTLP, by what a note calls them. */
const OTHER_SIGNALS: Readonly<Record<string, string>> = {
  resourceMetrics: 'metrics',
  resource_metrics: 'metrics',
  resourceLogs: 'logs',
  resource_logs: 'logs',
  resourceProfiles: 'profiles',
  resource_profiles: 'profiles',
};

/** Numbers of 64 bits that `JSON.parse` would round: they become text before it sees them. */
export const keepDigits = (text: string): string =>
  text.replace(/("(?:\w*(?:[tT]ime[_]?[uU]nix[_]?[nN]ano))"\s*:\s*)(\d{16,20})(?=\s*[,}])/g, '$1"$2"');

/**
 * OTLP traces from parsed JSON, resource by resource. What producers write differently is put right: snake_case,
 * `instrumentationLibrarySpans`, ids in base64 (Tempo, protobuf's own JSON), times as text, as numbers and as `{low, high}`.
 */
export class OtlpTraces {
  readonly #file: string;
  readonly #resources: ResourceSpans[] = [];
  readonly #others = new Map<string, number>();
  #unfinished = 0;
  #rounded = 0;

  readonly #isCut: boolean;

  constructor(file: string, isCut = false) {
    this.#file = file;
    this.#isCut = isCut;
  }

  get resourceSpans(): readonly ResourceSpans[] {
    return this.#resources;
  }

  /** Whether any resource with spans was there. */
  get isEmpty(): boolean {
    return this.#resources.length === 0;
  }

  /** Other signals that the file holds, such as `metrics`. */
  get otherSignals(): readonly string[] {
    return [...this.#others.keys()];
  }

  get notes(): readonly string[] {
    return [
      ...(this.#isCut ? ['The last message is cut off: what is whole was read.'] : []),
      ...(this.#others.size > 0
        ? [`Left out: ${[...this.#others].map(([what, count]) => `${what} of ${counted(count, 'document')}`).join(', ')}.`]
        : []),
      ...(this.#unfinished > 0 ? [`${counted(this.#unfinished, 'span')} without an end: left out.`] : []),
      ...(this.#rounded > 0
        ? [`Times of ${counted(this.#rounded, 'span')} were written as rounded numbers: they are exact to about 0.3 µs only.`]
        : []),
    ];
  }

  /** Counts what a document holds besides traces. True where it is a document of OTLP at all. */
  addOthers(document: unknown): boolean {
    const record = asRecord(document) ?? {};
    const found = Object.keys(OTHER_SIGNALS).filter((name) => name in record);
    for (const name of found) {
      const signal = OTHER_SIGNALS[name] ?? name;
      this.#others.set(signal, (this.#others.get(signal) ?? 0) + 1);
    }
    return found.length > 0;
  }

  /** One document that is whole. True where it holds traces. @throws UserError as {@link addResource} */
  addDocument(document: unknown, where: string): boolean {
    const list = SPAN_LISTS.map((path) => path.split('.').reduce<unknown>((at, key) => asRecord(at)?.[key], document))
      .map(asList)
      .find((each) => each !== undefined);
    list?.forEach((resource, i) => {
      this.addResource(resource, `${where}resourceSpans[${i}]`);
    });
    return list !== undefined;
  }

  /** @throws UserError that names the field at fault */
  addResource(json: unknown, where: string): void {
    const scopes = ['scopeSpans', 'instrumentationLibrarySpans'].flatMap((name) =>
      (asList(pick(json, name)) ?? []).map((scope, i) => ({ scope, at: `${where}.${name}[${i}]` })),
    );
    this.#resources.push({
      resource: { attributes: attributesFrom(asRecord(pick(json, 'resource'))?.['attributes']) },
      scopeSpans: scopes.map(({ scope, at }) => ({
        scope: textsOf(asRecord(pick(scope, 'scope') ?? pick(scope, 'instrumentationLibrary')), ['name', 'version']),
        spans: (asList(pick(scope, 'spans')) ?? []).flatMap((span, j) => this.#span(`${at}.spans[${j}]`, span)),
      })),
    });
  }

  #span(where: string, json: unknown): readonly OtlpSpan[] {
    const [traceId, spanId] = [this.#id(where, 'traceId', json, TRACE_ID_BYTES), this.#id(where, 'spanId', json, SPAN_ID_BYTES)];
    const start = this.#nanos(`${where}.startTimeUnixNano`, pick(json, 'startTimeUnixNano'));
    const end = pick(json, 'endTimeUnixNano') === undefined ? '0' : this.#nanos(`${where}.endTimeUnixNano`, pick(json, 'endTimeUnixNano'));
    const parent = idFrom(asText(pick(json, 'parentSpanId')) ?? '', SPAN_ID_BYTES);
    const status = asRecord(pick(json, 'status'));
    const span: OtlpSpan = {
      traceId,
      spanId,
      ...(/^0*$/.test(parent) ? {} : { parentSpanId: parent }),
      name: asText(pick(json, 'name')) ?? '',
      kind: enumeration(pick(json, 'kind'), SPAN_KINDS) ?? 0,
      startTimeUnixNano: start,
      endTimeUnixNano: end,
      attributes: attributesFrom(pick(json, 'attributes')),
      events: (asList(pick(json, 'events')) ?? []).map((event, i) => ({
        name: asText(pick(event, 'name')) ?? '',
        timeUnixNano: this.#nanos(`${where}.events[${i}].timeUnixNano`, pick(event, 'timeUnixNano') ?? '0'),
        attributes: attributesFrom(pick(event, 'attributes')),
      })),
      ...(status === undefined ? {} : { status: { ...codeOf(status['code']), ...textsOf(status, ['message']) } }),
    };
    // A program that is still running, or died, has not said when.
    if (end !== '0' || start === '0') return [span];
    this.#unfinished++;
    return [];
  }

  #id(where: string, name: string, json: unknown, bytes: number): string {
    const id = idFrom(asText(pick(json, name)) ?? '', bytes);
    if (id === '') throw damaged(this.#file, `${where}.${name} is missing`);
    return id;
  }

  #nanos(where: string, value: unknown): string {
    const halves = asRecord(value);
    const [low, high] = [asNumber(halves?.['low']), asNumber(halves?.['high'])];
    if (low !== undefined && high !== undefined && Number.isInteger(low) && Number.isInteger(high))
      return ((BigInt.asUintN(32, BigInt(high)) << 32n) | BigInt.asUintN(32, BigInt(low))).toString();
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 64) {
      if (!Number.isSafeInteger(value)) this.#rounded++;
      return BigInt(value).toString();
    }
    const text = asText(value);
    if (text === undefined || !/^\d{1,20}$/.test(text) || BigInt(text) >= 2n ** 64n)
      throw damaged(this.#file, `${where} is not a whole number of nanoseconds`);
    return text;
  }
}

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

/** Hexadecimal as OTLP has it; base64 as protobuf's own JSON has it. Ids of other lengths are only compared. */
export function idFrom(text: string, bytes: number): string {
  if (/^[\da-fA-F]+$/.test(text) && text.length === 2 * bytes) return text.toLowerCase();
  const base64 = text.replace(/=+$/, '').length === Math.ceil((bytes * 4) / 3) && /^[\w+/-]+=*$/.test(text);
  return base64 ? Buffer.from(text, 'base64').toString('hex') : text;
}

/** A field by its name in OTLP/JSON, or the same in snake_case. */
const pick = (object: unknown, name: string): unknown => {
  const record = asRecord(object);
  return record?.[name] ?? record?.[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
};

const SPAN_KINDS = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
];
const STATUS_CODES = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'];

/** Enumerations may be written by number or by name. */
function enumeration(value: unknown, names: readonly string[]): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? Math.max(0, names.indexOf(value)) : undefined;
}

function codeOf(value: unknown): { readonly code?: number } {
  const code = enumeration(value, STATUS_CODES);
  return code === undefined ? {} : { code };
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

/** A list within a list is left out: nothing reads one, and its depth is whatever the file says. */
function valueFrom(json: unknown): AnyValue | undefined {
  const values = asList(asRecord(pick(json, 'arrayValue'))?.['values']);
  return values === undefined ? scalarFrom(json) : { arrayValue: { values: values.flatMap((each) => scalarFrom(each) ?? []) } };
}

function scalarFrom(json: unknown): AnyValue | undefined {
  const [text, flag, whole, double] = ['stringValue', 'boolValue', 'intValue', 'doubleValue'].map((name) => pick(json, name));
  if (typeof text === 'string') return { stringValue: text };
  if (typeof flag === 'boolean') return { boolValue: flag };
  if (typeof whole === 'string' || typeof whole === 'number') return { intValue: String(whole) };
  return typeof double === 'number' ? { doubleValue: double } : undefined;
}
