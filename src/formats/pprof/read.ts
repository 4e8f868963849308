import protobuf from 'protobufjs';
import { once } from '../../model/once.js';
import type { ForeignProfile } from '../../model/foreign.js';
import { PPROF_DESCRIPTOR } from './descriptor.js';
import { STAGES } from '../../model/stage.js';
import { counted, damaged } from '../checks.js';
import { classOfName, TreeBuilder, type FrameClass } from '../foreign-profile.js';
import { tellApart } from '../same-names.js';
import { nanosPerUnit } from '../units.js';

/** A decoded `Profile`, as protobufjs gives it with text for 64-bit values, of which addresses and ids need every digit. */
interface Profile {
  readonly sampleType: readonly { readonly type: Whole; readonly unit: Whole }[];
  readonly sample: readonly Sample[];
  readonly mapping: readonly { readonly id: Whole; readonly filename: Whole }[];
  readonly location: readonly {
    readonly id: Whole;
    readonly mappingId: Whole;
    readonly address: Whole;
    readonly line: readonly { readonly functionId: Whole; readonly line: Whole }[];
  }[];
  readonly function: readonly { readonly id: Whole; readonly name: Whole; readonly filename: Whole; readonly startLine: Whole }[];
  readonly stringTable: readonly string[];
  readonly defaultSampleType: Whole;
}

/** A whole number of up to 64 bits in decimal digits. */
type Whole = string;

interface Sample {
  readonly locationId: readonly Whole[];
  readonly value: readonly Whole[];
  readonly label: readonly { readonly key: Whole; readonly str: Whole }[];
}

/** Labels that Inferscope's own pprof files carry, and the one that marks the base of a difference. */
const VARIANT = 'variant';
const STAGE = 'stage';
const BASE = 'pprof::base';
/** What a difference that was saved as one profile (`go tool pprof -proto -base`) has less of. */
const LESS = '(less)';
const isLess = (name: string): boolean => name.endsWith(LESS);

/**
 * pprof (`proto/profile.proto`, gzip already undone). Of several values a sample has, the default one is taken, else
 * the last, as `go tool pprof` does. Samples labelled with a variant, or as the base of a difference, become profiles
 * of their own, and so do negative ones.
 *
 * @throws UserError that names what is wrong
 */
export function readPprof(name: string, profile: object): readonly ForeignProfile[] {
  const { sampleType, sample, stringTable, defaultSampleType } = profile as Profile;
  const text = (index: Whole): string => stringTable[Number(index)] ?? damagedTable(name, index);
  const wanted = sampleType.findIndex(({ type }) => defaultSampleType !== '0' && type === defaultSampleType);
  const value = wanted >= 0 ? wanted : sampleType.length - 1;
  const chosen = sampleType[value];
  if (chosen === undefined) throw damaged(name, 'it has no “sample_type”');
  const nanos = nanosPerUnit(text(chosen.unit));
  const stackOf = stacks(name, profile as Profile, text);
  const builders = new Map<string, TreeBuilder>();
  let negative = 0;
  sample.forEach((each, index) => {
    const labels = new Map(each.label.map(({ key, str }) => [text(key), text(str)]));
    const amount = Number(each.value[value] ?? wrongValues(name, index, each, sampleType.length));
    const isBase = labels.get(BASE) === 'true';
    if (amount < 0 && !isBase) negative++;
    const label = labels.get(VARIANT) ?? (isBase ? 'base' : '');
    const key = isBase || amount >= 0 ? label : `${label} ${LESS}`.trimStart();
    const builder = builders.get(key) ?? new TreeBuilder(key === '' ? name : key);
    builders.set(key, builder);
    const path = stackOf(each, index);
    // The base of a difference is written negative.
    builder.add(path, Math.abs(amount) * (nanos ?? 1), leafOf(path.at(-1) ?? '', labels.get(STAGE)));
  });
  if (builders.size === 0) throw damaged(name, 'there is no sample in it');
  const notes = [
    ...(nanos === null ? [`The values are ${text(chosen.type)} in ${text(chosen.unit) || 'no unit'}: 1 is shown as 1 ns.`] : []),
    ...(negative > 0
      ? [`A difference of two profiles: ${counted(negative, 'sample is', 'samples are')} negative, told as what there is less of.`]
      : []),
  ];
  const lessLast = [...builders].sort(([a], [b]) => Number(isLess(a)) - Number(isLess(b)));
  return lessLast.map(([key, builder]) => ({
    name: key === '' ? name : key,
    format: 'pprof',
    unit: nanos === null ? 'count' : 'time',
    taken: key === '' ? 'samples' : 'measured',
    tree: builder.finish(nanos === null ? 'counts' : 'none'),
    notes,
  }));
}

/** True for decoded bytes that are a profile: the format demands the empty string at the start of the table. */
export const isPprof = (decoded: object): boolean => {
  const { stringTable, sampleType } = decoded as Profile;
  return stringTable[0] === '' && sampleType.length > 0;
};

const messageType = once(() => protobuf.Root.fromJSON(PPROF_DESCRIPTOR).lookupType('Profile'));

/** Decodes bytes, or gives null when they are no such message. */
export function decodePprof(bytes: Uint8Array): object | null {
  const type = messageType();
  try {
    return type.toObject(type.decode(bytes), { longs: String, defaults: true });
  } catch {
    return null;
  }
}

function leafOf(name: string, stageName: string | undefined): { leaf?: FrameClass } {
  const stage = STAGES.find((known) => known === stageName);
  return stage === undefined
    ? {}
    : { leaf: { stage, kind: stage === 'kernel-execution' && name !== stage ? 'kernel' : classOfName(name).kind } };
}

/** Paths from the root down: locations are leaf first, and so are the inlined frames of one location. */
function stacks(file: string, profile: Profile, text: (index: Whole) => string): (sample: Sample, index: number) => readonly string[] {
  const functions = functionNames(profile, text);
  const mappings = new Map(profile.mapping.map(({ id, filename }) => [id, text(filename).split('/').at(-1) ?? '']));
  const locations = new Map(
    profile.location.map(({ id, mappingId, address, line }) => [
      id,
      line.length === 0
        ? [`0x${BigInt(address).toString(16)} ${mappings.get(mappingId) ?? ''}`.trimEnd()]
        : line.map(({ functionId }) => functions.get(functionId) ?? '(unknown)'),
    ]),
  );
  return (sample, index) =>
    sample.locationId
      .flatMap((id) => {
        const frames = locations.get(id);
        if (frames === undefined) throw damaged(file, `sample[${index}] names the location ${id}, which is not in the file`);
        return frames;
      })
      .reverse();
}

/** Where a function begins, or, for tools that do not say it, the first of its lines that was seen. */
function functionNames(profile: Profile, text: (index: Whole) => string): ReadonlyMap<Whole, string> {
  const firstLines = new Map<Whole, number>();
  for (const { functionId, line: written } of profile.location.flatMap((location) => location.line)) {
    const line = Number(written);
    if (line > 0) firstLines.set(functionId, Math.min(line, firstLines.get(functionId) ?? Infinity));
  }
  const named = profile.function.map(({ id, name, filename, startLine }) => ({
    name: text(name),
    file: text(filename),
    line: Number(startLine) > 0 ? Number(startLine) : (firstLines.get(id) ?? null),
  }));
  const labels = tellApart(named);
  return new Map(profile.function.map(({ id }, i) => [id, labels[i] ?? '(unknown)']));
}

function wrongValues(file: string, index: number, { value }: Sample, expected: number): never {
  throw damaged(file, `sample[${index}] has ${value.length} values, not ${expected}`);
}

function damagedTable(file: string, index: Whole): never {
  throw damaged(file, `the string ${index} is beyond the end of “string_table”`);
}
