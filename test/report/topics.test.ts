import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toldAnalysis as analyse } from '../../src/runs/told.js';
import type { Analysis } from '../../src/model/analysis.js';
import { readRecording } from '../../src/record/reader.js';
import { renderReportHtml } from '../../src/report/report-html.js';
import { reportObject } from '../../src/report/report-json.js';
import { renderReportMarkdown } from '../../src/report/report-markdown.js';
import { TOPICS } from '../../src/report/topics.js';
import { formatConfidence, formatCount, formatRatio, formatTime } from '../../src/report/words.js';
import { drawAnalysis, TINY } from '../helpers/drawn-analysis.js';
import { drawTwoModels, drawWhole, EXTRAS } from '../helpers/drawn-whole.js';
import { expectSameAsJson, expectSameFigures, figuresOf, pageOf, shownOf, visible } from '../helpers/same-figures.js';

const RECORDED = ['identical-runs', 'short-runs'].flatMap((folder) =>
  readdirSync(`test/fixtures/${folder}`).map((file) => `test/fixtures/${folder}/${file}`),
);

/** Each slower than the one before. */
const drawMany = (): Analysis =>
  drawAnalysis(
    Object.fromEntries(
      Array.from({ length: 9 }, (_, n) => [`v${n}/predict`, `predict 1${n}\n  kernel-execution 5\n    MatMul 3${n}0 [2,2]`]),
    ),
  );

const SAMPLES: readonly (readonly [string, () => Analysis])[] = [
  ['a run with something under each topic', drawWhole],
  ['two models of a program', drawTwoModels],
  ['one variant', () => drawAnalysis({ 'uncompiled/predict': TINY['uncompiled/predict'] })],
  ['more variants than fit side by side', drawMany],
  ['nothing', () => drawAnalysis({})],
  ...RECORDED.map((file) => [file, () => analyse([readRecording(file)])] as const),
];

describe('page and text', () => {
  it.each(SAMPLES)('give the same figures in the same spelling: %s', (_, sample) => {
    expectSameFigures({ analysis: sample(), extras: EXTRAS });
  });

  it('have figures under each topic that the browser does not draw', () => {
    const input = { analysis: drawWhole(), extras: EXTRAS };
    const without = TOPICS.filter((topic) => figuresOf(pageOf(topic, input)).length === 0).map(({ id }) => id);
    expect(without).toEqual(['models', 'flame', 'diff', 'sandwich', 'timeline']);
    expect(
      figuresOf(
        pageOf(
          TOPICS.find(({ id }) => id === 'models')!,
          { ...input, analysis: drawTwoModels() },
        ),
      ),
    ).not.toEqual([]);
  });

  it('property: do so for times of any size', () => {
    const time = fc.double({ min: 1, max: 5e9, noNaN: true }).map((nanos) => nanos.toFixed(1));
    fc.assert(
      fc.property(fc.array(time, { minLength: 6, maxLength: 6 }), ([a, b, c, d, e, f]) => {
        const tree = (adapter = '1', kernel = '1', fetch = '1'): string =>
          `predict 10\n  data-adapter ${adapter}\n  kernel-execution 5\n    layer:dense 3\n      MatMul ${kernel} [2,2]\n  fetch ${fetch}`;
        expectSameFigures({
          analysis: drawAnalysis({ 'uncompiled/predict': tree(a, b, c), 'graph/predict': tree(d, e, f) }),
          extras: EXTRAS,
        });
      }),
      { numRuns: 50 },
    );
  });

  it('walk one list, each topic under one heading and one anchor', () => {
    const analysis = drawWhole();
    const shown = shownOf({ analysis, extras: EXTRAS });
    const titled = shown.flatMap(({ title, markdown }) => (title === undefined ? [] : [{ title, told: typeof markdown === 'function' }]));
    const page = [...renderReportHtml(analysis, EXTRAS).matchAll(/<h2 [^>]*>(.*?)<\/h2>/g)].map(([, title]) => title);
    const text = [...renderReportMarkdown(analysis, EXTRAS).matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    expect(page).toEqual(titled.map(({ title }) => title));
    expect(text).toEqual(titled.filter(({ told }) => told).map(({ title }) => title));
    expect(new Set(TOPICS.map(({ id }) => id)).size).toBe(TOPICS.length);
  });

  it('of more variants than fit side by side have a row of the ledger for each, and the kernels of the first and the fastest', () => {
    const told = (id: string): string => {
      const markdown = TOPICS.find((topic) => topic.id === id)?.markdown;
      return typeof markdown === 'function' ? markdown({ analysis: drawMany(), extras: EXTRAS }) : '';
    };
    expect(told('ledger')).toMatch(/^\| Variant +\| +data adapter .*\| +Sum \| +Mean warm call \|$/m);
    expect(told('ledger').match(/^\| v\d\/predict /gm)).toHaveLength(9);
    expect(told('kernels-section')).toMatch(/^\| Operation \| +v0\/predict \|.* +v5\/predict \| Shapes/m);
    expect(told('kernels-section')).toContain('3 more variants are in report.json.');
  });

  it('say why a topic has no text, and then show no figure on the page that the text lacks', () => {
    const untold = TOPICS.flatMap(({ id, markdown }) => (typeof markdown === 'function' ? [] : [[id, markdown.none] as const]));
    expect(untold.map(([id]) => id)).toEqual(['sandwich', 'timeline']);
    for (const [, reason] of untold) expect(reason).toMatch(/export --to/);
  });

  it('have no more than three significant figures, but for counts', () => {
    const analysis = drawWhole();
    const text = renderReportMarkdown(analysis, EXTRAS);
    const measured = figuresOf(
      `${text} ${visible(renderReportHtml(analysis, EXTRAS).replace(/<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>/g, ''))}`,
    ).filter((figure) => /(?:[nµm]?s|%|\d×|iB|\/s|Hz)$/.test(figure));
    expect(measured.length).toBeGreaterThan(100);
    const digits = (figure: string): string =>
      figure
        .replace(/[^\d.]/g, '')
        .replace('.', '')
        .replace(/^0+/, '');
    expect(measured.filter((figure) => digits(figure).length > 3 && !/^[\d,]+×?$/.test(figure))).toEqual([]);
  });

  it('spell a variant in one way', () => {
    const analysis = drawWhole();
    for (const form of [renderReportMarkdown(analysis, EXTRAS), renderReportHtml(analysis, EXTRAS)])
      expect(form).not.toMatch(/(?:uncompiled|graph|graph-xla) (?:\(|·|– ?)predict/);
  });
});

describe('report.json', () => {
  it('says what page and text say, in the same spelling: a run with something under each topic', () => {
    expectSameAsJson({ analysis: drawWhole(), extras: EXTRAS });
  });

  it('gives every figure of the headline', () => {
    const { headline, variants, comparisons, confidence } = reportObject(drawWhole());
    const known = new Set(
      [
        formatConfidence(confidence),
        ...comparisons.flatMap(({ ratio, interval }) => [ratio, ...interval].map(formatRatio)),
        ...variants.flatMap(({ calls, latencyNanos }) => [formatCount(calls), formatTime(latencyNanos.p50), formatTime(latencyNanos.mean)]),
      ].flatMap(figuresOf),
    );
    expect(figuresOf(`${headline.use} ${headline.sure}`).filter((figure) => !known.has(figure))).toEqual([]);
  });
});
