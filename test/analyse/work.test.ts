import { describe, expect, it } from 'vitest';
import { toldAnalysis as analyse } from '../../src/runs/told.js';
import { rooflineOf } from '../../src/model/roofline.js';
import { renderReportHtml } from '../../src/report/report-html.js';
import { renderReportMarkdown } from '../../src/report/report-markdown.js';
import { draw, type DrawnSpan } from '../helpers/recordings.js';

const kernel = (name: string, start: number, duration: number, rest: Partial<DrawnSpan>): DrawnSpan => ({
  name,
  kind: 'kernel',
  stage: 'kernel-execution',
  start,
  duration,
  ...rest,
});
const product = {
  inputShapes: ['[32,64]', '[64,16]'],
  outputShapes: ['[32,16]'],
  inputDtypes: ['float32', 'float32'],
  outputDtypes: ['float32'],
  outputBytes: 4 * 32 * 16,
};
const PEAK = { flopsPerSecond: 1e9, bytesPerSecond: 1e9 };

/** An eager call: a layer with one operation whose shapes are known, and one without shapes. */
const eager = (start: number, duration: number, native: number | null): DrawnSpan => ({
  name: 'predict',
  stage: 'glue',
  start,
  duration: 300_000,
  children: [
    {
      name: 'dense',
      kind: 'layer',
      stage: 'glue',
      start,
      duration: 300_000,
      children: [
        kernel('MatMul', start, duration, {
          detail: product,
          ...(native === null
            ? {}
            : { children: [{ name: 'native', kind: 'native', stage: 'kernel-execution', start, duration: native }] }),
        }),
        kernel('Mystery', start + 200_000, 10, {}),
      ],
    },
  ],
});

describe('work figures', () => {
  it('estimate eager operations from their shapes, by layer, over the native share of their time', () => {
    const run = draw({ calls: [{ root: eager(0, 100_000, null) }, { root: eager(1_000_000, 120_000, 60_000), traced: true }] });
    const { variants, peak } = analyse([{ ...run, peak: PEAK }]);
    expect(peak).toEqual(PEAK);
    const flops = 2 * 32 * 64 * 16;
    const bytes = 4 * (32 * 64 + 64 * 16 + 32 * 16);
    expect(variants[0]!.work).toEqual([
      {
        op: 'MatMul',
        layer: 'dense',
        count: 1,
        shapes: ['[32,16]'],
        nanosPerCall: 50_000,
        flopsPerCall: flops,
        bytesPerCall: bytes,
        roofline: rooflineOf({ flops, bytes, nanos: 50_000 }, PEAK),
      },
    ]);
    expect(variants[0]!.work[0]!.roofline?.reached).toBeCloseTo(65_536 / 50_000, 9);
  });

  it('are there where every measured call was traced, as the kernels are', () => {
    const [variant] = analyse([draw({ calls: [{ root: eager(0, 120_000, 60_000), traced: true }] })]).variants;
    expect(variant!.kernels.map(({ op }) => op)).toContain('MatMul');
    expect(variant!.work).toMatchObject([{ op: 'MatMul', nanosPerCall: 60_000 }]);
  });

  it('take what a session run says of its kernels, loop iterations added up, and leave out what has no estimate', () => {
    const inside = (name: string, start: number, duration: number, detail: object): DrawnSpan =>
      kernel(name, start, duration, { detail: { allocatedBytes: 0, layer: 'lstm', ...detail } });
    const root: DrawnSpan = {
      name: 'predict',
      stage: 'glue',
      start: 0,
      duration: 100,
      children: [
        inside('MatMul', 0, 40, { flops: 4000, bytesMoved: 100, repeat: 10 }),
        inside('TensorListStack', 40, 20, { flops: 0 }),
        inside('Reshape', 60, 1, { flops: 0, bytesMoved: 0 }),
      ],
    };
    const [variant] = analyse([draw({ calls: [{ root }] })]).variants;
    expect(variant!.work).toEqual([
      { op: 'MatMul', layer: 'lstm', count: 10, shapes: [], nanosPerCall: 40, flopsPerCall: 4000, bytesPerCall: 100, roofline: null },
    ]);
  });
});

describe('the roofline in reports', () => {
  const run = draw({ calls: [{ root: eager(0, 100_000, null) }, { root: eager(1_000_000, 100_000, null) }] });

  it('draws each kernel under the roof, says the peak and what is left to gain', () => {
    const analysis = analyse([{ ...run, peak: PEAK }]);
    const page = renderReportHtml(analysis);
    expect(page).toContain('<h2 id="roofline-title">Kernels against the machine</h2>');
    expect(page).toMatch(/<polyline class="line" points="[\d.]+,[\d.]+ [\d.]+,[\d.]+ [\d.]+,[\d.]+"/);
    expect(page.match(/<circle class="dot v0"/g)).toHaveLength(1);
    expect(page).toContain('dense: MatMul, 100 µs per call, 655 MFLOP/s, 66 % of the arithmetic peak');
    const text = renderReportMarkdown(analysis);
    expect(text).toContain('1.00 GFLOP/s (products of 1024 × 1024 matrices');
    expect(text).toContain('at the peak they would take 65.5 µs');
  });

  it('leaves the section out where the peak was not measured', () => {
    const analysis = analyse([run]);
    expect(renderReportHtml(analysis)).not.toContain('Kernels against the machine');
    expect(renderReportMarkdown(analysis)).not.toContain('Kernels against the machine');
  });
});
