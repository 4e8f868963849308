import { expect, test } from 'vitest';
import { toldAnalysis as analyse } from '../../src/runs/told.js';
import { compareRuns } from '../../src/analyse/compare-runs.js';
import type { Recording } from '../../src/model/recording.js';
import { renderReportHtml } from '../../src/report/report-html.js';
import { reportObject } from '../../src/report/report-json.js';
import { renderReportMarkdown } from '../../src/report/report-markdown.js';
import { headlineOf } from '../../src/report/topics/verdict.js';
import { drawTwoModels } from '../helpers/drawn-whole.js';
import { draw, type DrawnCall } from '../helpers/recordings.js';

const PREDICT = { name: 'program', call: 'predict' };
const EXECUTE = { name: 'program', call: 'execute' };
const call = (latencyNanos: number, more: Partial<DrawnCall> = {}): DrawnCall => ({ root: null, latencyNanos, round: -1, ...more });
/** One with spans in each stage that the table of cold calls shows. */
const cold = (nanos: number): DrawnCall => {
  const third = nanos / 3;
  const children = (['data-adapter', 'graph-building', 'kernel-execution'] as const).map((stage, place) => ({
    name: stage,
    stage,
    start: place * third,
    duration: third,
  }));
  return { root: { name: 'predict', stage: 'glue', start: 0, duration: nanos, children }, round: -1, temperature: 'cold-session' };
};
const run = (calls: readonly DrawnCall[]): Recording => draw({ calls, variants: [PREDICT, EXECUTE] });

/** Every form of the report says the sentence; none shows a variant without calls, nor 0 ns. */
function saysEverywhere(recording: Recording, sentence: string): void {
  const analysis = analyse([recording]);
  const text = renderReportMarkdown(analysis);
  expect(headlineOf(analysis).use).toBe(sentence);
  expect(text.replaceAll('\\', '')).toContain(`# ${sentence}`);
  expect(renderReportHtml(analysis)).toContain(`<h1>${sentence}</h1>`);
  expect(reportObject(analysis).headline.use).toBe(sentence);
  for (const form of [text, renderReportHtml(analysis)]) {
    expect(form).not.toMatch(/\b0 ns\b/);
    expect(form).not.toContain('program/execute');
  }
}

test('one cold call is told as that', () => {
  saysEverywhere(run([cold(42e6)]), 'No warm call was measured: program/predict was called once, and that first call took 42.0 ms.');
});

test('a model loaded for each call', () => {
  const recording = run([30e6, 40e6, 50e6].map(cold));
  saysEverywhere(recording, 'No warm call was measured: each of the 3 calls of program/predict was the first of a newly loaded model.');
  expect(headlineOf(analyse([recording])).sure).toContain('median 40.0 ms, 30.0 ms to 50.0 ms');
});

test('a baseline that fails from its first call, beside another that works', () => {
  const failing = [
    call(1e6, { temperature: 'cold-session', error: 'ids out of range' }),
    call(1e6, { temperature: 'warm', error: 'ids out of range' }),
  ];
  saysEverywhere(run(failing), 'program/predict was not measured: each of its 2 calls failed.');
  const both = run([...failing, ...[1, 2, 3].map(() => call(2e6, { variant: 1 }))]);
  const { use, sure } = headlineOf(analyse([both]));
  expect(use).toBe('program/predict was not measured: each of its 2 calls failed.');
  expect(sure).toMatch(/ids out of range.*program\/execute: median call 2.00 ms/);
});

test('no call at all', () => {
  expect(headlineOf(analyse([run([])])).use).toBe('Nothing was measured.');
});

test('two runs of which one has no warm call are not compared', () => {
  const warm = run([1, 2, 3, 4, 5, 6].map(() => call(2e6)));
  expect(() => compareRuns([warm], [run([cold(2e6)])])).toThrow(
    'Nothing was measured in the candidate run: of its 1 calls 1 were cold, 0 failed and none was warm.',
  );
});

test('a model that was loaded and has no call of its own is no second model of the headline', () => {
  const two = drawTwoModels();
  expect(headlineOf(two).use).toMatch(/^2 models were called: small .*; large /);
  const vocoder = { ...two, models: two.models!.map((model) => (model.name === 'large' ? { ...model, calls: 0 } : model)) };
  expect(headlineOf(vocoder).use).toMatch(/^[A-Z][a-z ]+ takes \d+ % of a call\.$/);
  const none = { ...two, models: two.models!.map((model) => ({ ...model, calls: 0 })) };
  expect(headlineOf(none).use).toMatch(/^2 models/);
});
