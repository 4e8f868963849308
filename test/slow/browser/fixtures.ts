import { toldAnalysis as analyse } from '../../../src/runs/told.js';
import { extrasOf } from '../../../src/runs/report-extras.js';
import type { Recording } from '../../../src/model/recording.js';
import type { ReportExtras } from '../../../src/report/input.js';
import { renderReportHtml } from '../../../src/report/report-html.js';
import { uniformFrom } from '../../../src/model/random.js';
import { spansOf } from '../../helpers/drawn-lines.js';
import { drawWhole, EXTRAS } from '../../helpers/drawn-whole.js';
import { draw, type DrawnCall, type DrawnSpan, META } from '../../helpers/recordings.js';

/** Operation by operation: adapter, two layers, five kernels, fetch; in microseconds. */
const UNCOMPILED = spansOf(`
  call glue predict 0..600
    stage data-adapter data-adapter 5..60
    stage glue kernel-execution 70..560
      layer glue dense_1 80..350
        kernel kernel-execution MatMul 90..240
        kernel kernel-execution BiasAdd 250..280
        kernel kernel-execution Relu 290..340
      layer glue dense_2 355..550
        kernel kernel-execution MatMul 360..450
        kernel kernel-execution Softmax 460..540
    stage fetch fetch 565..595
`)[0]!;

/** One session run: two branches on two threads. */
const GRAPH = spansOf(`
  call glue predict 0..200
    stage data-adapter data-adapter 5..55
    stage kernel-execution kernel-execution 60..170
      kernel kernel-execution LongBranch 62..150
      kernel kernel-execution ShortBranch 64..100
      kernel kernel-execution Join 151..168
    stage fetch fetch 172..196
`)[0]!;

type Rename = (name: string) => string;

/** A call drawn in microseconds, moved to where it starts and stretched. */
function placed(span: DrawnSpan, start: number, scale: number, rename: Rename): DrawnSpan {
  const kernel = span.kind === 'kernel';
  return {
    ...span,
    name: kernel ? rename(span.name) : span.name,
    start: Math.round(start + span.start * 1000 * scale),
    duration: Math.floor(span.duration * 1000 * scale) - 2,
    detail: kernel ? { outputShapes: [rename('[32,2]')], outputBytes: 256, node: rename('dense/MatMul') } : {},
    children: (span.children ?? []).map((child) => placed(child, start, scale, rename)),
  };
}

const variantsOf = (rename: Rename) => [
  { name: rename('uncompiled'), call: 'predict' },
  { name: 'graph', call: 'predict' },
];

/** Two variants in 40 rounds with noise, cold calls first, a collection pause in one call, a leak in the first variant. */
export function drawnRun(rename: Rename = (name) => name): Recording {
  const uniform = uniformFrom(7);
  const calls: DrawnCall[] = [];
  let clock = 1000;
  for (let round = -1; round < 40; round++) {
    for (const [variant, root] of [UNCOMPILED, GRAPH].entries()) {
      const scale = round < 0 ? 20 : 0.9 + uniform() * 0.2;
      const latencyNanos = Math.round(root.duration * 1000 * scale);
      calls.push({
        variant,
        root: placed(root, clock, scale, rename),
        latencyNanos,
        temperature: round < 0 ? 'cold-session' : 'warm',
        round,
        tensors: variant === 0 ? 1 : 0,
        tensorBytes: variant === 0 ? 128 : 0,
      });
      clock += latencyNanos + 5000;
    }
  }
  return draw({
    calls,
    variants: variantsOf(rename),
    meta: { model: { ...META.model, name: rename('tiny') } },
    gc: [{ startNanos: calls[20]!.root!.start + 100_000, durationNanos: 90_000, type: 'scavenge' }],
  });
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
  let clock = 0;
  const around = (span: Omit<DrawnSpan, 'start' | 'duration'>, inside: () => readonly DrawnSpan[]): DrawnSpan => {
    const start = clock;
    const children = inside();
    return { ...span, start, duration: clock - start, children };
  };
  const kernel = (op: number): DrawnSpan => {
    const start = clock;
    const duration = 200 + Math.floor(uniform() * 5000);
    clock += duration + 20;
    return { name: `Op${op}`, kind: 'kernel', stage: 'kernel-execution', start, duration };
  };
  const layer = (at: number): DrawnSpan =>
    around({ name: `layer_${at}`, kind: 'layer' }, () => Array.from({ length: perLayer }, (_, op) => kernel(op)));
  const calls = Array.from({ length: 20 }, (_, call): DrawnCall => {
    const root = around({ name: 'predict' }, () => Array.from({ length: layers }, (__, at) => layer(at)));
    clock += 1000;
    return { root, variant: call % 2, round: call >> 1 };
  });
  return draw({ calls, variants: variantsOf((name) => name) });
}

/** States of a small layers model and ways to call it, as `profile` runs them. */
const MANY = ['uncompiled', 'compiled', 'compiled-train', 'graph', 'graph-xla']
  .flatMap((name) => ['predict', 'predictOnBatch', 'apply'].map((call) => ({ name, call })))
  .slice(0, 11);

/** Something under each topic, for eleven variants whose inputs have four dimensions. */
export function reportOfManyVariants(): string {
  const whole = drawWhole();
  const [comparison] = whole.comparisons;
  const signature = 'float32[32,224,224,3],float32[32,1]';
  const variants = MANY.map(({ name, call }, index) => {
    const variant = whole.variants[index % whole.variants.length]!;
    return { ...variant, key: `${name}/${call}`, name, call, cold: variant.cold.map((cold) => ({ ...cold, signature })) };
  });
  const [first] = variants;
  return renderReportHtml(
    {
      ...whole,
      variants,
      comparisons: variants.slice(1).map(({ key }) => ({ ...comparison!, baseline: first!.key, candidate: key })),
      signatures: whole.signatures.map((row) => ({ ...row, signature })),
    },
    EXTRAS,
  );
}
