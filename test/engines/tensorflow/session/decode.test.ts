import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFusedOps } from '../../../../src/engines/tensorflow/session/decode-graph.js';
import { decodeStepStats } from '../../../../src/engines/tensorflow/session/decode-step-stats.js';
import { NodeTable } from '../../../../src/engines/tensorflow/session/node-table.js';
import { WireError } from '../../../../src/model/protobuf-wire.js';
import { field, lengthBytes, number, text } from './support/encode.js';

const EPOCH = 1_795_581_339_804_447_018n;

/** One node as TensorFlow writes it. */
const node = field(
  2,
  text(1, 'model/dense/Relu'),
  number(2, 1_795_581_339_804_447n),
  number(13, EPOCH + 123_457n),
  number(14, 130n),
  number(15, 1430n),
  field(6, text(1, 'cpu'), number(2, 256n)),
  field(7, field(3, number(1, 1n), field(2, field(2, number(1, 32n)), field(2, number(1, 2n))), field(4, number(1, 256n)))),
  field(7, number(1, 1n), field(3, number(1, 20n), field(2, number(3, 1n)))),
  text(8, 'model/dense/Relu = _FusedMatMul(x, w)'),
  number(17, -12n),
);
const metadata = Buffer.concat([
  field(1, field(1, text(1, '/device:CPU:0'), node, field(3, number(1, 0n), text(2, 'main')))),
  field(3, text(1, 'graph')),
]);

/** Bytes end in a result or in a WireError, nothing else, and are never modified. */
function survives(bytes: Uint8Array): void {
  const before = Buffer.from(bytes).toString('hex');
  for (const decode of [() => decodeStepStats(bytes, EPOCH, new NodeTable()), () => decodeFusedOps(bytes)]) {
    try {
      decode();
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
    }
  }
  expect(Buffer.from(bytes).toString('hex')).toBe(before);
}

describe('decodeStepStats', () => {
  it('reads a node, with times above 2^53 to the nanosecond', () => {
    expect(decodeStepStats(metadata, EPOCH, new NodeTable()).nodes).toMatchObject([
      {
        known: {
          name: 'model/dense/Relu',
          op: '_FusedMatMul',
          layer: 'model/dense',
          inputs: [
            { node: 'x', slot: 0 },
            { node: 'w', slot: 0 },
          ],
        },
        startNanos: 123_587,
        durationNanos: 1300,
        allocatedBytes: 256,
        outputs: [
          { slot: 0, dtype: 1, shape: [32, 2], bytes: 256 },
          { slot: 1, dtype: 20, shape: null, bytes: 0 },
        ],
      },
    ]);
    expect(decodeStepStats(metadata, EPOCH, new NodeTable()).partitionGraphs.map(String)).toEqual(['\n\u0005graph']);
  });

  it('falls back to microseconds where a library writes no nanoseconds', () => {
    const old = field(1, field(1, field(2, text(1, 'a'), number(2, 1_795_581_339_804_500n), number(3, 2n), number(4, 9n))));
    expect(decodeStepStats(old, EPOCH, new NodeTable()).nodes).toMatchObject([{ startNanos: 54_982, durationNanos: 7000 }]);
  });

  it('reads relative times before the epoch given, too', () => {
    const early = field(1, field(1, field(2, text(1, 'a'), number(13, EPOCH - 5_000_000_000n), number(15, 3n))));
    expect(decodeStepStats(early, EPOCH, new NodeTable()).nodes).toMatchObject([{ startNanos: -5_000_000_000, durationNanos: 3 }]);
  });

  it('refuses every truncation inside a message', () => {
    for (let length = 1; length < metadata.length; length++) survives(metadata.subarray(0, length));
    expect(() => decodeStepStats(metadata.subarray(0, 40), EPOCH, new NodeTable())).toThrow(WireError);
  });

  it.each([
    ['a length beyond the buffer', [0x0a, 0x7f]],
    ['a length of 2^63', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['a number without an end', Array<number>(64).fill(0xff)],
    ['field number 0', [0x00, 0x00]],
    ['a group', [0x0b, 0x0c]],
    ['an inner message longer than the outer one', [0x0a, 0x02, 0x0a, 0x05, 0, 0, 0, 0, 0]],
    ['a string where a message should be a number', [0x0a, 0x06, 0x0a, 0x04, 0x12, 0x02, 0x6a, 0x00]],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeStepStats(Uint8Array.from(bytes), EPOCH, new NodeTable())).toThrow(WireError);
  });

  it('survives any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), survives), { numRuns: 2000 });
  });

  it('survives any damage to real bytes', () => {
    const damage = fc.array(fc.tuple(fc.nat(metadata.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(damage, (changes) => {
        const bytes = Uint8Array.from(metadata);
        for (const [index, value] of changes) bytes[index] = value;
        survives(bytes);
      }),
      { numRuns: 3000 },
    );
  });

  it('refuses any length that its message or the buffer does not hold, at every place where a length stands', () => {
    // Each length in a real message, made huge: up to 2^64 − 1, over one to ten bytes.
    const huge = fc.bigInt({ min: BigInt(metadata.length), max: (1n << 64n) - 1n });
    const places = Array.from({ length: metadata.length - 1 }, (_, index) => index).filter((index) =>
      [0x0a, 0x12, 0x1a, 0x32, 0x3a, 0x42].includes(metadata[index] ?? 0),
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), huge, (place, length) => {
        survives(Buffer.concat([metadata.subarray(0, place + 1), lengthBytes(length), metadata.subarray(place + 2)]));
      }),
      { numRuns: 2000 },
    );
    for (const length of [1n << 31n, 1n << 32n, 1n << 53n, (1n << 64n) - 1n]) {
      expect(() =>
        decodeStepStats(Buffer.concat([Buffer.from([0x0a]), lengthBytes(length), Buffer.alloc(64)]), EPOCH, new NodeTable()),
      ).toThrow(WireError);
    }
  });

  it('reads a message nested as deep as the buffer allows without a deep stack', () => {
    let nested: Buffer = Buffer.alloc(0);
    for (let level = 0; level < 2000; level++) nested = field(1, nested);
    survives(nested);
  });

  it('reads what it can of a huge buffer in one pass', () => {
    const many = Buffer.concat(Array<Buffer>(20_000).fill(node));
    const huge = field(1, field(1, many));
    expect(decodeStepStats(huge, EPOCH, new NodeTable()).nodes).toHaveLength(20_000);
  });
});

describe('decodeFusedOps', () => {
  const fused = (name: string) => [
    text(1, name),
    text(2, '_FusedMatMul'),
    field(5, text(1, 'fused_ops'), field(2, field(1, text(2, 'BiasAdd'), text(2, 'Relu')))),
    field(5, text(1, 'T'), field(2, number(6, 1n))),
  ];

  it('reads the graph and its functions, and passes over the rest', () => {
    const graph = Buffer.concat([
      field(1, ...fused('a')),
      field(1, text(1, 'b')),
      field(2, field(1, text(1, 'signature'), field(3, ...fused('c')))),
      number(3, 1n),
    ]);
    expect([...decodeFusedOps(graph)]).toEqual([
      ['a', ['BiasAdd', 'Relu']],
      ['c', ['BiasAdd', 'Relu']],
    ]);
  });
});
