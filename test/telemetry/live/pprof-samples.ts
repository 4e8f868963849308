import { gunzipSync } from 'node:zlib';
import { decodePprof } from '../../../src/formats/pprof/read.js';

/** A sample of a pprof file, outermost function first. */
export interface PprofSample {
  readonly stack: readonly string[];
  readonly nanos: number;
  readonly labels: Readonly<Record<string, string>>;
}

export interface DecodedPprof {
  readonly stringTable: readonly string[];
  readonly sampleType: readonly { readonly type: string; readonly unit: string }[];
  readonly sample: readonly {
    readonly locationId: readonly string[];
    readonly value: readonly string[];
    readonly label: readonly { readonly key: string; readonly str: string }[];
  }[];
  readonly location: readonly { readonly id: string; readonly line: readonly { readonly functionId: string }[] }[];
  readonly function: readonly { readonly id: string; readonly name: string }[];
  readonly timeNanos: string;
  readonly durationNanos: string;
}

/** The samples of a pprof file, packed with gzip. */
export function samplesOf(bytes: Uint8Array): { readonly profile: DecodedPprof; readonly samples: readonly PprofSample[] } {
  const profile = decodePprof(gunzipSync(bytes)) as DecodedPprof;
  const text = (index: string): string => profile.stringTable[Number(index)] ?? '';
  const functions = new Map(profile.function.map(({ id, name }) => [id, text(name)]));
  const locations = new Map(profile.location.map(({ id, line }) => [id, functions.get(line[0]?.functionId ?? '') ?? '']));
  const samples = profile.sample.map(({ locationId, value, label }) => ({
    stack: locationId.map((id) => locations.get(id) ?? '').reverse(),
    nanos: Number(value[1]),
    labels: Object.fromEntries(label.map(({ key, str }) => [text(key), text(str)])),
  }));
  return { profile, samples };
}
