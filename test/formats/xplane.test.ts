import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import protobuf from 'protobufjs';
import { childrenOf, preOrder } from '../../src/model/pre-order.js';
import { readForeignProfile } from '../helpers/foreign-profile.js';
import type { ForeignProfile } from '../../src/model/foreign.js';
import { openRun } from '../../src/runs/open-run.js';

/** As tsl/profiler/protobuf/xplane.proto has it, written apart from the reader: times are picoseconds from a line's nanosecond. */
const space = protobuf
  .parse(
    `syntax = "proto3";
  message XSpace { repeated XPlane planes = 1; }
  message XPlane { int64 id = 1; string name = 2; repeated XLine lines = 3; map<int64, Metadata> event_metadata = 4; }
  message XLine { int64 id = 1; string name = 2; int64 timestamp_ns = 3; repeated XEvent events = 4; }
  message XEvent { int64 metadata_id = 1; int64 offset_ps = 2; int64 duration_ps = 3; }
  message Metadata { int64 id = 1; string name = 2; }`,
  )
  .root.lookupType('XSpace');
const encode = (planes: readonly object[]): Uint8Array => space.encode(space.fromObject({ planes })).finish();
const eventMetadata = { 1: { id: 1, name: 'FunctionRun' }, 2: { id: 2, name: 'dense/MatMul:MatMul' } };
const events = [
  { metadataId: 2, offsetPs: 2_000_000, durationPs: 3_000_500 },
  { metadataId: 1, offsetPs: 0, durationPs: 9_000_000 },
];

it('an .xplane.pb is a tree by plane and line, in picoseconds, nested by time, kernels by their operation', () => {
  const draw = (planes: readonly object[]): readonly string[] =>
    preOrder(readForeignProfile('h.xplane.pb', encode(planes))[0]!.tree, childrenOf).nodes.map(
      ({ name, totalNanos, selfNanos, stage }) => `${name} ${totalNanos}/${selfNanos} ${stage}`,
    );
  const host = {
    id: 1,
    name: '/host:CPU',
    eventMetadata,
    lines: [
      { id: 5, name: 'tf_Eigen/77', timestampNs: 1000, events },
      { id: 6, name: 'empty', events: [] },
    ],
  };
  expect(draw([host, { name: 'Task Environment' }])).toEqual([
    'h.xplane.pb 9000/0 glue',
    'FunctionRun 9000/5999.5 glue',
    'MatMul 3000.5/3000.5 kernel-execution',
  ]);
  const device = {
    id: 2,
    name: '/device:GPU:0',
    eventMetadata,
    lines: [
      { id: 1, name: 'Stream #1', events: events.slice(0, 1) },
      { id: 2, name: 'Stream #2', events: events.slice(0, 1) },
    ],
  };
  expect(draw([host, device]).map((line) => line.split(' ').slice(0, -2).join(' '))).toEqual([
    'h.xplane.pb',
    '/host:CPU',
    'FunctionRun',
    'MatMul',
    '/device:GPU:0',
    'Stream #1',
    'MatMul',
    'Stream #2',
    'MatMul',
  ]);
});

it('lines that a profiler makes of the other ones of a device do not count again, in either of its two files', () => {
  const names = ['Steps', 'XLA Modules', 'XLA Ops', 'Async XLA Ops', 'Framework Ops'];
  const spans = [9, 8, 5, 2, 5];
  const line = (name: string, id: number) => ({
    id,
    name,
    events: [{ metadataId: 2, offsetPs: 0, durationPs: (spans[names.indexOf(name)] ?? 0) * 1e6 }],
  });
  const tpu = { id: 2, name: '/device:TPU:0', eventMetadata: { 2: { id: 2, name: 'fusion.1' } }, lines: names.map(line) };
  const drawn = ({ tree }: ForeignProfile) => preOrder(tree, childrenOf).nodes.map(({ name, totalNanos }) => `${name} ${totalNanos}`);
  const expected = ['t 7000', 'XLA Ops 5000', 'fusion.1 5000', 'Async XLA Ops 2000', 'fusion.1 2000'];
  const note = 'Left out, as they show the time of other lines of the device once more: Steps, XLA Modules, Framework Ops.';
  const [plane] = readForeignProfile('t', encode([tpu])) as [ForeignProfile];
  expect([drawn(plane), plane.notes]).toEqual([expected, [note]]);
  expect(plane.tree.children[0]?.children[0]).toMatchObject({ stage: 'kernel-execution' });
  const chrome = [
    { ph: 'M', name: 'process_name', pid: 1, args: { name: '/device:TPU:0' } },
    ...names.flatMap((name, tid) => [
      { ph: 'M', name: 'thread_name', pid: 1, tid, args: { name } },
      { ph: 'X', name: 'fusion.1', pid: 1, tid, ts: 0, dur: spans[tid] },
    ]),
  ];
  const [trace] = readForeignProfile('t', Buffer.from(JSON.stringify({ traceEvents: chrome }))) as [ForeignProfile];
  expect([drawn(trace), trace.notes]).toEqual([expected, [note]]);
  const onlySteps = { ...tpu, lines: [line('Steps', 0)] };
  expect(readForeignProfile('t', encode([onlySteps]))[0]?.tree.totalNanos).toBe(9000);
});

it('one without an event says so', () => {
  expect(() => readForeignProfile('h.xplane.pb', encode([{ name: '/host:CPU' }]))).toThrow(
    'there is no event in this trace of TensorFlow’s profiler;',
  );
});

it('a folder of the profiler is its newest trace, with a profile for each host', () => {
  const log = mkdtempSync(path.join(tmpdir(), 'inferscope-log-'));
  onTestFinished(() => {
    rmSync(log, { recursive: true });
  });
  const bytes = encode([{ id: 1, name: '/host:CPU', eventMetadata, lines: [{ id: 5, name: 'a', events }] }]);
  const write = (folder: string, ...names: string[]): string => {
    const below = path.join(log, folder);
    mkdirSync(below, { recursive: true });
    for (const name of names) writeFileSync(path.join(below, name), name.endsWith('.pb') ? bytes : 'something else');
    return below;
  };
  const old = write('plugins/profile/2026_01_31_09_00_00', 'a.xplane.pb');
  write('train/plugins/profile/2026_02_01_09_00_00', 'a.xplane.pb', 'b.xplane.pb', 'a.trace.json.gz');
  const told = (folder: string) => {
    const opened = openRun(folder);
    return opened.kind === 'profiles' ? opened.profiles.map(({ name, notes }) => [name, ...notes]) : 'recordings';
  };
  const note = `The newest trace in the folder: ${path.join('train/plugins/profile/2026_02_01_09_00_00')}; 1 older one left out.`;
  expect(told(log)).toEqual([['a.xplane.pb', note], ['b.xplane.pb']]);
  expect(told(old)).toEqual([['a.xplane.pb']]);
  expect(() => openRun(write('nothing'))).toThrow('holds no recordings');
});

it('a folder of profiles is all of them, the longest first; what cannot be read of it is told, and refused where nothing can', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-profiles-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  mkdirSync(path.join(folder, 'workers'));
  const broken = path.join(folder, 'CPU.0.cpuprofile');
  writeFileSync(broken, '{"nodes":[]');
  expect(() => openRun(folder)).toThrow('CPU.0.cpuprofile: it is not complete JSON');
  const sampled = (name: string, micros: number): void => {
    const callFrame = { functionName: 'work', scriptId: '1', url: '', lineNumber: 0, columnNumber: 0 };
    const profile = { nodes: [{ id: 1, callFrame }], samples: [1, 1], timeDeltas: [0, micros], startTime: 0, endTime: micros };
    writeFileSync(path.join(folder, name), JSON.stringify(profile));
  };
  sampled('CPU.1.cpuprofile', 10);
  sampled(path.join('workers', 'CPU.2.cpuprofile'), 30);
  writeFileSync(path.join(folder, 'notes.txt'), 'main;work 7');
  const opened = openRun(folder);
  const profiles = opened.kind === 'profiles' ? opened.profiles : [];
  expect(profiles.map(({ name, tree }) => [name, tree.totalNanos / 1000])).toEqual([
    [path.join('workers', 'CPU.2.cpuprofile'), 30],
    ['CPU.1.cpuprofile', 10],
  ]);
  expect(profiles[0]!.notes).toEqual([expect.stringContaining('Left out: CPU.0.cpuprofile: it is not complete JSON')]);
});
