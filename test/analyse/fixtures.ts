import type { CallRecord, GcPause, Recording, RecordingMeta } from '../../src/model/recording.js';
import { type SpanDetail, type SpanKind, spanKindCode } from '../../src/model/span.js';
import { type Stage, stageCode } from '../../src/model/stage.js';
import { namedVariant, type Variant } from '../../src/model/variant.js';

/** A span drawn as data: `[name, stage, start, duration, children]`, times absolute. */
export interface DrawnSpan {
  readonly name: string;
  readonly stage: Stage;
  readonly kind?: SpanKind;
  readonly start: number;
  readonly duration: number;
  readonly detail?: SpanDetail;
  readonly children?: readonly DrawnSpan[];
}

export interface DrawnCall extends Partial<Omit<CallRecord, 'rootSpan' | 'startNanos' | 'latencyNanos'>> {
  /** Null: a call of which only the latency is known. */
  readonly root: DrawnSpan | null;
  readonly latencyNanos?: number;
}

export interface DrawnRun {
  readonly calls: readonly DrawnCall[];
  readonly variants?: readonly Variant[];
  readonly gc?: readonly GcPause[];
  readonly tool?: Partial<RecordingMeta['tool']>;
  readonly lostSpans?: number;
  readonly complete?: boolean;
  readonly meta?: Partial<RecordingMeta>;
}

export const META: RecordingMeta = {
  version: 1,
  originEpochNanos: '1764000000000000000',
  model: {
    name: 'tiny',
    path: null,
    runtime: 'layers-model',
    sha256: 'ab'.repeat(32),
    parameters: 13,
    nodes: 3,
    inputs: [{ name: 'x', dtype: 'float32', shape: [-1, 4] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: [-1, 1] }],
  },
  environment: {
    inferscope: '0.1.0',
    node: '20.19.0',
    v8: '11.3',
    platform: 'linux',
    arch: 'x64',
    cpu: 'a CPU',
    cpuCount: 2,
    memoryBytes: 8e9,
    backend: 'tensorflow',
    tensorflow: '2.15.1',
    packages: { '@tensorflow/tfjs-node': '4.22.0' },
    threads: { intraOp: null, interOp: null },
    flags: {},
    hostHash: 'h1',
  },
  variants: [{ name: 'uncompiled', call: 'predict' }],
  inputSignature: 'float32[32,4]',
  batch: 32,
  seed: 1,
  tool: { insideNanos: 0, outsideNanos: 0, clockResolutionNanos: 1 },
};

/** Builds a recording from drawn calls, rows in depth-first order. */
export function draw(run: DrawnRun): Recording {
  const strings: string[] = [];
  const details: SpanDetail[] = [{}];
  const rows: number[][] = [];
  const stringId = (text: string): number => {
    const known = strings.indexOf(text);
    return known >= 0 ? known : strings.push(text) - 1;
  };
  const add = (span: DrawnSpan, parent: number, call: number): number => {
    const detail = span.detail === undefined ? 0 : details.push(span.detail) - 1;
    const kind = span.kind ?? (parent < 0 ? 'call' : 'stage');
    const cells = [span.start, span.duration, parent, call, stringId(span.name), detail];
    const row = rows.push([...cells, stageCode(span.stage), spanKindCode(kind)]) - 1;
    for (const child of span.children ?? []) add(child, row, call);
    return row;
  };
  const calls = run.calls.map(({ root, latencyNanos, ...rest }, index): CallRecord => ({
    variant: 0,
    temperature: 'warm',
    round: -1,
    signature: 'float32[32,4]',
    batch: 32,
    ...rest,
    rootSpan: root === null ? -1 : add(root, -1, index),
    startNanos: root?.start ?? 0,
    latencyNanos: latencyNanos ?? root?.duration ?? 0,
  }));
  const cell = (column: number): number[] => rows.map((row) => row[column]!);
  return {
    meta: {
      ...META,
      // As a reader does.
      ...(run.variants === undefined ? {} : { variants: run.variants.map(namedVariant) }),
      ...run.meta,
      tool: { ...META.tool, ...run.tool },
    },
    strings,
    details,
    spans: {
      length: rows.length,
      startNanos: Float64Array.from(cell(0)),
      durationNanos: Float64Array.from(cell(1)),
      parent: Int32Array.from(cell(2)),
      call: Uint32Array.from(cell(3)),
      name: Uint32Array.from(cell(4)),
      detail: Uint32Array.from(cell(5)),
      stage: Uint8Array.from(cell(6)),
      kind: Uint8Array.from(cell(7)),
    },
    calls,
    gc: run.gc ?? [],
    lostSpans: run.lostSpans ?? 0,
    complete: run.complete ?? true,
  };
}

/** Uniform random numbers in [0, 1), seeded (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Standard normal numbers (Box–Muller). */
export function normals(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
