import protobuf from 'protobufjs';
import type { ForeignProfile } from '../model/foreign.js';
import { PPROF_DESCRIPTOR } from '../model/pprof-descriptor.js';
import { STAGES } from '../model/stage.js';
import { classOfName, damaged, TreeBuilder, type FrameClass } from './foreign-profile.js';
import { nanosPerUnit } from './units.js';

/** A decoded `Profile`, as protobufjs gives it with numbers for 64-bit values and all defaults. */
interface Profile {
  readonly sampleType: readonly ValueType[];
  readonly sample: readonly Sample[];
  readonly location: readonly { readonly id: number; readonly address: number; readonly line: readonly { readonly functionId: number }[] }[];
  readonly function: readonly { readonly id: number; readonly name: number }[];
  readonly stringTable: readonly string[];
  readonly defaultSampleType: number;
}

interface ValueType {
  readonly type: number;
  readonly unit: number;
}

interface Sample {
  readonly locationId: readonly number[];
  readonly value: readonly number[];
  readonly label: readonly { readonly key: number; readonly str: number }[];
}

/** Labels that Inferscope's own pprof files carry, and the one that marks the base of a difference. */
const VARIANT = 'variant';
const STAGE = 'stage';
const BASE = 'pprof::base';

/**
 * pprof (`proto/profile.proto`, gzip already undone). Of several values a sample has, the default one is taken, else
 * the last, as `go tool pprof` does. Samples labelled with a variant, or as the base of a difference, become profiles
 * of their own.
 *
 * @throws UserError that names what is wrong
 */
export function readPprof(name: string, profile: object): readonly ForeignProfile[] {
  const { sampleType, sample, stringTable, defaultSampleType } = profile as Profile;
  const text = (index: number): string => stringTable[index] ?? damagedTable(name, index);
  const wanted = sampleType.findIndex(({ type }) => defaultSampleType !== 0 && type === defaultSampleType);
  const value = wanted >= 0 ? wanted : sampleType.length - 1;
  const chosen = sampleType[value];
  if (chosen === undefined) throw damaged(name, 'it has no “sample_type”');
  const nanos = nanosPerUnit(text(chosen.unit));
  const stackOf = stacks(name, profile as Profile, text);
  const builders = new Map<string, TreeBuilder>();
  sample.forEach((each, index) => {
    const labels = new Map(each.label.map(({ key, str }) => [text(key), text(str)]));
    const key = labels.get(VARIANT) ?? (labels.get(BASE) === 'true' ? 'base' : '');
    const builder = builders.get(key) ?? new TreeBuilder(key === '' ? name : key);
    builders.set(key, builder);
    const amount = each.value[value];
    if (amount === undefined) throw damaged(name, `sample[${index}] has ${each.value.length} values, not ${sampleType.length}`);
    const path = stackOf(each, index);
    // The base of a difference is written negative.
    builder.add(path, Math.abs(amount) * (nanos ?? 1), leafOf(path.at(-1) ?? '', labels.get(STAGE)));
  });
  if (builders.size === 0) throw damaged(name, 'there is no sample in it');
  const notes = nanos === null ? [`The values are ${text(chosen.type)} in ${text(chosen.unit) || 'no unit'}: 1 is shown as 1 ns.`] : [];
  return [...builders].map(([key, builder]) => ({ name: key === '' ? name : key, format: 'pprof', unit: nanos === null ? 'count' : 'time', taken: key === '' ? 'samples' : 'measured', tree: builder.finish(nanos === null ? 'counts' : 'none'), notes }));
}

/** True for decoded bytes that are a profile: the format demands the empty string at the start of the table. */
export const isPprof = (decoded: object): boolean => {
  const { stringTable, sampleType } = decoded as Profile;
  return stringTable[0] === '' && sampleType.length > 0;
};

/** Decodes bytes, or gives null when they are no such message. */
export function decodePprof(bytes: Uint8Array): object | null {
  const type = protobuf.Root.fromJSON(PPROF_DESCRIPTOR).lookupType('Profile');
  try {
    return type.toObject(type.decode(bytes), { longs: Number, defaults: true });
  } catch {
    return null;
  }
}

function leafOf(name: string, stageName: string | undefined): { leaf?: FrameClass } {
  const stage = STAGES.find((known) => known === stageName);
  return stage === undefined ? {} : { leaf: { stage, kind: stage === 'kernel-execution' && name !== stage ? 'kernel' : classOfName(name).kind } };
}

/** Paths from the root down: locations are leaf first, and so are the inlined frames of one location. */
function stacks(file: string, profile: Profile, text: (index: number) => string): (sample: Sample, index: number) => readonly string[] {
  const functions = new Map(profile.function.map(({ id, name }) => [id, text(name)]));
  const locations = new Map(profile.location.map(({ id, address, line }) => [id, line.length === 0 ? [`0x${address.toString(16)}`] : line.map(({ functionId }) => functions.get(functionId) ?? '(unknown)')]));
  return (sample, index) =>
    sample.locationId
      .flatMap((id) => {
        const frames = locations.get(id);
        if (frames === undefined) throw damaged(file, `sample[${index}] names the location ${id}, which is not in the file`);
        return frames;
      })
      .reverse();
}

function damagedTable(file: string, index: number): never {
  throw damaged(file, `the string ${index} is beyond the end of “string_table”`);
}
