import { Interned } from '../../model/interned.js';
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
  readonly #strings = new Interned<string>((text) => text, '');
  readonly #functions = new Interned<FunctionEntry>(
    ({ nameStrindex, filenameStrindex, startLine }) => `${nameStrindex} ${filenameStrindex} ${startLine}`,
    { nameStrindex: 0, filenameStrindex: 0, startLine: 0 },
  );
  readonly #locations = new Interned<LocationEntry>(({ lines }) => lines.map(({ functionIndex }) => functionIndex).join(), {
    lines: [],
    attributeIndices: [],
  });
  readonly #stacks = new Interned<readonly number[]>((locationIndices) => locationIndices.join(), []);
  readonly #links = new Interned<Link>(({ traceId, spanId }) => `${traceId}/${spanId}`, {
    traceId: '0'.repeat(32),
    spanId: '0'.repeat(16),
  });
  readonly #attributes = new Interned<AttributeEntry>(({ keyStrindex, value }) => `${keyStrindex} ${value?.stringValue ?? ''}`, {
    keyStrindex: 0,
  });

  string(text: string): number {
    return this.#strings.add(text);
  }

  /** Outermost first, as samples have it; the protocol's are leaf first. */
  stack(stack: readonly SampledFunction[]): number {
    return this.#stacks.add(stack.map((frame) => this.#location(frame)).reverse());
  }

  link({ [TRACE_ID]: traceId, [SPAN_ID]: spanId }: Readonly<Record<string, string>>): number {
    return traceId === undefined || spanId === undefined ? 0 : this.#links.add({ traceId, spanId });
  }

  attributes(labels: Readonly<Record<string, string>>): readonly number[] {
    return Object.entries(labels).flatMap(([key, value]) => (key === TRACE_ID || key === SPAN_ID ? [] : [this.#attribute(key, value)]));
  }

  finish(): object {
    return {
      mappingTable: [{}],
      locationTable: this.#locations.values,
      functionTable: this.#functions.values,
      linkTable: this.#links.values.map(({ traceId, spanId }) => ({
        traceId: Buffer.from(traceId, 'hex'),
        spanId: Buffer.from(spanId, 'hex'),
      })),
      stringTable: this.#strings.values,
      attributeTable: this.#attributes.values,
      stackTable: this.#stacks.values.map((locationIndices) => ({ locationIndices })),
    };
  }

  #attribute(key: string, value: string): number {
    return this.#attributes.add({ keyStrindex: this.string(key), value: { stringValue: value } });
  }

  #location({ name, file, line }: SampledFunction): number {
    const [nameStrindex, filenameStrindex] = [this.string(name), this.string(file)];
    return this.#locations.add({
      lines: [{ functionIndex: this.#functions.add({ nameStrindex, filenameStrindex, startLine: line }) }],
      attributeIndices: file === '' ? [] : [this.#attribute(FRAME_TYPE.key, FRAME_TYPE.value)],
    });
  }
}

interface FunctionEntry {
  readonly nameStrindex: number;
  readonly filenameStrindex: number;
  readonly startLine: number;
}

interface LocationEntry {
  readonly lines: readonly { readonly functionIndex: number }[];
  readonly attributeIndices: readonly number[];
}

/** Ids in hex. */
interface Link {
  readonly traceId: string;
  readonly spanId: string;
}

interface AttributeEntry {
  readonly keyStrindex: number;
  readonly value?: { readonly stringValue: string };
}
