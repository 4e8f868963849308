import type { CallRecord, Recording, RecordingMeta } from '../../src/model/recording.js';
import { SPAN_KINDS, spanKindCode } from '../../src/model/span.js';
import type { SpanDetail, SpanKind } from '../../src/model/span.js';
import { STAGES, stageCode } from '../../src/model/stage.js';
import type { Stage } from '../../src/model/stage.js';

export const META: RecordingMeta = {
  version: 1,
  originEpochNanos: '1700000000123456789',
  model: {
    name: 'tiny.json',
    path: null,
    runtime: 'layers-model',
    sha256: 'ab'.repeat(32),
    parameters: 42,
    nodes: 3,
    inputs: [{ name: 'x', dtype: 'float32', shape: [-1, 4] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: [-1, 2] }],
  },
  environment: {
    inferscope: '0.0.0-test',
    node: 'v20.20.2',
    v8: '11.3',
    platform: 'linux',
    arch: 'x64',
    cpu: 'Test CPU',
    cpuCount: 2,
    memoryBytes: 1024,
    backend: 'tensorflow',
    tensorflow: '2.15.1',
    packages: { '@tensorflow/tfjs-node': '4.22.0' },
    threads: { intraOp: 2, interOp: null },
    flags: { TF_NUM_INTRAOP_THREADS: '2' },
    hostHash: 'c0ffee',
  },
  variants: [
    { name: 'uncompiled', call: 'predict' },
    { name: 'compiled', call: 'predict' },
  ],
  inputSignature: 'float32[32,4]',
  batch: 32,
  seed: 1,
  tool: { insideNanos: 60, outsideNanos: 40, clockResolutionNanos: 30 },
};

interface Row {
  readonly depth: number;
  readonly kind: SpanKind;
  readonly stage: Stage;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly detail: SpanDetail;
}

/**
 * A recording from a drawing, one span a line, indented by two spaces under its parent:
 *
 *     call    glue              predict 0..1000
 *       stage   data-adapter      data-adapter 10..100
 *       kernel  kernel-execution  MatMul 200..700 [32,2]
 *
 * A line at the margin begins a call; `calls` overrides fields of the calls in order.
 */
export function drawRecording(drawing: string, calls: readonly Partial<CallRecord>[] = []): Recording {
  const rows = drawing
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parseRow);
  const margin = rows[0]!.depth;
  const strings: string[] = [''];
  const details: SpanDetail[] = [{}];
  const parents: number[] = [];
  const open: number[] = [];
  const records: CallRecord[] = [];
  const callOf: number[] = [];
  rows.forEach((row, index) => {
    const level = row.depth - margin;
    open.length = level;
    parents.push(level === 0 ? -1 : open[level - 1]!);
    open[level] = index;
    if (level === 0) records.push({ ...callRecord(row, index), ...calls[records.length] });
    callOf.push(records.length - 1);
    if (!strings.includes(row.name)) strings.push(row.name);
    details.push(row.detail);
  });
  return {
    meta: META,
    strings,
    details,
    spans: {
      length: rows.length,
      startNanos: Float64Array.from(rows, (row) => row.start),
      durationNanos: Float64Array.from(rows, (row) => row.end - row.start),
      parent: Int32Array.from(parents),
      call: Uint32Array.from(callOf),
      name: Uint32Array.from(rows, (row) => strings.indexOf(row.name)),
      detail: Uint32Array.from(rows, (_, index) => index + 1),
      stage: Uint8Array.from(rows, (row) => stageCode(row.stage)),
      kind: Uint8Array.from(rows, (row) => spanKindCode(row.kind)),
    },
    calls: records,
    gc: [],
    lostSpans: 0,
    complete: true,
  };
}

function parseRow(line: string): Row {
  const match = /^( *)(\S+) +(\S+) +(\S+) (-?\d+)\.\.(\d+)(?: (\[[\d,]*\]))?\s*$/.exec(line);
  const kind = SPAN_KINDS.find((known) => known === match?.[2]);
  const stage = STAGES.find((known) => known === match?.[3]);
  if (!match || !kind || !stage) throw new Error(`cannot read the drawing's line: ${line}`);
  return {
    depth: match[1]!.length / 2,
    kind,
    stage,
    name: match[4]!,
    start: Number(match[5]),
    end: Number(match[6]),
    detail: match[7] === undefined ? {} : { outputShapes: [match[7]] },
  };
}

const callRecord = (row: Row, index: number): CallRecord => ({
  variant: 0,
  rootSpan: index,
  startNanos: row.start,
  latencyNanos: row.end - row.start,
  temperature: 'warm',
  round: 0,
  signature: 'float32[32,4]',
  batch: 32,
});

/** A recording of `calls` calls with five spans each, for what needs many. */
export function manyCalls(calls: number): Recording {
  const lines = Array.from({ length: calls }, (_, call) => {
    const at = (offset: number): number => call * 10_000 + offset;
    return [
      `call glue predict ${at(0)}..${at(9000)}`,
      `  stage data-adapter data-adapter ${at(10)}..${at(900)}`,
      `  stage kernel-execution kernel-execution ${at(1000)}..${at(8000)}`,
      `    kernel kernel-execution MatMul ${at(1100)}..${at(5000)} [32,2]`,
      `    kernel kernel-execution Relu ${at(5001)}..${at(7999)} [32,2]`,
    ].join('\n');
  });
  return drawRecording(lines.join('\n'));
}
