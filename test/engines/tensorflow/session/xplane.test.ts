import fc from 'fast-check';
import protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { decodeXPlane } from '../../../../src/engines/tensorflow/session/decode-xplane.js';
import { WireError } from '../../../../src/model/protobuf-wire.js';
import { kernelsOfXPlane } from '../../../../src/engines/tensorflow/session/xplane-kernels.js';

// As tsl/profiler/protobuf/xplane.proto has it, with fields that the decoder must pass over.
const { root } = protobuf.parse(
  `syntax = "proto3";
  message Stat { int64 metadata_id = 1; uint64 uint64_value = 3; }
  message Event { int64 metadata_id = 1; int64 offset_ps = 2; int64 duration_ps = 3; repeated Stat stats = 4; }
  message Line { int64 id = 1; string name = 2; int64 timestamp_ns = 3; repeated Event events = 4; string display_name = 11; }
  message EventMetadata { int64 id = 1; string name = 2; bytes metadata = 3; string display_name = 4; }
  message Plane { int64 id = 1; string name = 2; repeated Line lines = 3; map<int64, EventMetadata> event_metadata = 4; }
  message Space { repeated Plane planes = 1; repeated string hostnames = 4; }`,
  { keepCase: true },
);
const Space = root.lookupType('Space');

const space = (lines: readonly object[], metadata: Readonly<Record<number, object>>, name = '/host:CPU'): Uint8Array =>
  Space.encode(
    Space.fromObject({ planes: [{ name: 'Task Environment' }, { name, lines, event_metadata: metadata }], hostnames: ['vm'] }),
  ).finish();

const METADATA = {
  1: { name: 'model/dense/MatMul:_FusedMatMul', display_name: '_FusedMatMul' },
  2: { name: 'EagerExecute' },
  3: { name: 'model/dense_1/Sigmoid:Sigmoid', display_name: 'Sigmoid' },
  4: { name: 'Iterator::Root::Map', display_name: 'Iterator::Map' },
};

test('kernels of all threads, in order, each with its layer and its share of the wall time', () => {
  const bytes = space(
    [
      {
        name: 'python',
        timestamp_ns: 100,
        events: [
          { metadata_id: 2, offset_ps: 0, duration_ps: 90_000_000, stats: [{ metadata_id: 1, uint64_value: 5 }] },
          { metadata_id: 3, offset_ps: 60_000, duration_ps: 40_000 },
        ],
      },
      {
        name: 'tf_Compute',
        timestamp_ns: 0,
        events: [
          { metadata_id: 1, offset_ps: 50_000, duration_ps: 120_000 },
          { metadata_id: 4, offset_ps: 1000, duration_ps: 1000 },
        ],
      },
    ],
    METADATA,
  );
  const kernels = kernelsOfXPlane(decodeXPlane(bytes), 1000);
  // MatMul runs from 50 to 170, Sigmoid from 160 to 200: they share the 10 ns in which both do.
  expect(
    kernels.map(({ op, node, layer, startNanos, durationNanos, wallNanos }) => [op, node, layer, startNanos, durationNanos, wallNanos]),
  ).toEqual([
    ['_FusedMatMul', 'model/dense/MatMul', 'dense', 1050, 120, 115],
    ['Sigmoid', 'model/dense_1/Sigmoid', 'dense_1', 1160, 40, 35],
  ]);
});

test('as many events as a slow call has in its input pipeline', () => {
  const events = Array.from({ length: 200_000 }, () => ({ metadata_id: 2, duration_ps: 5000 }));
  expect(decodeXPlane(space([{ name: 'python', events }], METADATA))).toHaveLength(200_000);
});

test('another plane than the host is no place of kernels', () => {
  expect(decodeXPlane(space([{ events: [{ metadata_id: 1 }] }], METADATA, '/device:GPU:0'))).toEqual([]);
});

test('bytes that are no XSpace end in an error of their own, cut ones too', () => {
  const whole = space([{ name: 'python', events: [{ metadata_id: 1, duration_ps: 5 }] }], METADATA);
  const harmless = (bytes: Uint8Array): void => {
    try {
      decodeXPlane(bytes);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(WireError);
    }
  };
  for (let length = 0; length < whole.length; length++) harmless(whole.subarray(0, length));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), harmless));
});
