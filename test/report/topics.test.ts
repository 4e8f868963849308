import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toldAnalysis as analyse } from '../../src/runs/told.js';
import type { Analysis } from '../../src/model/analysis.js';
import { readRecording } from '../../src/record/reader.js';
import { renderReportHtml } from '../../src/report/report-html.js';
import { reportObject } from '../../src/report/report-json.js';
import { renderReportMarkdown } from '../../src/report/report-markdown.js';
import { isSized, type Topic, type TopicInput } from '../../src/report/topic.js';
import { TOPICS } from '../../src/report/topics.js';
import { formatConfidence, formatCount, formatFactor, formatRatio, formatShare, formatTime } from '../../src/report/words.js';
import { drawAnalysis, TINY } from '../helpers/drawn-analysis.js';
import { drawTwoModels, drawWhole, EXTRAS } from '../helpers/drawn-whole.js';

/** Topics whose figures on the page stand in the text of another one, and which. */
const TOLD_IN: Readonly<Record<string, string>> = {
  // In the text the parts of a bar are characters; their shares are in the ledger's table.
  stages: 'ledger',
};

/** Topics whose text has figures that their markup has not, and why. */
const DRAWN: Readonly<Record<string, string>> = {
  verdict: 'what was measured stands in the head of the page',
  flame: 'drawn by the browser',
  diff: 'drawn by the browser',
  calls: 'the page draws each call: how many, the shortest and the longest',
};

const RECORDED = ['identical-runs', 'short-runs'].flatMap((folder) =>
  readdirSync(`test/fixtures/${folder}`).map((file) => `test/fixtures/${folder}/${file}`),
);
const SAMPLES: readonly (readonly [string, () => Analysis])[] = [
  ['a run with something under each topic', drawWhole],
  ['two models of a program', drawTwoModels],
  ['one variant', () => drawAnalysis({ 'uncompiled/predict': TINY['uncompiled/predict'] })],
  ['nothing', () => drawAnalysis({})],
  ...RECORDED.map((file) => [file, () => analyse([readRecording(file)])] as const),
];

/** What a reader sees: no pictures, whose scales are no figures of the run, and nothing that only repeats a label. */
const visible = (markup: string): string =>
  markup
    .replace(/<svg[\s\S]*?<\/svg\s*>|<noscript>[\s\S]*?<\/noscript>|<(\w+)[^>]*aria-hidden="true"[^>]*>[\s\S]*?<\/\1>/g, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&#39;/g, "'")
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ');

const UNIT = /ns|µs|ms|s|%|×|bytes|[KMGT]iB|[kMGTP]?(?:FLOP\/s|B\/s|Hz)/.source;
/** Numbers with their signs and units, none that is a part of a name. */
const figuresOf = (text: string): string[] =>
  [...text.matchAll(new RegExp(`(?<![\\w.,/:-])[<+−]?\\d[\\d,]*(?:\\.\\d+)?(?: ?(?:${UNIT}))?(?!\\w)`, 'g'))].map(([figure]) => figure);

const pageOf = (topic: Topic, input: TopicInput): string => {
  const made = topic.html(input);
  return visible((isSized(made) ? made.markup : made).toString());
};
const textOf = ({ markdown }: Topic, input: TopicInput): string =>
  typeof markdown === 'function' ? markdown(input).replace(/^1\. /gm, '').replace(/\\(.)/g, '$1') : '';
const shownOf = (input: TopicInput): readonly Topic[] => TOPICS.filter((topic) => topic.shown?.(input) ?? true);

function expectSameFigures(analysis: Analysis): void {
  const input = { analysis, extras: EXTRAS };
  for (const topic of shownOf(input)) {
    const told = TOPICS.find(({ id }) => id === TOLD_IN[topic.id]);
    const [page, text, elsewhere] = [pageOf(topic, input), textOf(topic, input), told === undefined ? '' : textOf(told, input)].map(
      figuresOf,
    );
    const missing = (from: readonly string[], ...others: readonly string[][]) => from.filter((figure) => !others.flat().includes(figure));
    expect(missing(page!, text!, elsewhere!), `${topic.id}: on the page, not in the text`).toEqual([]);
    if (DRAWN[topic.id] === undefined) expect(missing(text!, page!), `${topic.id}: in the text, not on the page`).toEqual([]);
  }
}

describe('page and text', () => {
  it.each(SAMPLES)('give the same figures in the same spelling: %s', (_, sample) => {
    expectSameFigures(sample());
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
        expectSameFigures(drawAnalysis({ 'uncompiled/predict': tree(a, b, c), 'graph/predict': tree(d, e, f) }));
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
  const analysis = drawWhole();
  const input = { analysis, extras: EXTRAS };
  const { headline, variants, comparisons, confidence, advice } = reportObject(analysis);
  const told = (id: string): readonly string[] => {
    const topic = TOPICS.find((one) => one.id === id)!;
    return [pageOf(topic, input), textOf(topic, input)];
  };

  it('has the headline in the words of page and text', () => {
    for (const form of told('verdict')) for (const words of [headline.use, headline.sure]) expect(form).toContain(words);
    expect(told('verdict')[1]).toContain(headline.act);
  });

  it('has the figures that page and text show, formatted', () => {
    for (const form of told('comparison'))
      for (const { ratio, interval, verdict } of comparisons) {
        const [low, high] = interval.map(formatFactor);
        expect(figuresOf(form)).toEqual(expect.arrayContaining([formatFactor(ratio), low, high]));
        if (verdict === 'faster') expect(form).toContain(formatRatio(ratio));
      }
    for (const form of told('calls'))
      for (const { latencyNanos } of variants) expect(figuresOf(form)).toEqual(expect.arrayContaining([formatTime(latencyNanos.p50)]));
    for (const form of told('ledger'))
      for (const { stages, latencyNanos } of variants)
        expect(figuresOf(form)).toEqual(
          expect.arrayContaining([
            ...Object.values(stages).flatMap(({ nanosPerCall, share }) => [formatTime(nanosPerCall), formatShare(share)]),
            formatTime(latencyNanos.mean),
          ]),
        );
    for (const form of told('advice'))
      for (const { saving } of advice) if (saving !== null) expect(form).toContain(formatShare(saving.share));
  });

  it('gives every figure of the headline', () => {
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
