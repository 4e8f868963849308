import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlameNode } from '../../src/model/analysis.js';
import { childrenOf, preOrder } from '../../src/model/pre-order.js';
import { profilesDataType } from '../../src/formats/otlp-profiles/descriptor.js';
import { renderSamplesAsOtlp } from '../../src/formats/otlp-profiles/write.js';
import { readForeignProfile } from '../helpers/foreign-profile.js';
import type { TakenSample, TakenSamples } from '../../src/formats/taken-samples.js';

const bytesOf = (name: string): Buffer => readFileSync(`test/fixtures/foreign/${name}`);
const selfMillis = (tree: FlameNode): Readonly<Record<string, number>> => {
  const sums: Record<string, number> = {};
  for (const { name, selfNanos } of preOrder(tree, childrenOf).nodes) if (selfNanos > 0) sums[name] = (sums[name] ?? 0) + selfNanos / 1e6;
  return sums;
};
const stacksOf = (tree: FlameNode): Readonly<Record<string, number>> => {
  const { nodes, parent } = preOrder(tree, childrenOf);
  const paths: string[] = [];
  nodes.forEach(({ name }, row) => (paths[row] = row === 0 ? '' : `${paths[parent[row]!]!}/${name}`));
  return Object.fromEntries(nodes.flatMap(({ selfNanos }, row) => (selfNanos > 0 ? [[paths[row]!, selfNanos]] : [])).sort());
};
/** The messages as the collector's file exporter writes them. */
const framed = (...messages: readonly Uint8Array[]): Buffer =>
  Buffer.concat(
    messages.flatMap((message) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(message.length);
      return [length, message];
    }),
  );

describe('OTLP profiles that others wrote', () => {
  it('of opentelemetry-ebpf-profiler say what the parser of Python says', () => {
    const [profile, ...others] = readForeignProfile('p.otlp', bytesOf('ebpf-profiler.otlp-profiles.pb.gz'));
    expect([others.length, profile!.unit, profile!.taken, profile!.format]).toEqual([0, 'time', 'samples', 'otlp']);
    expect(profile!.tree.totalNanos).toBe(9_450e6);
    expect(selfMillis(profile!.tree)).toMatchObject({
      'int java.util.Random.next(int)': 5800,
      'void PerformanceTest.hardWork(java.util.concurrent.CountDownLatch, java.lang.Integer)': 950,
      'finish_task_switch.isra.0': 100,
      '0xb03 linux-vdso.1.so': 1050,
    });
    expect(profile!.tree.children.map(({ name }) => name)).toEqual(expect.arrayContaining(['java', 'node', 'agent']));
    expect(profile!.notes).toEqual(['A sample stands for the 50 ms between two of them.']);
  });

  it.each(['pb', 'json'])('of opentelemetry-proto of Python, in the layout that followed: %s', (suffix) => {
    const [cpu, heap, ...others] = readForeignProfile('p', bytesOf(`opentelemetry-python.otlp-profiles.${suffix}`));
    expect(others).toEqual([]);
    expect(stacksOf(cpu!.tree)).toEqual({
      '/python/main/work app.py/inlined': 30e6,
      '/python/main/0xffffffffffff1234 libm.so.6': 20e6,
      '/worker/main/work lib.py': 10e6,
    });
    expect(cpu!.notes).toContain('1 stack of 3 names its span.');
    // Of one process its name is no frame.
    expect(stacksOf(heap!.tree)).toEqual({ '/main/work app.py/inlined': 4096 });
    expect([heap!.unit, heap!.notes]).toEqual(['count', ['The values are inuse_space in bytes: 1 is shown as 1 ns.']]);
  });

  it('message behind message, of which the last may be cut off, and as JSON line by line', () => {
    const message = bytesOf('opentelemetry-python.otlp-profiles.pb');
    const [twice] = readForeignProfile('p', framed(message, message));
    expect(twice!.tree.totalNanos).toBe(120e6);
    const whole = framed(message, message);
    const [cut] = readForeignProfile('p', whole.subarray(0, whole.length - 5));
    expect([cut!.tree.totalNanos, cut!.notes]).toEqual([
      60e6,
      expect.arrayContaining(['The last message is cut off: what is whole was read.']),
    ]);
    const line = bytesOf('opentelemetry-python.otlp-profiles.json').toString();
    expect(readForeignProfile('p', Buffer.from(`${line}\n${line}\n`))[0]!.tree.totalNanos).toBe(120e6);
  });
});

const anyFunction = fc.record({
  name: fc.constantFrom('main', 'work', 'a;b', 'x\ny', '__proto__'),
  file: fc.constantFrom('/app/a.js', '/app/b.js'),
  line: fc.integer({ min: 1, max: 3 }),
});
const anyId = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((id) => Buffer.from(id.map((byte, i) => (i === 0 ? byte | 1 : byte))).toString('hex'));
const anySample: fc.Arbitrary<TakenSample> = fc
  .record({
    stack: fc.array(anyFunction, { minLength: 1, maxLength: 6 }),
    count: fc.integer({ min: 1, max: 5 }),
    nanos: fc.integer({ min: 1, max: 1e12 }),
    span: fc.option(fc.record({ span_id: anyId(8), trace_id: anyId(16) })),
    more: fc.dictionary(fc.constantFrom('span_name', 'parent_span_id'), fc.string()),
  })
  .map(({ span, more, ...sample }) => ({ ...sample, labels: { ...more, ...span } }));
const takenOf = (samples: readonly TakenSample[]): TakenSamples => ({ samples, periodNanos: 1e7, timeNanos: 1.7e18, durationNanos: 1e10 });
const RESOURCE = { attributes: { 'service.name': 'shop', replicas: 3, odd: null }, scope: { name: 'inferscope', version: '0' } };

interface Decoded {
  readonly dictionary: Readonly<Record<'stringTable', readonly string[]>> &
    Readonly<Record<'linkTable', readonly { readonly traceId: Uint8Array; readonly spanId: Uint8Array }[]>> &
    Readonly<Record<string, readonly unknown[]>>;
  readonly resourceProfiles: readonly {
    readonly resource: { readonly attributes: readonly unknown[] };
    readonly scopeProfiles: readonly { readonly profiles: readonly { readonly samples: readonly DecodedSample[] }[] }[];
  }[];
}
interface DecodedSample {
  readonly stackIndex?: number;
  readonly linkIndex?: number;
  readonly attributeIndices?: readonly number[];
  readonly values: readonly string[];
}
const decode = (bytes: Uint8Array): Decoded => {
  const type = profilesDataType('now');
  return type.toObject(type.decode(bytes), { longs: String }) as Decoded;
};

describe('samples that are written as OTLP profiles', () => {
  it('read back with all their time, stack by stack, as pprof does', () => {
    fc.assert(
      fc.property(fc.array(anySample, { minLength: 1, maxLength: 20 }), (samples) => {
        const [read] = readForeignProfile('p', renderSamplesAsOtlp(takenOf(samples), RESOURCE));
        expect(read!.tree.totalNanos).toBe(samples.reduce((sum, { nanos }) => sum + nanos, 0));
        const times = (stacks: Readonly<Record<string, number>>) => Object.values(stacks).sort();
        const expected: Record<string, number> = {};
        for (const { stack, nanos } of samples) {
          const key = JSON.stringify(stack);
          expected[key] = (expected[key] ?? 0) + nanos;
        }
        expect(times(stacksOf(read!.tree))).toEqual(times(expected));
      }),
      { numRuns: 100 },
    );
  });

  it('are no JSON where the first message is as long as a bracket is numbered', () => {
    const lengths = new Set<string>();
    for (let length = 0; length < 100; length++) {
      const resource = { ...RESOURCE, attributes: { 'service.name': 'x'.repeat(length) } };
      const written = renderSamplesAsOtlp(
        takenOf([{ stack: [{ name: 'f', file: '', line: 0 }], count: 1, nanos: 5, labels: {} }]),
        resource,
      );
      lengths.add(String.fromCharCode(written[1]!));
      expect(readForeignProfile('p', written)[0]!.tree.totalNanos).toBe(5);
    }
    expect(lengths).toContain('{');
  });

  it('link each sample to its span, and hold each entry of a table once, after the empty one', () => {
    fc.assert(
      fc.property(fc.array(anySample, { minLength: 1, maxLength: 20 }), (samples) => {
        const { dictionary, resourceProfiles } = decode(renderSamplesAsOtlp(takenOf(samples), RESOURCE));
        const written = resourceProfiles[0]!.scopeProfiles[0]!.profiles[0]!.samples;
        const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
        const nanosBySpan = (pairs: readonly (readonly [string, number])[]) => {
          const sums: Record<string, number> = {};
          for (const [span, nanos] of pairs) sums[span] = (sums[span] ?? 0) + nanos;
          return sums;
        };
        const links = dictionary.linkTable.map(({ traceId, spanId }) => `${hex(traceId)}/${hex(spanId)}`);
        expect(links[0]).toBe(`${'0'.repeat(32)}/${'0'.repeat(16)}`);
        expect(nanosBySpan(written.map(({ linkIndex = 0, values }) => [links[linkIndex]!, Number(values[0])]))).toEqual(
          nanosBySpan(
            samples.map(({ labels: { trace_id, span_id }, nanos }) => [
              `${trace_id ?? '0'.repeat(32)}/${span_id ?? '0'.repeat(16)}`,
              nanos,
            ]),
          ),
        );
        const identities = written.map(({ stackIndex, linkIndex, attributeIndices }) =>
          JSON.stringify([stackIndex, linkIndex, attributeIndices]),
        );
        expect(new Set(identities).size).toBe(identities.length);
        for (const table of Object.values(dictionary)) {
          const entries = table.map((entry) => JSON.stringify(entry));
          expect(new Set(entries).size).toBe(entries.length);
        }
        expect(dictionary.stringTable[0]).toBe('');
        expect(resourceProfiles[0]!.resource.attributes).toEqual([
          { key: 'service.name', value: { stringValue: 'shop' } },
          { key: 'replicas', value: { intValue: '3' } },
        ]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('OTLP profiles that cannot be read', () => {
  const sample: TakenSample = { stack: [{ name: 'f', file: '', line: 0 }], count: 1, nanos: 5, labels: {} };
  it('are told apart by version: what is older is refused by name', () => {
    // Until version 1.7 a sample was a range of one list of locations: two numbers, then its values.
    const older = Buffer.from('0a0a12081206120408001001', 'hex');
    expect(() => readForeignProfile('p', Buffer.concat([older, Buffer.from('12022a00', 'hex')]))).toThrow(
      'p: these OTLP profiles are of a version before 1.8 of the protocol',
    );
  });

  it('name the entry that is not there', () => {
    const type = profilesDataType('now');
    const message = decode(renderSamplesAsOtlp(takenOf([sample]), RESOURCE));
    const without = (table: string) =>
      type.encode({ ...message, dictionary: { ...message.dictionary, [table]: message.dictionary[table]!.slice(0, 1) } }).finish();
    expect(() => readForeignProfile('p', without('stackTable'))).toThrow('p: the entry 1 is beyond the end of “stackTable”');
    expect(() => readForeignProfile('p', without('locationTable'))).toThrow('p: the entry 1 is beyond the end of “locationTable”');
    expect(() => readForeignProfile('p', without('stringTable'))).toThrow(/p: the string \d is beyond the end of “stringTable”/);
  });

  it('have no sample in them', () => {
    const { dictionary, resourceProfiles } = decode(renderSamplesAsOtlp(takenOf([sample]), RESOURCE));
    const empty = JSON.stringify({ dictionary, resourceProfiles: [{ ...resourceProfiles[0], scopeProfiles: [] }] });
    expect(() => readForeignProfile('p.json', Buffer.from(empty))).toThrow('p.json: there is no sample in it');
  });
});

it('is read from gzip as well', () => {
  const packed = bytesOf('ebpf-profiler.otlp-profiles.pb.gz');
  expect(readForeignProfile('p', gunzipSync(packed))[0]!.tree.totalNanos).toBe(readForeignProfile('p', packed)[0]!.tree.totalNanos);
});
