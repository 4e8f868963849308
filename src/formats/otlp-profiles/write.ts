import type { AnyValue } from '../../model/otlp.js';
import type { SampledFunction, TakenSamples } from '../taken-samples.js';
import { profilesDataType } from './descriptor.js';

export interface ProfiledResource {
  /** Strings, numbers and booleans; others are left out. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly scope: { readonly name: string; readonly version: string };
}

/** Labels that are a link to a span, of which OTLP has a table. */
const TRACE_ID = 'trace_id';
const SPAN_ID = 'span_id';

/** Convention: frames with a file are JavaScript; without one they are what V8 itself or native code did. */
const FRAME_TYPE = { key: 'profile.frame.type', value: 'v8js' };

/**
 * Samples as OTLP profiles (`v1development`, version 1.10 of the protocol and later): one profile `wall/nanoseconds`. The
 * labels `trace_id` and `span_id` are the sample's link, the others its attributes.
 */
export function renderSamplesAsOtlp(
  { samples, periodNanos, timeNanos, durationNanos }: TakenSamples,
  resource: ProfiledResource,
): Uint8Array {
  const tables = new Dictionary();
  const wall = { typeStrindex: tables.string('wall'), unitStrindex: tables.string('nanoseconds') };
  // Samples of the same stack, link and attributes are one by the protocol.
  const byIdentity = new Map<string, { stackIndex: number; attributeIndices: readonly number[]; linkIndex: number; nanos: number }>();
  for (const { stack, nanos, labels } of samples) {
    const sample = { stackIndex: tables.stack(stack), attributeIndices: tables.attributes(labels), linkIndex: tables.link(labels) };
    const identity = JSON.stringify(sample);
    byIdentity.set(identity, { ...sample, nanos: nanos + (byIdentity.get(identity)?.nanos ?? 0) });
  }
  const profile = {
    sampleType: wall,
    samples: [...byIdentity.values()].map(({ nanos, ...sample }) => ({ ...sample, values: [Math.round(nanos)] })),
    timeUnixNano: Math.round(timeNanos),
    durationNano: Math.round(durationNanos),
    periodType: wall,
    period: periodNanos,
  };
  const attributes = Object.entries(resource.attributes).flatMap(([key, value]) => {
    const any = anyValue(value);
    return any === undefined ? [] : [{ key, value: any }];
  });
  const message = {
    resourceProfiles: [{ resource: { attributes }, scopeProfiles: [{ scope: resource.scope, profiles: [profile] }] }],
    dictionary: tables.finish(),
  };
  return profilesDataType('now').encode(message).finish();
}

function anyValue(value: unknown): AnyValue | undefined {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value !== 'number') return undefined;
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** The tables, each entry once. The first entry of each is the empty one, which an index of 0 stands for. */
class Dictionary {
  readonly #strings = new Table<string>('');
  readonly #functions = new Table<object>({});
  readonly #locations = new Table<object>({});
  readonly #stacks = new Table<object>({});
  readonly #links = new Table<object>({ traceId: new Uint8Array(16), spanId: new Uint8Array(8) });
  readonly #attributes = new Table<object>({});

  string(text: string): number {
    return text === '' ? 0 : this.#strings.index(text, () => text);
  }

  /** Outermost first, as samples have it; the protocol's are leaf first. */
  stack(stack: readonly SampledFunction[]): number {
    if (stack.length === 0) return 0;
    const locationIndices = stack.map((frame) => this.#location(frame)).reverse();
    return this.#stacks.index(locationIndices.join(), () => ({ locationIndices }));
  }

  link({ [TRACE_ID]: traceId, [SPAN_ID]: spanId }: Readonly<Record<string, string>>): number {
    if (traceId === undefined || spanId === undefined) return 0;
    return this.#links.index(`${traceId}/${spanId}`, () => ({ traceId: Buffer.from(traceId, 'hex'), spanId: Buffer.from(spanId, 'hex') }));
  }

  attributes(labels: Readonly<Record<string, string>>): readonly number[] {
    return Object.entries(labels).flatMap(([key, value]) => (key === TRACE_ID || key === SPAN_ID ? [] : [this.#attribute(key, value)]));
  }

  finish(): object {
    return {
      mappingTable: [{}],
      locationTable: this.#locations.entries,
      functionTable: this.#functions.entries,
      linkTable: this.#links.entries,
      stringTable: this.#strings.entries,
      attributeTable: this.#attributes.entries,
      stackTable: this.#stacks.entries,
    };
  }

  #attribute(key: string, value: string): number {
    return this.#attributes.index(`${key}\n${value}`, () => ({ keyStrindex: this.string(key), value: { stringValue: value } }));
  }

  #location({ name, file, line }: SampledFunction): number {
    return this.#locations.index(`${name}\n${file}:${line}`, () => ({
      lines: [{ functionIndex: this.#function({ name, file, line }) }],
      attributeIndices: file === '' ? [] : [this.#attribute(FRAME_TYPE.key, FRAME_TYPE.value)],
    }));
  }

  #function({ name, file, line }: SampledFunction): number {
    return this.#functions.index(`${name}\n${file}:${line}`, () => ({
      nameStrindex: this.string(name),
      filenameStrindex: this.string(file),
      startLine: line,
    }));
  }
}

class Table<Entry> {
  readonly entries: Entry[];
  readonly #indices = new Map<string, number>();

  constructor(empty: Entry) {
    this.entries = [empty];
  }

  index(key: string, make: () => Entry): number {
    const known = this.#indices.get(key);
    if (known !== undefined) return known;
    const index = this.entries.push(make()) - 1;
    this.#indices.set(key, index);
    return index;
  }
}
