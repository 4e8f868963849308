import type { CallRecord, Recording, RecordingMeta } from '../../src/model/recording.js';
import { type SpanDetail, type SpanKind, spanKindCode } from '../../src/model/span.js';
import { type Stage, stageCode } from '../../src/model/stage.js';
import { namedVariant, type Variant } from '../../src/model/variant.js';
import { emptyColumns } from '../../src/model/span-rows.js';

/** A span of a recording made by hand; times are nanoseconds from the recording's origin. */
export interface DrawnSpan {
  readonly name: string;
  /** `glue` where it is left out. */
  readonly stage?: Stage;
  /** `call` for the root of a call, `stage` for what is inside of one, where it is left out. */
  readonly kind?: SpanKind;
  readonly start: number;
  readonly duration: number;
  readonly detail?: SpanDetail;
  readonly children?: readonly DrawnSpan[];
}

/** Warm, of the first variant and of no round, where nothing else is said. */
export interface DrawnCall extends Partial<Omit<CallRecord, 'rootSpan'>> {
  /** Null: a call of which only the latency is known. */
  readonly root: DrawnSpan | null;
}

export interface DrawnRun extends Partial<Omit<Recording, 'meta' | 'calls' | 'spans' | 'strings' | 'details'>> {
  readonly calls: readonly DrawnCall[];
  readonly variants?: readonly Variant[];
  readonly tool?: Partial<RecordingMeta['tool']>;
  readonly meta?: Partial<RecordingMeta>;
}

export const META: RecordingMeta = {
  version: 1,
  originEpochNanos: '1764000000123456789',
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
    cpu: 'Test CPU',
    cpuCount: 2,
    memoryBytes: 8e9,
    backend: 'tensorflow',
    tensorflow: '2.15.1',
    packages: { '@tensorflow/tfjs-node': '4.22.0' },
    threads: { intraOp: null, interOp: null },
    flags: { TF_NUM_INTRAOP_THREADS: '2' },
    hostHash: 'h1',
  },
  variants: [{ name: 'uncompiled', call: 'predict' }],
  inputSignature: 'float32[32,4]',
  batch: 32,
  seed: 1,
  tool: { insideNanos: 0, outsideNanos: 0, clockResolutionNanos: 1 },
};

/** The one builder of recordings that no program made: rows of spans in depth-first order. */
export function draw({ calls: drawn, variants, tool, meta, ...rest }: DrawnRun): Recording {
  const strings = new Map([['', 0]]);
  const details: SpanDetail[] = [{}];
  const spans = emptyColumns(drawn.reduce((sum, { root }) => sum + sizeOf(root), 0));
  let row = 0;
  const idOf = (text: string): number => {
    const known = strings.get(text) ?? strings.size;
    strings.set(text, known);
    return known;
  };
  const add = (span: DrawnSpan, parent: number, call: number): number => {
    const own = row++;
    spans.startNanos[own] = span.start;
    spans.durationNanos[own] = span.duration;
    spans.parent[own] = parent;
    spans.call[own] = call;
    spans.name[own] = idOf(span.name);
    spans.detail[own] = span.detail === undefined ? 0 : details.push(span.detail) - 1;
    spans.stage[own] = stageCode(span.stage ?? 'glue');
    spans.kind[own] = spanKindCode(span.kind ?? (parent < 0 ? 'call' : 'stage'));
    for (const child of span.children ?? []) add(child, own, call);
    return own;
  };
  const calls = drawn.map(({ root, ...fields }, index): CallRecord => ({
    variant: 0,
    temperature: 'warm',
    round: -1,
    signature: 'float32[32,4]',
    batch: 32,
    startNanos: root?.start ?? 0,
    latencyNanos: root?.duration ?? 0,
    ...fields,
    rootSpan: root === null ? -1 : add(root, -1, index),
  }));
  return {
    gc: [],
    lostSpans: 0,
    complete: true,
    ...rest,
    meta: {
      ...META,
      // As a reader does.
      ...(variants === undefined ? {} : { variants: variants.map(namedVariant) }),
      ...meta,
      tool: { ...META.tool, ...tool },
    },
    strings: [...strings.keys()],
    details,
    spans,
    calls,
  };
}

const sizeOf = (span: DrawnSpan | null): number =>
  span === null ? 0 : (span.children ?? []).reduce((sum, child) => sum + sizeOf(child), 1);
