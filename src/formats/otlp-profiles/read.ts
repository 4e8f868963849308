import type { ForeignProfile } from '../../model/foreign.js';
import { asList, asRecord, asText, counted, damaged } from '../checks.js';
import { TreeBuilder } from '../foreign-profile.js';
import { tellApart, type NamedPlace } from '../same-names.js';
import { nanosPerUnit } from '../units.js';

type Fields = Readonly<Record<string, unknown>>;

/** A table of the dictionary; lists of several names were renamed by a version of the protocol. */
const listOf = (fields: Fields | undefined, ...names: readonly string[]): readonly unknown[] =>
  names.map((name) => asList(fields?.[name])).find((list) => list !== undefined) ?? [];

/** Numbers of 64 bits are text in JSON, and absent where they are 0. */
function wholeOf(value: unknown): number {
  const number = typeof value === 'string' ? Number(value) : (value ?? 0);
  return typeof number === 'number' && Number.isFinite(number) ? number : NaN;
}

/** One message: its profiles, and the tables that they share. */
interface Document {
  readonly resources: readonly unknown[];
  readonly tables: Tables;
}

/** Everything of one type of sample, from all messages, processes and threads. */
interface Group {
  readonly type: string;
  readonly unit: string;
  readonly builder: TreeBuilder;
  readonly processes: Set<string>;
  readonly nanosPerSample: Set<number>;
  /** Whether each sample is an observation with a moment of its own. */
  observed: boolean;
  samples: number;
  linked: number;
}

/**
 * OTLP profiles (`v1development`, version 1.8 of the protocol and later), as protobufjs decodes them or as JSON. All that is of one type of
 * sample becomes one profile; where a file is of several processes, their names are the outermost frames.
 */
export class OtlpProfiles {
  readonly #documents: Document[] = [];

  constructor(
    private readonly file: string,
    private readonly isCut = false,
  ) {}

  get isEmpty(): boolean {
    return this.#documents.length === 0;
  }

  /** True where it holds profiles. */
  addDocument(document: unknown): boolean {
    const fields = asRecord(document);
    const dictionary = asRecord(fields?.['dictionary']);
    const resources = listOf(fields, 'resourceProfiles', 'resource_profiles');
    if (dictionary === undefined || resources.length === 0 || listOf(dictionary, 'stringTable')[0] !== '') return false;
    this.#documents.push({ resources, tables: new Tables(this.file, dictionary) });
    return true;
  }

  /** @throws UserError that names the entry at fault */
  finish(): readonly ForeignProfile[] {
    nameFunctions(this.#documents.map(({ tables }) => tables));
    const groups = new Map<string, Group>();
    for (const { resources, tables } of this.#documents) {
      for (const resource of resources.map(asRecord)) {
        const process = processOf(attributesOf(listOf(asRecord(resource?.['resource']), 'attributes'), tables));
        for (const profile of listOf(resource, 'scopeProfiles').flatMap((scope) => listOf(asRecord(scope), 'profiles')))
          addProfile(groups, asRecord(profile) ?? {}, tables, process);
      }
    }
    const found = [...groups.values()].filter(({ samples }) => samples > 0);
    if (found.length === 0) throw damaged(this.file, 'there is no sample in it');
    return found.map((group) => this.#profileOf(group, found.length));
  }

  #profileOf(group: Group, groups: number): ForeignProfile {
    const { type, unit, builder, processes, nanosPerSample } = group;
    const isTime = nanosPerUnit(unit) !== null || nanosPerSample.size > 0;
    const name = groups === 1 ? this.file : `${this.file} ${type}`;
    const tree = builder.finish(isTime ? (group.observed ? 'samples' : 'none') : 'counts');
    const [only] = tree.children;
    const oneProcess = processes.size === 1 && !processes.has('') && only !== undefined;
    return {
      name,
      format: 'otlp',
      unit: isTime ? 'time' : 'count',
      taken: 'samples',
      tree: { ...tree, ...(oneProcess ? { children: only.children, selfNanos: only.selfNanos } : {}), name },
      notes: this.#notesOf(group, isTime),
    };
  }

  #notesOf({ type, unit, nanosPerSample, samples, linked }: Group, isTime: boolean): readonly string[] {
    const [nanos] = nanosPerSample;
    return [
      ...(isTime ? [] : [`The values are ${type} in ${unit === '' ? 'no unit' : unit}: 1 is shown as 1 ns.`]),
      ...(nanos === undefined
        ? []
        : [`A sample stands for the ${nanosPerSample.size === 1 ? `${nanos / 1e6} ms` : 'time'} between two of them.`]),
      ...(linked > 0
        ? [`${counted(linked, 'stack')} of ${samples.toLocaleString('en-US')} ${linked === 1 ? 'names its' : 'name their'} span.`]
        : []),
      ...(this.isCut ? ['The last message is cut off: what is whole was read.'] : []),
    ];
  }
}

function addProfile(groups: Map<string, Group>, profile: Fields, tables: Tables, process: string): void {
  const { type, unit } = tables.typeOf(profile['sampleType']);
  const nanos = nanosPerUnit(unit) ?? (unit === 'count' ? periodNanosOf(profile, tables) : null);
  const key = `${type}/${unit}/${nanos === null ? 'count' : 'time'}`;
  const group = groups.get(key) ?? groupOf(type, unit, tables.file);
  groups.set(key, group);
  if (nanos !== null && nanosPerUnit(unit) === null) group.nanosPerSample.add(nanos);
  for (const sample of listOf(profile, 'samples', 'sample').map(asRecord))
    addSample(group, sample ?? {}, tables, { process, nanos: nanos ?? 1 });
}

const groupOf = (type: string, unit: string, file: string): Group => ({
  type,
  unit,
  builder: new TreeBuilder(file),
  processes: new Set(),
  nanosPerSample: new Set(),
  observed: true,
  samples: 0,
  linked: 0,
});

/** Samples that are counted stand for the time between two of them, where that is said. */
function periodNanosOf(profile: Fields, tables: Tables): number | null {
  const nanos = nanosPerUnit(tables.typeOf(profile['periodType']).unit);
  const period = wholeOf(profile['period']);
  return nanos !== null && period > 0 ? period * nanos : null;
}

function addSample(
  group: Group,
  sample: Fields,
  tables: Tables,
  { process: ofResource, nanos }: { readonly process: string; readonly nanos: number },
): void {
  const process = tables.processOf(listOf(sample, 'attributeIndices')) || ofResource;
  group.processes.add(process);
  const path = [...(process === '' ? [] : [process]), ...tables.stackOf(wholeOf(sample['stackIndex']))];
  const [values, moments] = [listOf(sample, 'values', 'value'), listOf(sample, 'timestampsUnixNano')];
  if (moments.length === 0) group.observed = false;
  // Without values each moment counts as 1.
  for (const value of values.length > 0 ? values : moments.map(() => 1)) group.builder.add(path, wholeOf(value) * nanos);
  group.samples++;
  if (wholeOf(sample['linkIndex']) > 0) group.linked++;
}

/** Attributes by their key, of those whose value is text. */
type Attributes = ReadonlyMap<string, string>;

const processOf = (attributes: Attributes): string => attributes.get('process.executable.name') ?? attributes.get('service.name') ?? '';

function attributesOf(list: readonly unknown[], tables: Tables): Attributes {
  return new Map(
    list.map(asRecord).flatMap((attribute) => {
      const [key, value] = [asText(attribute?.['key']), tables.textOf(attribute?.['value'])];
      return key === undefined || value === undefined ? [] : [[key, value]];
    }),
  );
}

/** Functions of the same name are told apart over all messages, so that a function has one name in the whole file. */
function nameFunctions(all: readonly Tables[]): void {
  const labels = tellApart(all.flatMap((tables) => tables.functions));
  let from = 0;
  for (const tables of all) {
    tables.labels = labels.slice(from, from + tables.functions.length);
    from += tables.functions.length;
  }
}

/** The dictionary of a message. Every index that a file holds is looked up here. */
class Tables {
  readonly functions: readonly NamedPlace[];
  /** Of the functions, as they are shown. */
  labels: readonly string[] = [];
  readonly #strings: readonly unknown[];
  readonly #stacks = new Map<number, readonly string[]>();

  constructor(
    readonly file: string,
    private readonly dictionary: Fields,
  ) {
    this.#strings = listOf(dictionary, 'stringTable');
    this.functions = listOf(dictionary, 'functionTable').map((entry) => {
      const fields = asRecord(entry);
      const line = wholeOf(fields?.['startLine']);
      return {
        name: this.#string(fields?.['nameStrindex']) || this.#string(fields?.['systemNameStrindex']) || '(unknown)',
        file: this.#string(fields?.['filenameStrindex']),
        line: line > 0 ? line : null,
      };
    });
  }

  typeOf(type: unknown): { readonly type: string; readonly unit: string } {
    const fields = asRecord(asList(type)?.[0] ?? type);
    return { type: this.#string(fields?.['typeStrindex']), unit: this.#string(fields?.['unitStrindex']) };
  }

  processOf(indices: readonly unknown[]): string {
    for (const index of indices) {
      const attribute = this.#entry('attributeTable', wholeOf(index));
      if (this.#string(attribute['keyStrindex']) === 'process.executable.name') return this.textOf(attribute['value']) ?? '';
    }
    return '';
  }

  textOf(value: unknown): string | undefined {
    const fields = asRecord(value);
    return (
      asText(fields?.['stringValue']) ??
      (fields?.['stringValueStrindex'] === undefined ? undefined : this.#string(fields['stringValueStrindex']))
    );
  }

  /** Outermost first. */
  stackOf(index: number): readonly string[] {
    const known = this.#stacks.get(index);
    if (known !== undefined) return known;
    const stack = listOf(this.#entry('stackTable', index), 'locationIndices')
      .flatMap((location) => this.#framesOf(wholeOf(location)))
      .reverse();
    this.#stacks.set(index, stack);
    return stack;
  }

  /** Innermost first: of a location that holds inlined functions, all of them. */
  #framesOf(index: number): readonly string[] {
    const location = this.#entry('locationTable', index);
    const lines = listOf(location, 'lines', 'line').map(asRecord);
    if (lines.length > 0) return lines.map((line) => this.labels[wholeOf(line?.['functionIndex'])] ?? '(unknown)');
    const mapping =
      this.#string(this.#entry('mappingTable', wholeOf(location['mappingIndex']))['filenameStrindex'])
        .split('/')
        .at(-1) ?? '';
    return [`0x${hexOf(location['address'])} ${mapping}`.trimEnd()];
  }

  #entry(table: string, index: number): Fields {
    const entry = index === 0 ? {} : asRecord(listOf(this.dictionary, table)[index]);
    if (entry === undefined) throw damaged(this.file, `the entry ${index} is beyond the end of “${table}”`);
    return entry;
  }

  #string(index: unknown): string {
    const text = this.#strings[wholeOf(index)];
    if (typeof text !== 'string') throw damaged(this.file, `the string ${String(index)} is beyond the end of “stringTable”`);
    return text;
  }
}

/** Addresses need every digit of 64 bits, so that they are text where numbers would be rounded. */
function hexOf(address: unknown): string {
  const digits = typeof address === 'string' || typeof address === 'number' ? String(address) : '0';
  return /^\d{1,20}$/.test(digits) ? BigInt(digits).toString(16) : '0';
}
