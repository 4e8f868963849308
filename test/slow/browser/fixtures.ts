import { toldAnalysis as analyse } from '../../../src/runs/told.js';
import { extrasOf } from '../../../src/runs/report-extras.js';
import type { CallRecord, Recording } from '../../../src/model/recording.js';
import { spanKindCode, type SpanKind } from '../../../src/model/span.js';
import { stageCode, type Stage } from '../../../src/model/stage.js';
import type { ReportExtras } from '../../../src/report/input.js';
import { renderReportHtml } from '../../../src/report/report-html.js';
import { uniformFrom } from '../../../src/model/random.js';
import { emptyColumns } from '../../../src/record/columns.js';
import { META } from '../../analyse/fixtures.js';

interface Drawn {
  readonly name: string;
  readonly kind: SpanKind;
  readonly stage: Stage;
  /** Microseconds from the start of the call. */
  readonly from: number;
  readonly to: number;
  /** Row in the same list. */
  readonly parent: number;
}

const span = (name: string, kind: SpanKind, stage: Stage, from: number, to: number, parent: number): Drawn => ({
  name,
  kind,
  stage,
  from,
  to,
  parent,
});

/** Operation by operation: adapter, two layers, five kernels, fetch. */
const UNCOMPILED: readonly Drawn[] = [
  span('predict', 'call', 'glue', 0, 600, -1),
  span('data-adapter', 'stage', 'data-adapter', 5, 60, 0),
  span('kernel-execution', 'stage', 'glue', 70, 560, 0),
  span('dense_1', 'layer', 'glue', 80, 350, 2),
  span('MatMul', 'kernel', 'kernel-execution', 90, 240, 3),
  span('BiasAdd', 'kernel', 'kernel-execution', 250, 280, 3),
  span('Relu', 'kernel', 'kernel-execution', 290, 340, 3),
  span('dense_2', 'layer', 'glue', 355, 550, 2),
  span('MatMul', 'kernel', 'kernel-execution', 360, 450, 7),
  span('Softmax', 'kernel', 'kernel-execution', 460, 540, 7),
  span('fetch', 'stage', 'fetch', 565, 595, 0),
];

/** One session run: two branches on two threads. */
const GRAPH: readonly Drawn[] = [
  span('predict', 'call', 'glue', 0, 200, -1),
  span('data-adapter', 'stage', 'data-adapter', 5, 55, 0),
  span('kernel-execution', 'stage', 'kernel-execution', 60, 170, 0),
  span('LongBranch', 'kernel', 'kernel-execution', 62, 150, 2),
  span('ShortBranch', 'kernel', 'kernel-execution', 64, 100, 2),
  span('Join', 'kernel', 'kernel-execution', 151, 168, 2),
  span('fetch', 'stage', 'fetch', 172, 196, 0),
];

/** Two variants in 40 rounds with noise, cold calls first, a collection pause in one call, a leak in the first variant. */
export function drawnRun(rename: (name: string) => string = (name) => name): Recording {
  const uniform = uniformFrom(7);
  const strings: string[] = [''];
  const rows: { drawn: Drawn; call: number; base: number; start: number; scale: number }[] = [];
  const calls: CallRecord[] = [];
  let clock = 1000;
  for (let round = -1; round < 40; round++) {
    for (const [variant, list] of [UNCOMPILED, GRAPH].entries()) {
      const scale = round < 0 ? 20 : 0.9 + uniform() * 0.2;
      const base = rows.length;
      list.forEach((drawn) => rows.push({ drawn, call: calls.length, base, start: clock, scale }));
      const latency = Math.round((list[0]?.to ?? 0) * 1000 * scale);
      calls.push({
        variant,
        rootSpan: base,
        startNanos: clock,
        latencyNanos: latency,
        temperature: round < 0 ? 'cold-session' : 'warm',
        round,
        signature: 'float32[32,4]',
        batch: 32,
        tensors: variant === 0 ? 1 : 0,
        tensorBytes: variant === 0 ? 128 : 0,
      });
      clock += latency + 5000;
    }
  }
  const name = (text: string): number => {
    const at = strings.indexOf(text);
    return at >= 0 ? at : strings.push(text) - 1;
  };
  const slow = calls[20]!;
  return {
    meta: {
      ...META,
      variants: [
        { name: rename('uncompiled'), call: 'predict' },
        { name: 'graph', call: 'predict' },
      ],
      model: { ...META.model, name: rename('tiny') },
    },
    details: [{}, { outputShapes: [rename('[32,2]')], outputBytes: 256, node: rename('dense/MatMul') }],
    spans: {
      length: rows.length,
      startNanos: Float64Array.from(rows, ({ drawn, start, scale }) => Math.round(start + drawn.from * 1000 * scale)),
      durationNanos: Float64Array.from(rows, ({ drawn, scale }) => Math.floor((drawn.to - drawn.from) * 1000 * scale) - 2),
      parent: Int32Array.from(rows, ({ drawn, base }) => (drawn.parent < 0 ? -1 : base + drawn.parent)),
      call: Uint32Array.from(rows, ({ call }) => call),
      name: Uint32Array.from(rows, ({ drawn }) => name(drawn.kind === 'kernel' ? rename(drawn.name) : drawn.name)),
      detail: Uint32Array.from(rows, ({ drawn }) => (drawn.kind === 'kernel' ? 1 : 0)),
      stage: Uint8Array.from(rows, ({ drawn }) => stageCode(drawn.stage)),
      kind: Uint8Array.from(rows, ({ drawn }) => spanKindCode(drawn.kind)),
    },
    strings,
    calls,
    gc: [{ startNanos: slow.startNanos + 100_000, durationNanos: 90_000, type: 'scavenge' }],
    lostSpans: 0,
    complete: true,
  };
}

/** The report of {@link drawnRun}, made the whole way: recording, analysis, page. */
export function drawnReport(rename?: (name: string) => string, extras: ReportExtras = {}): string {
  const recording = drawnRun(rename);
  return renderReportHtml(analyse([recording]), { ...extrasOf([recording]), ...extras });
}

/** Two calls of one program at the same time, each under way while the other is. */
export function concurrentReport(): string {
  const one = drawnRun();
  const base = one.calls.slice(0, 4);
  const shift = one.calls[2]!.startNanos - one.calls[3]!.startNanos + 50_000;
  const moved = one.spans.startNanos.map((start, row) => (one.spans.call[row] === 3 ? start + shift : start));
  const rows = one.spans.call.findIndex((call) => call === 4);
  const recording: Recording = {
    ...one,
    calls: base.map((call, i) => (i === 3 ? { ...call, startNanos: call.startNanos + shift } : call)),
    spans: { ...one.spans, length: rows, startNanos: moved },
    gc: [],
  };
  return renderReportHtml(analyse([recording]), extrasOf([recording]));
}

/** A recording whose merged tree has so many frames: kernels of distinct names under layers, called a few times. */
export function manyFrames(frames: number): Recording {
  const perLayer = 50;
  const layers = Math.ceil(frames / (perLayer + 1));
  const uniform = uniformFrom(3);
  const strings = [
    '',
    'predict',
    ...Array.from({ length: layers }, (_, i) => `layer_${i}`),
    ...Array.from({ length: perLayer }, (_, i) => `Op${i}`),
  ];
  const perCall = 1 + layers * (perLayer + 1);
  const calls = 20;
  const length = perCall * calls;
  const spans = emptyColumns(length);
  let row = 0;
  let clock = 0;
  const records: CallRecord[] = [];
  const put = (call: number, name: number, kind: SpanKind, parent: number, from: number): number => {
    spans.startNanos[row] = from;
    spans.parent[row] = parent;
    spans.call[row] = call;
    spans.name[row] = name;
    spans.stage[row] = stageCode(kind === 'kernel' ? 'kernel-execution' : 'glue');
    spans.kind[row] = spanKindCode(kind);
    return row++;
  };
  for (let call = 0; call < calls; call++) {
    const root = put(call, 1, 'call', -1, clock);
    for (let layer = 0; layer < layers; layer++) {
      const above = put(call, 2 + layer, 'layer', root, clock);
      for (let op = 0; op < perLayer; op++) {
        const kernel = put(call, 2 + layers + op, 'kernel', above, clock);
        spans.durationNanos[kernel] = 200 + Math.floor(uniform() * 5000);
        clock += spans.durationNanos[kernel] + 20;
      }
      spans.durationNanos[above] = clock - spans.startNanos[above]!;
    }
    spans.durationNanos[root] = clock - spans.startNanos[root]!;
    records.push({
      variant: call % 2,
      rootSpan: root,
      startNanos: spans.startNanos[root]!,
      latencyNanos: spans.durationNanos[root],
      temperature: 'warm',
      round: call >> 1,
      signature: 'float32[32,4]',
      batch: 32,
    });
    clock += 1000;
  }
  return {
    meta: {
      ...META,
      variants: [
        { name: 'uncompiled', call: 'predict' },
        { name: 'graph', call: 'predict' },
      ],
    },
    strings,
    details: [{}],
    spans,
    calls: records,
    gc: [],
    lostSpans: 0,
    complete: true,
  };
}
